"""The engine on its database and the pure machine come to the same, whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rochallor_cli.dev_engine.clock import HandClock
from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.explore import (
    CancelInstance,
    CompleteJob,
    CompleteUserTask,
    Event,
    FailJob,
    Signal,
    World,
    definition_from_document,
    engine_rules,
    first_written,
    possible_events,
)
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.services import instances, jobs, timers
from support.use_cases import UseCases
from support.workflows import decision, document, gateway, join, service, timer, transform, user_task, wait
from support.worlds import apply, started

FLOW = document(
    gateway("split", ["work", "ask", "hold"]),
    service("work", "more", retryCount=1, boundaryEvents=[timer("PT1M", "late", interrupting=True)]),
    service("more", "meet", conditionalNextSteps={"n > 1": "meet", "n <= 1": "work"}),
    user_task("ask", "meet", boundaryEvents=[timer("PT1M", "late", interrupting=False)]),
    wait("hold", "meet", boundaryEvents=[timer("PT2M", "late", interrupting=True)]),
    join("meet", "count"),
    transform("count", {"n": "${n + 1}"}, "check"),
    decision("check", {"n > 3": "end", "n <= 3": "split"}),
    service("late", "check"),
)


class OnDatabase(UseCases):
    """The use cases, told of the same events as a world."""

    def __init__(self, n: int) -> None:
        self._clock = HandClock(0)
        super().__init__(clock=self._clock)
        self.resources.choose = first_written  # type: ignore[method-assign]
        self.upload(FLOW)
        variables = Variables(values={"n": n})
        begun = self.do(
            lambda resources: instances.start_instance(
                resources, "flow", version=0, variables=variables, business_key=None
            )
        )
        self._id = begun.id

    def happen(self, event: Event, world: World) -> None:
        if isinstance(event, CompleteJob):
            self.do(
                lambda resources: jobs.complete_job(
                    resources, self._job_id(event.job_id), event.changes.values
                )
            )
        elif isinstance(event, FailJob):
            job_id = self._job_id(event.job_id)
            self.do(
                lambda resources: jobs.fail_job(resources, job_id, event.message, retryable=event.retryable)
            )
        elif isinstance(event, CompleteUserTask):
            changes = event.changes.values
            self.do(
                lambda resources: instances.complete_user_task(
                    resources, self._id, step_id=event.step_id, changes=changes
                )
            )
        elif isinstance(event, Signal):
            self.do(
                lambda resources: instances.signal_instance(
                    resources, self._id, step_id=event.step_id, changes=event.changes.values
                )
            )
        elif isinstance(event, CancelInstance):
            self.do(lambda resources: instances.cancel_instance(resources, self._id, event.reason))
        else:
            self._fire(next(each for each in world.timers if each.id == event.timer_id))

    def _fire(self, wanted: Any) -> None:
        self._clock.move_to(wanted.fires_ns)
        mine = next(
            each
            for each in self.do(timers.due_timers)
            if (each.step_id, each.attempt, each.fires_ns)
            == (wanted.step_id, wanted.attempt, wanted.fires_ns)
        )
        self.do(lambda resources: timers.fire_timer(resources, mine))

    def _job_id(self, in_world: str) -> str:
        step_id, _, attempt = in_world.partition("#")
        query = "SELECT id FROM job WHERE step_id = ? AND attempt = ?"
        found: str = self.connection.execute(query, (step_id, int(attempt))).fetchone()[0]
        return found

    def seen(self) -> dict[str, Any]:
        instance = self.do(lambda resources: instances.get_instance(resources, self._id))
        rows = self.connection.execute("SELECT step_id, attempt, status FROM job")
        return picture(
            instance,
            self.do(lambda resources: instances.get_history(resources, self._id)),
            [(step_id, attempt, status) for step_id, attempt, status in rows],
            [row[0] for row in self.connection.execute("SELECT fires_ns FROM timer")],
        )


def picture(instance: Any, history: Any, open_jobs: list[Any], timers_left: list[int]) -> dict[str, Any]:
    return {
        "instance": (instance.status, instance.current_step_ids, instance.failure_reason),
        "variables": instance.variables.values,
        "times": (instance.started_ns, instance.completed_ns),
        "history": sorted((e.step_id, e.attempt, e.status, e.failure_reason, e.ended_ns) for e in history),
        "jobs": sorted(open_jobs),
        "timers": sorted(timers_left),
    }


def picture_of(world: World) -> dict[str, Any]:
    return picture(
        world.instance,
        world.executions,
        [(job.step_id, job.attempt, str(job.status)) for job in world.jobs],
        [each.fires_ns for each in world.timers],
    )


def events(draw: Callable[[Any], Any], world: World) -> Event:
    """One of the events that are possible, or one that nobody should send."""
    definition = definition_from_document(FLOW, engine_rules("0"))
    possible = list(possible_events(definition, world))
    changes = Variables(values={"n": draw(st.integers(0, 4))})
    ids = [job.id for job in world.jobs]
    if ids:
        job_id = draw(st.sampled_from(ids))
        possible += [FailJob(job_id, "no", retryable=draw(st.booleans())), CompleteJob(job_id, changes)]
    possible += [CompleteUserTask("ask", changes), Signal("hold"), CancelInstance("stop")]
    chosen: Event = draw(st.sampled_from(possible))
    return chosen


def answered(work: Callable[[], Any]) -> tuple[Any, str]:
    """What came of it, or the reason of the refusal."""
    try:
        return work(), ""
    except Refused as refused:
        return None, refused.reason


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(0, 3))
def test_the_database_holds_what_the_machine_decided(data: st.DataObject, n: int) -> None:
    definition = definition_from_document(FLOW, engine_rules("0"))
    world = started(definition, {"n": n})
    on_database = OnDatabase(n)
    assert on_database.seen() == picture_of(world)
    for _ in range(data.draw(st.integers(0, 12))):
        event = events(data.draw, world)
        after, answer = answered(lambda event=event, world=world: apply(definition, world, event))
        _, answer_of_database = answered(lambda event=event, world=world: on_database.happen(event, world))
        assert answer_of_database == answer
        world = after or world
        assert on_database.seen() == picture_of(world)
