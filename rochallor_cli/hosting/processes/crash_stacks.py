"""Python's stacks at the moment a child crashes: written by faulthandler into a file that outlives it."""

from __future__ import annotations

import faulthandler
import os
import tempfile

from rochallor_cli.hosting.stray_signals import off_main_thread

# The stack of the thread that crashed comes first; what comes after so many bytes are idle threads.
MOST_BYTES = 8_000


def new_crash_file() -> int:
    """A descriptor of an empty file."""
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def write_crashes_to(descriptor: int) -> None:
    """Have a crash of this process (SIGSEGV, SIGABRT and their like) leave its stacks there."""
    off_main_thread(lambda: faulthandler.enable(descriptor))


def read_crash(descriptor: int) -> str:
    return os.pread(descriptor, MOST_BYTES, 0).decode("utf-8", "replace").rstrip()
