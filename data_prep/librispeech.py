"""LibriSpeech (Panayotov et al., 2015): read English from LibriVox audio books, OpenSLR 12.

Hours: 982.1 in seven subsets that share no speaker (`SUBSETS`). Rate: 16 kHz, 16 bit, one channel, FLAC. Licence:
CC BY 4.0. Paper: "LibriSpeech: an ASR corpus based on public domain audio books", ICASSP 2015.

Layout, the same for each subset's archive::

    LibriSpeech/SPEAKERS.TXT                                   sex and subset of each speaker
    LibriSpeech/SUBSET/SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt
    LibriSpeech/SUBSET/SPEAKER/CHAPTER/SPEAKER-CHAPTER-NNNN.flac

Three lines of ``dev-clean/1272/135031/1272-135031.trans.txt``::

    1272-135031-0004 THE KING HAS FLED IN DISGRACE AND YOUR FRIENDS ARE ASKING FOR YOU
    1272-135031-0005 I BEGGED RUGGEDO LONG AGO TO SEND HIM AWAY BUT HE WOULD NOT DO SO
    1272-135031-0006 I ALSO OFFERED TO HELP YOUR BROTHER TO ESCAPE BUT HE WOULD NOT GO

Each subset becomes one manifest of its name: ``train-clean-100.jsonl``, ... The key ``sex`` is from SPEAKERS.TXT.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from asr.errors import ManifestError
from asr.manifest import Utterance
from data_prep.corpus import Corpus, Preparation, Report, finish, read_lines
from data_prep.download import Remote
from data_prep.source import obtain

# Hours by the paper's table 1; sha256 as torchaudio lists them (torchaudio/datasets/librispeech.py).
SUBSETS = {
    "dev-clean": (5.4, "76f87d090650617fca0cac8f88b9416e0ebf80350acb97b343a85fa903728ab3"),
    "dev-other": (5.3, "12661c48e8c3fe1de2c1caa4c3e135193bfb1811584f11f569dd12645aa84365"),
    "test-clean": (5.4, "39fde525e59672dc6d1551919b1478f724438a95aa55f874b576be21967e6c23"),
    "test-other": (5.1, "d09c181bba5cf717b3dee7d4d592af11a3ee3a09e08ae025c5506f6ebe961c29"),
    "train-clean-100": (100.6, "d4ddd1d5a6ab303066f14971d768ee43278a5f2a0aa43dc716b0e64ecbbbf6e2"),
    "train-clean-360": (363.6, "146a56496217e96c14334a160df97fffedd6e0a04e66b9c5af0d40be3c792ecf"),
    "train-other-500": (496.7, "ddb22f27f96ec163645d53215559df6aa36515f26e01dd70798188350adcb6d2"),
}
ADDRESS = "https://www.openslr.org/resources/12"
LICENCE = "CC BY 4.0"


def prepare(folder: Path, source: Path | None, report: Report, subsets: Sequence[str]) -> Preparation:
    """Write a manifest for each of ``subsets``; of a ``source`` those that are in it, at least one."""
    remotes = [Remote(f"{ADDRESS}/{name}.tar.gz", f"LibriSpeech/{name}", sha256=SUBSETS[name][1]) for name in subsets]
    root = obtain(remotes, source, folder, subsets, report)
    splits, failures = read_subsets(root, [name for name in subsets if (root / name).is_dir()])
    return finish(folder, splits, failures, report)


def read_subsets(root: Path, subsets: Sequence[str]) -> tuple[dict[str, list[Utterance]], dict[str, str]]:
    """Return the utterances of each subset folder of ``root``, and by id what lacks its audio or its transcript.

    Raises:
        ManifestError: a list is malformed.
    """
    sexes = read_sexes(root / "SPEAKERS.TXT")
    splits: dict[str, list[Utterance]] = {}
    failures: dict[str, str] = {}
    for name in subsets:
        splits[name] = []
        for chapter in sorted((root / name).glob("*/*/")):
            utterances, missing = read_chapter(chapter, sexes)
            splits[name] += utterances
            failures |= missing
    return splits, failures


def read_chapter(chapter: Path, sexes: dict[str, str]) -> tuple[list[Utterance], dict[str, str]]:
    """Return the utterances of one chapter's folder, and by id what lacks its audio or its transcript.

    Raises:
        ManifestError: a line of the transcripts has no text, or an id comes twice.
    """
    speaker = chapter.parent.name
    transcripts = chapter / f"{speaker}-{chapter.name}.trans.txt"
    texts = read_transcripts(transcripts) if transcripts.is_file() else {}
    recordings = {path.stem: path for path in chapter.glob("*.flac")}
    extras = {"sex": sexes[speaker]} if speaker in sexes else {}
    utterances = [
        Utterance(name, recordings[name], 0.0, texts[name], speaker=speaker, extras=extras)
        for name in sorted(texts.keys() & recordings.keys())
    ]
    missing = {name: f"{chapter}: no recording for this transcript" for name in sorted(texts.keys() - recordings)}
    missing |= {name: f"{transcripts}: no transcript for this recording" for name in sorted(recordings.keys() - texts)}
    return utterances, missing


def read_transcripts(path: Path) -> dict[str, str]:
    """Return the texts of a ``.trans.txt`` by utterance id.

    Raises:
        ManifestError: a line has no text, or an id comes twice.
    """
    texts: dict[str, str] = {}
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        utterance_id, _, text = line.strip().partition(" ")
        if not text.strip() or utterance_id in texts:
            wrong = "appears twice" if utterance_id in texts else "has no text"
            raise ManifestError(f"{path}:{number}: {utterance_id!r} {wrong}: unpack the archive again")
        texts[utterance_id] = text.strip()
    return texts


def read_sexes(path: Path) -> dict[str, str]:
    """Return ``F`` or ``M`` by speaker, from SPEAKERS.TXT; nothing when there is no such file.

    Raises:
        ManifestError: a line has no such columns.
    """
    if not path.is_file():
        return {}
    sexes = {}
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip() or line.startswith(";"):
            continue
        columns = [column.strip() for column in line.split("|")]
        if len(columns) < 4 or columns[1] not in ("F", "M"):
            raise ManifestError(
                f"{path}:{number}: {line[:60]!r} is not of the form ID | F or M | SUBSET | ...: mend it"
            )
        sexes[columns[0]] = columns[1]
    return sexes


CORPORA = (
    Corpus(
        name="librispeech",
        hours=sum(hours for hours, _ in SUBSETS.values()),
        licence=LICENCE,
        summary="audio books, read English; all subsets, or of --from those that are there",
        prepare=partial(prepare, subsets=tuple(SUBSETS)),
    ),
    *(
        Corpus(f"librispeech-{name}", hours, LICENCE, f"subset {name}", partial(prepare, subsets=(name,)))
        for name, (hours, _) in SUBSETS.items()
    ),
)
