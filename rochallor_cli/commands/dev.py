"""`rochallor dev`: the embedded engine on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.command_line.setting_options import with_settings
from rochallor_cli.command_line.stopping import stop_signals
from rochallor_cli.configuration.environment import is_terminal
from rochallor_cli.configuration.setting import Setting, settings_of
from rochallor_cli.configuration.setting_values import values_of_flags
from rochallor_cli.errors import CliError, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.text_width import harmless_lines

if TYPE_CHECKING:
    from rochallor_cli.commands.replaying import FoundRun
    from rochallor_cli.definitions.uploads import Upload
    from rochallor_cli.dev_engine import DevEngine, DevEngineConfig

app = typer.Typer()


@dataclass(frozen=True)
class DevOptions:
    """The options of `rochallor dev`."""

    port: Annotated[int, Setting("port", "Where to listen; 0 for a free port.", flag="--port")] = 8080
    host: Annotated[str, Setting("text", "The address to listen on.", flag="--host", metavar="ADDRESS")] = (
        "127.0.0.1"
    )
    db: Annotated[
        str | None,
        Setting(
            "path", "Keep everything in this SQLite file; left out: in memory.", flag="--db", metavar="FILE"
        ),
    ] = None
    definitions: Annotated[
        str | None,
        Setting(
            "path",
            "Upload the definitions of this folder at the start.",
            flag="--definitions",
            metavar="FOLDER",
        ),
    ] = None
    replay: Annotated[
        str | None,
        Setting(
            "path",
            "Play the runs that `defs verify -o json` has found, and keep their instances.",
            flag="--replay",
            metavar="FILE",
        ),
    ] = None
    engine_version: Annotated[
        str | None,
        Setting(
            "text", "Behave as this version of the engine (next).", flag="--engine-version", metavar="VERSION"
        ),
    ] = None
    no_coercion: Annotated[
        bool,
        Setting("flag", "Behave as an engine whose expressions convert no operands.", flag="--no-coercion"),
    ] = False
    lease_s: Annotated[
        float, Setting("duration", "How long a claim lasts.", flag="--lease-seconds", minimum=0.1)
    ] = 30.0
    sweep_s: Annotated[
        float,
        Setting("duration", "How often claims that ended are freed.", flag="--sweep-seconds", minimum=0.1),
    ] = 15.0
    timer_s: Annotated[
        float, Setting("duration", "How often timers are looked at.", flag="--timer-seconds", minimum=0.1)
    ] = 5.0
    dispatch: Annotated[
        str,
        Setting("choice", "How jobs reach workers.", flag="--dispatch", choices=("polling", "kafka")),
    ] = "polling"
    brokers: Annotated[
        str | None,
        Setting(
            "brokers",
            "Brokers for --dispatch kafka; an embedded one if left out.",
            flag="--brokers",
            metavar="HOST:PORT,…",
        ),
    ] = None
    kafka_config: Annotated[
        Mapping[str, str],
        Setting(
            "text map",
            "How the brokers of --brokers are reached (TLS, SASL), as librdkafka names it.",
            flag="--kafka-config",
        ),
    ] = field(default_factory=dict)
    strict: Annotated[
        bool, Setting("flag", "Fail instances that run into an engine fault.", flag="--strict")
    ] = False
    seed: Annotated[int | None, Setting("count", "Make random choices repeatable.", flag="--seed")] = None
    no_cors: Annotated[
        bool, Setting("flag", "Refuse web pages, and names of others for this machine.", flag="--no-cors")
    ] = False
    ui: Annotated[
        bool, Setting("flag", "Serve a page that shows it, as `rochallor ui` does.", flag="--ui")
    ] = False
    log_requests: Annotated[
        bool, Setting("flag", "Write a line on stderr for each request.", flag="--log-requests")
    ] = False


@command(
    app,
    "dev",
    examples=(
        "rochallor dev",
        "rochallor dev --port 0 --db engine.sqlite",
        "rochallor dev --definitions flows/ --strict",
        "rochallor dev --replay found.json",
        "rochallor dev --ui",
    ),
    walks=True,
)
@with_settings(settings_of(DevOptions))
def dev(context: Context, **flags: Any) -> None:
    """Run an embedded engine on this machine.

    It answers as the real engine does. Everything is in memory, and gone when it stops, unless --db names a file.
    With --replay the runs that `rochallor defs verify FILE -o json` has found are played on it, timers included; their
    instances stand where the runs lead to, for all other commands to look at.
    """
    from rochallor_cli.dev_engine import DevEngine, DevEngineError, DevEngineSettingsError

    options = _with_what_is_said(context, DevOptions(**values_of_flags(DevOptions, flags)))
    runs = _runs(context, options.replay) if options.replay else []
    config = engine_config(_as_found(options, runs))
    uploads = _read(context, options.definitions) if options.definitions else []
    try:
        with (
            stop_signals() as stop,
            _engine_log(context),
            DevEngine(config) as engine,
            _page(context, engine, config, wanted=options.ui) as page,
        ):
            if uploads:
                _upload(context, engine.url, uploads)
            _announce(context, engine, config=config, page=page)
            _play(context, engine, runs)
            stop.wait()
        if is_terminal(context.environment.stderr):
            context.printer.note("")  # the prompt does not stand behind `^C`
    except DevEngineSettingsError as error:
        raise UsageError(str(error)) from error
    except DevEngineError as error:
        raise CliError(str(error), exit_status=ExitStatus.CONFLICT) from error


def _with_what_is_said(context: Context, options: DevOptions) -> DevOptions:
    """The options, with what is said of the engine before the command or by the environment.

    "auto" asks an engine, and there is none; what a context says is of an engine elsewhere.
    """
    settings = context.settings
    said = {
        name: getattr(settings, name)
        for name in ("engine_version", "no_coercion")
        if not settings.origins.get(name, "default").startswith(("context ", "default"))
    }
    version = options.engine_version or said.get("engine_version")
    if version == "auto":
        context.printer.note(
            "auto asks an engine which version it is; this one is what --engine-version says"
        )
    return replace(
        options,
        engine_version=None if version == "auto" else version,
        no_coercion=options.no_coercion or said.get("no_coercion", False),
    )


def _runs(context: Context, file: str) -> list[FoundRun]:
    from rochallor_cli.commands.replaying import found_runs

    return found_runs(context, file)


def _play(context: Context, engine: DevEngine, runs: Sequence[FoundRun]) -> None:
    if runs:
        from rochallor_cli.commands.replaying import play

        play(context, engine, runs)


def _as_found(options: DevOptions, runs: Sequence[FoundRun]) -> DevOptions:
    """The options, with the version that the runs are of where none is said."""
    if not runs or options.engine_version:
        return options
    versions = sorted({run.version for run in runs})
    if len(versions) > 1:
        raise UsageError(
            f"the runs of --replay are of the engine versions {' and '.join(versions)}",
            hint="say which one to play them on: --engine-version",
        )
    return replace(options, engine_version=versions[0])


def engine_config(options: DevOptions) -> DevEngineConfig:
    """The engine's own configuration; UsageError for options that do not go together."""
    from rochallor_cli.dev_engine import DEFAULT_ENGINE_VERSION, AheadClock, DevEngineConfig, SystemClock

    if (options.brokers or options.kafka_config) and options.dispatch != "kafka":
        raise UsageError("--brokers and --kafka-config are for --dispatch kafka")
    if options.kafka_config and not options.brokers:
        raise UsageError("--kafka-config says how to reach brokers", hint="name them: --brokers host:9093")
    return DevEngineConfig(
        # The timers of a run are not waited for.
        clock=AheadClock() if options.replay else SystemClock(),
        engine_version=options.engine_version or DEFAULT_ENGINE_VERSION,
        coercion=not options.no_coercion,
        host=options.host,
        port=options.port,
        db=Path(options.db) if options.db else None,
        lease_s=options.lease_s,
        sweep_s=options.sweep_s,
        timer_s=options.timer_s,
        cors=not options.no_cors,
        strict=options.strict,
        seed=options.seed,
        log_requests=options.log_requests,
        dispatch=options.dispatch,
        brokers=options.brokers,
        kafka_config=options.kafka_config,
    )


