"""Every error the SDK raises.

WorkflowSDKError
├── NonRetryableError              raised by a handler: fail the job whatever its retry budget
├── ReleaseJobError                raised by a handler: give the job back, make no report
├── InvalidConnectionError         (also a ValueError) an address or credential that cannot be used
│   └── UnusableTokenError         a token was read that no request can carry
├── KafkaConfigError               (also a ValueError) a Kafka setting that cannot be taken
├── EngineUnreachableError         no usable answer: refused, reset, TLS, a gateway's nonsense
│   └── EngineTimeoutError         no answer in time; whether the engine did the work is unknown
├── EngineClientError              an answer outside 2xx
├── DispatchModeError              the engine dispatches jobs in another way than this runner
├── LeaseLostError                 another worker may hold the job by now
├── RouteMissingError              the engine is of a version without this route
└── HeartbeatUnsupportedError      the engine or client cannot extend leases
"""

from __future__ import annotations

from typing import Literal

# Why no usable answer came.
UnreachableKind = Literal[
    "connection", "certificate", "tls", "timeout", "together", "shortage", "not-engine", "doubtful"
]


class WorkflowSDKError(Exception):
    """The root: `except WorkflowSDKError` catches whatever the SDK raises."""


class NonRetryableError(WorkflowSDKError):
    """Raise it in a handler to fail the job for good, however many retries are left."""


class ReleaseJobError(WorkflowSDKError):
    """Raise it in a handler to give the job back: no report is made, no retry is used, no failure counted.

    With `delay` the job is kept, its lease extended where the engine can, and run again here after so many seconds.
    Without, a polled job is left to its lease, and one that came over Kafka runs again soon. A worker that stops hands
    the job on in either case: its lease ends, or its offset is not committed.
    """

    def __init__(self, reason: str = "", *, delay: float | None = None) -> None:
        super().__init__(reason)
        self.delay = delay


class InvalidConnectionError(WorkflowSDKError, ValueError):
    """An engine URL, certificate or token source that cannot be used; no request was sent."""


class UnusableTokenError(InvalidConnectionError):
    """A token that no HTTP header can carry: where it comes from is a setting to mend, and waiting does not help."""


class KafkaConfigError(WorkflowSDKError, ValueError):
    """A Kafka setting that would lose jobs or cannot work; the text names it and says why."""


class EngineUnreachableError(WorkflowSDKError):
    """No usable answer came: the connection failed, or what answered does not speak the engine's JSON.

    `message` is the reason alone ("connection refused"); the text of the error adds `url`. `was_sent`
    is False when the engine cannot have seen the request. `kind` says what to look at: the connection,
    the engine's `certificate`, `tls` otherwise, a `timeout`, a `shortage` of descriptors here, that something
    else answered (`not-engine`), or an empty answer that is not the engine's own, so that nobody knows what
    became of the request (`doubtful`). `proxy` is the URL of the proxy on the way, without its password; "" for none.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str = "",
        was_sent: bool = True,
        kind: UnreachableKind = "connection",
        proxy: str = "",
    ) -> None:
        super().__init__(message)
        self.proxy = proxy
        self.message = message
        self.url = url
        self.was_sent = was_sent
        self.kind: UnreachableKind = kind

    def __str__(self) -> str:
        return f"{self.message} ({self.url})" if self.url else self.message


class EngineTimeoutError(EngineUnreachableError):
    """No answer came in time. The engine may have done what was asked."""

    def __init__(
        self,
        message: str,
        *,
        url: str = "",
        was_sent: bool = True,
        kind: UnreachableKind = "timeout",
        proxy: str = "",
    ) -> None:
        super().__init__(message, url=url, was_sent=was_sent, kind=kind, proxy=proxy)


class EngineClientError(WorkflowSDKError):
    """An answer outside 2xx.

    `code` and `reason` are the engine's own (`not-found`, `conflict`, …), or whatever a gateway wrote under
    `error` and `reason`; client.judgement tells them apart. `dispatch_mode` comes with a 410 of the engine,
    `retry_after_s` from the Retry-After header, `server` from that one; `body_text` is the answer's
    beginning, as it came.
    """

    def __init__(
        self,
        status_code: int,
        message: str,
        *,
        code: str = "",
        reason: str = "",
        dispatch_mode: str = "",
        retry_after_s: float | None = None,
        body_text: str = "",
        content_type: str = "",
        server: str = "",
    ) -> None:
        super().__init__(status_code, message)
        self.status_code = status_code
        self.message = message
        self.code = code
        self.reason = reason
        self.dispatch_mode = dispatch_mode
        self.server = server
        self.retry_after_s = retry_after_s
        self.body_text = body_text
        self.content_type = content_type

    def __str__(self) -> str:
        return f"engine error {self.status_code}: {self.message}"


class DispatchModeError(WorkflowSDKError):
    """The engine dispatches over Kafka and takes no polls: use `KafkaRunner`, or `--mode kafka`."""


class LeaseLostError(WorkflowSDKError):
    """The lease could not be extended because it is over; another worker may run the job."""


class HeartbeatUnsupportedError(WorkflowSDKError):
    """The engine, or a client of the user's own, has no way to extend a lease."""


class RouteMissingError(WorkflowSDKError):
    """The engine answers, and has no such route: it is of an older version."""
