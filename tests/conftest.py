"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

from core.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An empty workspace of the test's own."""
    return Places(home=tmp_path, data=tmp_path / "data", database=f"sqlite:///{tmp_path / 'epochlab.db'}")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets that EPOCHLAB_TEST_DATA names; the test is skipped without one."""
    folder = os.environ.get("EPOCHLAB_TEST_DATA")
    if not folder:
        pytest.skip("EPOCHLAB_TEST_DATA names no folder with the real data sets")
    return Path(folder)
