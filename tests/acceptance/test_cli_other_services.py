"""Another service at the engine's URL, with JSON of its own, a login page, or nothing: none is taken for an engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.asking_commands import LINES, PATHS
from support.command_line import rochallor
from support.planted_answers import DEFINITION
from support.scripted_server import Answer, stand_in

ID = "01M8F67NFZ001ZM4WAD2XA5AZ1"
HTML = b"<html><title>Log in</title></html>"
ANSWERS: dict[str, Answer] = {
    "another object": (200, {"status": "ok", "version": "1.2"}),
    "an id of another kind": (200, {"id": 5, "status": None}),
    "a list": (200, []),
    "a login page": (200, HTML, {"Content-Type": "text/html"}),
    "a page that claims to be JSON": (200, HTML),
    "a text": (200, "hello"),
    "null": (200, None),
    "no number": (
        200,
        b'{"items":[{"id":"a","version":NaN}],"id":"a","total":1,"jobs":null,"name":"n","version":1}',
    ),
    "a number that is too large": (
        200,
        b'{"items":[{"id":"a","v":1e999}],"id":"a","total":1,"jobs":null,"version":1}',
    ),
    "nothing": (200, b""),
    "lists of its own": (200, {"items": [{"name": "x"}], "total": 1}),
    "created": (201, {"ok": True}),
    "an error as success": (200, {"data": None, "errors": [{"message": "x"}]}),
}
# `api` shows whatever is answered, and `defs explain` asks nobody.
ASKING = [path for path in PATHS if path not in ("api", "defs explain")]


@pytest.mark.parametrize("path", ASKING)
def test_no_command_takes_another_service_for_an_engine(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow.json").write_text(json.dumps(DEFINITION))
    words = [ID if word in ("ASKED", "HELD", "FAILED", "DONE") else word for word in LINES.get(path, ())]
    taken = {}
    for name, answer in ANSWERS.items():
        with stand_in(lambda *_, answer=answer: answer) as there:
            result = rochallor(
                *path.split(), *words, "-o", "name", url=there.url, sleep=lambda _: None, bug_expected=True
            )
        if result.exit_status in (0, 1) or "\n\n" in result.stdout or result.stdout == "\n":
            taken[name] = (result.exit_status, result.stdout + result.stderr)
    assert taken == {}
