"""`rochallor demo`: an embedded engine, an example workflow and its handlers, followed live to the end."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shlex import quote
from textwrap import wrap
from typing import Literal

import rochallor_cli
from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.stopping import stop_signals
from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.counting import count_text
from rochallor_cli.definitions.uploads import read_uploads
from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.engine_client.connect import connect
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.handler_modules.user_traceback import path_text
from rochallor_cli.hosting.config.host_config import (
    HostConfig,
    KafkaAccess,
    LogConfig,
    Mode,
    WorkerConfig,
)
from rochallor_cli.hosting.logs.log_setup import configure_host_logging
from rochallor_cli.hosting.workers.local_workers import LocalWorkers
from rochallor_cli.instances.following import Ending, follow_instance
from rochallor_cli.output.printer import Printer
from rochallor_cli.ui.serving import require_templates, ui_server_of_embedded

WORKER_ID = "demo-1"
DEFINITION = "loan-processing-workflow"
VARIABLES: Value = {"applicantId": "A-001"}
# Worth showing next to a step when it is done.
SHOWN_RESULTS = {"score": "creditScore", "notify": "notificationSent"}
DRAIN_S = 5.0
_VISITOR_S = 60.0
LABEL_WIDTH = 18
# The embedded broker sits out an empty fetch, and waits a session less a second at every rebalance.
QUICK_CONSUMER = {
    "fetch.wait.max.ms": "10",
    "session.timeout.ms": "2000",
    "heartbeat.interval.ms": "200",
}


def run_demo(context: Context, *, with_kafka: bool = False, with_page: bool = False) -> int:
    """Exit status 0 when the instance ended COMPLETED; `with_kafka` brings jobs over an embedded broker.

    with_page: a page shows it, and engine and workers stay until Ctrl-C, so that more can be started.
    """
    if with_page:
        require_templates()
    printer, environment = context.printer, context.environment
    example = example_folder()
    flow, handlers = path_text(str(example / "flow.yaml")), path_text(str(example / "handlers.py"))
    mode: Mode = "kafka" if with_kafka else "poll"
    dispatch: Literal["polling", "kafka"] = "kafka" if with_kafka else "polling"
    with DevEngine(DevEngineConfig(port=0, dispatch=dispatch, engine_version="next")) as dev_engine:
        settings = _settings_for(dev_engine.url, context.settings)
        with connect(settings.access, printer=printer) as client:
            engine = AdminClient(client, settings)
            _say(printer, "Embedded engine", f"{dev_engine.url}  (SQLite, in memory)")
            if dev_engine.brokers:
                _say(printer, "Embedded broker", dev_engine.brokers)
            _upload(engine, flow, context)
            configure_host_logging(LogConfig(level="warning"), environment.stderr, workers=[WORKER_ID])
            kafka = KafkaAccess(dev_engine.brokers, QUICK_CONSUMER) if dev_engine.brokers else KafkaAccess()
            with _workers(dev_engine.url, handlers, mode=mode, kafka=kafka) as job_types:
                _say(printer, "Worker", f"{WORKER_ID}  ·  {mode}  ·  handlers: {', '.join(job_types)}")
                ending = (
                    _with_page(context, engine, dev_engine)
                    if with_page
                    else _start_and_follow(engine, printer)
                )
    if not with_page:
        printer.line()
        _say_ending(printer, ending, handlers)
    return ending.status


def example_folder() -> Path:
    """The loan example: inside the package where it was installed, beside it in a clone."""
    package = Path(rochallor_cli.__file__).parent
    inside = package / "examples" / "loan"
    return inside if inside.is_dir() else package.parent / "examples" / "loan"


def _settings_for(url: str, settings: Settings) -> Settings:
    """How output looks stays as asked for; nobody's credentials are sent to the embedded engine."""
    return replace(settings, access=EngineAccess(url), context=None)


def _upload(engine: AdminClient, flow: str, context: Context) -> None:
    for upload in read_uploads([flow], context.environment.stdin):
        stored = engine.upload(upload.definition)
        steps = len(upload.definition["steps"])
        _say(
            context.printer,
            "Uploaded",
            f"{stored['id']} v{stored['version']}  ·  {count_text(steps, 'step')}  ·  {flow}",
        )


