"""AN4 (CMU, 1991): people spell names, addresses and dates, and speak random control words.

Hours: 0.81 (948 utterances of 74 speakers to train on, 130 of 10 others to test with). Rate: 16 kHz, 16 bit, one
channel, close-talking microphone. Licence: CMU's own, BSD-like: free for any purpose, keep the notice.

Layout, the same for each of the publisher's archives but for the suffix (``.sph``, headerless big-endian ``.raw``, or
``.wav``)::

    an4/etc/an4_train.fileids            an4_clstk/fash/an251-fash-b        (one line a recording)
    an4/etc/an4_train.transcription      one line an utterance, see below
    an4/etc/an4_test.fileids, an4_test.transcription
    an4/wav/an4_clstk/SPEAKER/UTTERANCE.sph, an4/wav/an4test_clstk/...

Three lines of ``an4_train.transcription``::

    <s> YES </s> (an251-fash-b)
    <s> GO </s> (an253-fash-b)
    <s> YES </s> (an254-fash-b)

The test file has no ``<s>``. The first letter of a speaker is the sex. ``.wav``, ``.flac`` and ``.sph`` are read where
they are; ``.raw`` says nothing about itself, so it is converted to ``.wav`` beside the manifests.
"""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from asr.errors import AudioError, ManifestError
from asr.files import replacing
from asr.manifest import Utterance
from data_prep.corpus import Corpus, Preparation, Report, finish, read_lines, sift
from data_prep.source import Remote, obtain

# The publisher gives no checksum, and we have none from elsewhere.
REMOTE = Remote("http://www.speech.cs.cmu.edu/databases/an4/an4_sphere.tar.gz", unpacks_to="an4")

# AN4 has no development set: these 8 of the 74 training speakers are one, in the sexes' proportion (21 to 53). Each is
# a fixed step from the last one in alphabetical order, so nothing but names and counts decided. Left out of the count
# are names with a digit and their likes without (mdcs and mdcs2): they may be one person, who would then be on both
# sides.
DEV_SPEAKERS = frozenset({"fejs", "fkdo", "fsrb", "mcfl", "mfaa", "mmaf", "mrcb", "mtos"})

SAMPLE_RATE_HZ = 16_000
SUFFIXES = (".wav", ".flac", ".sph", ".raw")


def prepare(folder: Path, source: Path | None, report: Report) -> Preparation:
    """Write train.jsonl, dev.jsonl and test.jsonl; failures are recordings that are missing or cannot be read."""
    root = obtain((REMOTE,), source, folder, ("etc/an4_train.fileids",), report)
    training, failures = read_split(root, "train")
    test, missing = read_split(root, "test")
    failures |= missing
    splits = {
        "train": [utterance for utterance in training if utterance.speaker not in DEV_SPEAKERS],
        "dev": [utterance for utterance in training if utterance.speaker in DEV_SPEAKERS],
        "test": test,
    }
    for name, utterances in splits.items():
        convert = partial(_readable, folder=folder / "wav")
        splits[name], unreadable = sift(convert, utterances, f"converting {name}", report)
        failures |= unreadable
    return finish(folder, splits, failures, report)


def read_split(root: Path, name: str) -> tuple[list[Utterance], dict[str, str]]:
    """Return the utterances of ``train`` or ``test`` in the order of the file list, and by id those without audio.

    Raises:
        ManifestError: a list is missing or malformed, or the two do not name the same utterances.
    """
    texts = read_transcripts(root / "etc" / f"an4_{name}.transcription")
    list_path = root / "etc" / f"an4_{name}.fileids"
    stems = [Path(line.strip()) for line in read_lines(list_path) if line.strip()]
    if difference := {stem.name for stem in stems} ^ set(texts):
        raise ManifestError(
            f"{list_path}: {len(difference)} utterances are not in both the list and the transcripts, "
            f"{min(difference)!r} for one: unpack the archive again"
        )
    utterances, missing = [], {}
    for stem in stems:
        audio = find_audio(root / "wav" / stem)
        if audio is None:
            missing[stem.name] = f"{root / 'wav' / stem}: no file with suffix {', '.join(SUFFIXES)}"
            continue
        speaker = stem.parent.name
        extras = {"sex": speaker[:1].upper()}
        utterances.append(Utterance(stem.name, audio, 0.0, texts[stem.name], speaker=speaker, extras=extras))
    return utterances, missing


def read_transcripts(path: Path) -> dict[str, str]:
    """Return the texts of a transcription file by utterance id, without the marks of sentence start and end.

    Raises:
        ManifestError: a line does not end with an id in brackets, or an id comes twice.
    """
    texts: dict[str, str] = {}
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        match = re.fullmatch(r"(?:<s>)?(.*?)(?:</s>)?\s*\((\S+)\)", line.strip())
        if match is None:
            raise ManifestError(f"{path}:{number}: {line[:60]!r} does not end with an id in brackets: mend the line")
        text, utterance_id = match.groups()
        if utterance_id in texts:
            raise ManifestError(f"{path}:{number}: id {utterance_id!r} appears twice: mend the file")
        texts[utterance_id] = " ".join(text.split())
    return texts


def find_audio(stem: Path) -> Path | None:
    """Return the recording with that path but for the suffix, in the first suffix of `SUFFIXES` that there is."""
    candidates = (stem.with_name(stem.name + suffix) for suffix in SUFFIXES)
    return next((path for path in candidates if path.is_file()), None)


def convert_raw(raw: Path, wav: Path) -> None:
    """Write the headerless recording ``raw`` (16 kHz, 16 bit, big-endian) as ``wav``, unless that is there.

    Raises:
        AudioError: it cannot be read, or has half a sample.
    """
    try:
        content = raw.read_bytes()
    except OSError as error:
        raise AudioError(f"{raw}: {error.strerror}: unpack the archive again") from error
    if len(content) % 2:
        raise AudioError(f"{raw}: {len(content)} bytes are not whole 16-bit samples: unpack the archive again")
    samples = np.frombuffer(content, dtype=">i2").astype(np.int16)
    if wav.is_file() and soundfile.info(wav).frames == len(samples):
        return
    with replacing(wav) as part:
        soundfile.write(part, samples, SAMPLE_RATE_HZ, subtype="PCM_16")


def _readable(utterance: Utterance, folder: Path) -> Utterance:
    """Return the utterance with a recording that says what it is: a ``.raw`` becomes a ``.wav`` in ``folder``."""
    if utterance.audio_filepath.suffix != ".raw":
        return utterance
    wav = folder / f"{utterance.id}.wav"
    convert_raw(utterance.audio_filepath, wav)
    return replace(utterance, audio_filepath=wav)


CORPUS = Corpus(
    name="an4",
    hours=0.8,
    licence="CMU (BSD-like)",
    summary="spelled names, numbers and control words; 84 speakers",
    prepare=prepare,
)
