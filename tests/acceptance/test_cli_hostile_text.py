"""One hostile text through every argument, option, file and answer of every command, on a terminal.

The lines are made from the command table: a command that is new is tried without anybody's doing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command_line import Result, rochallor
from support.command_table import NEEDED, arguments, commands, global_valued_options, valued_options
from support.scripted_server import Answer, route, stand_in

ID = "01M8F67NFZ001ZM4WAD2XA5AZ1"
# C0, an escape sequence, DEL, C1, a change of direction, a second line, and what a shell would run.
DIRECTIONS = "".join(map(chr, (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))
HOSTILE = f"x\x1b]0;owned\x07\x1b[2J\x7f\x9b31m{DIRECTIONS}\u2028\ny; touch owned #"
# A command line holds neither; answers and files do.
STORED = f"{HOSTILE}\x00\ud800"
RAW = ("\x1b]", "\x1b[2J", "\x00", "\x07", "\x7f", "\x9b", "\u2028", *DIRECTIONS)
# What would pass for a line of the command's own: a row, a note, an id.
FALSE_LINE = re.compile(r"^y; touch owned", re.MULTILINE)


def definition_of(text: str) -> dict[str, object]:
    """A definition with the text wherever one may stand."""
    steps = [
        {"id": text, "name": text, "type": "SERVICE_TASK", "jobType": text, "nextStep": "w"},
        {"id": "w", "name": text, "type": "WAIT", "nextStep": "t", text: text},
        {"id": "t", "name": text, "type": "DECISION", "conditionalNextSteps": {text: "u", "a > 1": text}},
        {"id": "u", "name": text, "type": "USER_TASK", "nextStep": "e"},
        {"id": "e", "name": text, "type": "END"},
    ]
    return {"id": text, "name": text, "description": text, "steps": steps}


HANDLERS = f"""
from workflow_sdk.handler import HandlerRegistry
handlers = HandlerRegistry()
def fails(job):
    raise ValueError({STORED!r})
