"""A stop that a signal asks for, at whatever instruction it comes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType

from rochallor_cli.command_line.stopping import StopRequest, stop_signals


def interrupted_at(step: int, call: Callable[[], object], interrupt: Callable[[], None]) -> bool:
    """Run the call with an interruption before its so many-th instruction; whether it has that many."""
    left = step

    def before_each(frame: FrameType, event: str, argument: object) -> Callable[..., object]:
        nonlocal left
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if left == 0:
                sys.settrace(None)
                interrupt()
        return before_each

    sys.settrace(before_each)
    try:
        call()
    finally:
        sys.settrace(None)
    return left <= 0


def test_a_signal_at_any_instruction_of_the_wait_is_heard() -> None:
    step, is_within = 0, True
    while is_within:
        step += 1
        with stop_signals() as stop:
            is_within = interrupted_at(
                step, lambda stop=stop: stop.wait(0), lambda: signal.raise_signal(signal.SIGTERM)
            )
            assert stop.is_set() == is_within
            assert stop.wait(0) == is_within
    assert step > 10


def test_a_wait_begins_and_ends_where_it_was_asked_for_before() -> None:
    stop = StopRequest()
    assert not stop.wait(0)
    assert not stop.is_set()
    stop.set()
    stop.set()
    assert stop.wait()
    assert stop.wait()
    assert stop.is_set()
