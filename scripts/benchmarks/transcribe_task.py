"""What recognisers are timed on: recordings in one form that all of them read, and where their texts go.

This module needs nothing but Python: a contender may live in another environment.
"""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """One case for every contender alike.

    Attributes:
        recordings: folder of WAV files of 16-bit samples, 16 000 a second, one channel, named by number.
        texts: folder that each contender writes its texts into.
        cores: how many the processes may use.
    """

    recordings: Path
    texts: Path
    cores: int

    def paths(self) -> list[Path]:
        """Return the recordings in the order of their names."""
        return sorted(self.recordings.glob("*.wav"))

    def write_texts(self, contender: str, texts: list[str]) -> None:
        """Keep what a contender found, in the order of `paths`."""
        path = self.texts / f"{contender}.json"
        if not path.exists():
            path.write_text(json.dumps(texts), encoding="utf-8")

    def read_texts(self, contender: str) -> list[str]:
        """Return what a contender found."""
        return json.loads((self.texts / f"{contender}.json").read_text(encoding="utf-8"))
