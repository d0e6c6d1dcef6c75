"""The command line as it would be with one field more somewhere: a copy of the package, changed and run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import rochallor_cli

PACKAGE = Path(rochallor_cli.__file__).parent
# Command lines in one process of the copy: `said` is what one of them prints, `rows` what it lists, by setting.
_BEGIN = """
import io, json
from contextlib import redirect_stdout
from rochallor_cli.app import run
from rochallor_cli.configuration.environment import Environment

def said(*arguments, environ={}):
    out, err = io.StringIO(), io.StringIO()
    environ = {"ROCHALLOR_CONFIG_FILE": "config.toml", **environ}
    with redirect_stdout(out):
        run(arguments, Environment(stdin=io.StringIO(), stdout=out, stderr=err, environ=environ))
    return out.getvalue() + err.getvalue()

def rows(*arguments, environ={}):
    found = json.loads(said(*arguments, "-o", "json", "-q", environ=environ))
    return {row["setting"]: [row["value"], row["origin"]] for row in found}
"""


def with_field(folder: Path, module: str, field: str, *, before: str) -> None:
    """Copy the package into the folder, with a field more in that module, above the one that begins so."""
    shutil.copytree(PACKAGE, folder / "rochallor_cli")  # with what is compiled already
    declaration = folder / "rochallor_cli" / module
    text = declaration.read_text("utf-8")
    assert text.count(before) == 1
    declaration.write_text(text.replace(before, field + before), "utf-8")


def said_in(folder: Path, program: str) -> dict[str, Any]:
    """What a program prints as JSON that runs command lines of the copy in that folder."""
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", _BEGIN + program]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
