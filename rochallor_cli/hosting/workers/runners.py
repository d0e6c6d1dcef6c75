"""From a worker's configuration to the SDK's client and runner."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from rochallor_cli.errors import InvalidDocumentError, UsageError, did_you_mean
from rochallor_cli.handler_modules.loading import merged
from rochallor_cli.hosting.config.host_config import KafkaAccess, WorkerConfig
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError, UnusableTokenError, WorkflowSDKError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.reporting.engine_watch import reason_of
from workflow_sdk.runner.runner import Runner
from workflow_sdk.runner.summary import RunnerSnapshot, RunSummary

log = logging.getLogger("rochallor.host")


class AnyRunner(Protocol):
    """What Runner and KafkaRunner have in common."""

    def run(self) -> RunSummary: ...
    def stop(self, *, hint: str = "") -> None: ...
    def abandon(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def snapshot(self) -> RunnerSnapshot | None: ...


# How often an engine that is away is asked for its mode.
ASK_AGAIN_S = 1.0


def limited(registry: HandlerRegistry, config: WorkerConfig) -> HandlerRegistry:
    """The registry with the limits of the configuration; InvalidDocumentError for job types without handler.

    The limits go to a copy: another worker of this process may use the registry with limits of its own.
    """
    known = registry.job_types()
    for job_type in (*config.limits, *config.job_types):
        if job_type not in known:
            raise InvalidDocumentError(
                f"worker {config.worker_id}: no handler for job type {job_type}",
                hint=did_you_mean(job_type, known) or f"there are: {', '.join(known)}",
            )
    if not config.limits:
        return registry
    registry = merged([registry, HandlerRegistry()])
    for job_type, limits in config.limits.items():
        registry.configure(
            job_type,
            parallelism=limits.parallelism,
            timeout=limits.timeout_s,
            retry_delay=limits.retry_delay,
            rate=limits.rate,
        )
    return registry


def resolved_mode(
    config: WorkerConfig,
    client: RestEngineClient,
    stopping: threading.Event,
    *,
    away: Callable[[str], None],
) -> str:
    """`poll` or `kafka`; for `auto` the engine is asked until it answers or the worker is to stop.

    `away` is told why the engine does not answer, and "" when it does.
    """
    if config.mode != "auto":
        return config.mode
    tries = 0
    while not stopping.is_set():
        try:
            mode = "poll" if client.dispatch_mode() == "polling" else "kafka"
            away("")
            return mode
        except UnusableTokenError:
            raise
        except WorkflowSDKError as error:
            reason = reason_of(error) if isinstance(error, EngineClientError) else str(error)
            if not tries:
                log.warning("the engine does not tell its dispatch mode: %s. Asking again.", reason)
            tries += 1
            away(f"the engine does not tell its dispatch mode: {reason}")
            stopping.wait(ASK_AGAIN_S)
    return "poll"


def build_runner(
    config: WorkerConfig,
    kafka: KafkaAccess,
    *,
    mode: str,
    client: RestEngineClient,
    registry: HandlerRegistry,
    metrics: Metrics,
) -> AnyRunner:
    """The SDK's runner for this worker."""
    if mode == "poll":
        return Runner(
            client,
            registry,
            config.worker_id,
            config.parallelism,
            config.poll_interval_s,
            metrics,
            drain_timeout=config.drain_timeout_s,
            job_types=config.job_types or None,
            lease_seconds=config.lease_seconds or 0,
            heartbeat={"auto": None, "always": True, "never": False}[config.heartbeat],
            heartbeat_interval=config.heartbeat_interval_s,
        )
    if kafka.brokers is None:
        raise UsageError("the engine dispatches over Kafka", hint="say where: --brokers host:9092")
    # Only where it is needed: the Kafka client is large.
    from workflow_sdk.runner.kafka_runner import KafkaRunner

    return KafkaRunner(
        config.worker_id,
        kafka.brokers,
        client,
        registry,
        kafka.dedup_window_s,
        dict(kafka.config) or None,
        parallelism=config.parallelism,
        metrics=metrics,
        drain_timeout=config.drain_timeout_s,
        job_types=config.job_types or None,
        ordering=kafka.ordering,
        dead_letter_topic=kafka.dead_letter_topic,
    )
