"""Log lines of a worker host: text for people, JSON for collectors, each with the job it belongs to.

The root logger is configured here and nowhere else; the SDK only writes to its own loggers.
"""

from __future__ import annotations

import io
import json
import logging
import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TextIO

from rochallor_cli.configuration.masking import masked
from rochallor_cli.errors import StopRequested
from rochallor_cli.hosting.logs.patient_writes import PatientWriter
from rochallor_cli.hosting.logs.safe_values import harmless, json_value, message_of, shortened, traceback_of
from rochallor_cli.output.styles import paint
from rochallor_cli.output.text_width import harmless_json
from workflow_sdk.known_secrets import keep_secret

LogFormat = Literal["text", "json"]
LEVELS = ("debug", "info", "warning", "error")

# Libraries that log every request at INFO; shown only when everything is.
CHATTY = ("httpx", "httpcore", "aiohttp.access", "asyncio", "urllib3")

JOB_FIELDS = ("job_id", "job_type", "instance_id")


class LoggedJob(Protocol):
    """What a log line needs to know of the job a handler is working on."""

    @property
    def job_id(self) -> str: ...
    @property
    def job_type(self) -> str: ...
    @property
    def instance_id(self) -> str: ...


CurrentLoggedJob = Callable[[], LoggedJob | None]


def configure_logging(
    stream: TextIO,
    log_format: LogFormat,
    *,
    level: str,
    with_time: bool,
    current_job: CurrentLoggedJob,
    workers: Sequence[str] = (),
    name_workers: bool = False,
    colored: bool = False,
    secrets: Sequence[str] = (),
) -> StreamLogHandler:
    """Send everything from `level` up to `stream`; to be called before handlers are imported.

    `workers` are the ids of this process's workers, for the field `worker`. `with_time` and `name_workers` are
    for text: a terminal and the journal need no time, lines of several workers need their names. `secrets` are masked,
    whoever writes them.
    """
    formatter = (
        JsonFormatter() if log_format == "json" else TextFormatter(with_time, name_workers, colored=colored)
    )
    context = (JobContext(current_job), WorkerContext(workers))
    handler = StreamLogHandler(stream, formatter, context, secrets=secrets)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    if level != "debug":
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
    return handler


class JobContext(logging.Filter):
    """Adds the fields of the job that the running handler works on, unless the record names its own."""

    def __init__(self, current_job: CurrentLoggedJob) -> None:
        super().__init__()
        self._current_job = current_job

    def filter(self, record: logging.LogRecord) -> bool:
        job = None if hasattr(record, "job_id") else self._current_job()
        if job is not None:
            for field in JOB_FIELDS:
                setattr(record, field, getattr(job, field))
        return True


class WorkerContext(logging.Filter):
    """Adds the worker that a record belongs to; of several in one process, by the name of the record's thread."""

    def __init__(self, workers: Sequence[str]) -> None:
        super().__init__()
        self._only = workers[0] if len(workers) == 1 else None
        # Longest first: `web` must not take the lines of `web-2`.
        self._workers = sorted(workers, key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        worker = self._only or self._worker_of_thread(record.threadName or "")
        if worker is not None:
            record.worker = worker
        return True

    def _worker_of_thread(self, name: str) -> str | None:
        name = name.removeprefix("worker ")
        return next((worker for worker in self._workers if name.startswith(worker)), None)


class TextFormatter(logging.Formatter):
    """`[time] [LEVEL] [worker: ]message [(type job id, instance id)]`; INFO goes without its name.

    Values from outside cannot forge a line (further lines are indented) nor speak to the terminal.
    """

    def __init__(self, with_time: bool, name_workers: bool, *, colored: bool) -> None:
        super().__init__()
        self._colored = colored
        self._with_time = with_time
        self._name_workers = name_workers

    def format(self, record: logging.LogRecord) -> str:
        line = harmless(message_of(record))
        if self._name_workers and hasattr(record, "worker"):
            line = f"{harmless(str(record.worker))}: {line}"
        if record.levelno != logging.INFO:
            style = "red" if record.levelno >= logging.ERROR else "yellow"
            line = f"{paint(record.levelname, style, colored=self._colored)} {line}"
        if self._with_time:
            line = f"{_iso_time(record)} {line}"
        line += harmless(_job_suffix(record, line))
        if record.exc_info:
            line += harmless("\n" + traceback_of(self, record))
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object a line, bounded; whatever a record carries in `extra` becomes a field."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _iso_time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": shortened(message_of(record)),
        }
        for name, value in _extras(record).items():
            # A field of the line itself is not the record's to write.
            entry[f"extra_{name}" if name in (*entry, "exception") else name] = json_value(value)
        if record.exc_info:
            entry["exception"] = shortened(traceback_of(self, record))
        return harmless_json(json.dumps(entry, ensure_ascii=False))


