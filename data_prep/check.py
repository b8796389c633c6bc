"""What would spoil a training, found before it: every utterance is read once, and outliers are named.

A finding is a hint with its evidence, not a verdict; nothing is changed. Bounds are constants here, each with where it
comes from.
"""

import math
import statistics
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from asr.config import Config
from asr.ctc import frames_needed
from asr.errors import ManifestError, UtteranceError
from asr.manifest import Utterance, read_manifest
from asr.tokens import Tokens
from data_prep.corpus import Report, in_parallel
from data_prep.measure import Measurement, measure

MAX_CLIPPED_SHARE = 0.001  # 16 samples in a second at 16 kHz: more than a few clicks
SILENT_DB = -50.0  # the loudest 25 ms; quiet speech is some 20 dB above
MAX_DURATION_S = 36.0  # a little above the longest of LibriSpeech's; a batch takes the memory of its longest
DURATION_TOLERANCE_S = 0.1  # manifests round, and MP3 and Opus pad: as asr.audio
MAX_CHARACTERS_PER_S = 30.0  # the fastest readers speak 6 words a second, some 5 characters each
MIN_CHARACTERS_PER_S = 1.0  # slower: text is missing, or most of the recording is no speech; ...
SLOW_FROM_S = 5.0  # ... but one short word may stand in a few seconds
MIN_REPEATED_WORDS = 5  # shorter sentences are repeated by chance or design
RARE_SHARE = 0.01  # of the utterances: a sign or script that fewer have is a slip of the transcriber

UNREADABLE = "unreadable"
Recording: TypeAlias = tuple[Utterance, Measurement]
Findings: TypeAlias = Iterator[tuple[str, str]]  # id and message


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is odd about one utterance."""

    kind: str
    id: str
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking a manifest: totals of what could be read, and findings by kind and manifest order."""

    manifest: str
    utterances: int
    hours: float
    shortest_s: float | None
    median_s: float | None
    longest_s: float | None
    speakers: int
    words: int
    distinct_words: int
    characters: Mapping[str, int]
    sample_rates_hz: Mapping[int, int]
    channels: Mapping[int, int]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


def check_manifest(path: Path, config: Config | None, report: Report) -> Check:
    """Read every utterance of a manifest and return its totals and what is odd.

    Args:
        path: the manifest.
        config: the training's; with it, text that its tokens cannot spell and utterances that CTC cannot align are
            found too.
        report: told of progress.

    Raises:
        ManifestError: the manifest cannot be read, or has no utterances.
    """
    utterances = read_manifest(path)
    if not utterances:
        raise ManifestError(f"{path}: no utterances: nothing to check")
    measurements = in_parallel(measure, utterances, "reading audio", report)
    pairs = list(zip(utterances, measurements, strict=True))
    recordings = [(utterance, found) for utterance, found in pairs if isinstance(found, Measurement)]
    findings = [Finding(UNREADABLE, utterance.id, found) for utterance, found in pairs if isinstance(found, str)]
    for rule in (clipped, silent, long, wrong_duration, odd_rate, repeated_audio, repeated_text, odd_text):
        findings += [Finding(rule.__name__.replace("_", " "), name, message) for name, message in rule(recordings)]
    if config is not None:
        findings += [Finding(*finding) for finding in unusable(recordings, config)]
    seconds = sorted(found.duration_s for _, found in recordings)
    texts = [utterance.text for utterance in utterances]
    words = Counter(word for text in texts for word in text.split())
    return Check(
        manifest=str(path),
        utterances=len(utterances),
        hours=round(sum(seconds) / 3600, 4),
        shortest_s=seconds[0] if seconds else None,
        median_s=round(statistics.median(seconds), 3) if seconds else None,
        longest_s=seconds[-1] if seconds else None,
        speakers=len({utterance.speaker for utterance in utterances} - {None}),
        words=words.total(),
        distinct_words=len(words),
        characters=dict(sorted(Counter("".join(texts)).items())),
        sample_rates_hz=dict(Counter(found.sample_rate_hz for _, found in recordings)),
        channels=dict(Counter(found.num_channels for _, found in recordings)),
        findings=tuple(findings),
    )


def clipped(recordings: Sequence[Recording]) -> Findings:
    """Yield the recordings with many samples at full scale."""
    for utterance, found in recordings:
        if found.clipped_share > MAX_CLIPPED_SHARE:
            yield utterance.id, f"{found.clipped_share:.2%} of the samples are at full scale"


def silent(recordings: Sequence[Recording]) -> Findings:
    """Yield the recordings in which nothing is loud enough for speech."""
    for utterance, found in recordings:
        if found.loudest_db < SILENT_DB:
            yield utterance.id, f"the loudest 25 ms are at {found.loudest_db:g} dB of full scale"


