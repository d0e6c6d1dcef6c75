"""Progress on stderr, for what takes longer than half a second; only on a terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rochallor_cli.configuration.environment import Environment
from rochallor_cli.output.text_width import fitted, harmless

_FIRST_AFTER_S = 0.5
_EVERY_S = 0.1
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Progress:
    """What is going on, and how much of it is done; `total` 0 means nobody knows."""

    def __init__(self, text: str, total: int = 0) -> None:
        self.text = text
        self.total = total
        self.done = 0

    def line(self, frame: int, width: int) -> str:
        mark = _FRAMES[frame % len(_FRAMES)]
        if not self.total:
            return fitted(f"{mark} {harmless(self.text)}", width)
        share = min(self.done / self.total, 1.0)
        bar = ("█" * round(share * 20)).ljust(20, "░")
        return fitted(f"{mark} {bar} {self.done:,}/{self.total:,} {harmless(self.text)}", width)


@contextmanager
def working(
    environment: Environment, text: str, *, total: int = 0, quiet: bool = False
) -> Iterator[Progress]:
    """Shows the progress while the block runs; wiped when it ends, whatever ended it."""
    progress = Progress(text, total)
    if quiet or not environment.stderr_is_terminal or environment.environ.get("TERM") == "dumb":
        yield progress
        return
    stop = threading.Event()
    thread = threading.Thread(target=_draw, args=(environment, progress, stop), daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        stop.set()
        thread.join()


def _draw(environment: Environment, progress: Progress, stop: threading.Event) -> None:
    if stop.wait(_FIRST_AFTER_S):
        return
    frame = 0
    while True:
        environment.stderr.write("\r\x1b[2K" + progress.line(frame, environment.columns - 1))
        environment.stderr.flush()
        frame += 1
        if stop.wait(_EVERY_S):
            break
    environment.stderr.write("\r\x1b[2K")
    environment.stderr.flush()
