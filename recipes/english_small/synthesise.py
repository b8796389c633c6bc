"""Read a text aloud with synthetic voices: recordings to train on, with their transcripts.

Voices are those of hibari-tts (pip install "hibari-tts[fast]") and, where the program `flite` is installed, of Flite.
Each line is read by one voice, drawn at random, as are its pace and the length of its vocal tract: the sound is made
slower or faster, and resampled, so that pitch and formants move together. Rooms, noise and codecs are the business of
`asr prepare --augment`.

A run that was stopped goes on when it is started again; lines, voices and all that is drawn follow from --seed.

    python synthesise.py books.txt.xz --hours 40 --output data/synthetic
"""

import argparse
import functools
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from asr.audio import Waveform, read_audio, resample
from asr.augment import speed_perturb
from asr.cores import num_cores
from asr.decoding.lm_text import read_blocks
from asr.files import replacing, write_atomically
from asr.manifest import Utterance, write_manifest
from asr.text import single_spaces

RATE_HZ = 16_000
LINES_A_PART = 100
CHARACTERS_PER_S = 14.5  # of these voices at their own pace
WORDS = (3, 40)  # a line has
PACE = (0.85, 1.25)  # of the voice's own
FLITE_SHARE = 0.3  # of the lines
FLITE_VOICES = ("rms", "awb", "slt", "kal16")
# How much higher pitch and formants become. The voice of hibari is a woman's, most of Flite's are men's.
HIBARI_TRACT, FLITE_TRACT = (0.78, 1.12), (0.88, 1.15)


@dataclass(frozen=True)
class Part:
    """Lines that are read into one recording."""

    number: int
    lines: tuple[str, ...]
    seed: int
    folder: Path

    @property
    def recording(self) -> Path:
        """The sound."""
        return self.folder / f"part-{self.number:05d}.flac"

    @property
    def record(self) -> Path:
        """Its manifest, which is written last: where it is, the part is whole."""
        return self.recording.with_suffix(".jsonl")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path, help="one sentence a line; plain, gzip or xz")
    parser.add_argument("--output", metavar="DIR", type=Path, required=True, help="recordings, and DIR.jsonl beside it")
    parser.add_argument("--hours", type=float, default=40.0, help="how much to read, about (default: 40)")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is drawn (default: 1)")
    parser.add_argument("--jobs", type=int, default=num_cores(), help="processes (default: one a core)")
    args = parser.parse_args(argv)
    args.output.mkdir(parents=True, exist_ok=True)
    parts = plan(args.text, args.hours, args.seed, args.output.resolve())
    missing = [part for part in parts if not part.record.is_file()]
    with multiprocessing.get_context("spawn").Pool(args.jobs, initializer=_one_thread) as pool:
        for done, _ in enumerate(pool.imap_unordered(read_aloud, missing), len(parts) - len(missing) + 1):
            print(f"\r{done}/{len(parts)} parts", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    utterances = [utterance for part in parts for utterance in _read_record(part)]
    write_manifest(args.output.with_suffix(".jsonl"), utterances)
    print(f"{len(utterances)} utterances, {sum(u.duration for u in utterances) / 3600:.2f} h")
    return 0


def plan(text: Path, hours: float, seed: int, folder: Path) -> list[Part]:
    """Draw the lines and cut them into parts."""
    blocks = read_blocks([text], single_spaces)
    lines = [line for block in blocks for line in block if WORDS[0] <= len(line.split()) <= WORDS[1]]
    chosen, seconds = [], 0.0
    for index in np.random.default_rng(seed).permutation(len(lines)):
        if seconds >= 3600 * hours:
            break
        chosen.append(lines[index])
        seconds += len(lines[index]) / CHARACTERS_PER_S
    starts = range(0, len(chosen), LINES_A_PART)
    return [
        Part(number, tuple(chosen[start : start + LINES_A_PART]), seed, folder) for number, start in enumerate(starts)
    ]


def read_aloud(part: Part) -> None:
    """Make the recording of a part, then its manifest."""
    utterances, waveforms, offset = [], [], 0.0
    for position, line in enumerate(part.lines):
        rng = np.random.default_rng((part.seed, part.number, position))
        voice, waveform = _read_line(line.lower(), rng)
        identity = f"synthetic-{part.number:05d}-{position:02d}"
        duration = len(waveform) / RATE_HZ
        utterances.append(Utterance(identity, part.recording, duration, line, voice, offset=offset))
        waveforms.append(waveform)
        offset += duration
    with replacing(part.recording) as path:
        soundfile.write(path, np.concatenate(waveforms), RATE_HZ, format="FLAC")
    rows = [
        {"id": u.id, "duration": u.duration, "text": u.text, "speaker": u.speaker, "offset": u.offset}
        for u in utterances
    ]
    write_atomically(part.record, "".join(json.dumps(row) + "\n" for row in rows).encode())


def _read_record(part: Part) -> list[Utterance]:
    rows = [json.loads(line) for line in part.record.read_text(encoding="utf-8").splitlines()]
    return [Utterance(audio_filepath=part.recording, **row) for row in rows]


def _read_line(line: str, rng: np.random.Generator) -> tuple[str, Waveform]:
    """Return the voice that was drawn, and the line in it."""
    pace = rng.uniform(*PACE)
    if shutil.which("flite") and rng.random() < FLITE_SHARE:
        voice, tract = str(rng.choice(FLITE_VOICES)), rng.uniform(*FLITE_TRACT)
        return f"flite-{voice}", speed_perturb(_flite(line, voice, pace / tract), tract, RATE_HZ)
    tract = rng.uniform(*HIBARI_TRACT)
    sound = _hibari()(line, speed=float(np.clip(pace / tract, 0.5, 2.0)), seed=int(rng.integers(2**31)))
    return "hibari-heart", speed_perturb(resample(sound, 24_000, RATE_HZ), tract, RATE_HZ)


@functools.cache
def _hibari() -> Callable[..., Waveform]:
    from hibari import Hibari

    return Hibari(threads=1)


def _flite(line: str, voice: str, pace: float) -> Waveform:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        stretch = f"duration_stretch={1 / pace:.3f}"
        command = ["flite", "-voice", voice, "--setf", stretch, "-t", line, "-o", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return read_audio(path, sample_rate_hz=RATE_HZ)


def _one_thread() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"


if __name__ == "__main__":
    sys.exit(main())
