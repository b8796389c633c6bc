"""A checkout with nothing but the recipes, and an `asr` that only writes down how it was called."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "recipes"

# Writes the files that the recipes take up again; their content is what a real one has where it matters here.
FAKE_ASR = """\
#!/usr/bin/env bash
echo "${0##*/} $*" >> "$CALLS"
[[ ${FAIL:-} && $* == $FAIL* ]] && exit 130
after() { local word; for word in "${@:2}"; do [[ ${before:-} == "$1" ]] && echo "$word"; before=$word; done; }
case $1 in
  corpus)
    mkdir -p "$4"
    touch "$4/${DEVELOPMENT:-dev-clean}.jsonl"
    seq 1 12 > "$4/dev-tune.jsonl"
    ;;
  train)
    run=$(after --output "$@")
    mkdir -p "$run"
    echo "train = [\\"$PWD/shards/train\\"]" > "$run/config.toml"
    echo "{\\"command\\": \\"asr $*\\"}" > "$run/environment.json"
    echo '{"epoch": 1}' > "$run/history.jsonl"
    ;;
  decode)
    for file in $(after --output "$@") $(after --save-log-probs "$@"); do
      mkdir -p "${file%/*}"
      echo "$3" > "$file"
    done
    ;;
  lm)
    if [[ $2 == train ]]; then mkdir -p lm && touch "$(after --output "$@")"; fi
    if [[ $2 == tune ]]; then echo "{\\"tuning\\": {\\"lm\\": \\"$(after --lm "$@")\\"}}" > "$3/decoder.json"; fi
    ;;
  score | compare) echo "$*" > "$(after --markdown "$@")" ;;
esac
"""


@dataclass
class Checkout:
    """A repository with a recipes folder, and how often its `asr` was called with what."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> list[str]:
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def run(self, recipe: str, *arguments: str | Path, cwd: Path | None = None, path: str | None = None):
        """Run a recipe; return the finished process."""
        bin_folder = self.root.parent / "bin"
        environment = {
            **self.environment,
            "PATH": path or f"{bin_folder}:{os.defpath}",
            "CALLS": str(self.root / "calls"),
        }
        return subprocess.run(
            [self.root / "recipes" / recipe / "run.sh", *arguments],
            cwd=cwd or self.root,
            env=environment,
            capture_output=True,
            text=True,
        )


def make_fake(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAKE_ASR)
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "a checkout"  # the space is part of the test
    ignored = shutil.ignore_patterns("work", "results")
    shutil.copytree(RECIPES, root / "recipes", ignore=ignored)
    for name in ("asr", "python"):
        make_fake(tmp_path / "bin" / name)
    return Checkout(root)
