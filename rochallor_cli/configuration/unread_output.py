"""stdout for a command that comes to its end though nobody reads it any longer, as behind `| head -1`."""

from __future__ import annotations

from typing import Any, TextIO, cast

from rochallor_cli.configuration.environment import silence


def going_on_unread(stream: TextIO) -> TextIO:
    """The stream; what is written after its reader has gone leads nowhere, and raises nothing."""
    return cast(TextIO, _GoingOnUnread(stream))


class _GoingOnUnread:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            silence(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            silence(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
