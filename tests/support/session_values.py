"""What is made once for the whole run of tests, however many processes it is spread over."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE_S = 0.05


def made_once(folder: Path, make: Callable[[], object]) -> Path:
    """The folder, filled by `make()` in the first process that asks; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "made"
    with alone(folder / "making.lock"):
        if not done.exists():
            make()
            done.touch()
    return folder


@contextmanager
def shared(folder: Path, start: Callable[[], object], end: Callable[[], object]) -> Iterator[None]:
    """Something that runs while any process is in such a block. The first starts it, and ends it when all have left.

    A user that is killed has left, too: what counts is a lock, which ends with its holder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    door, running = folder / "door.lock", folder / "running"
    with (folder / "users.lock").open("w") as users:
        with alone(door):
            fcntl.flock(users, fcntl.LOCK_SH)
            is_ours = not running.exists()
            if is_ours:
                start()
                running.touch()
        try:
            yield
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            while is_ours and not _ended(users.fileno(), folder, end):
                time.sleep(PAUSE_S)


def _ended(users: int, folder: Path, end: Callable[[], object]) -> bool:
    """End it; False while it is used."""
    with alone(folder / "door.lock"):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        end()
        (folder / "running").unlink()
        return True


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """No other process is in a block with this lock meanwhile."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
