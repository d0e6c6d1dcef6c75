"""The host's logging, for the process that starts it and for its children."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TextIO

from rochallor_cli.hosting.config.host_config import LogConfig
from rochallor_cli.hosting.logs.log_lines import RunningJob, configure_logging, thread_excepthook
from workflow_sdk.job import current_job


def configure_host_logging(
    config: LogConfig, stream: TextIO, *, workers: Sequence[str], name_workers: bool = False
) -> None:
    """To be called before handlers are imported, so that a basicConfig() of theirs changes nothing."""
    configure_logging(
        stream,
        config.format,
        level=config.level,
        with_time=config.with_time,
        current_job=running_job,
        workers=workers,
        name_workers=name_workers,
        colored=config.colored,
    )
    threading.excepthook = thread_excepthook


def running_job() -> RunningJob | None:
    """The job that the calling handler works on; None outside of handlers."""
    try:
        return current_job().job
    except RuntimeError:
        return None
