"""What a workflow does, event by event, without database, clock or loop."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.explore import (
    CancelInstance,
    CompleteJob,
    CompleteUserTask,
    FailJob,
    FireTimer,
    Refused,
    Signal,
    WorkflowStuck,
    World,
    possible_events,
)
from rochallor_cli.dev_engine.records import ExecutionStatus, InstanceStatus, JobStatus, Variables
from rochallor_cli.dev_engine.state_machine import conditions
from support.workflows import (
    decision,
    end,
    gateway,
    join,
    long_branch,
    model,
    service,
    timer,
    transform,
    user_task,
    wait,
)
from support.worlds import apply, last, started


def history(world: World) -> list[tuple[str, str]]:
    return [(execution.id, str(execution.status)) for execution in world.executions]


def changes(**values: object) -> Variables:
    return Variables(values=values)


def test_the_machine_needs_no_database_and_no_server() -> None:
    script = (
        "import sys, rochallor_cli.dev_engine.explore as e; "
        "print([m for m in ('sqlite3', 'aiohttp', 'httpx', 'typer') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# --- service tasks and jobs ---------------------------------------------------------------------


def test_a_service_task_offers_a_job_with_the_variables_of_that_moment() -> None:
    world = started(model(service("work", retryCount=2)), {"a": 1})
    [job] = world.open_jobs
    assert (job.id, job.job_type, job.retries_remaining) == ("work#1", "work", 2)
    assert job.variables.values == {"a": 1}
    assert world.instance.status == InstanceStatus.ACTIVE
    assert world.instance.current_step_ids == ("work",)


def test_completing_the_last_job_completes_the_instance_with_merged_variables() -> None:
    definition = model(service("work"))
    world = apply(definition, started(definition, {"a": 1}), CompleteJob("work#1", changes(b=2)))
    assert world.instance.status == InstanceStatus.COMPLETED
    assert world.instance.current_step_ids == ()
    assert world.instance.variables.values == {"a": 1, "b": 2}
    assert history(world) == [("work#1", "COMPLETED"), ("end#1", "COMPLETED")]


def test_completing_again_changes_nothing() -> None:
    definition = model(service("work", "hold"), wait("hold"))
    once = apply(definition, started(definition), CompleteJob("work#1", changes(a=1)))
    assert apply(definition, once, CompleteJob("work#1", changes(a=2))) == once


def test_a_retryable_failure_offers_the_job_again_and_leaves_no_trace() -> None:
    definition = model(service("work", retryCount=1))
    before = started(definition)
    after = apply(definition, before, FailJob("work#1", "flaky", retryable=True))
    assert after.open_jobs[0].retries_remaining == 0
    assert after.executions == before.executions
    assert after.instance == before.instance


@pytest.mark.parametrize(("retries", "retryable"), [(0, True), (-1, True), (5, False)])
def test_a_failure_without_retries_fails_job_step_and_instance(retries: int, retryable: bool) -> None:
    definition = model(service("work", retryCount=retries))
    world = apply(definition, started(definition), FailJob("work#1", "broken", retryable=retryable))
    assert world.jobs[0].status == JobStatus.FAILED
    assert world.executions[0].failure_reason == "broken"
    assert world.instance.status == InstanceStatus.FAILED
    assert world.instance.failure_reason == "broken"
    assert world.instance.current_step_ids == ("work",)


def test_failing_a_completed_job_undoes_the_finished_instance() -> None:
    definition = model(service("work"))
    done = apply(definition, started(definition), CompleteJob("work#1"))
    undone = apply(definition, done, FailJob("work#1", "too late"))
    assert undone.instance.status == InstanceStatus.FAILED
    assert history(undone)[0] == ("work#1", "FAILED")
    assert (codes.FAIL_AFTER_END, "work") in undone.faults


def test_a_service_task_without_a_way_on_keeps_the_instance_where_it_is() -> None:
    definition = model(gateway("split", ["stop", "go"]), service("stop", None), service("go", "meet"), join())
    world = apply(definition, started(definition), CompleteJob("stop#1", changes(s=1)))
    assert world.instance.current_step_ids == ("stop", "go")
    assert world.instance.variables.values == {"s": 1}
    assert world.faults == ((codes.NO_WAY_ON, "stop"),)


# --- user tasks, waits, cancelling --------------------------------------------------------------


def test_user_tasks_and_waits_park_the_instance() -> None:
    definition = model(user_task("ask", "hold"), wait("hold"))
    world = started(definition)
    assert world.instance.status == InstanceStatus.WAITING
    world = apply(definition, world, CompleteUserTask("ask", changes(ok=True)))
    assert world.instance.current_step_ids == ("hold",)
    world = apply(definition, world, Signal("hold"))
    assert world.instance.status == InstanceStatus.COMPLETED


@pytest.mark.parametrize(
    ("step_id", "status", "reason"),
    [
        ("none", 409, "wait step is not currently parked on the instance"),
        ("ask", 400, "step type does not match the endpoint"),
        ("later", 409, "wait step is not currently parked on the instance"),
    ],
)
def test_a_signal_that_fits_no_waiting_step_is_refused(step_id: str, status: int, reason: str) -> None:
    definition = model(wait("hold", "ask"), user_task("ask", "later"), wait("later"))
    with pytest.raises(Refused) as refused:
        apply(definition, started(definition), Signal(step_id))
    assert (refused.value.status, refused.value.reason) == (status, reason)


def test_cancelling_leaves_steps_and_jobs_as_they_are() -> None:
    definition = model(service("work"))
    world = apply(definition, started(definition), CancelInstance("stop"))
    assert world.instance.status == InstanceStatus.CANCELLED
    assert world.instance.current_step_ids == ("work",)
    assert world.open_jobs
    with pytest.raises(Refused, match="cancel: no rows in result set"):
        apply(definition, world, CancelInstance())


def test_completing_a_job_of_a_cancelled_instance_moves_nothing() -> None:
    definition = model(service("work"))
    cancelled = apply(definition, started(definition), CancelInstance())
    world = apply(definition, cancelled, CompleteJob("work#1", changes(a=1)))
    assert world.instance.status == InstanceStatus.CANCELLED
    assert world.instance.variables.values == {}
    assert history(world) == [("work#1", "COMPLETED")]


# --- decisions and transformations --------------------------------------------------------------


def test_a_decision_takes_the_branch_that_holds() -> None:
    definition = model(decision("size", {"n > 5": "big", "n <= 5": "end"}), wait("big"))
    assert started(definition, {"n": 6}).instance.current_step_ids == ("big",)
    assert started(definition, {"n": 5}).instance.status == InstanceStatus.COMPLETED


def test_which_of_two_holding_branches_is_taken_is_up_to_the_choice() -> None:
    definition = model(decision("size", {"n > 1": "one", "n > 2": "two"}), wait("one"), wait("two"))
    assert started(definition, {"n": 3}).instance.current_step_ids == ("one",)
    other = started(definition, {"n": 3}, choose=last)
    assert other.instance.current_step_ids == ("two",)
    assert other.faults == ((codes.AMBIGUOUS_BRANCHES, "size"),)


def test_a_decision_that_cannot_decide_fails_the_instance_on_its_step() -> None:
    world = started(model(decision("size", {"n > 5": "end"})), {"n": 1})
    assert world.instance.status == InstanceStatus.FAILED
    assert world.instance.current_step_ids == ("size",)
    assert history(world) == [("size#1", "FAILED")]


def test_the_order_of_transformations_is_up_to_the_choice() -> None:
    definition = model(transform("shape", {"a": "${a + 1}", "b": "${a}"}))
    assert started(definition, {"a": 1}).instance.variables.values == {"a": 2, "b": 2}
    assert started(definition, {"a": 1}, choose=last).instance.variables.values == {"a": 2, "b": 1}


def test_a_result_without_json_refuses_the_whole_request() -> None:
    with pytest.raises(WorkflowStuck, match="unsupported value: \\+Inf"):
        started(model(transform("shape", {"x": "${1 / n}"})), {"n": 0})


def test_a_loop_that_never_rests_is_stopped() -> None:
    spin = {"true": "again"}
    definition = model(
        decision("spin", spin), transform("again", {"n": "${n + 1}"}, "spin"), wait("x"), end()
    )
    world = started(definition, {"n": 0})
    assert world.instance.status == InstanceStatus.FAILED
    assert "without a rest" in str(world.instance.failure_reason)
    assert len(world.executions) == 10_000


@pytest.mark.parametrize("growing", ["${[x, x]}", "${x + x}", "${concat(x, x)}"])
def test_a_value_that_a_loop_doubles_and_doubles_is_stopped(
    growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conditions, "MAX_RESULT_LENGTH", 50_000)
    definition = model(
        transform("wrap", {"x": growing}, "again"), decision("again", {"true": "wrap", "false": "end"})
    )
    world = started(definition, {"x": "text" if "+" in growing else [1]})
    assert world.instance.status == InstanceStatus.FAILED
    assert str(world.instance.failure_reason).startswith('transformation "x": ')


def test_a_loop_through_a_gateway_that_never_rests_is_stopped_sooner() -> None:
    definition = model(gateway("split", ["work", "split"]), service("work", "meet"), join())
    world = started(definition)
    assert world.instance.status == InstanceStatus.FAILED
    assert 900 < len(world.open_jobs) <= 1_000


# --- parallel branches --------------------------------------------------------------------------

SPLIT = model(gateway("split", ["left", "right"]), service("left", "meet"), service("right", "meet"), join())


@pytest.mark.parametrize(("first", "second"), [("left#1", "right#1"), ("right#1", "left#1")])
def test_a_join_waits_for_both_branches_of_one_task(first: str, second: str) -> None:
    world = apply(SPLIT, started(SPLIT), CompleteJob(first))
    assert "meet" in world.instance.current_step_ids
    assert world.instance.status == InstanceStatus.ACTIVE
    world = apply(SPLIT, world, CompleteJob(second))
    assert world.instance.status == InstanceStatus.COMPLETED
    assert world.faults == ()


def test_a_branch_of_two_tasks_passes_the_join_alone_and_what_follows_runs_twice() -> None:
    definition = model(
        *long_branch(["long", "more"], "short", then="after"),
        wait("after"),
    )
    world = started(definition)
    for job_id in ("long#1", "more#1", "short#1"):
        world = apply(definition, world, CompleteJob(job_id))
    assert world.instance.entered["after"] == 2
    assert (codes.JOIN_MISCOUNTS, "meet") in world.faults


def test_branches_that_run_through_at_once_leave_the_instance_on_the_join() -> None:
    definition = model(
        gateway("split", ["one", "two"]),
        transform("one", {"x": 1}, "meet"),
        transform("two", {"y": 2}, "meet"),
        join(),
    )
    world = started(definition)
    assert world.instance.status == InstanceStatus.ACTIVE
    assert world.instance.current_step_ids == ("meet",)
    assert world.faults == ((codes.JOIN_MISCOUNTS, "meet"),)


def test_an_end_in_a_branch_completes_the_instance_and_leaves_the_others_behind() -> None:
    definition = model(gateway("split", ["fast", "slow"]), service("fast"), service("slow", "meet"), join())
    world = apply(definition, started(definition), CompleteJob("fast#1"))
    assert world.instance.status == InstanceStatus.COMPLETED
    assert world.instance.current_step_ids == ("slow",)
    assert world.faults == ((codes.END_LEAVES_BRANCHES, "end"),)


def test_a_strict_engine_fails_the_instance_that_runs_into_a_fault() -> None:
    definition = model(gateway("split", ["fast", "slow"]), service("fast"), service("slow", "meet"), join())
    world = apply(definition, started(definition, strict=True), CompleteJob("fast#1"), strict=True)
    assert world.instance.status == InstanceStatus.FAILED
    assert str(world.instance.failure_reason).startswith(codes.END_LEAVES_BRANCHES)


def test_a_strict_engine_enters_nothing_behind_a_fault() -> None:
    branches = {"n > 1": "one", "n > 2": "two"}
    definition = model(decision("size", branches), service("one"), service("two"))
    world = started(definition, {"n": 3}, strict=True)
    assert world.instance.status == InstanceStatus.FAILED
    assert str(world.instance.failure_reason).startswith(codes.AMBIGUOUS_BRANCHES)
    assert world.open_jobs == ()


def test_the_next_workflow_is_due_when_an_end_is_reached() -> None:
    definition = model(service("work"), autoStartNextWorkflow=True, nextWorkflowId="after")
    world = started(definition)
    assert world.next_workflows == ()
    assert apply(definition, world, CompleteJob("work#1")).next_workflows == ("after",)


# --- timers -------------------------------------------------------------------------------------


def test_an_interrupting_timer_fails_the_step_withdraws_the_job_and_goes_elsewhere() -> None:
    definition = model(
        service("work", boundaryEvents=[timer("PT1M", "late", interrupting=True)]), service("late")
    )
    world = started(definition)
    [fire] = [event for event in possible_events(definition, world) if isinstance(event, FireTimer)]
    world = apply(definition, world, fire)
    assert world.now_ns == 60_000_000_000
    assert world.executions[0].failure_reason == "interrupted by boundary timer"
    assert [job.step_id for job in world.open_jobs] == ["late"]
    assert world.instance.current_step_ids == ("late",)
    assert apply(definition, world, CompleteJob("work#1")) == world


def test_a_timer_outlives_its_step_and_wakes_a_finished_instance() -> None:
    definition = model(
        service("work", boundaryEvents=[timer("PT1M", "ask", interrupting=False)]), user_task("ask")
    )
    world = apply(definition, started(definition), CompleteJob("work#1"))
    assert world.instance.status == InstanceStatus.COMPLETED
    world = apply(definition, world, FireTimer("work#1/1"))
    assert world.instance.status == InstanceStatus.WAITING
    assert (codes.TIMER_OUTLIVES_STEP, "work") in world.faults


def test_a_user_task_survives_its_timer_and_goes_on_as_well() -> None:
    definition = model(
        user_task("ask", "next", boundaryEvents=[timer("PT1M", "late", interrupting=True)]),
        service("late"),
        wait("next"),
    )
    world = apply(definition, started(definition), FireTimer("ask#1/1"))
    assert world.instance.status == InstanceStatus.WAITING
    world = apply(definition, world, CompleteUserTask("ask"))
    assert world.instance.current_step_ids == ("late", "next")
    assert history(world)[0] == ("ask#1", str(ExecutionStatus.FAILED))


def test_a_duration_that_cannot_be_read_refuses_the_request_that_enters_the_step() -> None:
    definition = model(wait("hold", boundaryEvents=[timer("P7D", "end", interrupting=True)]))
    with pytest.raises(WorkflowStuck, match='boundary event duration "P7D"'):
        started(definition)