class StreamLogHandler(logging.Handler):
    """Writes each line whole, and survives a stream that takes nothing (disk full, reader gone or not reading).

    Lost lines are counted, and the count is written as soon as writing works again. The form of a line stays whatever
    formatter others set: who reads it counts on that.
    """

    def __init__(
        self,
        stream: TextIO,
        formatter: logging.Formatter,
        context: Sequence[logging.Filter] = (),
        *,
        secrets: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._formatter = formatter
        self._writing = threading.RLock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._free)
        # As they are, and as they stand within a JSON text, ours or another's.
        for secret in secrets:
            keep_secret(secret)
        self._stream = stream
        self._context = tuple(context)
        self._lost = 0
        # Written directly: after a failed flush a text stream keeps the text and fails for ever.
        self._descriptor = _descriptor_of(stream)
        self._output = PatientWriter()

    def filter(self, record: logging.LogRecord) -> Any:
        """Filters of others may drop their own records, and raise without harm."""
        try:
            return super().filter(record)
        except StopRequested:
            raise
        except BaseException:  # noqa: BLE001 - a filter of the user's
            return True

    def format(self, record: logging.LogRecord) -> str:
        return self._formatter.format(record)

    def createLock(self) -> None:  # noqa: N802 - the base class's name
        """None that others can take and keep, and none while a text is made, which may take for ever."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        self.take(record)

    def take(self, record: logging.LogRecord) -> None:
        """Write a record, whatever filters others have put here; `emit` may be another's by now."""
        text = self._line(record)
        with self._writing:
            if self._lost and self._write(self._lost_line() + "\n"):
                self._lost = 0
            if not self._write(text + "\n"):
                self._lost += 1

    def _lost_line(self) -> str:
        lost = logging.makeLogRecord(
            {"levelno": logging.WARNING, "levelname": "WARNING", "name": "rochallor.host"}
        )
        lost.msg = f"{self._lost} log lines could not be written"
        return self._formatter.format(lost)

    def _free(self) -> None:
        """In a process that a handler has forked while another thread wrote."""
        self._writing = threading.RLock()

    def _line(self, record: logging.LogRecord) -> str:
        """The line of a record; where it cannot be made, which is no harm to whoever logs, one that says so."""
        try:
            for add in self._context:
                add.filter(record)
            return masked(self._formatter.format(record), ())
        except StopRequested:
            raise
        except BaseException as error:  # noqa: BLE001 - a record holds what its caller and others have put there
            level = {"levelno": record.levelno, "levelname": logging.getLevelName(record.levelno)}
            said = logging.makeLogRecord({"name": "rochallor.host", **level})
            said.msg = (
                f"a log record of {record.pathname}:{record.lineno} cannot be written: {type(error).__name__}"
            )
            return self._formatter.format(said)

    def _write(self, text: str) -> bool:
        try:
            if self._descriptor is None:
                self._stream.write(text)
                self._stream.flush()
            else:
                self._output.write(self._descriptor, text.encode("utf-8", "backslashreplace"))
        except (OSError, ValueError):
            return False
        return True


def _descriptor_of(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError, io.UnsupportedOperation):
        return None


_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _iso_time(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _job_suffix(record: logging.LogRecord, line: str) -> str:
    job_id = getattr(record, "job_id", None)
    if job_id is None or str(job_id) in line:
        return ""
    job_type = getattr(record, "job_type", "?")
    return f"  ({job_type} job {job_id}, instance {getattr(record, 'instance_id', '?')})"


def thread_excepthook(args: threading.ExceptHookArgs) -> None:
    """Logs what ends a thread that a handler started, in place of a bare traceback on stderr."""
    if args.exc_type is SystemExit or args.exc_value is None:
        return
    name = args.thread.name if args.thread else "?"
    information = (args.exc_type, args.exc_value, args.exc_traceback)
    logging.getLogger("rochallor.host").error("thread %s ended with an exception", name, exc_info=information)
