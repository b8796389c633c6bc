"""Make n-gram language models, compile them, measure how well they predict a text, and tune a search with them.

    asr lm train books.txt.gz --order 3 --prune 1e-8 --output books.asrlm
    asr lm perplexity books.asrlm held-out.txt
    asr lm compile books.arpa.gz
    asr lm tune runs/an4 dev.npz dev.jsonl --lm books.asrlm

A model is an ARPA file, plain or gzip, or its compiled form .asrlm, which opens in milliseconds. Text has a sentence a
line, is UTF-8, and may be gzip or xz; of a manifest (.jsonl), the transcripts are the text.
"""

import argparse
from pathlib import Path

from asr.cli import DONE, common_arguments
from asr.cli.lm_tune import add_tuning_arguments, tune
from asr.cli.numbers import positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's actions and their arguments."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for name, summary, add, run_action in (
        ("train", "an n-gram model from text", _add_train, _train),
        ("perplexity", "how well a model predicts a text", _add_perplexity, _perplexity),
        ("compile", "an ARPA file into an .asrlm", _add_compile, _compile),
        ("tune", "a search's weights on a development set", add_tuning_arguments, tune),
    ):
        action = actions.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        add(action)
        common_arguments(action, argparse.SUPPRESS)
        action.set_defaults(action=run_action)


def run(args: argparse.Namespace) -> int:
    """Run the action."""
    return args.action(args)


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Interpolated modified Kneser-Ney. --cutoffs and --prune make a model smaller; words below --min-count or "
        "outside --vocabulary become <unk>."
    )
    parser.add_argument(
        "texts", metavar="TEXT", type=Path, nargs="+", help="a sentence a line, plain, gzip or xz; or a manifest"
    )
    parser.add_argument("--output", metavar="F", type=Path, required=True, help=".asrlm, .arpa or .arpa.gz")
    parser.add_argument("--order", metavar="N", type=positive, default=3, help="words of an n-gram (default: 3)")
    words = parser.add_mutually_exclusive_group()
    words.add_argument("--vocabulary", metavar="F", type=Path, help="words that the model shall have, one a line")
    words.add_argument("--min-count", metavar="N", type=positive, default=1, help="of a word (default: 1)")
    parser.add_argument(
        "--cutoffs",
        metavar="N,N,...",
        type=_cutoffs,
        default=(),
        help="for order 1, 2, ...: leave out n-grams that occur so often or less, as 0,1,1 (default: 0)",
    )
    parser.add_argument(
        "--prune",
        metavar="X",
        type=_fraction,
        default=0.0,
        help="leave out n-grams without which perplexity rises by less than this fraction, as 1e-8 (default: 0)",
    )
    parser.add_argument("--quantise", action="store_true", help="a byte a number in an .asrlm: smaller, a little worse")
    parser.add_argument(
        "--normaliser", metavar="N", default="none", help="applied to the text: none, basic or upper (default: none)"
    )
    _add_memory(parser, "2G")
    parser.add_argument("--jobs", metavar="N", type=positive, default=1, help="threads that sort (default: 1)")


def _add_perplexity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lm", metavar="LM", type=Path, help="ARPA, plain or gzip, or .asrlm")
    parser.add_argument(
        "texts", metavar="TEXT", type=Path, nargs="+", help="a sentence a line, plain, gzip or xz; or a manifest"
    )
    parser.add_argument(
        "--normaliser", metavar="N", default="none", help="applied to the text: none, basic or upper (default: none)"
    )


def _add_compile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arpa", metavar="ARPA", type=Path, help="the model, plain or gzip")
    parser.add_argument("--output", metavar="F", type=Path, help="(default: F.asrlm beside F.arpa)")
    parser.add_argument("--quantise", action="store_true", help="a byte a number: smaller, a little worse")
    _add_memory(parser, "500M")


def _add_memory(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        type=_size,
        default=_size(default),
        help=f"what sorting may take, as 500M or 2G (default: {default})",
    )


def _train(args: argparse.Namespace) -> int:
    from asr.cli.console import stderr_console
    from asr.cli.outputs import check_outputs
    from asr.decoding.lm_text import read_vocabulary
    from asr.decoding.lm_training import LanguageModelSettings, train_language_model

    check_outputs([*args.texts, *([args.vocabulary] if args.vocabulary else [])], [args.output])
    settings = LanguageModelSettings(
        order=args.order,
        cutoffs=args.cutoffs,
        prune=args.prune,
        min_count=args.min_count,
        normaliser=args.normaliser,
        memory=args.memory,
        jobs=args.jobs,
    )
    train_language_model(
        args.texts,
        args.output,
        settings,
        vocabulary=read_vocabulary(args.vocabulary) if args.vocabulary else None,
        quantise=args.quantise,
        report=stderr_console(args).print,
    )
    return DONE


def _perplexity(args: argparse.Namespace) -> int:
    from asr.decoding.lm import LanguageModel
    from asr.decoding.lm_text import read_blocks
    from asr.text import get_normaliser

    blocks = read_blocks(args.texts, get_normaliser(args.normaliser))
    found = LanguageModel(args.lm).perplexity(sentence.split() for block in blocks for sentence in block)
    print(f"sentences: {found.sentences}")
    print(f"words: {found.words}")
    print(f"unknown words: {found.unknown} ({found.unknown / max(found.words, 1):.2%})")
    print(f"perplexity: {found.perplexity:.2f}")
    print(f"perplexity without unknown words: {found.known_perplexity:.2f}")
    return DONE


def _compile(args: argparse.Namespace) -> int:
    from asr.cli.outputs import check_outputs
    from asr.decoding.compile_lm import compile_arpa
    from asr.decoding.lm import compiled_name

    output = args.output or compiled_name(args.arpa)
    check_outputs([args.arpa], [output])
    compile_arpa(args.arpa, output, memory=args.memory, quantised=args.quantise)
    return DONE


def _cutoffs(text: str) -> tuple[int, ...]:
    numbers = text.split(",")
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} is not whole numbers with commas between, as 0,1,1")
    return tuple(map(int, numbers))


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to below 1")
    return value


def _size(text: str) -> int:
    """Return bytes: a whole number with K, M or G (powers of 1000) or nothing behind it."""
    factor = {"K": 1_000, "M": 1_000_000, "G": 1_000_000_000}.get(text[-1:].upper(), 1)
    digits = text[:-1] if factor > 1 else text
    if not (digits.isascii() and digits.isdigit() and int(digits)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, as 500M or 2G")
    return int(digits) * factor
