"""KafkaRunner: takes jobs from Kafka and runs handlers; outcomes go to the engine over REST.

The promise: an offset is committed only after the engine has acknowledged the job's outcome. In this mode the
engine hands no job out a second time, so a record committed too early would leave its instance stuck for ever.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from confluent_kafka import Consumer
from prometheus_client import CollectorRegistry

from workflow_sdk.client.interface import JobClient
from workflow_sdk.clock import Clock
from workflow_sdk.handler.foreign_registry import registry_for_runner
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.kafka.backlog import Ordering
from workflow_sdk.runner.kafka.config import check_with_librdkafka, client_config, consumer_config
from workflow_sdk.runner.kafka.dead_letters import DeadLetters
from workflow_sdk.runner.kafka.deduplication import DEFAULT_WINDOW_S
from workflow_sdk.runner.kafka.health import Outage
from workflow_sdk.runner.kafka.intake import KafkaIntake, group_of, topic_of
from workflow_sdk.runner.kafka.metrics import kafka_collector
from workflow_sdk.runner.kafka.source import (
    IDLE_POLL_S,
    TOPIC_PREFIX,
    ConsumerFactory,
    KafkaSource,
    RecordSink,
)
from workflow_sdk.runner.runner import DEFAULT_DRAIN_TIMEOUT_S, DEFAULT_PARALLELISM
from workflow_sdk.runner.shift.plan import JobSource, ShiftPlan, SourceParts
from workflow_sdk.runner.shift.worker_run import WorkerRun

# Records read and not started: enough to find other keys behind a busy one, little enough for many topics.
BUFFER_ALL, BUFFER_MIN, BUFFER_MAX = 3_200, 64, 512
# An idle consumer's poll is as long as keeps all of them together to this many turns a second; a stop waits
# for it, so it is bounded.
IDLE_TURNS_PER_S, IDLE_POLL_MAX_S = 50, 1.0


class KafkaRunner(WorkerRun):
    """Consumes `workflow.jobs.<job type>` for each registered handler, in the groups all SDKs share.

    `brokers` are host:port, separated by commas. A record with the dedup id of one that was acknowledged within
    `dedup_window_seconds` is skipped. `extra_kafka_config` holds librdkafka's settings for TLS, SASL and the
    like; KafkaConfigError for what would lose jobs. `parallelism` slots are shared by all topics;
    `drain_timeout` bounds the stop, in seconds; `job_types` serves only these types. `ordering` is "key" (jobs
    of one instance and topic one after another) or "none". Records nobody can read, and jobs whose outcome the
    engine refuses for good, are copied to `dead_letter_topic` if there is one.
    """

    def __init__(
        self,
        worker_id: str,
        brokers: str,
        client: JobClient,
        registry: HandlerRegistry,
        dedup_window_seconds: float = DEFAULT_WINDOW_S,
        extra_kafka_config: dict[str, Any] | None = None,
        metrics: Metrics | None = None,
        *,
        parallelism: int = DEFAULT_PARALLELISM,
        drain_timeout: float = DEFAULT_DRAIN_TIMEOUT_S,
        job_types: Collection[str] | None = None,
        ordering: Ordering = "key",
        dead_letter_topic: str | None = None,
        consumer_factory: ConsumerFactory = Consumer,
    ) -> None:
        _refuse_bad_arguments(worker_id, ordering)
        # The published ones, for programs that look at them.
        self.worker_id, self.brokers, self.client, self.registry = worker_id, brokers, client, registry
        self.metrics = metrics or Metrics(registry=CollectorRegistry())
        self._worker_id = worker_id
        self._brokers = brokers
        self._registry = registry_for_runner(registry)
        self._dedup_window_s = dedup_window_seconds
        self._extra = extra_kafka_config
        self._job_types = job_types
        self._ordering: Ordering = ordering
        self._dead_letter_topic = dead_letter_topic
        self._consumer_factory = consumer_factory
        self._outage = Outage()
        self._parallelism = parallelism if parallelism > 0 else DEFAULT_PARALLELISM
        # Raises KafkaConfigError now, rather than in a thread later.
        check_with_librdkafka(self._consumer_config("any"))
        super().__init__(self._plan_of(client, self.metrics, drain_timeout_s=drain_timeout))

    @property
    def running(self) -> bool:
        """Whether it runs, and was not told to stop."""
        return self.is_running

    def _plan_of(self, client: JobClient, metrics: Metrics, *, drain_timeout_s: float) -> ShiftPlan:
        return ShiftPlan(
            worker_id=self._worker_id,
            client=client,
            registry=self._registry,
            metrics=metrics,
            parallelism=self._parallelism,
            drain_timeout_s=drain_timeout_s,
            dispatch="kafka",
            make_source=self._make_source,
            # There are no leases to extend in this mode.
            heartbeat=False,
        )

    def _make_source(self, parts: SourceParts) -> JobSource:
        dead_letters = None
        if self._dead_letter_topic:
            dead_letters = DeadLetters(
                self._dead_letter_topic, client_config(self._extra, brokers=self._brokers)
            )
        return KafkaIntake(
            parts,
            registry=self._registry,
            job_types=self._job_types,
            new_source=partial(self._new_source, clock=parts.clock),
            new_reader=self._new_reader,
            dedup_window_s=self._dedup_window_s,
            ordering=self._ordering,
            dead_letters=dead_letters,
            collector=kafka_collector(parts.metrics.registry),
        )

    def _new_source(self, job_type: str, sink: RecordSink, *, clock: Clock) -> KafkaSource:
        return KafkaSource(
            topic_of(job_type),
            self._consumer_config(job_type),
            sink,
            capacity=self._capacity(),
            factory=self._consumer_factory,
            idle_poll_s=min(max(self._consumers() / IDLE_TURNS_PER_S, IDLE_POLL_S), IDLE_POLL_MAX_S),
            outage=self._outage,
            clock=clock,
        )

    def _new_reader(self, topic: str) -> Consumer:
        """A consumer to read a partition by hand, which may do what this topic's worker may."""
        config = self._consumer_config(topic.removeprefix(TOPIC_PREFIX))
        return self._consumer_factory(config | {"error_cb": lambda _: None})

    def _consumer_config(self, job_type: str) -> dict[str, Any]:
        return consumer_config(
            self._extra,
            brokers=self._brokers,
            group=group_of(job_type),
            client_id=self._worker_id,
            consumers=self._consumers(),
        )

    def _consumers(self) -> int:
        return max(len(self._job_types or self._registry.job_types()), 1)

    def _capacity(self) -> int:
        wanted = min(max(2 * self._parallelism, BUFFER_MAX // 2), BUFFER_MAX)
        return max(min(wanted, BUFFER_ALL // self._consumers()), BUFFER_MIN)


def _refuse_bad_arguments(worker_id: str, ordering: str) -> None:
    if not worker_id:
        raise ValueError("worker_id is empty: the engine records who holds a job")
    if ordering not in ("key", "none"):
        raise ValueError(f'ordering is {ordering!r}; "key" or "none" are known')
