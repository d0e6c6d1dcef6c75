"""An option of `rochallor work` is declared once: what one more field of a worker brings about, and nothing else."""

from __future__ import annotations

import json

import pytest

from support.changed_package import said_in, with_field

FIELD = """\
    nap_s: Annotated[
        float, Setting("duration", "How long a worker naps.", flag="--nap", minimum=0, panel=_PROCESSES)
    ] = 1.5
"""
PROGRAM = """
from rochallor_cli.hosting.config.workers_schema import workers_schema

def nap(*arguments, environ={}):
    return rows("work", *arguments, "--print-config", environ=environ)["workers[0].nap"]

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
    with_field(folder, "hosting/config/host_config.py", FIELD, before="    drain_timeout_s: Annotated[\n")
    (folder / "workers.yaml").write_text("workers: [{modules: [h.py], nap: 2s}]\n")
    return said_in(folder, PROGRAM)


def test_its_value_comes_from_flag_variable_file_or_default(said: dict[str, object]) -> None:
    assert said["default"] == [1.5, "default"]
    assert said["file"] == [2.0, "workers.yaml:1"]
    assert said["variable"] == [3.0, "ROCHALLOR_NAP"]
    assert said["flag"] == [4.0, "--nap"]


def test_it_is_checked_helped_and_in_the_schema(said: dict[str, object]) -> None:
    assert "--nap" in str(said["below"])
    assert "How long a worker naps" in " ".join(str(said["help"]).split())
    assert '"nap"' in json.dumps(said["schema"])
