"""A span around each handler, where opentelemetry-api is installed and a tracer provider set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Failed
from workflow_sdk.version import __version__

try:
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError:
    HAS_TRACING = False
else:
    HAS_TRACING = True

_NO_SPAN = nullcontext()
# The names of W3C's trace context: variables so called carry a trace from the start of an instance to its handlers.
_CARRIERS = ("traceparent", "tracestate")


def handler_span(item: InFlight) -> AbstractContextManager[None]:
    """The current span for as long as the handler runs, with the job's ids and how it ended."""
    return _span(item) if HAS_TRACING and _is_listened_to() else _NO_SPAN


def _is_listened_to() -> bool:
    """Whether spans go anywhere; one that does not would still cost some 10 µs a job."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


@contextmanager
def _span(item: InFlight) -> Iterator[None]:
    claim = item.claim
    attributes: dict[str, str | int] = {
        "rochallor.job.id": claim.job_id,
        "rochallor.job.type": claim.job_type,
        "rochallor.instance.id": claim.instance_id,
        "rochallor.retries_remaining": claim.retries_remaining,
        "code.function": item.handler.name,
    }
    tracer = trace.get_tracer("workflow_sdk", __version__)
    with tracer.start_as_current_span(
        claim.job_type, context=_parent(item), kind=trace.SpanKind.CONSUMER, attributes=attributes
    ) as span:
        yield
        if isinstance(item.outcome, Failed):
            span.set_status(trace.StatusCode.ERROR, item.outcome.message)


def _parent(item: InFlight) -> Context:
    """The span that the instance's variables name; none where they name none that can be read."""
    variables = item.claim.job.variables
    named = {name: variables[name] for name in _CARRIERS if isinstance(variables.get(name), str)}
    return TraceContextTextMapPropagator().extract(named)
