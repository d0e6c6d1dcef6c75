"""Options that cannot both be obeyed: none is silently left out, whatever the command; and slips in --fields."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from rochallor_cli.command_line.exclusive_options import ALL_EXCLUSIVE, EVERYTHING, FORM_EXCLUSIVE
from rochallor_cli.command_names import COMMANDS, GROUP_EXAMPLES
from support.command_line import rochallor
from support.command_table import NEEDED, arguments, commands, valued_options
from support.scripted_server import NO_ROUTE, Answer, stand_in
from workflow_sdk.client.rest import RestEngineClient

NOWHERE = "http://127.0.0.1:1"
VALUES = {"--format": "text", "--output": "json", "--view": "tree", "--upgrade": "1.0.1..next"}


def declared() -> dict[str, Any]:
    """What the functions of all commands declare, by path."""
    modules = {path: import_module(f"rochallor_cli.commands.{path.replace(' ', '.')}") for path in commands()}
    return {path: module.app.registered_commands[0].callback for path, module in modules.items()}


FUNCTIONS = declared()
PAIRS = [
    (path, exclusive[0], other)
    for path, function in FUNCTIONS.items()
    for exclusive in function.exclusive
    for other in (exclusive[1:] if exclusive[1] != EVERYTHING else [*valued_options(path), *arguments(path)])
    if other != exclusive[0]
]


def words_for(path: str, option: str) -> list[str]:
    """The option with a value, or an argument in its place."""
    if not option.startswith("--"):
        return ["X"]
    flags = {
        name for param in commands()[path].params if getattr(param, "is_flag", False) for name in param.opts
    }
    return [option] if option in flags else [option, VALUES.get(option, "1")]


@pytest.mark.parametrize(("path", "option", "other"), PAIRS, ids=lambda part: str(part).replace(" ", "-"))
def test_two_options_of_which_one_would_be_ignored_are_refused(path: str, option: str, other: str) -> None:
    line = [*words_for(path, option), *words_for(path, other)]
    result = rochallor(*path.split(), *_needed(path, line), *line, url=NOWHERE)
    assert result.exit_status == 2, result.stderr
    assert f"{option} does not go together with {other}" in result.stderr


def _needed(path: str, line: list[str]) -> tuple[str, ...]:
    """What the command needs at the least; not what would be a third word on the line."""
    return () if line[-1] == "X" or "--explain" in line else NEEDED.get(path, ())


def test_every_command_that_could_ignore_one_of_two_options_says_so() -> None:
    undeclared = [
        (path, pair)
        for path in commands()
        for pair in (ALL_EXCLUSIVE, FORM_EXCLUSIVE)
        if pair[0] in _options(path)
        and pair[1] in {*_options(path), "--output"}
        and pair not in FUNCTIONS[path].exclusive
    ]
    assert undeclared == []


def _options(path: str) -> set[str]:
    return {name for param in commands()[path].params for name in param.opts}


@pytest.mark.parametrize("line", [("-o", "name", "--fields", "id"), ("--fields=id", "--output=name")])
def test_names_alone_and_fields_are_not_asked_for_together(line: tuple[str, ...]) -> None:
    for words in (("instances", "list", *line), (*line, "instances", "list")):
        assert rochallor(*words, url=NOWHERE).exit_status == 2


def test_a_form_on_the_line_is_stronger_than_a_form_of_the_environment(tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text("id: f\nname: f\nsteps:\n  - {id: e, name: e, type: END}\n")
    env = {"ROCHALLOR_OUTPUT": "json"}
    junit = rochallor("defs", "lint", flow, "--format", "junit", env=env)
    drawn = rochallor("defs", "graph", flow, "--format", "svg", env=env)
    assert (junit.stdout[:5], drawn.stdout[:4]) == ("<?xml", "<svg")
    assert rochallor("defs", "lint", flow, env=env).json() == []


WITH_VIEWS = [path for path, function in FUNCTIONS.items() if function.view is not None]


@pytest.mark.parametrize("path", WITH_VIEWS)
def test_a_slip_in_the_fields_is_said_before_anything_is_done(path: str) -> None:
    """Otherwise a script that tries again does it twice."""
    with stand_in(lambda *_: NO_ROUTE) as there:
        needed = NEEDED.get(path, ("I",))
        result = rochallor(*path.split(), *needed, "--fields", "nosuch", url=there.url)
    assert (result.exit_status, "no field 'nosuch'" in result.stderr, there.seen) == (2, True, [])


def test_every_command_that_changes_the_engine_knows_its_fields_before() -> None:
    changing = {path for path in commands() if "--yes" in _options(path)} - {"api"}
    assert changing <= set(WITH_VIEWS)


WITHOUT_ENGINE = [
    (("expr", "1 + 1"), "value", "2"),
    (("defs", "lint", "--explain", "W301"), "code", "W301"),
    (("defs", "explain", "DECISION"), "word", "DECISION"),
]


@pytest.mark.parametrize(("line", "field", "value"), WITHOUT_ENGINE, ids=lambda part: " ".join(part))
def test_fields_choose_also_of_what_is_a_text_for_people(line, field, value) -> None:
    result = rochallor(*line, "--fields", f"{field},nosuch")
    assert result.json() == {field: value if field != "value" else int(value), "nosuch": None}
    assert "no field 'nosuch'; there are: " in result.stderr


@pytest.mark.parametrize("line", [("--live",), ("status", "--live"), ("health", "--check")], ids=" ".join)
def test_what_is_for_a_running_host_only_is_refused_elsewhere(line: tuple[str, ...]) -> None:
    refused = rochallor("work", *line, url=NOWHERE)
    assert (refused.exit_status, "a running host" in refused.stderr) == (2, True)


def test_an_answer_with_its_head_is_one_document() -> None:
    with stand_in(lambda *_: (200, {"a": 1}, {"X-Kind": "b"})) as there:
        shown = rochallor("api", "GET", "/x", "--include", "-o", "json", url=there.url).json()
    assert (shown["status"], shown["headers"]["x-kind"], shown["body"]) == (200, "b", {"a": 1})


def test_a_job_reported_by_hand_is_one_document() -> None:
    def answer(method: str, path: str, body: bytes) -> Answer:
        return 204, b""

    with stand_in(answer) as there:
        done = rochallor("jobs", "complete", "J", "--yes", "-o", "json", url=there.url)
        final = rochallor("jobs", "fail", "J", "--final", "--yes", "-o", "json", url=there.url)
        named = rochallor("jobs", "fail", "J", "--yes", "-o", "name", url=there.url)
    assert done.json() == {"id": "J", "result": "completed"}
    assert final.json() == {"id": "J", "result": "failed for good"}
    assert named.stdout == "J\n"


# --- what the engine knows stands in the row --------------------------------------------------------


@pytest.fixture
def waiting(engine_url: str, client: RestEngineClient) -> str:
    """An instance with a key that waits for a person, of a definition of its own."""
    steps = [
        {"id": "ask", "name": "a", "type": "USER_TASK", "nextStep": "e"},
        {"id": "e", "name": "e", "type": "END"},
    ]
    client.upload_definition({"id": "told-whole", "name": "t", "steps": steps})
    return str(client.start_instance("told-whole", {}, None, "K-1")["id"])


@pytest.mark.parametrize("chosen", ["named", "by filter"])
def test_a_row_says_what_the_engine_knows_of_the_instance(chosen: str, waiting: str, engine_url: str) -> None:
    which = [waiting] if chosen == "named" else ["--definition", "told-whole", "--business-key", "K-1"]
    tried = rochallor("instances", "cancel", *which, "--dry-run", "-o", "json", url=engine_url).json()
    done = rochallor("instances", "cancel", *which, "--yes", "-o", "json", url=engine_url).json()
    refused = rochallor("instances", "cancel", waiting, "--yes", "-o", "json", url=engine_url).json()
    again = rochallor("instances", "restart", waiting, "--yes", "-o", "json", url=engine_url).json()
    for rows in (tried, done, refused, again):
        unknown = [name for row in rows for name, value in row.items() if value is None and name != "error"]
        assert (len(rows), unknown) == (1, []), rows
    assert {row["businessKey"] for rows in (tried, done, refused, again) for row in rows} == {"K-1"}
    rochallor("instances", "cancel", again[0]["startedId"], url=engine_url)


# --- contexts and groups ----------------------------------------------------------------------------


def test_a_second_way_to_a_token_is_refused_with_the_line_that_replaces_the_first(tmp_path: Path) -> None:
    env = {"ROCHALLOR_CONFIG_FILE": str(tmp_path / "config.toml")}
    rochallor("config", "set", "prod", "url=http://c", "token=geheim", env=env)
    refused = rochallor("config", "set", "prod", "token-command=pass show x", env=env)
    assert refused.exit_status == 2
    assert "context prod would have token and token-command" in refused.stderr
    assert "rochallor config set prod token= token-command=…" in refused.stderr
    assert "geheim" not in refused.stderr
    assert rochallor("config", "set", "prod", "token=", "token-command=pass show x", env=env).exit_status == 0


@pytest.mark.parametrize("group", [name for name, (_, within) in COMMANDS.items() if within])
def test_a_groups_help_shows_examples_of_its_commands(group: str) -> None:
    shown = rochallor(group, "-h").stdout
    of_commands = "".join(rochallor(group, name, "-h").stdout for name in COMMANDS[group][1])
    for example in GROUP_EXAMPLES[group]:
        assert f"\n    {example}\n" in shown
        assert f"\n    {example}\n" in of_commands