@contextmanager
def _page(context: Context, engine: DevEngine, config: DevEngineConfig, *, wanted: bool) -> Iterator[str]:
    """The address of the page that shows the engine; "" where none is wanted."""
    if not wanted:
        yield ""
        return
    from rochallor_cli.ui.serving import ui_server_of_embedded

    with ui_server_of_embedded(context, engine.url, engine_version=config.engine_version) as server:
        yield server.address()


def _announce(context: Context, engine: DevEngine, *, config: DevEngineConfig, page: str) -> None:
    kept_in = str(config.db) if config.db else "in memory"
    if context.printer.for_readers:
        context.printer.line(f"Embedded engine  {engine.url}  (SQLite, {kept_in})")
        if page:
            context.printer.line(f"Page             {page}")
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
                **({"ui": page} if page else {}),
            }
        )
    context.environment.stdout.flush()


@contextmanager
def _engine_log(context: Context) -> Iterator[None]:
    """Show the engine's warnings on stderr, and its requests where they are logged."""
    import logging

    class Harmless(logging.Formatter):
        """What stands in ids, paths and variables cannot speak to the terminal."""

        def format(self, record: logging.LogRecord) -> str:
            return harmless_lines(super().format(record)).replace("\n", "\n  ")

    handler = logging.StreamHandler(context.environment.stderr)
    handler.setFormatter(Harmless("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
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
