"""Fixtures that several tests share."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recordings beside the repository, or skip the test."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the recordings in ../shared/data")
    return SHARED_DATA


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of short real recordings that come with the tests."""
    return Path(__file__).parent / "data"
