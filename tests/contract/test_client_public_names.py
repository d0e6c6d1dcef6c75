"""The names that programs written for the documented and the published SDK use: module, name, signature.

The list is the interface of rochallor-sdk 1.1.0, as its signatures show it. We may add to it: parameters only
with defaults, behind the published ones or by keyword.
"""

from __future__ import annotations

import importlib
import inspect

import pytest

CALLABLES = {
    "workflow_sdk.client.rest.RestEngineClient": "base_url timeout=30.0",
    "workflow_sdk.client.rest.RestEngineClient.upload_definition": "self definition",
    "workflow_sdk.client.rest.RestEngineClient.get_definition": "self definition_id",
    "workflow_sdk.client.rest.RestEngineClient.list_definitions": "self keyword='' page=0 page_size=20",
    "workflow_sdk.client.rest.RestEngineClient.start_instance": (
        "self definition_id variables=None definition_version=None business_key=None"
    ),
    "workflow_sdk.client.rest.RestEngineClient.get_instance": "self instance_id",
    "workflow_sdk.client.rest.RestEngineClient.get_instance_history": "self instance_id",
    "workflow_sdk.client.rest.RestEngineClient.cancel_instance": "self instance_id reason=''",
    "workflow_sdk.client.rest.RestEngineClient.poll_jobs": (
        "self worker_id job_types max_jobs=1 lease_seconds=None"
    ),
    "workflow_sdk.client.rest.RestEngineClient.extend_job_lease": "self job_id worker_id lease_seconds=0",
    "workflow_sdk.client.rest.RestEngineClient.complete_job": "self job_id worker_id variables=None",
    "workflow_sdk.client.rest.RestEngineClient.fail_job": "self job_id worker_id error_message retryable=True",
    "workflow_sdk.client.rest.RestEngineClient.complete_user_task": "self task_id completed_by='' result=None",
    "workflow_sdk.client.rest.RestEngineClient.close": "self",
    "workflow_sdk.client.interface.EngineClient.poll_jobs": "self worker_id job_types max_jobs=1",
    "workflow_sdk.client.interface.EngineClient.complete_job": "self job_id worker_id variables=None",
    "workflow_sdk.client.interface.EngineClient.fail_job": "self job_id worker_id error_message retryable=True",
    "workflow_sdk.client.interface.LeaseExtender.extend_job_lease": "self job_id worker_id lease_seconds=0",
    "workflow_sdk.client.deadline.request_timeout": "seconds",
    "workflow_sdk.client.deadline.request_lease": "seconds",
    "workflow_sdk.client.deadline.current_timeout": "",
    "workflow_sdk.client.deadline.current_lease_seconds": "",
    "workflow_sdk.handler.registry.HandlerRegistry": "",
    "workflow_sdk.handler.registry.HandlerRegistry.register": "self job_type handler",
    "workflow_sdk.handler.registry.HandlerRegistry.get": "self job_type",
    "workflow_sdk.handler.registry.HandlerRegistry.job_types": "self",
    "workflow_sdk.runner.runner.Runner": (
        "client registry worker_id parallelism=64 poll_interval=0.5 metrics=None "
        "lease_seconds=0 heartbeat heartbeat_interval=None shutdown_timeout"
    ),
    "workflow_sdk.runner.runner.Runner.run": "self stop_event=None",
    "workflow_sdk.runner.kafka_runner.KafkaRunner": (
        "worker_id brokers client registry dedup_window_seconds=600.0 extra_kafka_config=None metrics=None"
    ),
    "workflow_sdk.runner.kafka_runner.KafkaRunner.run": "self",
    "workflow_sdk.runner.kafka_runner.KafkaRunner.stop": "self",
    "workflow_sdk.errors.EngineClientError": "status_code message",
    "workflow_sdk.metrics.metrics.Metrics": "registry",
    "workflow_sdk.retry.backoff.delay": "attempt",
}

OTHERS = [
    "workflow_sdk.__version__",
    "workflow_sdk.client.EngineClient",
    "workflow_sdk.client.RestEngineClient",
    "workflow_sdk.handler.HandlerRegistry",
    "workflow_sdk.handler.registry.JobHandler",
    "workflow_sdk.runner.Runner",
    "workflow_sdk.metrics.Metrics",
    "workflow_sdk.retry.delay",
    "workflow_sdk.retry.BASE_DELAY",
    "workflow_sdk.retry.FACTOR",
    "workflow_sdk.retry.JITTER_FRAC",
    "workflow_sdk.retry.MAX_DELAY",
    "workflow_sdk.retry.backoff.MAX_DELAY",
    "workflow_sdk.errors.WorkflowSDKError",
    "workflow_sdk.errors.NonRetryableError",
    "workflow_sdk.errors.LeaseLostError",
    "workflow_sdk.errors.HeartbeatUnsupportedError",
]

