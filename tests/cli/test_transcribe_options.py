"""Every option of `asr transcribe` changes something, and none is missing from the table below."""

import argparse
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asr.cli import common_arguments, main, transcribe
from tests.cli.conftest import make_loud_run

UNKNOWN_FREE = ["pause.wav", "--lm", "aa.arpa", "--oov-penalty", "0", "--oov-letter-penalty", "0", "--lm-weight", "0.1"]
# By option: what it is added to, and the option as it is given. Where files are written, -q: a summary tells how many
# seconds it took, which no two runs have in common.
CHANGES = {
    "--model": (["pause.wav"], ["--model", "unsure"]),
    "--output-dir": (["pause.wav", "-q"], ["--output-dir", "out"]),
    "--output-format": (["pause.wav"], ["--output-format", "srt"]),
    "--word-timestamps": (["pause.wav", "-f", "json"], ["--no-word-timestamps"]),
    "--highlight-words": (["pause.wav", "-f", "vtt"], ["--highlight-words"]),
    "--max-line-width": (["pause.wav", "-f", "srt"], ["--max-line-width", "3"]),
    "--max-line-count": (["pause.wav", "-f", "srt", "--max-line-width", "3"], ["--max-line-count", "1"]),
    "--max-segment-seconds": (["pause.wav"], ["--max-segment-seconds", "0.5"]),
    "--channels": (["stereo.wav", "-o", "out", "-q"], ["--channels", "split"]),
    "--raw": (["pause.wav", "-f", "json"], ["--raw", "s8,16000,1"]),
    "--stream": (["pause.wav", "-f", "json"], ["--stream"]),
    "--include": (["talks", "-o", "out", "-q"], ["--include", "one.*"]),
    "--exclude": (["talks", "-o", "out", "-q"], ["--exclude", "one.*"]),
    "--shard": (["talks", "-o", "out", "-q"], ["--shard", "1/2"]),
    "--overwrite": (["pause.wav", "-o", "there", "-f", "txt", "-q"], ["--overwrite"]),
    "--resume": (["pause.wav", "-o", "there", "-f", "txt", "-q"], ["--resume"]),
    "--beam-size": (["pause.wav", "-v"], ["--beam-size", "4"]),
    "--lexicon": (["pause.wav", "--beam-size", "4"], ["--lexicon", "words.txt"]),
    "--hotwords": (["pause.wav", "--beam-size", "4"], ["--hotwords", "never.txt"]),
    "--lm": (["pause.wav", "--beam-size", "8"], ["--lm", "a.arpa", "--lm-weight", "9"]),
    "--lm-weight": (["pause.wav", "--lm", "a.arpa"], ["--lm-weight", "9"]),
    "--lm-unit": (["pause.wav", "--lm", "aa.arpa"], ["--lm-unit", "token"]),
    "--word-bonus": (["pause.wav", "--lm", "a.arpa"], ["--word-bonus", "-99"]),
    "--blank-penalty": (["pause.wav", "--lm", "a.arpa"], ["--blank-penalty", "-99"]),
    "--oov-penalty": (UNKNOWN_FREE, ["--oov-penalty", "-99"]),
    "--oov-letter-penalty": (UNKNOWN_FREE, ["--oov-letter-penalty", "-99"]),
    "--rescore-lm": (["pause.wav", "--lm", "a.arpa"], ["--rescore-lm", "aa.arpa", "--rescore-lm-weight", "99"]),
    "--rescore-lm-weight": (
        ["pause.wav", "--lm", "a.arpa", "--rescore-lm", "aa.arpa"],
        ["--rescore-lm-weight", "99"],
    ),
    "--runtime": (["pause.wav"], ["--runtime", "int8"]),
    "--language": (["pause.wav"], ["--language", "de"]),
    "--device": (["pause.wav"], ["--device", "cuda"]),
    "--verbose": (["pause.wav"], ["--verbose"]),
    "--quiet": (["pause.wav", "-o", "out"], ["--quiet"]),
    "--debug": (["nowhere.wav", "--runtime", "int8"], ["--debug"]),
}
THREADS = {"--threads", "--jobs"}  # change only by how many threads it is done
# A language model in which one word has a tenth of the probability.
ARPA = """\\data\\
ngram 1=4

\\1-grams:
-1 <unk>
-99 <s>
-0.1 </s>
-1 {word}

\\end\\
"""
SPELLINGS = {
    "--output_dir": (["--output_dir", "out"], ["--output-dir", "out"]),
    "--output_format": (["--output_format", "tsv"], ["--output-format", "tsv"]),
    "--beam_size": (["--beam_size", "4"], ["--beam-size", "4"]),
    "--max_line_width": (["-f", "srt", "--max_line_width", "3"], ["-f", "srt", "--max-line-width", "3"]),
    "--max_line_count": (["-f", "srt", "--max_line_count", "1"], ["-f", "srt", "--max-line-count", "1"]),
    "--word_timestamps": (["-f", "json", "--word_timestamps", "False"], ["-f", "json", "--no-word-timestamps"]),
    "--highlight_words": (["-f", "srt", "--highlight_words", "True"], ["-f", "srt", "--highlight-words"]),
}


