"""`rochallor work`: host handlers."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.errors import UsageError

app = typer.Typer()

HEALTH = "health"


def _option(*flags: str, metavar: str, help: str, panel: str | None = None) -> typer.models.OptionInfo:  # noqa: A002
    option: typer.models.OptionInfo = typer.Option(
        *flags, metavar=metavar, help=help, rich_help_panel=panel, show_default=False
    )
    return option


Text = str | None
Texts = list[str] | None

PROCESSES, KAFKA, LOGS = "Processes", "Kafka", "Logs and health"


@command(
    app,
    "work",
    examples=(
        "rochallor work --module handlers.py",
        "rochallor work --module shop.jobs --mode kafka --brokers localhost:9092",
        "rochallor work --config workers.yaml --processes 4",
        "rochallor work --module handlers.py --check",
        "rochallor work --module handlers.py --until-idle --give-up-after 30s",
        "rochallor work health --health-port 8081",
    ),
)
def work(
    context: Context,
    action: Annotated[
        Text,
        typer.Argument(metavar=HEALTH, help="health: ask a running host how it is.", show_default=False),
    ] = None,
    module: Annotated[
        Texts,
        _option(
            "--module", "-m", metavar="MODULE", help="handlers.py, pkg.module, pkg.module:registry or dir/."
        ),
    ] = None,
    mode: Annotated[
        Text, _option("--mode", metavar="MODE", help="How jobs come: poll, kafka, auto (poll).")
    ] = None,
    worker_id: Annotated[
        Text, _option("--worker-id", metavar="ID", help="Its name (host name and pid).")
    ] = None,
    parallelism: Annotated[
        Text, _option("--parallelism", metavar="N", help="Jobs at the same time (64).")
    ] = None,
    poll_interval: Annotated[
        Text, _option("--poll-interval", metavar="DURATION", help="Pause between polls when idle (0.5s).")
    ] = None,
    drain_timeout: Annotated[
        Text, _option("--drain-timeout", metavar="DURATION", help="How long running jobs may finish (25s).")
    ] = None,
    job_type: Annotated[
        Texts, _option("--job-type", metavar="TYPE", help="Only this one; repeatable.")
    ] = None,
    config: Annotated[
        Text, _option("--config", metavar="FILE", help="workers.yaml: all of this and more.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check handlers, engine and brokers; run nothing.")
    ] = False,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print every setting and where it came from.")
    ] = False,
    until_idle: Annotated[
        bool | None,
        typer.Option("--until-idle", help="Leave when nothing has come for a while.", show_default=False),
    ] = None,
    idle_time: Annotated[
        Text, _option("--idle-time", metavar="DURATION", help="How long that while is (3s).")
    ] = None,
    give_up_after: Annotated[
        Text,
        _option(
            "--give-up-after",
            metavar="DURATION",
            help="With --until-idle: leave with status 5 when the engine is away for so long (1m).",
        ),
    ] = None,
    processes: Annotated[
        Text, _option("--processes", metavar="N", help="Processes of each worker (1).", panel=PROCESSES)
    ] = None,
    max_jobs_per_process: Annotated[
        Text,
        _option(
            "--max-jobs-per-process", metavar="N", help="Replace a process after so many.", panel=PROCESSES
        ),
    ] = None,
    reload: Annotated[
        bool | None,
        typer.Option(
            "--reload",
            help="Start anew when handlers' files change.",
            rich_help_panel=PROCESSES,
            show_default=False,
        ),
    ] = None,
    brokers: Annotated[
        Text, _option("--brokers", metavar="HOST:PORT,…", help="Kafka brokers.", panel=KAFKA)
    ] = None,
    kafka_config: Annotated[
        Texts,
        _option("--kafka-config", metavar="KEY=VALUE", help="A consumer setting; repeatable.", panel=KAFKA),
    ] = None,
    dedup_window: Annotated[
        Text,
        _option(
            "--dedup-window", metavar="DURATION", help="How long jobs are remembered (10m).", panel=KAFKA
        ),
    ] = None,
    ordering: Annotated[
        Text,
        _option(
            "--ordering", metavar="ORDER", help="key or none: an instance's jobs in turn (key).", panel=KAFKA
        ),
    ] = None,
    dead_letter_topic: Annotated[
        Text,
        _option("--dead-letter-topic", metavar="TOPIC", help="Where unreadable records go.", panel=KAFKA),
    ] = None,
    log_format: Annotated[
        Text, _option("--log-format", metavar="FORMAT", help="text or json.", panel=LOGS)
    ] = None,
    log_level: Annotated[
        Text,
        _option("--log-level", metavar="LEVEL", help="debug, info, warning or error (info).", panel=LOGS),
    ] = None,
    health_port: Annotated[
        Text, _option("--health-port", metavar="PORT", help="Serve /livez, /readyz and /metrics.", panel=LOGS)
    ] = None,
    health_host: Annotated[
        Text, _option("--health-host", metavar="ADDRESS", help="Where it listens (127.0.0.1).", panel=LOGS)
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="With health: ask whether it lives, not whether it is ready.", rich_help_panel=LOGS
        ),
    ] = False,
) -> int:
    """Host handlers: claim jobs, run them, report.

    Ctrl-C or SIGTERM drains: no new jobs, running ones finish and are reported. A second one leaves them.
    """
    flags = {name: value for name, value in locals().items() if name not in ("context", "action")}
    if action == HEALTH:
        from rochallor_cli.hosting.health.probe import probe_from_options

        return probe_from_options(health_host, health_port, context.environment.environ, live=live)
    if action is not None:
        raise UsageError(f"unknown action {action}", hint=f"rochallor work {HEALTH}, or --module {action}")
    if os.name != "posix":
        raise UsageError("rochallor work needs the signals and pipes of Linux or macOS")
    from rochallor_cli.hosting.checks.sdk_check import require_our_sdk

    require_our_sdk()
    try:
        from rochallor_cli.hosting.launch import launch

        return launch(context, flags)
    except KeyboardInterrupt:
        if check:
            raise
        return 0  # before the host takes the signals over no job is claimed: there is nothing to drain
