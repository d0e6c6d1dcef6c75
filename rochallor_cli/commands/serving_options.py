"""Who serves a job type: what Kafka's groups and the handlers of a configuration tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import redirect_stdout
from typing import Any

from rochallor_cli.command_line.context import Context
from rochallor_cli.errors import CliError, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.explanation.serving_workers import UNKNOWN, ServedJobType


class ServingOptions:
    """What --brokers and --config name, resolved before anything is asked.

    `context` is the command's, with the engine of workers.yaml where no stronger source names one.
    """

    def __init__(self, context: Context, flags: Mapping[str, Any]) -> None:
        from rochallor_cli.hosting.config.file_settings import kafka_access, with_workers_file

        self._file, self.context = with_workers_file(context, flags)
        self._kafka = kafka_access(self.context, flags, file=self._file)

    @property
    def brokers(self) -> str:
        """Where Kafka is; "" where none is named."""
        return self._kafka.brokers or ""

    def of(self, job_types: Collection[str]) -> Mapping[str, ServedJobType]:
        """What is known of these job types; nothing where neither brokers nor a configuration are named."""
        if not job_types:
            return {}
        kafka = self._kafka
        by_kafka = _by_kafka(kafka.brokers, kafka.config, job_types) if kafka.brokers else {}
        handled = configured_job_types(self.context, self._file)
        return {
            job_type: ServedJobType(
                workers=known.workers,
                waiting=known.waiting,
                has_topic=known.has_topic,
                has_handler=None if handled is None else job_type in handled,
            )
            for job_type in job_types
            for known in [by_kafka.get(job_type, UNKNOWN)]
        }


def _by_kafka(brokers: str, config: Mapping[str, str], job_types: Iterable[str]) -> dict[str, ServedJobType]:
    from rochallor_cli.hosting.checks.broker_checks import BrokersAwayError, topic_states
    from workflow_sdk.errors import KafkaConfigError

    wanted = list(job_types)
    try:
        states = topic_states(brokers, config, wanted)
    except KafkaConfigError as error:
        raise UsageError(str(error)) from error
    except BrokersAwayError as error:
        status = ExitStatus.NOT_AUTHORISED if error.is_login else ExitStatus.UNREACHABLE
        raise CliError(str(error), exit_status=status) from error
    return {
        job_type: ServedJobType(
            workers=None if state.denied else state.members,
            waiting=None if state.denied else state.waiting,
            has_topic=None if state.denied else not state.is_missing,
        )
        for job_type, state in zip(wanted, states, strict=True)
    }


def configured_job_types(context: Context, file: Any) -> set[str] | None:
    """The job types that the workers of a workers.yaml have handlers for; None without a file.

    Imports the handlers, as `work --check` does, and runs none of them; what they print goes to stderr.
    """
    if file is None:
        return None
    from rochallor_cli.hosting.checks.check_host import handlers_of
    from rochallor_cli.hosting.launch import resolved

    config = resolved(context, {}, file=file)
    with redirect_stdout(context.environment.stderr):
        return {handler.job_type for worker in config.workers for handler in handlers_of(worker)}
