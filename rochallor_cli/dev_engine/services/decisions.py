"""What the state machine makes of an event, and where it does so: at once, or offloaded where it costs too much.

Everybody waits for a decision that is made within a transaction. So each may cost only so much there. What costs more
is undone, made in a thread while others are served, and taken from there when the same is asked again: decisions are
pure, so the same question has the same answer. Where the question has changed meanwhile, it is another one.

What is about large variables is offloaded at once: to read, merge and write them is what takes the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.expression import TooCostly, metered
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.state_machine.advance import Outcome

# Instructions of expressions: some hundredths of a second, and some seconds.
AT_ONCE_STEPS = 100_000
APART_STEPS = 20_000_000

Key = tuple[object, ...]


@dataclass(frozen=True)
class Decided:
    """A decision that was offloaded: the outcome, or why the request is refused."""

    key: Key
    outcome: Outcome | Refused


class CostlyDecision(Exception):  # noqa: N818 - nothing has failed yet
    """A decision that costs too much to be made while others wait."""

    def __init__(self, key: Key, decision: Callable[[], Outcome]) -> None:
        super().__init__()
        self.key = key
        self._decision = decision

    def made(self) -> Decided:
        """The decision; takes seconds, and may be made in any thread."""
        try:
            return Decided(self.key, metered(APART_STEPS, self._decision, first_try=False))
        except Refused as refused:
            return Decided(self.key, refused)


_decided: ContextVar[list[Decided] | None] = ContextVar("decided", default=None)


@contextmanager
def knowing(decided: Sequence[Decided]) -> Iterator[None]:
    """Let each of these decisions be taken once in the block."""
    token = _decided.set(list(decided))
    try:
        yield
    finally:
        _decided.reset(token)


def decide(*key: object, decision: Callable[[], Outcome], is_large: bool = False) -> Outcome:
    """The outcome of the decision. `key` is all that it depends on, but the time and the choices.

    `is_large`: nobody is to wait until it is made.
    Raises CostlyDecision, and Refused as the decision does.
    """
    known = _decided.get() or []
    for place, each in enumerate(known):
        if each.key == key:
            outcome = known.pop(place).outcome
            if isinstance(outcome, Refused):
                raise outcome
            return outcome
    if is_large:
        raise CostlyDecision(key, lambda: _written(decision()))
    try:
        return metered(AT_ONCE_STEPS, decision, first_try=True)
    except TooCostly:
        raise CostlyDecision(key, decision) from None


def _written(outcome: Outcome) -> Outcome:
    """The outcome with its variables ready to be stored."""
    outcome.instance.variables.write()
    for effect in outcome.effects:
        found = getattr(effect, "variables", None)
        if isinstance(found, Variables):
            found.write()
    return outcome
