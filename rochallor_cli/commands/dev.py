"""`rochallor dev`: the embedded engine on this machine."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.configuration.environment import is_terminal
from rochallor_cli.errors import CliError, UsageError
from rochallor_cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from rochallor_cli.definitions.uploads import Upload
    from rochallor_cli.dev_engine import DevEngine, DevEngineConfig

app = typer.Typer()


@command(
    app,
    "dev",
    examples=(
        "rochallor dev",
        "rochallor dev --port 0 --db engine.sqlite",
        "rochallor dev --definitions flows/ --strict",
    ),
)
def dev(
    context: Context,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where to listen; 0 for a free one.")
    ] = 8080,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    db: Annotated[
        str | None,
        typer.Option("--db", metavar="FILE", help="Keep everything in this SQLite file."),
    ] = None,
    definitions: Annotated[
        str | None,
        typer.Option("--definitions", metavar="FOLDER", help="Upload these at the start."),
    ] = None,
    engine_version: Annotated[
        str,
        typer.Option("--engine-version", metavar="VERSION", help="Behave as this version of the engine."),
    ] = "next",
    no_coercion: Annotated[
        bool,
        typer.Option("--no-coercion", help="As an engine whose expressions convert no operands."),
    ] = False,
    lease_seconds: Annotated[
        float, typer.Option("--lease-seconds", min=0.1, help="How long a claim lasts.")
    ] = 30.0,
    sweep_seconds: Annotated[
        float, typer.Option("--sweep-seconds", min=0.1, help="How often claims that ended are freed.")
    ] = 15.0,
    timer_seconds: Annotated[
        float, typer.Option("--timer-seconds", min=0.1, help="How often timers are looked at.")
    ] = 5.0,
    dispatch: Annotated[
        str, typer.Option("--dispatch", metavar="polling|kafka", help="How jobs reach workers.")
    ] = "polling",
    brokers: Annotated[
        str | None,
        typer.Option(
            "--brokers",
            metavar="HOST:PORT,...",
            help="Brokers for --dispatch kafka; an embedded one if left out.",
        ),
    ] = None,
    kafka_config: Annotated[
        list[str] | None,
        typer.Option(
            "--kafka-config",
            metavar="KEY=VALUE",
            help="How these brokers are reached (TLS, SASL); repeatable.",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail instances that run into an engine fault.")
    ] = False,
    seed: Annotated[int | None, typer.Option("--seed", help="Make random choices repeatable.")] = None,
    no_cors: Annotated[
        bool, typer.Option("--no-cors", help="Refuse web pages, and names of others for this machine.")
    ] = False,
    log_requests: Annotated[
        bool, typer.Option("--log-requests", help="A line on stderr for each request.")
    ] = False,
) -> None:
    """Run an embedded engine on this machine.

    It answers as the real engine does. Everything is in memory, and gone when it stops, unless --db names a file.
    """
    from rochallor_cli.configuration.key_values import pairs
    from rochallor_cli.dev_engine import DevEngine, DevEngineConfig, DevEngineError, DevEngineSettingsError

    if dispatch not in ("polling", "kafka"):
        raise UsageError(f"--dispatch {dispatch!r} is neither polling nor kafka")
    if (brokers or kafka_config) and dispatch != "kafka":
        raise UsageError("--brokers and --kafka-config are for --dispatch kafka")
    if kafka_config and not brokers:
        raise UsageError("--kafka-config says how to reach brokers", hint="name them: --brokers host:9093")
    config = DevEngineConfig(
        engine_version=engine_version,
        coercion=not no_coercion,
        host=host,
        port=port,
        db=Path(db) if db else None,
        lease_s=lease_seconds,
        sweep_s=sweep_seconds,
        timer_s=timer_seconds,
        cors=not no_cors,
        strict=strict,
        seed=seed,
        log_requests=log_requests,
        dispatch=dispatch,
        brokers=brokers,
        kafka_config=pairs(kafka_config or (), "--kafka-config"),
    )
    uploads = _read(context, definitions) if definitions else []
    try:
        with _signals() as stop, _engine_log(context), DevEngine(config) as engine:
            if uploads:
                _upload(context, engine.url, uploads)
            _announce(context, engine, config)
            stop.wait()
        if is_terminal(context.environment.stderr):
            context.printer.note("")  # the prompt does not stand behind `^C`
    except DevEngineSettingsError as error:
        raise UsageError(str(error)) from error
    except DevEngineError as error:
        raise CliError(str(error), exit_status=ExitStatus.CONFLICT) from error


def _announce(context: Context, engine: DevEngine, config: DevEngineConfig) -> None:
    kept_in = str(config.db) if config.db else "in memory"
    if context.printer.for_people:
        context.printer.line(f"Embedded engine  {engine.url}  (SQLite, {kept_in})")
        if engine.brokers:
            context.printer.line(f"Kafka brokers    {engine.brokers}")
            embedded = "" if config.brokers else " --kafka-config fetch.wait.max.ms=10"
            context.printer.note(
                f"Workers: rochallor work --mode kafka --brokers {engine.brokers}{embedded} …"
            )
        context.printer.note(
            f"As version {config.engine_version} of the engine; --engine-version names another."
        )
        if config.cors:
            context.printer.note("Web pages opened on this machine may call it; --no-cors ends that.")
        context.printer.note(f"Ctrl-C stops it. Elsewhere: export ROCHALLOR_ENGINE_URL={engine.url}")
    else:
        context.printer.event(
            {
                "url": engine.url,
                "db": kept_in,
                "brokers": engine.brokers or None,
                "engineVersion": config.engine_version,
            }
        )
    context.environment.stdout.flush()


@contextmanager
def _engine_log(context: Context) -> Iterator[None]:
    """Show the engine's warnings on stderr, and its requests where they are logged."""
    import logging

    handler = logging.StreamHandler(context.environment.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    log = logging.getLogger("rochallor_cli.dev_engine")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def _read(context: Context, definitions: str) -> list[Upload]:
    # Loaded only where there is something to upload: the SDK's client takes its time.
    from rochallor_cli.definitions.uploads import read_uploads

    return read_uploads([definitions], context.environment.stdin)


def _upload(context: Context, url: str, uploads: list[Upload]) -> None:
    from rochallor_cli.configuration.engine_access import EngineAccess
    from rochallor_cli.configuration.settings import Settings
    from rochallor_cli.definitions.uploads import send
    from rochallor_cli.engine_client.admin_client import AdminClient
    from rochallor_cli.engine_client.connect import connect

    settings = Settings(access=EngineAccess(url))
    with connect(settings.access) as client:
        for upload in uploads:
            row = send(AdminClient(client, settings), upload)
            context.printer.note(f"Uploaded  {row['id']} v{row['version']}  {row['source']}")


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, as long as the block runs; a second SIGINT interrupts as usual."""
    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
