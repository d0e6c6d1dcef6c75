"""Validators that are no part of the product: from `.venv-tools`, from the distribution, or the test is skipped.

In continuous integration a missing one is a failure: `.ci/run` installs them all.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tool() -> Callable[[str], str]:
    """The path of a validator by its name."""

    def find(name: str) -> str:
        found = shutil.which(name, path=f"{ROOT / '.venv-tools' / 'bin'}{os.pathsep}{os.environ['PATH']}")
        if found is None and os.environ.get("CI"):
            pytest.fail(f"{name} is missing")
        if found is None:
            pytest.skip(f"needs {name}")
        return found

    return find
