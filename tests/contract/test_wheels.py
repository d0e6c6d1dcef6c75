"""Installation needs no compiler: the parser that the hot path stands on has a wheel for each Python of ours."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "Programming Language :: Python :: "
CLASSIFIERS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
PYTHONS = [name.removeprefix(PREFIX) for name in CLASSIFIERS if name.startswith(PREFIX)]
(PIN,) = (
    line for line in (ROOT / "constraints.txt").read_text("utf-8").split() if line.startswith("httptools==")
)


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS)
def test_httptools_installs_from_a_wheel(python: str, tmp_path: Path) -> None:
    """Nothing is installed: pip asks the index that it is set up with; without one there is nothing to see."""
    wheel = ["--no-deps", "--only-binary=:all:", f"--python-version={python}", "--retries=0"]
    fetched = subprocess.run(
        [sys.executable, "-m", "pip", "download", *wheel, f"--dest={tmp_path}", PIN],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if re.search("connection|temporary failure|no index|timed out", fetched.stderr, re.IGNORECASE):
        pytest.skip("needs a package index")
    assert fetched.returncode == 0, fetched.stderr
    assert [file.suffix for file in tmp_path.iterdir()] == [".whl"]