def options_of_the_command() -> tuple[set[str], set[str]]:
    """Return the long options, and those that help does not show."""
    parser = argparse.ArgumentParser(add_help=False)
    transcribe.add_arguments(parser)
    common_arguments(parser)
    shown, hidden = set(), set()
    for action in parser._actions:
        names = {name for name in action.option_strings if name.startswith("--") and not name.startswith("--no-")}
        (hidden if action.help == argparse.SUPPRESS else shown).update(names)
    return shown, hidden


def test_the_tables_above_have_every_option():
    assert options_of_the_command() == (set(CHANGES) | THREADS, set(SPELLINGS))


@pytest.fixture
def outcome(loud_run, desk, capsys, monkeypatch):
    """Return a function that runs the command from the same start each time and returns all that can be seen of it."""
    start = desk / "start"
    start.mkdir()
    for path in list(desk.glob("*.*")):
        shutil.move(path, start)
    (start / "talks").mkdir()
    (start / "there").mkdir()
    for name in ("one.wav", "two.flac"):
        shutil.copy(start / name, start / "talks")
    (start / "there" / "pause.txt").write_text("mine\n")
    (start / "words.txt").write_text("AAA\n")
    (start / "never.txt").write_text("A\t-50\n")
    for word in ("A", "AA"):
        (start / f"{word.lower()}.arpa").write_text(ARPA.format(word=word))
    make_loud_run(start / "unsure", sureness=0.4)

    def run(arguments):
        folder = Path(shutil.copytree(start, desk / "now"))
        monkeypatch.chdir(folder)
        model = [] if "--model" in arguments else ["-m", str(loud_run)]
        status = main(["transcribe", *arguments, *model])
        files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        shutil.rmtree(folder)
        return status, *capsys.readouterr(), files

    return run


@pytest.mark.parametrize("option", CHANGES)
def test_an_option_changes_something(option, outcome):
    plain, given = CHANGES[option]
    assert outcome(plain) != outcome([*plain, *given])


def test_threads_are_those_of_the_network(outcome, monkeypatch):
    onnxruntime = pytest.importorskip("onnxruntime", reason="its threads are counted")
    monkeypatch.setattr("asr.onnx_model.num_cores", lambda: 4)  # more than there are are not taken
    session, found = onnxruntime.InferenceSession, []

    def opened(path, options, **others):
        found.append(options.intra_op_num_threads)
        return session(path, options, **others)

    monkeypatch.setattr(onnxruntime, "InferenceSession", opened)
    for options in ([], ["--threads", "3"]):
        assert outcome(["pause.wav", *options])[0] == 0
    assert found == [0, 3]  # 0: one a core


def test_jobs_are_the_threads_that_read_and_search(outcome, monkeypatch):
    monkeypatch.setattr("asr.cli.transcribe.num_cores", lambda: 2)
    found = []

    def executor(jobs):
        found.append(jobs)
        return ThreadPoolExecutor(jobs)

    monkeypatch.setattr("asr.transcribe.transcriber.ThreadPoolExecutor", executor)
    for options in ([], ["--jobs", "3"]):
        assert outcome(["pause.wav", *options])[0] == 0
    assert found == [2, 3]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_whispers_spelling_means_the_same(spelling, outcome):
    whispers, ours = (outcome(["pause.wav", "-q", *arguments]) for arguments in SPELLINGS[spelling])
    assert whispers == ours and ours[0] == 0


@pytest.mark.parametrize("extra", [["--language", "en"], ["--language", "English"], ["--device", "cpu"]])
def test_what_whispers_users_say_besides_is_taken(extra, outcome):
    assert outcome(["pause.wav", *extra]) == outcome(["pause.wav"])
