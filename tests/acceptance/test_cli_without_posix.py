"""Where there is nothing of POSIX, as on Windows: admin commands work, and `work` says that it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from support.command_line import variables

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).parent / "programs" / "without_posix.py"


def test_every_module_is_imported_and_an_admins_commands_work(tmp_path: Path) -> None:
    """In a process of its own, which has lost what Windows has not."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, PROGRAM, tmp_path],
        env={**variables(None), "PYTHONPATH": paths},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "needs the signals and pipes of Linux or macOS" in done.stdout
