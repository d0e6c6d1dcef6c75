"""What this version of rochallor does not know, planted in every place of every answer: no command stops on it.

Fields, statuses, step types and refusals of later engines are shown as they are. Values that no engine sends may
cost a command its answer, but not without words. `ROCHALLOR_TEST_ODD_VALUES` says how many of these are tried on
each command (0: all there are).
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.asking_commands import LINES, PATHS
from support.command_line import Result, rochallor
from support.planted_answers import (
    ASKED,
    DEFINITION,
    FAILED,
    HELD,
    Planted,
    Recorded,
    places,
    recorded,
    refusal_of_later,
    with_odd,
    with_unknown,
    with_unknown_fields,
)
from support.scripted_server import route, stand_in

ODD_VALUES = int(os.environ.get("ROCHALLOR_TEST_ODD_VALUES", "4"))
# Of an instance in a status that nobody knows only the engine can say whether it has ended. Steps of types that nobody
# knows cannot be followed; that is said by a status of its own. A difference is no failure of diff's.
LEFT_OPEN = {
    "instances wait": (10,), "instances watch": (10,), "instances explain": (13,), "defs verify": (13,),
    "defs diff": (1,),
}  # fmt: skip
ODD: tuple[object, ...] = (
    None, True, 7, -1, 10**400, 1.5, "", "x", "\x1b]0;x\x07", [], [None], [[1]], {}, {"a": {"b": 1}},
    "9999-12-31T23:59:59+99:00",
)  # fmt: skip


# A route, a place in its answer, and what is put there.
Planting = tuple[tuple[str, str], tuple[str | int, ...], object]


@pytest.fixture(scope="module")
def engine() -> Recorded:
    return recorded()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flow.json").write_text(json.dumps(DEFINITION))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(path: str, planted: Planted, *options: str) -> tuple[Result, list[tuple[str, str]]]:
    """What came of a command, and which routes it asked."""
    ids = {"ASKED": ASKED, "HELD": HELD, "FAILED": FAILED, "DONE": "completed"}
    given = [planted.recorded.ids[ids[word]] if word in ids else word for word in LINES.get(path, ())]
    with stand_in(planted) as there:
        result = rochallor(*path.split(), *given, *options, url=there.url, bug_expected=path == "defs diff")
    assert "unexpected" not in result.stderr, result.stderr
    return result, list(dict.fromkeys((method, route(asked)) for method, asked, _ in there.seen))


def in_words(result: Result) -> bool:
    """Whether a command has either done its work or said why not."""
    return result.exit_status == 0 or bool((result.stdout + result.stderr).strip())


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_a_later_engine_stops_a_command(path: str, engine: Recorded, folder: Path) -> None:
    plain, _ = run(path, Planted(engine))
    assert path not in LINES or plain.exit_status in (0, 3, 9), plain.stderr
    expected = (plain.exit_status, *LEFT_OPEN.get(path, ()))
    for change in (
        with_unknown_fields,
        with_unknown(("status",), "PAUSED"),
        with_unknown(("type", "steptype"), "LOOP"),
        with_unknown(("hitpolicy",), "Z#"),
    ):
        for form in ("table", "json"):
            result, _ = run(path, Planted(engine, change), "-o", form)
            assert result.exit_status in expected, (form, result.stderr)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [404, 422])
def test_a_refusal_of_a_later_engine_is_shown_as_it_is(
    path: str, status: int, engine: Recorded, folder: Path
) -> None:
    _, asked = run(path, Planted(engine))
    for one in asked:
        result, _ = run(path, Planted(engine, only=one, instead=refusal_of_later(status)))
        assert in_words(result), one
        if path == "doctor":
            assert result.exit_status == 0, result.stdout
            # Of an instance that is not there engines answer by version; this answer tells of none.
            is_said = "quota-exceeded" in result.stdout or "tell nothing" in result.stdout
            assert is_said, result.stdout


@pytest.mark.parametrize("path", PATHS)
def test_a_value_that_no_engine_sends_costs_no_more_than_an_answer(
    path: str, engine: Recorded, folder: Path
) -> None:
    _, asked = run(path, Planted(engine))
    for one, at, odd in _chosen(path, list(_plantable(engine, asked))):
        result, _ = run(path, Planted(engine, with_odd(at, odd), only=one), "-o", "json")
        assert in_words(result), (one, at, odd)


def _plantable(engine: Recorded, asked: list[tuple[str, str]]) -> Iterator[Planting]:
    for one in asked:
        value = engine.answer(*one)[1]
        if not isinstance(value, bytes):
            yield from ((one, at, odd) for at in places(value) for odd in ODD)


def _chosen(path: str, everything: list[Planting]) -> list[Planting]:
    if not ODD_VALUES or len(everything) <= ODD_VALUES:
        return everything
    return random.Random(path).sample(everything, ODD_VALUES)
