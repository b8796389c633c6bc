"""``asr lm tune``: the weights of a search with a language model, chosen on a development set."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr.cli import DONE
from asr.cli.console import progress_bar, stderr_console, stdout_console
from asr.cli.numbers import positive
from asr.cli.search_options import warm_up, warn_of_unspelled
from asr.cores import num_cores
from asr.wording import counted

if TYPE_CHECKING:
    from asr.scoring.score import Scores
    from asr.tuning.decoder import DecoderStudy
    from asr.tuning.study import Trial

_ROWS = {"greedy": "greedy", "beam": "beam, no language model", "beam_lm": "beam, language model"}


def add_tuning_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr lm tune``."""
    parser.description = (
        "Find the language model's weight, the word bonus and the penalties for unknown words with which a development "
        "set has the fewest word errors, and write them into the run's decoder.json. The log-probabilities are those "
        "of asr decode RUN MANIFEST --save-log-probs LOGPROBS. Trials go beside decoder.json; when it is interrupted, "
        "the best so far stays, and --resume goes on."
    )
    parser.add_argument("model", metavar="RUN", type=Path, help="run folder of asr train")
    parser.add_argument("log_probs", metavar="LOGPROBS", type=Path, help=".npz keyed by utterance id")
    parser.add_argument("references", metavar="MANIFEST", type=Path, help="what was said; any REF of asr score")
    parser.add_argument("--lm", metavar="LM", type=Path, required=True, help="ARPA, plain or gzip, or .asrlm")
    parser.add_argument("--lm-unit", choices=("word", "token"), help="what the model's words are (default: words)")
    parser.add_argument("--lexicon", metavar="F", type=Path, help="the only words that there are (default: any)")
    parser.add_argument("--trials", metavar="N", type=positive, default=100, help="weights tried (default: 100)")
    parser.add_argument("--beam-size", metavar="N", type=positive, help="prefixes kept (default: 100)")
    parser.add_argument("--seed", metavar="N", type=positive, default=1, help="of what is tried (default: 1)")
    parser.add_argument("--jobs", metavar="N", type=positive, help="threads that decode (default: one a core)")
    parser.add_argument(
        "--normaliser", metavar="N", default="none", help="applied to both sides: none, basic or upper (default: none)"
    )
    parser.add_argument("--output", metavar="F", type=Path, help="what to write (default: RUN/decoder.json)")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on with the trials that are there")
    again.add_argument("--overwrite", action="store_true", help="start anew where there are trials")


def tune(args: argparse.Namespace) -> int:
    """Tune; print how greedy search, the beam alone and the tuned search do; write settings and trials."""
    from asr.cli.outputs import check_outputs
    from asr.decoding.settings import DECODER, decoder_file, read_decoder_file
    from asr.errors import OutputError

    output = decoder_file(args.output or args.model)
    trials = output.with_suffix(".trials.jsonl")
    sources = [args.log_probs, args.references, args.lm, *([args.lexicon] if args.lexicon else [])]
    # A run's own decoder.json is added to, and of all its files this command alone may write it.
    check_outputs(sources, [trials] if output.name == DECODER else [output, trials])
    if trials.exists() and not (args.resume or args.overwrite):
        raise OutputError(f"{trials}: there are trials already: go on with --resume, or start anew with --overwrite")
    read_decoder_file(output)  # a broken one is named before the work, not after it
    study = _study(args)
    warn_of_unspelled(study.decoder, args)
    if args.overwrite:
        trials.unlink(missing_ok=True)
    try:
        _run(args, study, output, trials)
    except KeyboardInterrupt:
        if study.trials:
            _record(args, study, output)  # the trial that has just ended may be the best
            stderr_console(args).print(f"{output}: has the best of {counted(len(study.trials), 'trial')}")
        raise
    scores = study.scores()
    _record(args, study, output, scores)
    _print(args, study, scores, output)
    return DONE


def _study(args: argparse.Namespace) -> "DecoderStudy":
    from dataclasses import replace

    from asr.decoding.decode import Decoder
    from asr.decoding.lexicon import Lexicon
    from asr.decoding.lm import LanguageModel
    from asr.decoding.settings import load_settings
    from asr.tokens import Tokens
    from asr.tuning.decoder import DecoderStudy
    from asr.tuning.development import DevelopmentSet

    tokens = Tokens.load(args.model / "tokens.json")
    development = DevelopmentSet.load(args.log_probs, args.references, tokens)
    if development.num_unused:
        stderr_console(args).print(f"{counted(development.num_unused, 'utterance')} of {args.log_probs} not used")
    warm_up(Decoder(tokens), args)
    asked = {name: value for name in ("beam_size", "lm_unit") if (value := getattr(args, name)) is not None}
    return DecoderStudy(
        tokens,
        development,
        replace(load_settings(args.model), **asked),
        LanguageModel(args.lm),
        Lexicon.load(args.lexicon) if args.lexicon else None,
        normaliser=args.normaliser,
        seed=args.seed,
        jobs=args.jobs or num_cores(),
    )


def _run(args: argparse.Namespace, study: "DecoderStudy", output: Path, trials: Path) -> None:
    """Make the trials; the best so far is kept after each, and each that makes fewer errors is shown."""
    console = stderr_console(args)
    with progress_bar(console) as progress:
        task = progress.add_task("tune", total=args.trials)

        def on_trial(trial: "Trial") -> None:
            progress.update(task, completed=trial.trial + 1)
            _record(args, study, output)
            if all(trial.rank < other.rank for other in study.trials[:-1]):
                console.print(f"trial {trial.trial}: WER {trial.wer:.2%}, {_weights(trial)}")

        study.run(args.trials, trials, on_trial=on_trial)


def _record(
    args: argparse.Namespace, study: "DecoderStudy", output: Path, scores: "Mapping[str, Scores] | None" = None
) -> None:
    """Write the best settings, and what they were found on and with."""
    from asr.decoding.settings import save_settings, update_decoder_file

    facts: dict[str, Any] = {
        "references": str(args.references),
        "lm": str(args.lm),
        "lexicon": str(args.lexicon) if args.lexicon else None,
        "normaliser": args.normaliser,
        "seed": args.seed,
        "trials": len(study.trials),
        "trial": study.best.trial,
    }
    if scores is not None:
        facts["wer"] = {name: found.wer for name, found in scores.items()}
    save_settings(output, study.best_settings())
    update_decoder_file(output, {"tuning": facts})


def _print(args: argparse.Namespace, study: "DecoderStudy", scores: "Mapping[str, Scores]", output: Path) -> None:
    """Print searches side by side, and what was found."""
    from asr.report.wording import percent

    console = stdout_console()
    console.print(f"{args.references}: {_extent(scores['beam_lm'])}, beam size {study.settings.beam_size}")
    width = max(map(len, _ROWS.values()))
    for name, found in scores.items():
        interval = found.interval
        around = f" ({percent(interval.low)} to {percent(interval.high)})" if interval else ""
        console.print(f"{_ROWS[name].ljust(width)}  WER {percent(found.wer)}{around}, CER {percent(found.cer)}")
    console.print(f"{output}: {_weights(study.best)} (trial {study.best.trial} of {len(study.trials)})")


def _extent(scores: "Scores") -> str:
    return f"{counted(scores.counts.utterances, 'utterance')}, {counted(scores.counts.words.reference_length, 'word')}"


def _weights(trial: "Trial") -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in trial.weights.items())
