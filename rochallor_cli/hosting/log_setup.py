"""The host's logging, for the process that starts it and for its children."""

from __future__ import annotations

import threading
from typing import TextIO

from rochallor_cli.hosting.host_config import LogConfig
from rochallor_cli.hosting.logs import RunningJob, configure_logging, thread_excepthook
from workflow_sdk.job import current_job


def configure_host_logging(config: LogConfig, stream: TextIO, *, worker_id: str, prefix: str = "") -> None:
    """To be called before handlers are imported, so that a basicConfig() of theirs changes nothing."""
    configure_logging(
        stream,
        config.format,
        level=config.level,
        with_time=config.with_time,
        current_job=running_job,
        fields={"worker": worker_id},
        prefix=prefix,
    )
    threading.excepthook = thread_excepthook


def running_job() -> RunningJob | None:
    """The job that the calling handler works on; None outside of handlers."""
    try:
        return current_job().job
    except RuntimeError:
        return None
