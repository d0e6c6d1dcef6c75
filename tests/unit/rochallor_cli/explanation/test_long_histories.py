"""An instance that has gone round thousands of times is explained as one that has gone round a few times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rochallor_cli.explanation import reachability
from rochallor_cli.explanation.explaining import Explanation, explanation
from rochallor_cli.explanation.facts import Facts
from rochallor_cli.explanation.parsed_definitions import ParsedDefinition
from rochallor_cli.explanation.part_texts import mover_words, shown_movers
from rochallor_cli.explanation.world_from_facts import INTERRUPTED
from support.workflows import document, service, timer, user_task

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
# Asks again every minute, by a timer that leaves the last task open on the first version, and reminds after days.
LOOP = document(
    user_task(
        "ask",
        "end",
        boundaryEvents=[
            timer("PT1M", "ask", interrupting=True),
            timer("PT240H", "remind", interrupting=False),
        ],
    ),
    service("remind", "end"),
)


def gone_round(times: int) -> Facts:
    rows = [_row(number, is_open=number == times) for number in range(1, times + 1)]
    instance = {
        "id": "i", "definitionId": "flow", "definitionVersion": 1, "status": "WAITING",
        "currentStepIds": ["ask"], "variables": {}, "startedAt": rows[0]["startedAt"],
    }  # fmt: skip
    return Facts(instance, rows, ParsedDefinition(LOOP))


def _row(number: int, *, is_open: bool) -> dict[str, Any]:
    began = NOW - timedelta(minutes=1) if is_open else NOW - timedelta(hours=1)
    ended = {} if is_open else {"endedAt": began.isoformat(), "failureReason": INTERRUPTED}
    return {
        "id": str(number), "stepId": "ask", "stepType": "USER_TASK", "attemptNumber": number,
        "status": "RUNNING" if is_open else "FAILED", "startedAt": began.isoformat(), **ended,
    }  # fmt: skip


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many entries each world had in which something was tried."""
    sizes: list[int] = []

    def counted(definition: Any, world: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
        sizes.append(len(world.executions))
        return every_outcome(definition, world, *arguments, **options)

    every_outcome = reachability.every_outcome
    monkeypatch.setattr(reachability, "every_outcome", counted)
    return sizes


def explained(times: int) -> Explanation:
    return explanation(gone_round(times), ("0",), NOW)


def test_what_is_alike_is_tried_a_few_times_however_often_it_is_there(tried: list[int]) -> None:
    found = explained(3_000)
    assert len(found.moved_by) > 3_000
    assert found.outlook.reachable_ends == ("end",)
    assert len(tried) < 1_000
    assert max(tried) < 100


def test_a_long_history_and_a_short_one_are_explained_alike() -> None:
    short, long = explained(150), explained(1_000)
    assert (short.verdict, short.codes, short.certain) == (long.verdict, long.codes, long.certain)
    assert short.causes == long.causes
    alike = {(mover.kind, mover.step, mover.answers_500, mover.certain) for mover in short.moved_by}
    assert alike == {(mover.kind, mover.step, mover.answers_500, mover.certain) for mover in long.moved_by}


def test_the_first_of_thousands_are_shown_and_the_others_counted() -> None:
    lines = [mover_words(mover, NOW, more) for mover, more in shown_movers(explained(3_000).moved_by)]
    assert len(lines) < 10
    assert sum("and 2,998 more of them" in line for line in lines) == 1