METRICS = [
    "poll_latency",
    "lock_conflicts",
    "handler_latency",
    "retries_total",
    "jobs_completed",
    "heartbeats",
    "callback_pending",
    "callback_oldest",
    "callback_retries",
    "callback_rejected",
    "kafka_record_errors",
]


def found(dotted: str) -> object:
    parts = dotted.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            thing = getattr(thing, part)
        return thing
    raise AssertionError(dotted)


@pytest.mark.parametrize("dotted", [*CALLABLES, *OTHERS])
def test_every_published_name_is_there(dotted: str) -> None:
    assert found(dotted) is not None


@pytest.mark.parametrize(("dotted", "published"), CALLABLES.items())
def test_published_parameters_keep_their_names_order_and_defaults(dotted: str, published: str) -> None:
    ours = inspect.signature(found(dotted)).parameters  # type: ignore[arg-type]
    expected = [parameter.partition("=") for parameter in published.split()]
    by_keyword = [
        name for name, parameter in ours.items() if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    positional = [name for name in ours if name not in by_keyword]
    names = [name for name, _, _ in expected]
    in_front = [name for name in names if name not in by_keyword]
    assert positional[: len(in_front)] == in_front
    for name, has_default, default in expected:
        if has_default:
            assert repr(ours[name].default) == default, name
    added = set(ours) - set(names)
    assert all(ours[name].default is not inspect.Parameter.empty for name in added), added


@pytest.mark.parametrize("name", ["worker_id", "brokers", "client", "registry", "metrics"])
def test_a_kafka_runner_shows_what_it_was_given(name: str) -> None:
    from prometheus_client import CollectorRegistry

    from workflow_sdk.handler import HandlerRegistry
    from workflow_sdk.metrics import Metrics
    from workflow_sdk.runner.kafka_runner import KafkaRunner
    from workflow_sdk.testing import FakeEngineClient

    given = {
        "worker_id": "w",
        "brokers": "127.0.0.1:1",
        "client": FakeEngineClient(),
        "registry": HandlerRegistry(),
        "metrics": Metrics(registry=CollectorRegistry()),
    }
    assert getattr(KafkaRunner(**given), name) is given[name]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", METRICS)
def test_published_metrics_are_there(name: str) -> None:
    from prometheus_client import CollectorRegistry

    from workflow_sdk.metrics import Metrics

    assert hasattr(Metrics(registry=CollectorRegistry()), name)


def test_the_metrics_keep_their_published_series() -> None:
    from prometheus_client import CollectorRegistry, generate_latest

    from workflow_sdk.metrics import Metrics

    text = generate_latest(Metrics(registry=CollectorRegistry()).registry).decode()
    for series in (
        "poll_latency_seconds histogram",
        "lock_conflicts_total counter",
        "handler_latency_seconds histogram",
        "retries_total counter",
        "jobs_completed_total counter",
        "heartbeat_total counter",
        "callback_pending gauge",
        "callback_oldest_pending_seconds gauge",
        "callback_retries_total counter",
        "callback_rejected_total counter",
        "kafka_record_errors_total counter",
    ):
        assert f"# TYPE workflow_sdk_{series}" in text


def test_the_grpc_client_is_not_ours_and_says_so() -> None:
    with pytest.raises(ImportError, match="REST"):
        importlib.import_module("workflow_sdk.client.grpc")


def test_the_package_and_the_distribution_have_one_version() -> None:
    from importlib.metadata import version

    import workflow_sdk

    assert workflow_sdk.__version__ == version("rochallor-cli")


def test_the_error_of_an_answer_can_be_made_and_pickled_as_published() -> None:
    import copy
    import pickle

    from workflow_sdk.errors import EngineClientError

    error = EngineClientError(404, "boo")
    assert (error.status_code, error.message, str(error)) == (404, "boo", "engine error 404: boo")
    again = pickle.loads(pickle.dumps(error))
    assert (again.status_code, again.message, again.code) == (404, "boo", "")
    assert copy.copy(error).message == "boo"


def test_the_message_of_an_answer_is_the_engines_reason() -> None:
    from support.engines import running_engine
    from workflow_sdk.client import RestEngineClient
    from workflow_sdk.errors import EngineClientError

    with (
        running_engine() as engine,
        RestEngineClient(engine.url) as client,
        pytest.raises(EngineClientError) as caught,
    ):
        client.get_definition("nowhere")
    assert caught.value.message == "definition not found"
    assert "not-found" in caught.value.body_text
