"""How fast the parts are beside their peers: every contender timed in turn in one run, on this machine.

    python scripts/benchmark.py train --case a b --json train.json
    python scripts/benchmark.py train --mode infer --case a b
    python scripts/benchmark.py features
    python scripts/benchmark.py decode --log-probs test.npz --tokens RUN/tokens.json --references test.jsonl --lm F.arpa
    python scripts/benchmark.py score
    python scripts/benchmark.py transcribe dev.jsonl --model RUN --utterances 50

A table goes to stdout, progress to stderr; --json keeps all figures with the machine's description. A contender that is
not installed is left out and named. docs/benchmarks.md says what is measured and what came out.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

# Each is a module of scripts/benchmarks with SUMMARY, add_arguments(parser) and run(args) -> exit status.
SUBCOMMANDS = {
    "train": "benchmarks.train",
    "features": "benchmarks.features",
    "decode": "benchmarks.decode",
    "score": "benchmarks.score",
    "transcribe": "benchmarks.transcribe",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one benchmark and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subparsers = parser.add_subparsers(required=True, metavar="BENCHMARK")
    for name, module_name in SUBCOMMANDS.items():
        module = importlib.import_module(module_name)
        subparser = subparsers.add_parser(
            name, help=module.SUMMARY, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    args = parser.parse_args(argv)
    return args.run(args)


if __name__ == "__main__":
    sys.exit(main())
