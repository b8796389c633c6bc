"""Does the built wheel transcribe in an environment of its own, outside the repository, with a packaged model?

    make build
    python scripts/wheel_check.py dist/keras_asr-*.whl tests/data/an440-mjgm-b.flac --constraints constraints.txt

Makes a virtual environment in a temporary folder, installs the wheel and what it asks for there (pip needs its index,
or its options in PIP_* variables), and transcribes the file from another folder, without -m by the default model.
Prints the text and the seconds of three cold starts, of which the first compiles the search where there is one, and
what the wheel holds.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

_STARTS = 3


def main(argv: list[str] | None = None) -> int:
    """Install and transcribe; return 0 when all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="what make build has made")
    parser.add_argument("audio", type=Path, help="sound file to transcribe")
    parser.add_argument("-m", "--model", help="packaged model's name (default: the one that asr takes)")
    parser.add_argument("--constraints", type=Path, help="exact versions for pip")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        binaries = _install(Path(folder), args.wheel, args.constraints)
        command = [binaries / "asr", "transcribe", args.audio.resolve()] + (["-m", args.model] if args.model else [])
        elsewhere = Path(folder, "elsewhere")
        elsewhere.mkdir()
        for number in range(_STARTS):
            start = time.perf_counter()
            text = subprocess.run(
                command, cwd=elsewhere, env=_environment(), check=True, stdout=subprocess.PIPE, text=True
            )
            print(f"start {number + 1}: {time.perf_counter() - start:.2f} s: {text.stdout.strip()!r}")
    _describe(args.wheel)
    return 0


def _install(folder: Path, wheel: Path, constraints: Path | None) -> Path:
    """Return the folder of programs of a new environment that has the wheel."""
    venv.create(folder / "environment", with_pip=True)
    binaries = folder / "environment" / "bin"
    versions = ["-c", constraints.resolve()] if constraints else []
    install = [binaries / "python", "-m", "pip", "install", "--quiet", *versions, wheel.resolve()]
    subprocess.run(install, cwd=folder, env=_environment(), check=True)
    return binaries


def _environment() -> dict[str, str]:
    """Return the variables of this process but those that would bring the repository's modules along."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def _describe(wheel: Path) -> None:
    """Print the wheel's size and its packaged models' files."""
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if member.filename.startswith("asr/pretrained/"):
                print(f"  {member.filename}: {member.file_size / 1e6:.2f} MB, {member.compress_size / 1e6:.2f} packed")


if __name__ == "__main__":
    sys.exit(main())
