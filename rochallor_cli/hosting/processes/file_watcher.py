"""Which of some files have changed, for --reload; by looking, so that it works on every file system."""

from __future__ import annotations

import os
from collections.abc import Iterable

Stamp = tuple[int, int]


class FileWatcher:
    """Remembers size and time of files. A change counts once it has lasted over two looks: editors save in steps."""

    def __init__(self) -> None:
        self._known: dict[str, Stamp | None] = {}
        self._unsettled: dict[str, Stamp | None] | None = None

    def watch(self, files: Iterable[str]) -> None:
        """Add files; those already watched keep what is known of them."""
        for file in files:
            self._known.setdefault(file, _stamp(file))

    def changed(self) -> list[str]:
        """The files that differ from what was last reported."""
        now = {file: _stamp(file) for file in self._known}
        if now == self._known:
            self._unsettled = None
            return []
        if now != self._unsettled:
            self._unsettled = now
            return []
        different = [file for file, stamp in now.items() if stamp != self._known[file]]
        self._known, self._unsettled = now, None
        return different


def _stamp(file: str) -> Stamp | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
