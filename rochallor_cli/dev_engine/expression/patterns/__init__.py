"""``matches``: regular expressions that cannot be made to run for ever.

A pattern becomes an automaton of which all possible states are followed at once, character by character, so
the work is bounded by the length of the text times the size of the pattern, whatever they are. Steps that
were taken before are remembered.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.limits import MAX_PATTERN_STATES
from rochallor_cli.dev_engine.expression.patterns.syntax import (
    Alternatives,
    Assertion,
    Character,
    Concatenation,
    Pattern,
    Repeat,
    Test,
    parse_pattern,
)

_REMEMBERED_STEPS: Final = 4_096
Charge = Callable[[int], None]
# What stands around a place: the character before and behind it, empty at the ends of the text.
_Place = tuple[str, str]


class Automaton:
    """A compiled pattern. Its states are numbers; ``final`` is the one in which the pattern is found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tests: list[tuple[Test, int] | None] = []
        self.ways: list[list[tuple[str, int]]] = []
        self.final = self._state()
        self.first = self._build(parse_pattern(text), self.final)
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._reached: dict[tuple[frozenset[int], tuple[bool, ...]], frozenset[int]] = {}

    # --- building, from the end to the beginning -----------------------------------------------------

    def _state(self, test: tuple[Test, int] | None = None, *ways: tuple[str, int]) -> int:
        if len(self.ways) >= MAX_PATTERN_STATES:
            raise Fault(f"error parsing regexp: expression too large: `{self.text}`")
        self.tests.append(test)
        self.ways.append(list(ways))
        return len(self.ways) - 1

    def _build(self, part: Pattern, after: int) -> int:
        """The state from which ``part`` leads to ``after``."""
        if isinstance(part, Character):
            return self._state((part.test, after))
        if isinstance(part, Assertion):
            return self._state(None, (part.kind, after))
        if isinstance(part, Concatenation):
            for inner in reversed(part.parts):
                after = self._build(inner, after)
            return after
        if isinstance(part, Alternatives):
            return self._state(None, *(("", self._build(inner, after)) for inner in part.parts))
        return self._build_repeat(part, after)

    def _build_repeat(self, repeat: Repeat, after: int) -> int:
        if repeat.most is None:
            loop = self._state(None, ("", after))
            self.ways[loop].append(("", self._build(repeat.part, loop)))
            after = loop
        else:
            end = after
            for _ in range(repeat.most - repeat.least):
                after = self._state(None, ("", end), ("", self._build(repeat.part, after)))
        for _ in range(repeat.least):
            after = self._build(repeat.part, after)
        return after

    # --- running -------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many states it has."""
        return len(self.ways)

    def found_in(self, text: str, charge: Charge) -> bool:
        """Whether the pattern matches anywhere; ``charge`` is told the work that was done."""
        start = frozenset({self.first})
        states = start
        before = ""
        for behind in (*text, ""):
            reached = self._closure(states, (before, behind), charge)
            if self.final in reached:
                return True
            if behind:
                states = self._step(reached, behind, charge) | start
            before = behind
        return False

    def _closure(self, states: frozenset[int], place: _Place, charge: Charge) -> frozenset[int]:
        """All states that can be reached at a place without reading a character."""
        context = _context(place)
        known = self._reached.get((states, context))
        if known is not None:
            charge(4)
            return known
        waiting, reached = list(states), set(states)
        while waiting:
            for kind, state in self.ways[waiting.pop()]:
                if state not in reached and (not kind or _holds(kind, context)):
                    reached.add(state)
                    waiting.append(state)
        charge(len(reached))
        _remember(self._reached, (states, context), found := frozenset(reached))
        return found

    def _step(self, states: frozenset[int], character: str, charge: Charge) -> frozenset[int]:
        """The states behind a character."""
        known = self._steps.get((states, character))
        if known is not None:
            return known
        tests = (self.tests[state] for state in states)
        found = frozenset(test[1] for test in tests if test is not None and test[0](character))
        charge(len(states))
        _remember(self._steps, (states, character), found)
        return found


def _remember(
    steps: dict[tuple[frozenset[int], str], frozenset[int]]
    | dict[tuple[frozenset[int], tuple[bool, ...]], frozenset[int]],
    key: object,
    found: frozenset[int],
) -> None:
    if len(steps) >= _REMEMBERED_STEPS:
        steps.clear()
    steps[key] = found  # type: ignore[index]


def _context(place: _Place) -> tuple[bool, ...]:
    before, behind = place
    return (
        not before,
        not behind,
        not before or before == "\n",
        not behind or behind == "\n",
        _is_word(before) != _is_word(behind),
    )


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _holds(kind: str, context: tuple[bool, ...]) -> bool:
    if kind == "B":
        return not context[4]
    return context["^$()b".index(kind)]


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Automaton:
    """The automaton of a pattern. Raises ``Fault`` in Go's words where it cannot be read."""
    return Automaton(text)


def readable(text: str) -> str:
    """A Go string as its regular expressions see it: a byte that is no part of a character is U+FFFD."""
    if text.isascii():
        return text
    return "".join("\ufffd" if unicodedata.category(character) == "Cs" else character for character in text)
