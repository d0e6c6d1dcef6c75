"""Signals that come amid a request whose answer the clean-up needs."""

from __future__ import annotations

import signal

import pytest

from rochallor_cli.command_line.interruptions import held_interruptions


def interrupted(times: int, done: list[str], error: Exception | None = None) -> None:
    with held_interruptions():
        for number in range(times):
            signal.raise_signal(signal.SIGINT)
            done.append(f"after {number + 1}")
        if error is not None:
            raise error
    done.append("behind")


def test_an_interruption_is_heard_behind_the_block() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(1, done)
    assert done == ["after 1"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interruption_is_heard_at_once() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(2, done)
    assert done == ["after 1"]


def test_what_fails_amid_it_is_told_before_an_interruption() -> None:
    with pytest.raises(LookupError):
        interrupted(1, [], LookupError())


def test_nothing_is_held_where_nobody_listens() -> None:
    done: list[str] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupted(2, done)
    finally:
        signal.signal(signal.SIGINT, before)
    assert done[-1] == "behind"
