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

# States of all sets that a pattern remembers; a set is looked up by the object, so its hash is known.
_REMEMBERED_STATES: Final = 50_000
Charge = Callable[[int], None]
_States = frozenset[int]
# What is true of a place between two characters, in the order of the kinds of assertions: ^ $ ( ) b
_Context = tuple[bool, ...]


class Automaton:
    """A compiled pattern. Its states are numbers; ``final`` is the one in which the pattern is found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tests: list[tuple[Test, int] | None] = []
        self.ways: list[list[tuple[str, int]]] = []
        self.final = self._state()
        self.first = self._build(parse_pattern(text), self.final)
        self._start = frozenset({self.first})
        self._steps: dict[tuple[_States, str], _States] = {}
        self._reached: dict[tuple[_States, _Context], _States] = {}
        self._most_remembered = max(_REMEMBERED_STATES // self.size, 16)

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
        states = self._start
        before = ""
        for behind in (*text, ""):
            reached = self._closure(states, _context(before, behind), charge)
            if self.final in reached:
                return True
            if behind:
                states = self._step(reached, behind, charge)
            before = behind
        return False

    def _closure(self, states: _States, context: _Context, charge: Charge) -> _States:
        """All states that can be reached at a place without reading a character."""
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
        charge(4 + len(reached))
        if len(self._reached) >= self._most_remembered:
            self._reached.clear()
        found = self._reached[states, context] = frozenset(reached)
        return found

    def _step(self, states: _States, character: str, charge: Charge) -> _States:
        """The states behind a character, the first among them: the pattern may begin anywhere."""
        known = self._steps.get((states, character))
        if known is not None:
            return known
        tests = (self.tests[state] for state in states)
        found = self._start.union(test[1] for test in tests if test is not None and test[0](character))
        charge(len(states))
        if len(self._steps) >= self._most_remembered:
            self._steps.clear()
        self._steps[states, character] = found
        return found


def _context(before: str, behind: str) -> _Context:
    return (
        not before,
        not behind,
        not before or before == "\n",
        not behind or behind == "\n",
        _is_word(before) != _is_word(behind),
    )


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _holds(kind: str, context: _Context) -> bool:
    if kind == "B":
        return not context[4]
    return context["^$()b".index(kind)]


@lru_cache(maxsize=64)
def compile_pattern(text: str) -> Automaton:
    """The automaton of a pattern. Raises ``Fault`` in Go's words where it cannot be read."""
    return Automaton(text)


def readable(text: str) -> str:
    """A Go string as its regular expressions see it: a byte that is no part of a character is U+FFFD."""
    if text.isascii():
        return text
    return "".join("\ufffd" if unicodedata.category(character) == "Cs" else character for character in text)
