"""Mini LibriSpeech: two small pieces of LibriSpeech for quick experiments, OpenSLR 31.

Hours: 5.3 to train on (train-clean-5, 28 speakers) and about 2 to develop with (dev-clean-2). Rate, licence (CC BY
4.0) and layout are LibriSpeech's, see `data_prep.librispeech`. Three lines of
``train-clean-5/118/47824/118-47824.trans.txt``::

    118-47824-0021 FACT IS BOBBY I LEFT NEW YORK TOO SUDDENLY
    118-47824-0022 YOU SEE I SPENT A GOOD DEAL IN SMITHTOWN YESTERDAY
    118-47824-0023 GRAHAM INTERRUPTED WITH A FLAT DEMAND FOR AN EXPLANATION HOW DID YOU GET AWAY

In a folder given to ``--from``, ``dev-clean`` of LibriSpeech, or some of its speakers, may stand in place of
``dev-clean-2``. Manifests: ``train-clean-5.jsonl``, one of the development folder's name, and the same utterances again
in two parts: ``dev-report.jsonl`` (`REPORT_SPEAKERS`), which nothing may be chosen by, and ``dev-tune.jsonl`` (all
others).
"""

from pathlib import Path

from asr.errors import ManifestError
from asr.manifest import Utterance
from data_prep.corpus import Corpus, Preparation, Report, finish
from data_prep.download import Remote
from data_prep.librispeech import LICENCE, read_subsets
from data_prep.source import obtain

TRAIN = "train-clean-5"
DEVELOPMENT = ("dev-clean-2", "dev-clean")  # the first that is there

# The publisher's MD5s; no sha256 is published.
ADDRESS = "https://www.openslr.org/resources/31"
REMOTES = (
    Remote(f"{ADDRESS}/train-clean-5.tar.gz", "LibriSpeech/train-clean-5", md5="5df7d4e78065366204ca6845bb08f490"),
    Remote(f"{ADDRESS}/dev-clean-2.tar.gz", "LibriSpeech/dev-clean-2", md5="6d7ab67ac6a1d2c993d050e16d61080d"),
)

# Kept apart so that a number exists that no setting was chosen by: 3 women, 2 men of dev-clean.
REPORT_SPEAKERS = frozenset({"2078", "2277", "2428", "777", "84"})


def prepare(folder: Path, source: Path | None, report: Report) -> Preparation:
    """Write train-clean-5.jsonl, the development set's manifest, dev-tune.jsonl and dev-report.jsonl.

    Raises:
        ManifestError: the source lacks one of the two folders, or the development set one of its two parts.
    """
    root = obtain(REMOTES, source, folder, (TRAIN,), report)
    development = next((name for name in DEVELOPMENT if (root / name).is_dir()), None)
    if development is None:
        raise ManifestError(f"{root}: neither {' nor '.join(DEVELOPMENT)} is in it: unpack one beside {TRAIN}")
    splits, failures = read_subsets(root, (TRAIN, development))
    splits["dev-tune"], splits["dev-report"] = divide(splits[development])
    return finish(folder, splits, failures, report)


def divide(utterances: list[Utterance]) -> tuple[list[Utterance], list[Utterance]]:
    """Return the utterances to tune with and those to report only; no speaker is in both."""
    tune = [utterance for utterance in utterances if utterance.speaker not in REPORT_SPEAKERS]
    return tune, [utterance for utterance in utterances if utterance.speaker in REPORT_SPEAKERS]


CORPUS = Corpus(
    name="mini_librispeech",
    hours=7.3,
    licence=LICENCE,
    summary="audio books, read English; LibriSpeech in small",
    prepare=prepare,
)