handlers.register("t", fails)
handlers.register({HOSTILE!r}, fails)
"""
# Instead of what a command needs to be tried at all; these two would serve, or follow, for ever.
LINES = {
    **NEEDED,
    "work": ("-m", "handlers.py", "--print-config"),
    "dev": ("--port", HOSTILE),
    "demo": ("--mode", HOSTILE),
    "run": ("flow.json", "--stub", "*", "--timeout", "1s"),
    "defs new": ("one", "--steps", "a:SERVICE_TASK", "--folder", "new"),
    "defs lint": ("flow.json", "one"),
    "defs diff": ("flow.json",),
    "defs upload": ("flow.json",),
    "defs verify": ("flow.json", "--max-states", "50"),
    "defs explain": ("steps",),
    "defs table": ("flow.json", HOSTILE),
    "instances wait": ("I", "--timeout", "1ms"),
    "instances watch": ("I", "--timeout", "1ms"),
    "instances cancel": ("I",),
    "instances retry": ("I", "--step", HOSTILE),
    "instances restart": ("I",),
    "jobs complete": ("J", "--yes"),
    "jobs fail": ("J", "--yes"),
    "jobs find": ("I", "--brokers", HOSTILE),
}
# They serve until somebody ends them, unless an option is refused: of these, options are tried that are.
# What `ui` prints of its argument is held where it is run as a process (test_cli_ui.py).
SERVING = {
    "dev": ("--port", "--dispatch", "--lease-seconds", "--seed"),
    "demo": ("--mode",),
    "ui": ("--port",),
}
# What they do not know ends with a status of its own; a difference is no failure of diff's.
FORMS = ("table", "json", "yaml")


def hostile(status: str, text: str = STORED):
    """An engine whose instance has this status, and that writes the text wherever a text may stand."""

    def answer(method: str, path: str, body: bytes) -> Answer:
        where = route(path)
        instance = {
            "id": ID,
            "definitionId": text,
            "definitionVersion": 1,
            "status": status,
            "currentStepIds": [text],
            "startedAt": "2026-11-28T10:00:00Z",
            "businessKey": text,
            "failureReason": text,
            "variables": {text: {text: text}},
        }
        if where == "/v1/jobs/poll" or (method == "POST" and where.startswith("/v1/jobs")):
            return 400, {"error": "bad-request", "reason": text}
        if where == "/v1/instances":
            return (200, {"items": [instance], "total": 1}) if method == "GET" else (201, instance)
        if where.endswith("/history"):
            row = {"ID": text, "StepID": text, "StepType": "SERVICE_TASK", "Status": "RUNNING"}
            return 200, {"items": [{**row, "FailureReason": text, "StartedAt": "2026-11-28T10:00:00Z"}]}
        if where == "/v1/definitions":
            item = {"id": text, "version": 1, "name": text, "uploadedAt": text}
            return (200, {"items": [item], "total": 1}) if method == "GET" else (201, item)
        if where.startswith("/v1/definitions/"):
            return 200, {**definition_of(text), "version": 1, text: text}
        return (409, {"error": "conflict", "reason": text}) if method == "POST" else (200, instance)

    return answer


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flow.json").write_text(json.dumps(definition_of(STORED)))
    (tmp_path / "handlers.py").write_text(HANDLERS)
    (tmp_path / "config.toml").write_text('[contexts.c]\nurl = "http://c"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines_of(path: str) -> Iterator[tuple[str, ...]]:
    """The command as it is needed in each form; then with each argument and each option hostile."""
    needed = tuple(ID if word == "I" else word for word in LINES.get(path, ()))
    if path not in SERVING:
        yield from ((*needed, "-o", form) for form in FORMS)
        for place in range(len(arguments(path))):
            yield (*needed[:place], HOSTILE, *needed[place + 1 :])
    for option in SERVING.get(path) or valued_options(path):
        yield (*(() if path in SERVING else needed), option, HOSTILE)


def tried(
    path: str, words: tuple[str, ...], folder: Path, *, status: str = "FAILED", text: str = STORED
) -> Result:
    env = {"ROCHALLOR_CONFIG_FILE": str(folder / "config.toml"), "XDG_CACHE_HOME": str(folder)}
    with stand_in(hostile(status, text)) as there:
        return rochallor(
            *path.split(), *words, url=there.url, env=env, terminal=True, columns=200, stdin="y\n",
            bug_expected=path == "defs diff",
        )  # fmt: skip


def raw_in(result: Result) -> list[str]:
    shown = result.stdout + result.stderr
    return [*(raw for raw in RAW if raw in shown), *FALSE_LINE.findall(shown)]


@pytest.mark.parametrize("path", sorted(commands()))
def test_no_command_sends_a_terminal_what_it_would_obey(path: str, folder: Path) -> None:
    obeyed = {}
    for words in lines_of(path):
        for status in ("FAILED", "WAITING") if path.startswith(("instances", "tasks")) else ("FAILED",):
            result = tried(path, words, folder, status=status)
            if raw := raw_in(result):
                obeyed[words, status] = raw
    assert obeyed == {}


@pytest.mark.parametrize("path", sorted(set(commands()) - set(SERVING)))
def test_every_command_comes_to_an_end_with_texts_that_have_no_end(path: str, folder: Path) -> None:
    text = "\x1b[2J" + "w" * 50_000
    (folder / "flow.json").write_text(json.dumps(definition_of(text)))
    needed = tuple(ID if word == "I" else word.replace(HOSTILE, "w") for word in LINES.get(path, ()))
    for form in ("table", "json"):
        assert raw_in(tried(path, (*needed, "-o", form), folder, status="WAITING", text=text)) == []


@pytest.mark.parametrize("path", sorted(set(commands()) - set(SERVING)))
def test_names_are_printed_one_a_line_or_refused_before_anything_is_done(path: str, folder: Path) -> None:
    needed = tuple(ID if word == "I" else word for word in LINES.get(path, ()))
    lines = [needed, *([(*needed[:-1], "--check")] if path == "work" else [])]
    for line in lines:
        result = tried(path, (*line, "-o", "name"), folder)
        if "has no names to print" in result.stderr:
            assert (result.exit_status, result.stdout) == (2, "")
        else:
            assert not result.stdout.lstrip().startswith(("{", "[")), result.stdout


def test_bytes_that_are_no_text_can_name_a_file_and_nothing_else(folder: Path) -> None:
    named = folder / "fl\udcfcss.json"
    named.write_text(json.dumps({"id": "f", "name": "f", "steps": [{"id": "e", "name": "e", "type": "END"}]}))
    assert tried("defs", ("lint", str(named)), folder).exit_status == 0
    for words in (("instances", "list", "--definition", "M\udcfcller"), ("defs", "get", "M\udcfcller")):
        with stand_in(hostile("FAILED")) as there:
            refused = rochallor(*words, url=there.url)
        assert (refused.exit_status, there.seen) == (2, [])
        assert "holds bytes that are no UTF-8" in refused.stderr


@pytest.mark.parametrize("option", global_valued_options())
def test_no_global_option_reaches_a_terminal_as_it_is(option: str, folder: Path) -> None:
    for path in ("instances list", "config show", "doctor"):
        assert raw_in(tried(path, (option, HOSTILE), folder)) == []


def test_a_list_that_is_watched_is_harmless_too(folder: Path) -> None:
    def stopped(_: float) -> None:
        raise KeyboardInterrupt

    with stand_in(hostile("FAILED")) as there:
        result = rochallor(
            "instances", "list", "--watch", url=there.url, terminal=True, columns=200, sleep=stopped
        )
    assert (raw_in(result), result.exit_status) == ([], 130)
    assert "owned" in result.stdout


def test_a_configuration_file_says_nothing_to_a_terminal(folder: Path) -> None:
    name = json.dumps(HOSTILE, ensure_ascii=True)
    text = f'[contexts.{name}]\nurl = {name}\n[contexts.b]\nurl = "http://b"\nheaders = [{name}]\n'
    (folder / "config.toml").write_text(text)
    for words in (("show",), ("use", HOSTILE), ("show", "--context", "b"), ("show", "--context", HOSTILE)):
        assert raw_in(tried("config", words, folder)) == [], words
