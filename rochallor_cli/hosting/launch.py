"""From the options of `rochallor work` to a running host and back to an exit status."""

from __future__ import annotations

import logging
import os
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TextIO

from rochallor_cli.command_line.context import Context
from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.configuration.environment import is_terminal
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.handler_modules.loading import working_directory
from rochallor_cli.hosting.config.file_settings import with_workers_file
from rochallor_cli.hosting.config.host_config import HostConfig
from rochallor_cli.hosting.config.resolution import resolve_host
from rochallor_cli.hosting.config.sections import SECTIONS
from rochallor_cli.hosting.config.workers_file import WorkersFile
from rochallor_cli.hosting.console import HostConsole, handler_rows
from rochallor_cli.hosting.forced_exit import exit_soon
from rochallor_cli.hosting.host import Host
from rochallor_cli.hosting.logs.log_setup import configure_host_logging
from rochallor_cli.hosting.logs.loggers_in_use import LoggersInUse
from rochallor_cli.hosting.original_library import keep_standard_library
from rochallor_cli.hosting.processes.supervisor import Supervisor
from rochallor_cli.hosting.workers.local_supervision import LocalSupervision
from rochallor_cli.hosting.workers.local_workers import LocalWorkers
from rochallor_cli.hosting.workers.process_state import ProcessState
from workflow_sdk.runner.handlers.supervision import supervise

log = logging.getLogger("rochallor.host")


def launch(context: Context, flags: Mapping[str, Any], *, check: bool, print_config: bool) -> int:
    """Do what `rochallor work` was asked for; raises CliError."""
    file, context = with_workers_file(context, flags)
    config = resolved(context, flags, file=file)
    if print_config:
        from rochallor_cli.hosting.checks.print_config import print_host_config

        print_host_config(config, context)
        return 0
    if check:
        from rochallor_cli.hosting.checks.check_host import check_host

        return check_host(config, context, only=flags.get("definition") or ())
    return host(config, context)


def resolved(context: Context, flags: Mapping[str, Any], *, file: WorkersFile | None) -> HostConfig:
    """The whole configuration: flags, environment, workers.yaml, context, defaults."""
    environment, settings = context.environment, context.settings
    return resolve_host(
        {**flags, "log_level": flags.get("log_level") or _level_of(settings)},
        environment.environ,
        file=file,
        engine=_with_whole_paths(settings.access),
        log_with_time=_needs_time(environment.stderr, environment.environ),
        log_colored=environment.may_color(environment.stderr, settings.color),
    )


def _with_whole_paths(engine: EngineAccess) -> EngineAccess:
    """Files keep meaning what they meant at the start, whatever directory a handlers' module changes to."""
    paths = [setting.attribute for setting in SECTIONS["engine"] if setting.kind == "path"]
    whole: dict[str, Any] = {
        name: os.path.join(working_directory(), value)
        for name in paths
        if (value := getattr(engine, name)) is not None
    }
    return replace(engine, **whole)


def host(config: HostConfig, context: Context) -> int:
    """Run the workers until they have ended."""
    environment = context.environment
    ids = [worker.worker_id for worker in config.workers]
    several = len(ids) > 1 and not config.needs_processes
    configure_host_logging(
        config.log,
        environment.stderr,
        workers=ids,
        name_workers=several,
        whole_process=environment.is_this_process,
        has_handlers=not config.needs_processes,
        secrets=config.secrets,
    )
    if environment.is_this_process:
        # Errors that end the host are lines of its log like any other.
        context.invocation.environment = environment._replace(stdout=sys.stdout, stderr=sys.stderr)
    if context.settings.left_behind:
        log.warning("%s", context.settings.left_behind)
    console = HostConsole(
        environment.stderr,
        is_terminal=environment.stderr_is_terminal and config.log.format == "text",
        columns=environment.columns,
    )
    if config.needs_processes:
        supervisor = Supervisor(config, console)
        status = Host(config, supervisor, console=console, environ=environment.environ).run(_nothing_to_load)
    else:
        workers = LocalWorkers(config)
        load = _loader(config, workers, console, whole_process=environment.is_this_process)
        status = Host(config, workers, console=console, environ=environment.environ).run(load)
    exit_soon(status)
    return status


def _loader(
    config: HostConfig, workers: LocalWorkers, console: HostConsole, *, whole_process: bool
) -> Callable[[], None]:
    """What imports the handlers of this process."""

    def load() -> None:
        if whole_process:
            keep_standard_library()
        loggers = LoggersInUse()
        for worker, loaded in zip(config.workers, workers.load(), strict=True):
            console.banner(worker, handler_rows(loaded.registry.handlers().values(), worker), config.engine)
        if whole_process:
            state = ProcessState(loggers)
            workers.keep(state)
            supervise(LocalSupervision(state))

    return load


def _nothing_to_load() -> None:
    """The children import handlers, the supervisor does not."""


def _level_of(settings: Settings) -> str | None:
    """-q and -v mean for a host what they mean elsewhere."""
    if settings.quiet:
        return "warning"
    return "debug" if settings.verbosity else None


def _needs_time(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Lines need a time of their own unless a person or the journal, which adds one, reads them."""
    return not is_terminal(stream) and not _is_journal(stream, environ.get("JOURNAL_STREAM", ""))


def _is_journal(stream: TextIO, journal: str) -> bool:
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return stat.S_ISSOCK(found.st_mode) and journal == f"{found.st_dev}:{found.st_ino}"
