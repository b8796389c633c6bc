"""Write a share of a manifest's utterances: nested subsets, each with as many speakers as it can have.

    python subsets.py data/train.jsonl --percent 10 --output data/train-10.jsonl

Utterances of a speaker are put into an order by the digest of their ids: by nothing that is heard. The one at place r
of n stands at (r + 1/2) / n, and those that stand lowest, over all speakers, are the subset. So each speaker gives the
same share, one who has enough at least one, and what is in a smaller subset is in every larger one.
"""

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from asr.manifest import Utterance, read_manifest, write_manifest


def subset(utterances: Sequence[Utterance], percent: float) -> list[Utterance]:
    """Return that share of the utterances, in their order; at least one of them.

    Args:
        utterances: each with a speaker, or all of one.
        percent: above 0, at most 100.
    """
    by_speaker = defaultdict(list)
    for utterance in utterances:
        by_speaker[utterance.speaker].append(utterance)
    places: dict[str, tuple[float, str]] = {}
    for own in by_speaker.values():
        for rank, utterance in enumerate(sorted(own, key=_digest)):
            places[utterance.id] = ((rank + 0.5) / len(own), _digest(utterance))
    kept = set(sorted(places, key=lambda name: places[name])[: max(1, round(len(utterances) * percent / 100))])
    return [utterance for utterance in utterances if utterance.id in kept]


def _digest(utterance: Utterance) -> str:
    return hashlib.sha256(utterance.id.encode()).hexdigest()


def main() -> None:
    """Read the command line and write the subset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--percent", type=float, required=True, help="share of the utterances, above 0")
    parser.add_argument("--output", type=Path, required=True, help="manifest to write, in the folder of the first")
    args = parser.parse_args()
    if not 0 < args.percent <= 100:
        parser.error(f"--percent {args.percent:g}: give a share above 0, at most 100")
    write_manifest(args.output, subset(read_manifest(args.manifest), args.percent))


if __name__ == "__main__":
    main()
