"""Ours: `asr prepare`, the whole command with all default features, into a folder that is removed again."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def build(manifest: Path, jobs: int) -> Callable[[], float]:
    """Return one run of the command, which gives its exit status."""
    config = manifest.with_name("config.toml")
    config.write_text("")
    output = manifest.with_suffix(".shards")
    command = [sys.executable, "-m", "asr", "prepare", str(manifest), "--config", str(config), "--quiet"]
    command += ["--output", str(output), "--jobs", str(jobs)]

    def run() -> float:
        shutil.rmtree(output, ignore_errors=True)
        return float(subprocess.run(command, check=True).returncode)

    return run
