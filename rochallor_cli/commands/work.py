"""`rochallor work`: host handlers."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.command_line.setting_options import with_settings
from rochallor_cli.errors import UsageError
from rochallor_cli.hosting.config.given import WORKERS_FILE, settings_with_flags

app = typer.Typer()

HEALTH, STATUS, QUIET, RESUME = "health", "status", "quiet", "resume"
ACTIONS = (HEALTH, STATUS, QUIET, RESUME)


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
        "rochallor work health --live --config workers.yaml",
        "rochallor work status --health-port 8081",
    ),
    exclusive=(("--check", "--print-config"), ("--live", "--check", "--print-config")),
    walks=True,
)
@with_settings([WORKERS_FILE, *(setting for _, setting in settings_with_flags())])
def work(
    context: Context,
    *,
    action: Annotated[
        str | None,
        typer.Argument(
            metavar="|".join(ACTIONS),
            help="Of a running host, by its health port. health: how it is; status: which jobs it runs; "
            "quiet: claim no more jobs; resume: claim them again.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check handlers, engine and brokers; run nothing.")
    ] = False,
    definition: Annotated[
        list[str] | None,
        typer.Option(
            "--definition",
            metavar="ID",
            help="With --check: only these definitions' job types must have a handler; repeatable.",
        ),
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print every setting and where it came from.")
    ] = False,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="For `work health`: ask whether the host lives, not whether it is ready.",
            rich_help_panel="Logs and health",
        ),
    ] = False,
    **flags: Any,
) -> int:
    """Host handlers: claim jobs, run them, report.

    Ctrl-C or SIGTERM drains: no new jobs, running ones finish and are reported. A second one leaves them.
    """
    if live and action != HEALTH:
        raise UsageError("--live is for a running host", hint="rochallor work health --live")
    if action is not None:
        if check or print_config:
            raise UsageError(f"work {action} looks at a running host: no --check and no --print-config")
        host, port = _address(context, flags)
        return _of_running_host(context, action, host=host, port=port, live=live)
    if os.name != "posix":
        raise UsageError("rochallor work needs the signals and pipes of Linux or macOS")
    # prometheus-client would share counters over files with processes of other programs, and of former lives.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    from rochallor_cli.sdk_check import require_our_sdk

    require_our_sdk()
    try:
        from rochallor_cli.hosting.launch import launch

        return launch(
            context,
            {**flags, "definition": definition},
            check=check,
            print_config=print_config,
        )
    except KeyboardInterrupt:
        if check:
            raise
        return 0  # before the host takes the signals over no job is claimed: there is nothing to drain


def _address(context: Context, flags: dict[str, Any]) -> tuple[str | None, str | None]:
    """Host and port where a running host answers: from flags, environment, or its workers.yaml."""
    environ = context.environment.environ
    host, port = flags["health_host"], flags["health_port"] or environ.get("ROCHALLOR_HEALTH_PORT")
    file = flags["config"] or environ.get("ROCHALLOR_CONFIG")
    if port or not file:
        return host, port
    from rochallor_cli.hosting.config.workers_file import read_workers_file

    health = read_workers_file(file, context.environment.stdin, environ).section("health")
    written = str(health["port"]) if "port" in health else None
    return host or environ.get("ROCHALLOR_HEALTH_HOST") or health.get("host"), written


def _of_running_host(context: Context, action: str, *, host: str | None, port: str | None, live: bool) -> int:
    if action == HEALTH:
        from rochallor_cli.hosting.health.probe import probe_from_options

        return probe_from_options(host=host, port=port, environ=context.environment.environ, live=live)
    if action not in ACTIONS:
        raise UsageError(
            f"unknown action {action}", hint=f"rochallor work {', '.join(ACTIONS)}, or --module {action}"
        )
    from rochallor_cli.hosting.health.status_client import send_quiet, show_status

    if action == STATUS:
        return show_status(context, host=host, port=port)
    return send_quiet(context, host=host, port=port, is_quiet=action == QUIET)
