"""stdout and stderr of a host: what handlers print there must fail no job, and break no collector of JSON lines."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import TextIO, cast

from rochallor_cli.hosting.logs.patient_writes import PatientWriter
from workflow_sdk.known_secrets import beginning

LONGEST_LINE_BYTES = 16_000
# Of a line that is too long, what may be the beginning of a secret: it is masked only where it is whole.
HELD_BACK_BYTES = 4_000


class LossyOutput(io.RawIOBase):
    """Bytes to a descriptor. What it does not take is dropped and counted.

    The reader has gone or does not read, or the disk is full.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._output = PatientWriter()
        self.lost = 0

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: object) -> int:
        whole = memoryview(data).cast("B")  # type: ignore[arg-type]
        try:
            self._output.write(self._descriptor, whole)
        except (OSError, ValueError):
            self.lost += 1
        return len(whole)


class _LastingBuffer(io.BufferedWriter):
    """Stays open: others print there, too."""

    def close(self) -> None:
        self.flush()


class _LastingText(io.TextIOWrapper):
    """Stays open, also for whoever takes its buffer to make another stream of it."""

    def close(self) -> None:
        self.flush()

    def detach(self) -> io.BufferedWriter:
        self.flush()
        return cast(io.BufferedWriter, self.buffer)


class LinesOutput(LossyOutput):
    """Lines that anybody prints, handed to `say` one by one: a log that is to hold JSON only makes objects of them."""

    def __init__(self, descriptor: int, say: Callable[[str], None]) -> None:
        super().__init__(descriptor)
        self._say = say
        self._begun = b""

    def write(self, data: object) -> int:
        text = bytes(memoryview(data))  # type: ignore[arg-type]
        *lines, self._begun = (self._begun + text).split(b"\n")
        if len(self._begun) > LONGEST_LINE_BYTES + HELD_BACK_BYTES:
            piece = _beginning(self._begun, len(self._begun) - HELD_BACK_BYTES)
            lines, self._begun = [*lines, piece], self._begun[len(piece) :]
        for line in lines:
            if line.strip():
                self._say(line.decode("utf-8", "replace"))
        return len(text)

    @property
    def has_begun(self) -> bool:
        """Whether a line has come without its end."""
        return bool(self._begun)

    def end_line(self) -> None:
        """Say what has come of a line."""
        if self._begun:
            self.write(b"\n")


def _beginning(data: bytes, longest: int) -> bytes:
    """Bytes that are no UTF-8, and half a character at the end, stay what they are."""
    return beginning(data.decode("utf-8", "surrogateescape"), longest).encode("utf-8", "surrogateescape")


def survive_closed_streams(say: Callable[[str], None] | None = None) -> None:
    """Put streams in the place of sys.stdout and sys.stderr that never fail who prints to them.

    With `say`, what is printed to stderr goes there line by line. Streams of tests, which are no files, stay.
    """
    sys.stdout = _replaced(sys.stdout, None)
    sys.stderr = _replaced(sys.stderr, say)


def lost_writes() -> int:
    """How much was dropped, in writes."""
    raws = (getattr(getattr(stream, "buffer", None), "raw", None) for stream in (sys.stdout, sys.stderr))
    return sum(raw.lost for raw in raws if isinstance(raw, LossyOutput))


def _replaced(stream: TextIO, say: Callable[[str], None] | None) -> TextIO:
    if isinstance(getattr(getattr(stream, "buffer", None), "raw", None), LossyOutput) and say is None:
        return stream
    try:
        descriptor = stream.fileno()
        stream.flush()
    except (OSError, ValueError, AttributeError):
        return stream
    raw = LossyOutput(descriptor) if say is None else LinesOutput(descriptor, say)
    return _LastingText(
        _LastingBuffer(raw), encoding=stream.encoding, errors="backslashreplace", line_buffering=True
    )