@contextmanager
def _workers(url: str, handlers: str, *, mode: Mode, kafka: KafkaAccess) -> Iterator[list[str]]:
    """The example's handlers, hosted as `rochallor work` hosts them; their job types."""
    worker = WorkerConfig(worker_id=WORKER_ID, modules=(handlers,), mode=mode, drain_timeout_s=DRAIN_S)
    workers = LocalWorkers(HostConfig(engine=EngineAccess(url), workers=(worker,), kafka=kafka))
    workers.load()
    workers.start(lambda: None)
    try:
        yield [handler.job_type for handler in workers.handlers()]
    finally:
        workers.drain()
        workers.join(DRAIN_S + 1)


def _start_and_follow(engine: AdminClient, printer: Printer) -> Ending:
    started = engine.start(DEFINITION, VARIABLES)
    given = "  ".join(f"{name}={value}" for name, value in VARIABLES.items())
    _say(printer, "Started", f"{started['id']}  {given}")
    printer.line()
    return follow_instance(engine, started, printer, note_for=_ResultNotes(engine, started["id"]))


def _with_page(context: Context, engine: AdminClient, dev_engine: DevEngine) -> Ending:
    """The instance followed here and on a page; then whatever is started besides, until Ctrl-C."""
    printer, version = context.printer, dev_engine.config.engine_version
    with (
        stop_signals() as stop,
        ui_server_of_embedded(context, dev_engine.url, engine_version=version) as server,
    ):
        _say(printer, "Page", server.address("/instances"))
        context.environment.stdout.flush()
        if context.environment.stdout_is_terminal:
            printer.note("The workflow starts when the page is opened, or in a minute.")
            server.wait_for_visitor(stop, _VISITOR_S)
        ending = _start_and_follow(engine, printer)
        printer.line()
        printer.line(f"{ending.text}. Start another and watch the page; Ctrl-C stops it:")
        printer.line(f"  {_program()} instances start {DEFINITION} \\")
        printer.line(f"      --var applicantId=A-002 --engine-url {dev_engine.url}")
        context.environment.stdout.flush()
        stop.wait()
    return ending


class _ResultNotes:
    """`creditScore=720` for the step that set it; the engine's history does not keep that, so it is asked once."""

    def __init__(self, engine: AdminClient, instance_id: str) -> None:
        self._engine = engine
        self._instance_id = instance_id
        self._known: dict[str, str] = {}

    def __call__(self, execution: Value) -> str:
        step = str(execution.get("stepId"))
        name = SHOWN_RESULTS.get(step)
        if name is None:
            return ""
        if step not in self._known:
            variables = self._engine.instance(self._instance_id)["variables"]
            self._known[step] = f"{name}={_json(variables.get(name))}"
        return self._known[step]


def _json(value: object) -> str:
    import json

    return json.dumps(value)


def _say(printer: Printer, label: str, text: str) -> None:
    """A labelled line; on a terminal that is too narrow for it, more of them beneath the text."""
    lines = [text] if printer.width is None else _wrapped(text, printer.width - LABEL_WIDTH - 1)
    for line in lines:
        printer.styled(printer.paint(f"{label:<{LABEL_WIDTH}}", "dim") + line)
        label = ""


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _say_ending(printer: Printer, ending: Ending, handlers: str) -> None:
    is_done = ending.status == ExitStatus.DONE
    printer.line(f"{ending.text}. Next:" if is_done else ending.text)
    if is_done:
        program = _program()
        printer.line(f"  {program} dev --definitions {Path(handlers).parent}")
        printer.line(f"  {program} work --module {handlers}")
        printer.line(f"  {program} instances start {DEFINITION} \\")
        printer.line("      --var applicantId=A-002 --follow")
        printer.line("each in a terminal of its own.")


def _program() -> str:
    """What starts this very program from a shell: its name alone where the shell finds it by that."""
    here = Path(sys.executable).with_name("rochallor")
    found = shutil.which("rochallor")
    if found and Path(found).resolve() == here.resolve():
        return "rochallor"
    return quote(path_text(str(here))) if here.exists() else f"{quote(sys.executable)} -m rochallor_cli"
