"""What every command can be told is declared once: what one more field brings about, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.changed_package import said_in, with_field

FIELD = """\
    nap_s: Annotated[
        float,
        Setting(
            "duration", "How long a request naps.", above=0, flag="--nap", short="-n", context_key="nap"{more}
        ),
    ] = 90.0
"""
# Of the connection, and of what is shown; and of the connection, left behind with its engine's URL.
PLACES = {
    "access": ("configuration/engine_access.py", "    timeout_s: Annotated[\n", ""),
    "look": ("configuration/settings.py", "    output: Annotated[\n", ""),
    "credential": ("configuration/engine_access.py", "    timeout_s: Annotated[\n", ", of_one_engine=True"),
}
PROGRAM = """
def nap(*arguments, environ={}):
    return rows(*arguments, environ=environ)["nap"]

def set_to(*pairs):
    answer = said("config", "set", "prod", "url=http://prod:1", *pairs)
    with open("config.toml") as file:
        return answer + file.read()

variable = {"ROCHALLOR_NAP": "3m"}
print(json.dumps({
    "default": nap("config", "show"),
    "before the command": nap("--nap", "4m", "config", "show", environ=variable),
    "within": nap("config", "-n", "4m", "show", environ=variable),
    "after": nap("config", "show", "--nap", "4m", environ=variable),
    "variable": nap("config", "show", environ=variable),
    "set": set_to("nap=2m"),
    "context": nap("config", "show"),
    "elsewhere": nap("config", "show", "--engine-url", "http://other:1"),
    "set wrong": set_to("nap=soon"),
    "set too low": set_to("nap=0"),
    "removed": set_to("nap="),
    "mistyped": said("config", "set", "prod", "napp=1"),
    "wrong": said("config", "show", "--nap", "soon"),
    "wrong variable": said("config", "show", environ={"ROCHALLOR_NAP": "0"}),
    "options": json.loads(said("options", "-o", "json")),
    "help": said("config", "set", "--help"),
    "file": said("work", "--config", "workers.yaml", "--print-config", "-o", "json"),
}))
"""


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def said(place: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is said by a copy of the program that has one field more."""
    folder = tmp_path_factory.mktemp(place)
    module, before, more = PLACES[place]
    with_field(folder, module, FIELD.format(more=more), before=before)
    (folder / "workers.yaml").write_text("engine: {nap: 150s}\nworkers: [{modules: [h.py]}]\n")
    return said_in(folder, PROGRAM)


def test_its_value_comes_from_flag_variable_context_or_default(said: dict[str, Any], place: str) -> None:
    assert said["default"] == ["1m 30s", "default"]
    assert said["context"] == ["2m", "context prod"]
    assert said["variable"] == ["3m", "ROCHALLOR_NAP"]
    for where in ("before the command", "within", "after"):
        assert said[where] == ["4m", "--nap"], where
    left_behind = place == "credential"
    assert said["elsewhere"] == (["1m 30s", "default"] if left_behind else ["2m", "context prod"])


def test_a_context_is_given_it_and_rid_of_it(said: dict[str, Any]) -> None:
    assert 'nap = "2m"' in said["set"]
    assert "nap: 'soon' is no duration" in said["set wrong"]
    assert "nap: expected a duration above 0" in said["set too low"]
    assert "nap" not in said["removed"]
    assert "did you mean nap?" in said["mistyped"]


def test_what_it_cannot_be_is_refused_with_its_place(said: dict[str, Any]) -> None:
    assert "--nap: 'soon' is no duration" in said["wrong"]
    assert "ROCHALLOR_NAP: expected a duration above 0" in said["wrong variable"]


def test_it_is_helped_with_its_default(said: dict[str, Any]) -> None:
    assert {
        "option": "-n, --nap DURATION",
        "meaning": "How long a request naps (90s).",
        "variable": "ROCHALLOR_NAP",
    } in said["options"]
    assert re.search(r"Keys: .*\bnap\b", " ".join(said["help"].split()))


def test_one_of_the_connection_is_a_key_of_workers_yaml(said: dict[str, Any], place: str) -> None:
    row = '"setting": "engine.nap", "value": 150.0, "origin": "workers.yaml:1"'
    expected = "engine.nap: unknown key" if place == "look" else row
    assert expected in " ".join(said["file"].split())
