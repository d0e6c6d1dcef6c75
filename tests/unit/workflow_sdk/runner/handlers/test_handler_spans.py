"""Spans around handlers, read by a real tracer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import context, propagate, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from support.engines import running_engine
from support.sdk_workers import chain, running_runner
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.testing import run_handler


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    yield exporter
    provider.shutdown()


def look(job: Any) -> None:
    trace.get_current_span().set_attribute("seen.inside", True)


async def look_async(job: Any) -> None:
    look(job)


@pytest.mark.parametrize("handler", [look, look_async])
def test_a_handler_runs_inside_a_span_with_its_jobs_ids(spans: InMemorySpanExporter, handler: Any) -> None:
    run_handler(handler, job_type="look", id="j1", instanceId="i1")
    (span,) = spans.get_finished_spans()
    assert (span.name, span.kind) == ("look", trace.SpanKind.CONSUMER)
    assert span.attributes is not None
    assert span.attributes["rochallor.job.id"] == "j1"
    assert span.attributes["rochallor.instance.id"] == "i1"
    assert span.attributes["seen.inside"] is True
    assert span.status.status_code is trace.StatusCode.UNSET


def test_a_failure_marks_its_span(spans: InMemorySpanExporter) -> None:
    def fail(job: Any) -> None:
        raise ValueError("no luck")

    run_handler(fail)
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert "ValueError: no luck" in str(span.status.description)


TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_a_trace_travels_through_the_variables_of_the_instance(spans: InMemorySpanExporter) -> None:
    """A start within a trace, two steps by two workers: three spans of one trace, the handlers' beneath the start's."""
    registry = HandlerRegistry()
    for job_type in ("reserve", "charge"):
        registry.register(job_type)(look)
    tracer = trace.get_tracer_provider().get_tracer("test")
    with running_engine() as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(chain("traced", "reserve", "charge"))
        with tracer.start_as_current_span("order") as order:
            variables: dict[str, str] = {}
            propagate.inject(variables)
            instance = client.start_instance("traced", variables)["id"]
        with running_runner(client, registry):
            wait_until(lambda: client.get_instance(instance)["status"] == "COMPLETED", "both steps")
    started, *handled = sorted(spans.get_finished_spans(), key=lambda span: span.name != "order")
    assert [span.name for span in handled] == ["reserve", "charge"]
    assert {span.context.trace_id for span in handled} == {started.context.trace_id}
    assert {span.parent and span.parent.span_id for span in handled} == {order.get_span_context().span_id}


def test_a_handler_that_returns_its_own_trace_has_later_steps_beneath_it(spans: InMemorySpanExporter) -> None:
    def look_and_hand_on(job: Any) -> dict[str, str]:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        return carrier

    first = run_handler(look_and_hand_on, {})
    assert first.variables
    run_handler(look, first.variables)
    above, beneath = spans.get_finished_spans()
    assert beneath.parent is not None
    assert beneath.parent.span_id == above.context.span_id


@pytest.mark.parametrize(
    "value", ["", "x", 5, None, ["a"], f"00-{TRACE}-0-01", f"ff-{TRACE}-b7ad6b7169203331-01"]
)
def test_a_variable_that_names_no_trace_begins_one(spans: InMemorySpanExporter, value: Any) -> None:
    run_handler(look, {"traceparent": value})
    (span,) = spans.get_finished_spans()
    assert span.parent is None


WITHOUT_THE_PACKAGE = """
import sys
sys.modules["opentelemetry"] = None  # an import of it fails, as if it were not installed
from workflow_sdk.testing import run_handler
assert run_handler(lambda job: {"done": True}).completed
"""


def test_handlers_run_where_the_package_is_not_installed() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_THE_PACKAGE], check=True)


def test_no_span_is_made_while_nobody_listens() -> None:
    assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    around: list[dict[str, object]] = []
    assert run_handler(lambda job: around.append(dict(context.get_current()))).completed
    assert around == [{}]
