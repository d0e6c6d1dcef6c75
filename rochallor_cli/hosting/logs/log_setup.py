"""The host's logging, for the process that starts it and for its children."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Sequence
from typing import TextIO

from rochallor_cli.hosting.config.host_config import LogConfig
from rochallor_cli.hosting.high_descriptors import kept_out_of_reach
from rochallor_cli.hosting.logs.log_lines import LoggedJob, configure_logging, thread_excepthook
from rochallor_cli.hosting.logs.own_loggers import own_loggers
from rochallor_cli.hosting.logs.printed_output import survive_closed_streams
from rochallor_cli.hosting.logs.stderr_pipe import divert_stderr, end_diversion
from workflow_sdk.job import current_job


def configure_host_logging(
    config: LogConfig,
    stream: TextIO,
    *,
    workers: Sequence[str],
    name_workers: bool = False,
    whole_process: bool = False,
    has_handlers: bool = False,
    secrets: Sequence[str] = (),
) -> None:
    """To be called before handlers are imported.

    `whole_process`: this is a host's process and nothing else. Then neither what handlers do to logging nor what they
    print can harm it. `has_handlers`: they run in this process, with the programs they start.
    """
    say = _say_printed if config.format == "json" else None
    if whole_process and has_handlers and say is not None and (kept := divert_stderr(say)) is not None:
        atexit.register(end_diversion)
        stream = os.fdopen(kept, "w", closefd=False)
    elif whole_process:
        stream = _out_of_reach(stream)
    handler = configure_logging(
        stream,
        config.format,
        level=config.level,
        with_time=config.with_time,
        current_job=running_job,
        workers=workers,
        name_workers=name_workers,
        colored=config.colored,
        secrets=secrets,
    )
    threading.excepthook = thread_excepthook
    if whole_process:
        own_loggers(handler, level=config.level)
        survive_closed_streams(say)


def _out_of_reach(stream: TextIO) -> TextIO:
    """The same file under a number that no job closes by mistake; the stream itself where that cannot be had."""
    try:
        kept = kept_out_of_reach(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return stream
    return stream if kept is None else os.fdopen(kept, "w", closefd=False)


def _say_printed(line: str) -> None:
    """What somebody has printed to stderr, where every line is to be JSON."""
    level = logging.ERROR if line.startswith("error:") else logging.INFO
    logging.getLogger("rochallor.stderr").log(level, "%s", line)


def running_job() -> LoggedJob | None:
    """The job that the calling handler works on; None outside of handlers."""
    try:
        return current_job().job
    except RuntimeError:
        return None
