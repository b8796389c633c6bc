"""How long after a word was said its text is there: sound is given to a model as fast as it was spoken, no faster.

python scripts/stream_latency.py data/dev.jsonl --model RUN [--lm LM] [--count 20] [--json F]

A word is first seen when the best text has it, stable when it will not change any more, and final with its times when
its utterance has ended or was cut. Each is counted from the word's end. Computing counts as the processor time that it
takes on one thread, so that other work on the machine does not matter. wer_stream is of what was final, wer_file of the
same sound as a file, other_words how many words of one must be changed to get the other.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
from benchmarks.machine import describe_machine

from asr.audio import Waveform
from asr.decoding.decode import Decoder
from asr.decoding.lm import LanguageModel
from asr.decoding.settings import UNTUNED_SETTINGS, load_settings
from asr.manifest import read_manifest
from asr.onnx_stream import can_stream
from asr.prepare.blocks import read_utterance
from asr.run import load_onnx
from asr.scoring.score import score
from asr.transcribe.transcriber import Transcriber

GAP_S = 1.5
BLOCK_S = 0.05
KINDS = ("seen", "stable", "final")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print or write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--lm", type=Path)
    parser.add_argument("--count", type=int, default=20, help="utterances")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    model = load_onnx(args.model, threads=1)
    search = None
    if args.lm:
        search = Decoder(model.tokens, load_settings(args.model, UNTUNED_SETTINGS), lm=LanguageModel(args.lm))
    transcriber = Transcriber(model, search=search, beam_size=None if search else 1)
    utterances = read_manifest(args.manifest)[: args.count]
    rate = model.config.features.sample_rate_hz
    gap = np.zeros(round(GAP_S * rate), np.float32)
    waveform = np.concatenate([part for one in utterances for part in (read_utterance(one, rate), gap)])
    list(transcriber.stream([waveform[: 3 * rate]]))  # what is loaded or compiled at first does not count
    latencies, busy, text = measured(transcriber, waveform, rate)
    row = {"contender": "carried state" if can_stream(model) else "windows", "words": len(latencies["final"])}
    row |= {f"{kind}_median": round(median(found), 3) for kind, found in latencies.items()}
    row |= {f"{kind}_p90": round(float(np.percentile(found, 90)), 3) for kind, found in latencies.items()}
    row["real_time_factor"] = round(busy * rate / len(waveform), 4)
    row |= compared(" ".join(one.text for one in utterances), text, file_text(transcriber, waveform, rate))
    content = json.dumps({"machine": describe_machine(), "results": [row]}, indent=1)
    print(json.dumps(row))
    if args.json:
        args.json.write_text(content + "\n", encoding="utf-8")
    return 0


def file_text(transcriber: Transcriber, waveform: Waveform, rate: int) -> str:
    """Return what the model finds where the sound is a file."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        soundfile.write(file.name, waveform, rate, "FLOAT")
        return transcriber(file.name).text


def compared(reference: str, stream: str, file: str) -> dict[str, float | int | None]:
    """Return the errors of both texts, and between them."""
    between = score({"all": file}, {"all": stream})
    return {
        "wer_stream": score({"all": reference}, {"all": stream}).wer,
        "wer_file": score({"all": reference}, {"all": file}).wer,
        "other_words": between.counts.words.errors,
    }


def measured(transcriber: Transcriber, waveform: Waveform, rate: int) -> tuple[dict[str, list[float]], float, str]:
    """Return the latencies of all words by kind, the seconds of computing, and the text.

    Nobody waits for the sound: the clock is that of the sound, plus what is computed late.
    """
    block, now, given = round(BLOCK_S * rate), 0.0, time.process_time()
    busy = 0.0
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}  # of the words of the open utterance
    latencies: dict[str, list[float]] = {kind: [] for kind in KINDS}

    def blocks() -> Iterator[Waveform]:
        nonlocal now, given, busy
        for start in range(0, len(waveform), block):
            spent = time.process_time() - given
            busy += spent
            now = max((start + block) / rate, now + spent)
            given = time.process_time()
            yield waveform[start : start + block]

    said: list[str] = []
    for update in transcriber.stream(blocks()):
        moment = now + time.process_time() - given
        for kind, text in (("seen", update.text), ("stable", update.stable)):
            times[kind] += [moment] * (len(text.split()) - len(times[kind]))
        said += [segment.text for segment in update.segments]
        words = [word for segment in update.segments for word in segment.words]
        for number, word in enumerate(words):
            for kind in KINDS:
                known = times[kind][number] if number < len(times[kind]) else moment
                latencies[kind].append(known - (word.end or 0.0))
        if words:
            times = {kind: found[len(words) :] for kind, found in times.items()}
    return latencies, busy, " ".join(said)


if __name__ == "__main__":
    sys.exit(main())
