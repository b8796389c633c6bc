"""Find the text of every utterance of a data set with a trained model.

    asr decode runs/an4 work/an4/test.jsonl --output hypotheses.jsonl --beam-size 20
    asr score work/an4/test.jsonl hypotheses.jsonl

The data set is a manifest, a folder of shards, or log-probabilities that --save-log-probs has written (.npz; no model
is loaded then). Utterances that cannot be read are named on stderr and left out (exit status 1). --beam-size 1 is
greedy search, and the default where the run's config says nothing else. With --lm, --lexicon or --hotwords the search
is a beam search of 100, its weights those that asr lm tune has put into the run. With --rescore-lm, all that the beam
holds is ranked anew by a larger model, and times, confidence and --nbest are those of the new order. A beam search
leaves out tokens of less than exp(-12), and prefixes that rank 20 below the best (natural logarithms). Words have times
and confidence; --calibrate, on a development set, makes probabilities of the confidences of whatever the run decodes
from then on.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE, SOME_FAILED
from asr.cli.console import progress_bar, stderr_console
from asr.cli.model_options import add_runtime_arguments, load_model, model_argument
from asr.cli.numbers import positive
from asr.cli.search_options import add_search_arguments, files_read, lm_file, search_for
from asr.cores import num_cores
from asr.wording import counted

if TYPE_CHECKING:
    from asr.transcribe.data_set import Example
    from asr.transcribe.recognise import SpeechModel

_SAVED = ".npz"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr decode``."""
    parser.add_argument("model", metavar="RUN", type=model_argument, help="run folder, or a packaged model")
    parser.add_argument("data_set", metavar="DATA", type=Path, help="manifest, shards, or saved log-probabilities")
    parser.add_argument("--output", metavar="HYP", required=True, type=Path, help="file of hypotheses, JSON lines")
    add_search_arguments(parser)
    add_runtime_arguments(parser)
    parser.add_argument("--nbest", metavar="N", type=positive, help="write so many hypotheses an utterance, best first")
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
    from asr.cli.outputs import check_outputs

    lm = lm_file(args, args.model)
    read = [args.data_set, *files_read(args), *([lm] if lm else [])]
    check_outputs(read, [path for path in (args.output, args.save_log_probs) if path])
    model, examples = _saved(args) if args.data_set.suffix == _SAVED else _computed(args)
    from asr.decoding.annotate import Calibrator
    from asr.decoding.calibration import save_calibration
    from asr.transcribe.data_set import decode_data_set

    console = stderr_console(args)
    search = search_for(args, args.model, model.tokens, model.config.decode)
    calibrator = Calibrator(model.tokens) if args.calibrate else None
    with progress_bar(console) as progress:
        task = progress.add_task("decode", total=len(examples))
        result = decode_data_set(
            model,
            examples,
            args.output,
            search=search,
            num_best=args.nbest,
            threads=args.threads or num_cores(),
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


def _computed(args: argparse.Namespace) -> "tuple[SpeechModel, list[Example]]":
    """Return the model, and the utterances of a manifest or of shards."""
    from asr.transcribe.data_set import read_data_set

    model = load_model(args, args.model)
    return model, read_data_set(args.data_set, model.config.features, model.frames)


def _saved(args: argparse.Namespace) -> "tuple[SpeechModel, list[Example]]":
    """Return what stands for the model, and the utterances whose log-probabilities were saved."""
    from asr.errors import ConfigError
    from asr.transcribe.saved import SavedModel, read_saved

    if args.calibrate:
        raise ConfigError(f"{args.data_set}: has no references: --calibrate needs a manifest or shards")
    model = SavedModel(args.model)
    return model, read_saved(args.data_set, model)
