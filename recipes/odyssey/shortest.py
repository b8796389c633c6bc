"""Write the shortest utterances of a manifest that have at least two words: little to draw, much to see.

python shortest.py data/test.jsonl --count 3 --output data/gates.jsonl
"""

import argparse
from pathlib import Path

from asr.manifest import read_manifest, write_manifest


def main() -> None:
    """Read, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    utterances = [one for one in read_manifest(args.manifest) if len(one.text.split()) >= 2]
    write_manifest(args.output, sorted(utterances, key=lambda one: (one.duration, one.id))[: args.count])


if __name__ == "__main__":
    main()
