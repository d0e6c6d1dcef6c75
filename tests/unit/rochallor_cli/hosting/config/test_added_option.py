"""An option of `rochallor work` is declared once: what one more field of a worker brings about, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import rochallor_cli

PACKAGE = Path(rochallor_cli.__file__).parent
FIELD = """\
    nap_s: Annotated[
        float, Setting("duration", "How long a worker naps.", flag="--nap", minimum=0, panel=_PROCESSES)
    ] = 1.5
    drain_timeout_s: Annotated[
"""
# Command lines in one process that has the field, and what each said.
PROGRAM = """
import io, json
from contextlib import redirect_stdout
from rochallor_cli.app import run
from rochallor_cli.configuration.environment import Environment
from rochallor_cli.hosting.config.workers_schema import workers_schema

def said(*arguments, environ={}):
    out, err = io.StringIO(), io.StringIO()
    environ = {"ROCHALLOR_CONFIG_FILE": "/dev/null", **environ}
    with redirect_stdout(out):
        run(arguments, Environment(stdin=io.StringIO(), stdout=out, stderr=err, environ=environ))
    return out.getvalue() + err.getvalue()

def nap(*arguments, environ={}):
    rows = json.loads(said("work", *arguments, "--print-config", "-o", "json", environ=environ))
    return next([row["value"], row["origin"]] for row in rows if row["setting"] == "workers[0].nap")

module = ("-m", "h.py")
print(json.dumps({
    "default": nap(*module),
    "file": nap("--config", "workers.yaml"),
    "variable": nap(*module, environ={"ROCHALLOR_NAP": "3s"}),
    "flag": nap(*module, "--nap", "4s", environ={"ROCHALLOR_NAP": "3s"}),
    "below": said("work", *module, "--nap", "-1s"),
    "help": said("work", "--help"),
    "schema": workers_schema(),
}))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What is said by a copy of the program that has one field more."""
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(PACKAGE, folder / "rochallor_cli")  # with what is compiled already
    declaration = folder / "rochallor_cli" / "hosting" / "config" / "host_config.py"
    text = declaration.read_text("utf-8")
    assert text.count(FIELD.splitlines()[-1]) == 1
    declaration.write_text(text.replace(FIELD.splitlines(keepends=True)[-1], FIELD), "utf-8")
    (folder / "workers.yaml").write_text("workers: [{modules: [h.py], nap: 2s}]\n")
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_its_value_comes_from_flag_variable_file_or_default(said: dict[str, object]) -> None:
    assert said["default"] == [1.5, "default"]
    assert said["file"] == [2.0, "workers.yaml:1"]
    assert said["variable"] == [3.0, "ROCHALLOR_NAP"]
    assert said["flag"] == [4.0, "--nap"]


def test_it_is_checked_helped_and_in_the_schema(said: dict[str, object]) -> None:
    assert "--nap" in str(said["below"])
    assert "How long a worker naps" in " ".join(str(said["help"]).split())
    assert '"nap"' in json.dumps(said["schema"])
