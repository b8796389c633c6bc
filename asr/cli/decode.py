"""Find the text of every utterance of a data set with a trained model.

    asr decode runs/an4 work/an4/test.jsonl --output hypotheses.jsonl --beam-size 20
    asr score work/an4/test.jsonl hypotheses.jsonl

The data set is a manifest or a folder of shards. Utterances that cannot be read are named on stderr and left out (exit
status 1). --beam-size 1 is greedy search, and the default where the run's config says nothing else. With --lm or
--lexicon the search is a beam search of 100, its weights those that asr lm tune has put into the run. Words have times
and confidence; --calibrate, on a development set, makes probabilities of the confidences of whatever the run decodes
from then on.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE, SOME_FAILED
from asr.cli.console import load_backend, progress_bar, stderr_console
from asr.cli.numbers import counted, positive

if TYPE_CHECKING:
    from asr.decoding.decode import Decoder
    from asr.tokens import Tokens


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr decode``."""
    parser.add_argument("model", metavar="RUN", type=Path, help="run folder of asr train")
    parser.add_argument("data_set", metavar="MANIFEST_OR_SHARDS", type=Path, help="what to decode")
    parser.add_argument("--output", metavar="HYP", required=True, type=Path, help="file of hypotheses, JSON lines")
    parser.add_argument(
        "--beam-size", metavar="N", type=positive, help="prefixes kept; 1 is greedy search (default: the run's config)"
    )
    parser.add_argument("--lm", metavar="LM", type=Path, help="language model: ARPA, plain or gzip, or .asrlm")
    parser.add_argument("--lexicon", metavar="F", type=Path, help="the only words that there are (default: any)")
    parser.add_argument(
        "--calibrate",
        choices=("isotonic", "temperature"),
        help="fit words' confidence to the references, and keep that in RUN; temperature where words are few",
    )
    parser.add_argument(
        "--save-log-probs", metavar="F", type=Path, help="write log-probabilities [T, V] too, a .npz keyed by id"
    )


def run(args: argparse.Namespace) -> int:
    """Decode, and report speed and failures."""
    load_backend(args)
    from asr.cli.outputs import check_outputs
    from asr.decoding.annotate import Calibrator
    from asr.decoding.calibration import save_calibration
    from asr.run import load
    from asr.transcribe.data_set import decode_data_set, read_data_set

    read = [path for path in (args.data_set, args.lm, args.lexicon) if path]
    check_outputs(read, [path for path in (args.output, args.save_log_probs) if path])
    model = load(args.model)
    examples = read_data_set(args.data_set, model.config.features)
    console = stderr_console(args)
    calibrator = Calibrator(model.tokens) if args.calibrate else None
    with progress_bar(console) as progress:
        task = progress.add_task("decode", total=len(examples))
        result = decode_data_set(
            model,
            examples,
            args.output,
            beam_size=args.beam_size or model.config.decode.beam_size,
            decoder=_decoder(args, model.tokens),
            log_probs_file=args.save_log_probs,
            calibrator=calibrator,
            on_progress=lambda done: progress.update(task, completed=done),
        )
    for name, message in result.failures.items():
        print(f"asr: {name}: {message}", file=sys.stderr)
    if calibrator is not None:
        save_calibration(args.model, calibrator.fit(args.calibrate))
    speed = "" if result.real_time_factor is None else f", real-time factor {result.real_time_factor:.3g}"
    console.print(
        f"{args.output}: {counted(result.num_decoded, 'utterance')}, {len(result.failures)} failed, "
        f"{result.audio_seconds:.1f} s of audio in {result.seconds:.1f} s{speed}"
    )
    return SOME_FAILED if result.failures else DONE


def _decoder(args: argparse.Namespace, tokens: "Tokens") -> "Decoder | None":
    """Return the search with the language model or lexicon asked for, under the run's tuned weights."""
    if not (args.lm or args.lexicon):
        return None
    from asr.decoding.decode import Decoder
    from asr.decoding.lexicon import Lexicon
    from asr.decoding.lm import LanguageModel
    from asr.decoding.settings import COMMAND_SETTINGS, load_settings

    # Weights that were tuned with a language model mean nothing without one.
    settings = load_settings(args.model) if args.lm else COMMAND_SETTINGS
    return Decoder(
        tokens,
        replace(settings, beam_size=args.beam_size) if args.beam_size else settings,
        lm=LanguageModel(args.lm) if args.lm else None,
        lexicon=Lexicon.load(args.lexicon) if args.lexicon else None,
    )