def long(recordings: Sequence[Recording]) -> Findings:
    """Yield what is longer than an utterance should be."""
    for utterance, found in recordings:
        if found.duration_s > MAX_DURATION_S:
            yield utterance.id, f"{found.duration_s:.1f} s: cut it at pauses, batches are as long as their longest"


def wrong_duration(recordings: Sequence[Recording]) -> Findings:
    """Yield what says another duration than its file has, where it claims to be the whole file."""
    uses = Counter(utterance.audio_filepath for utterance, _ in recordings)
    for utterance, found in recordings:
        is_whole = not utterance.offset and uses[utterance.audio_filepath] == 1
        if is_whole and abs(utterance.duration - found.file_duration_s) > DURATION_TOLERANCE_S:
            yield utterance.id, f"{utterance.duration:g} s in the manifest, {found.file_duration_s:g} s in the file"


def odd_rate(recordings: Sequence[Recording]) -> Findings:
    """Yield what has more text than can be spoken in its time, or hardly any for it."""
    for utterance, found in recordings:
        rate = len(utterance.text) / found.duration_s
        slow = rate < MIN_CHARACTERS_PER_S and found.duration_s > SLOW_FROM_S
        if rate > MAX_CHARACTERS_PER_S or slow:
            yield utterance.id, f"{len(utterance.text)} characters in {found.duration_s:.2f} s: {rate:.1f} a second"


def repeated_audio(recordings: Sequence[Recording]) -> Findings:
    """Yield recordings with the same samples as an earlier one."""
    yield from _repeated(recordings, lambda recording: recording[1].fingerprint, "the same samples as")


def repeated_text(recordings: Sequence[Recording]) -> Findings:
    """Yield texts of some length that an earlier utterance has too."""
    lengthy = [recording for recording in recordings if len(recording[0].text.split()) >= MIN_REPEATED_WORDS]
    yield from _repeated(lengthy, lambda recording: recording[0].text, "the same text as")


def odd_text(recordings: Sequence[Recording]) -> Findings:
    """Yield texts that are empty, or have characters that hardly any other has, or that no text should have."""
    rare = _rare_kinds([utterance.text for utterance, _ in recordings])
    for utterance, _ in recordings:
        if not utterance.text.strip():
            yield utterance.id, "the text is empty"
        elif odd := sorted({c for c in utterance.text if _never_in_text(c) or _kind(c) in rare}):
            yield utterance.id, f"odd characters: {', '.join(_name(character) for character in odd)}"


def unusable(recordings: Sequence[Recording], config: Config) -> Iterator[tuple[str, str, str]]:
    """Yield kind, id and message of what the configured model cannot be trained on."""
    from asr.features import num_frames  # librosa is heavy, and only this needs it

    # Pieces are found in the training text, which this manifest need not be: few will do.
    tokens = Tokens.from_config(config.tokens, (utterance.text for utterance, _ in recordings), exactly=False)
    for utterance, found in recordings:
        try:
            needed = frames_needed(tokens.encode(utterance.text))
        except UtteranceError as error:
            yield "not spellable", utterance.id, str(error)
            continue
        frames = num_frames(round(found.duration_s * config.features.sample_rate_hz), config.features)
        outputs = math.ceil(frames / config.model.time_stride)
        if outputs < needed:
            message = (
                f"CTC needs {needed} frames for the text, and the model makes {outputs} of {found.duration_s:.2f} s"
            )
            yield "not alignable", utterance.id, message


def _repeated(recordings: Sequence[Recording], key: Callable[[Recording], str], what: str) -> Findings:
    ids: dict[str, list[str]] = defaultdict(list)
    for recording in recordings:
        ids[key(recording)].append(recording[0].id)
    for first, *others in ids.values():
        for other in others:
            yield other, f"{what} {first}"


def _rare_kinds(texts: Sequence[str]) -> set[str]:
    """Return the kinds of characters that fewer than `RARE_SHARE` of the texts have."""
    counts = Counter(kind for text in texts for kind in {_kind(character) for character in text})
    return {kind for kind, count in counts.items() if count < RARE_SHARE * len(texts)} - {""}


def _kind(character: str) -> str:
    """Return a letter's script, nothing for a space or an apostrophe, and any other sign itself."""
    if character in " '":
        return ""
    if character.isalpha():
        return unicodedata.name(character, "?").split(maxsplit=1)[0]
    return character


def _never_in_text(character: str) -> bool:
    """Whether it is a control, private or unassigned character, a replacement mark, or white space but the space."""
    is_space = character.isspace() and character != " "
    return is_space or character == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(character).startswith("C")


def _name(character: str) -> str:
    name = unicodedata.name(character, "without a name")
    return f"{character!r} (U+{ord(character):04X} {name})"
