"""What whoever runs a flow is told while it stands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from rochallor_cli.instances.polling import InstanceSnapshot
from rochallor_cli.trial.flow_run import FlowRun, StepAnswers

OPEN = {"id": "approve#1", "stepId": "approve", "stepType": "USER_TASK", "status": "RUNNING"}


def test_what_stands_until_a_timer_fires_is_told_once_with_what_answers_it() -> None:
    notes: list[str] = []
    printer = cast("Any", SimpleNamespace(note=notes.append))
    run = FlowRun(
        engine=cast("Any", None),
        instance_id="i",
        answers=StepAnswers(),
        served=set(),
        job_types={},
        timed={"approve"},
        check=lambda: None,
        max_steps=10,
    )
    standing = InstanceSnapshot({"id": "i", "status": "WAITING"}, [OPEN])
    run._move(standing, printer)
    assert notes == []  # Seen once only: it may be on its way.
    for _ in range(3):
        run._move(standing, printer)
    [note] = notes
    assert note.startswith("approve waits for its timer; --task 'approve={}' answers it")
