"""What a worker process does within, told to the promises: jobs that come and are done with, records, outages."""

from __future__ import annotations

from simulation.kafka_promises import KafkaPromises
from simulation.loop import Process
from simulation.promises import Promises
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.outcome import Completed, Outcome
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.kafka.assignment import KafkaRecord
from workflow_sdk.runner.kafka.intake import KafkaIntake
from workflow_sdk.runner.reporting.engine_watch import EngineWatch
from workflow_sdk.runner.shift.execution import Execution
from workflow_sdk.runner.shift.shift import Shift
from workflow_sdk.runner.statistics import Statistics


def watch(shift: Shift, name: str, promises: Promises, *, machine: Process) -> None:
    """Have `promises` hear of it, by the name of its process."""
    promises.serves(name, shift._execution, slots=shift._slots.total)
    _watch_jobs(shift._execution, shift._statistics, name, promises)
    if isinstance(shift._source, KafkaIntake):
        assert isinstance(promises, KafkaPromises)
        _watch_intake(shift._source, name, promises)
        _watch_outages(shift._watch, name, promises)
        promises.takes_in(name, shift._source, machine)


def _watch_jobs(execution: Execution, statistics: Statistics, name: str, promises: Promises) -> None:
    start, count = execution.start, statistics.settled
    aftermath = promises.aftermath(name)
    # By step execution, the retries left of its latest attempt.
    last_came: dict[str, int] = {}

    def came(claim: Claim) -> None:
        last = last_came.get(claim.key, claim.retries_remaining)
        last_came[claim.key] = min(last, claim.retries_remaining)
        start(claim)
        here = execution.in_flight.get(claim.key)
        aftermath.came(claim, here)
        if here is not None and claim in here.duplicates:
            promises.came_again(here.claim, claim)

    def counted(claim: Claim, outcome: Outcome, settlement: Settlement) -> None:
        count(claim, outcome, settlement)
        aftermath.settled(claim, outcome, settlement)
        if settlement is Settlement.ACKNOWLEDGED and isinstance(outcome, Completed):
            promises.counted_as_done(name, claim)
            if not promises._engine.is_running(claim.instance_id, claim.step_execution_id):
                promises.tries.done(name, claim.job_id)
        elif settlement is Settlement.LEFT and not isinstance(outcome, Completed):
            promises.failure_left(claim, last_came=last_came[claim.key])
        elif settlement is Settlement.REFUSED:
            promises.given_up(name, claim)
        elif settlement is Settlement.ENDED and isinstance(promises, KafkaPromises):
            promises.found_over(claim)

    execution.start, statistics.settled = came, counted  # type: ignore[method-assign]


def _watch_intake(intake: KafkaIntake, name: str, promises: KafkaPromises) -> None:
    arrived, settle = intake.records_arrived, intake.settled

    def watched(records: list[KafkaRecord]) -> None:
        arrived(records)
        promises.buffers(name, list(intake.sources.values()))

    def settled(claim: Claim, settlement: Settlement) -> None:
        assignment = intake._running[claim].assignment
        settle(claim, settlement)
        promises.settled(name, assignment.topic, assignment.partition)

    intake.records_arrived, intake.settled = watched, settled  # type: ignore[method-assign]


def _watch_outages(watch: EngineWatch, name: str, promises: KafkaPromises) -> None:
    left = watch._left

    def went_away(error: Exception, began: float) -> None:
        promises.went_away(name)
        left(error, began)

    watch._left = went_away  # type: ignore[method-assign]
