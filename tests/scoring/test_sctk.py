"""Our alignments, totals and tests beside those of NIST's SCTK, where it is installed (Debian's package ``sctk``)."""

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from asr.report.as_trn import as_trn
from asr.report.report import make_report
from asr.scoring.counts import Counts
from asr.scoring.interval import sums_by
from asr.scoring.score import score
from asr.scoring.significance.mapsswe import mapsswe
from asr.scoring.significance.wilcoxon import wilcoxon_test

AN4 = Path(__file__).parents[2] / "recipes/an4/results/greedy/hypotheses.jsonl"
SCTK = shutil.which("sctk")
pytestmark = pytest.mark.skipif(SCTK is None, reason="needs NIST's SCTK: apt-get install sctk")


def sctk(folder, *arguments, **options):
    return subprocess.run(
        [SCTK, *arguments], cwd=folder, check=True, capture_output=True, text=True, **options
    ).stdout  # fmt: skip


def spoiled(words, share, rng):
    found = []
    for word in words:
        chance = rng.random()
        if chance > share:
            found.append(word if chance > 2 * share else rng.choice("abcd"))
        if chance > 1 - share:
            found.append(rng.choice("abcd"))
    return found


@pytest.fixture(scope="module")
def systems(tmp_path_factory):
    """Scores of two systems on 500 references of 20 speakers, and sclite's alignments of both as its SGML."""
    folder, rng = tmp_path_factory.mktemp("sctk"), random.Random(0)
    said = {f"s{i % 20}-u{i:04}": [rng.choice("abcd") for _ in range(rng.randint(0, 14))] for i in range(500)}
    scores = []
    for name, share in (("one", 0.15), ("two", 0.12)):
        found = {key: " ".join(spoiled(words, share, rng)) for key, words in said.items()}
        references = {key: " ".join(words) for key, words in said.items()}
        speakers = {key: key.split("-")[0] for key in said}
        scores.append(score(references, found, weights="sclite", speakers=speakers))
        report = make_report(scores[-1], references="r", hypotheses="h", command=[])
        for file, text in zip(("ref.trn", f"{name}.trn"), as_trn(report), strict=True):
            (folder / file).write_text(text)
    files = ["-r", "ref.trn", "trn", "-h", "one.trn", "trn", "one", "-h", "two.trn", "trn", "two", "-i", "rm"]
    (folder / "aligned.sgml").write_text(sctk(folder, "sclite", "-s", *files, "-o", "sgml", "stdout"))
    return folder, scores


def parsed(sgml):
    """Aligned words by utterance id, of each system."""
    found = []
    for system in sgml.split("</SYSTEM>")[:-1]:
        paths = re.findall(r'<PATH id="\((.*?)\)".*?>\n(.*?)</PATH>', system, re.DOTALL)
        words = {}
        for name, path in paths:
            edits = [edit.split(",") for edit in path.strip().split(":") if edit]
            words[name] = tuple((said.strip('"') or None, heard.strip('"') or None) for _, said, heard in edits)
        found.append(words)
    return found


def test_every_utterance_is_aligned_as_sclite_does(systems):
    folder, scores = systems
    for ours, theirs in zip(scores, parsed((folder / "aligned.sgml").read_text()), strict=True):
        assert {utterance.id: utterance.words for utterance in ours.utterances} == theirs


def test_mapsswe_is_that_of_sc_stats(systems):
    folder, scores = systems
    with (folder / "aligned.sgml").open() as aligned:
        sctk(folder, "sc_stats", "-p", "-t", "mapsswe", "-v", "-n", "out", stdin=aligned)
    line = (folder / "out.stats.mapsswe").read_text()
    test = mapsswe(*([utterance.words for utterance in one.utterances] for one in scores))
    assert int(re.search(r"# segs: (\d+)", line)[1]) == test.num_units
    assert float(re.search(r"Z Stat: ([-.\d]+)", line)[1]) == pytest.approx(test.statistic, abs=0.0005)


def test_wilcoxon_is_that_of_sc_stats(systems):
    folder, scores = systems
    with (folder / "aligned.sgml").open() as aligned:
        sctk(folder, "sc_stats", "-p", "-t", "wilc", "-v", "-n", "out", stdin=aligned)
    found = re.search(r"Z statistic = ([-.\d]+)", (folder / "out.stats.wilc").read_text())
    speakers = list(scores[0].speakers.values())
    words = np.array([utterance.counts.words.reference_length for utterance in scores[0].utterances])
    errors = (np.array([utterance.counts.words.errors for utterance in one.utterances]) for one in scores)
    first, second, words = sums_by(speakers, *errors, words)
    test = wilcoxon_test(first / words, second / words, "speaker")
    assert abs(float(found[1])) == pytest.approx(abs(test.statistic), abs=0.005)


def test_totals_on_an4_are_sclites(tmp_path):
    rows = [json.loads(line) for line in AN4.read_text().splitlines()]
    references, hypotheses = ({row["id"]: row[key] for row in rows} for key in ("reference", "text"))
    scores = score(references, hypotheses, weights="sclite")
    report = make_report(scores, references="r", hypotheses="h", command=[])
    for file, text in zip(("ref.trn", "hyp.trn"), as_trn(report), strict=True):
        (tmp_path / file).write_text(text)
    files = ["-r", "ref.trn", "trn", "-h", "hyp.trn", "trn", "-i", "rm"]
    summary = sctk(tmp_path, "sclite", "-s", *files, "-o", "rsum", "stdout")
    numbers = re.search(r"\| Sum +\| +(\d+) +(\d+) \| +(\d+) +(\d+) +(\d+) +(\d+)", summary)
    _, words, hits, substitutions, deletions, insertions = map(int, numbers.groups())
    assert scores.counts.words == Counts(hits, substitutions, insertions, deletions)
    assert words == scores.counts.words.reference_length
