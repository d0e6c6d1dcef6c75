"""What can stand at the end of a command line. Answers in a few milliseconds, and never with an error.

The scripts in `completions/` call `rochallor __complete SHELL …` and show what it prints: a first line that is
`files` where the shell is to complete file names itself, else `words`; then a candidate a line, its help after a tab.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rochallor_cli.completion.table import COMMANDS, GLOBAL_OPTIONS, SHARED

# One command of the table: `options` (names), `own` (kind of the value and help of those that are not shared),
# `arguments` (kinds), `commands` (help).
CommandEntry = Mapping[str, Any]
Candidate = tuple[str, str]

FILES = "files"
_DYNAMIC = ("definition", "instance", "context", "step")


def complete(words: Sequence[str], environ: Mapping[str, str]) -> tuple[str, list[Candidate]]:
    """(directive, candidates) for a command line without the program's name; the last word is the unfinished one."""
    *before, current = words or [""]
    state = _State()
    for word in before:
        state.take(word)
    if state.expects is not None:
        return _values(state.expects, current, state=state, environ=environ)
    if current.startswith("--") and "=" in current:
        return _value_after_equals(current, state, environ)
    if current.startswith("-") and not state.only_arguments:
        return "words", _matching(state.options(), current)
    commands = state.commands()
    if commands:
        return "words", _matching(commands, current)
    return _values(state.argument_kind(), current, state=state, environ=environ)


class _State:
    """Where a command line has got to: the command, its arguments so far, the option that waits for its value."""

    def __init__(self) -> None:
        self.path = ""
        self.arguments: list[str] = []
        self.given: dict[str, str] = {}
        self.expects: str | None = None
        self.only_arguments = False
        self._option = ""

    @property
    def entry(self) -> CommandEntry:
        return COMMANDS[self.path]

    def take(self, word: str) -> None:
        if self.expects is not None:
            self.given[self._option] = word
            self.expects = None
        elif word == "--":
            self.only_arguments = True
        elif word.startswith("-") and len(word) > 1 and not self.only_arguments:
            self._take_option(word)
        elif f"{self.path} {word}".strip() in COMMANDS and not self.arguments:
            self.path = f"{self.path} {word}".strip()
        else:
            self.arguments.append(word)

    def _take_option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        kind = self.kinds().get(name, "")
        if equals:
            self.given[name] = value
        elif kind:
            self.expects, self._option = kind, name

    def kinds(self) -> dict[str, str]:
        """The kind of each option's value, "" for options without one."""
        return {name: kind for name, (kind, _) in self._options().items()}

    def options(self) -> list[Candidate]:
        return [(name, text) for name, (_, text) in self._options().items()]

    def _options(self) -> Mapping[str, tuple[str, str]]:
        own: Mapping[str, tuple[str, str]] = self.entry["own"]
        return {name: own.get(name) or SHARED[name] for name in self.entry["options"]} | GLOBAL_OPTIONS

    def commands(self) -> list[Candidate]:
        return [] if self.arguments else list(self.entry["commands"].items())

    def argument_kind(self) -> str:
        kinds = self.entry["arguments"]
        if not kinds:
            return "none"
        place = len(self.arguments)
        if place < len(kinds):
            return str(kinds[place]).removesuffix("*")
        return str(kinds[-1]).removesuffix("*") if str(kinds[-1]).endswith("*") else "none"


def _value_after_equals(
    current: str, state: _State, environ: Mapping[str, str]
) -> tuple[str, list[Candidate]]:
    name, _, value = current.partition("=")
    directive, candidates = _values(state.kinds().get(name, "none"), value, state=state, environ=environ)
    return directive, [(f"{name}={candidate}", text) for candidate, text in candidates]


def _values(
    kind: str, current: str, *, state: _State, environ: Mapping[str, str]
) -> tuple[str, list[Candidate]]:
    if kind == FILES:
        return FILES, []
    if "|" in kind:
        return "words", _matching([(choice, "") for choice in kind.split("|")], current)
    if kind == "file-or-definition" and (not current or "/" in current or "." in current):
        return FILES, []
    if kind in (*_DYNAMIC, "file-or-definition"):
        from rochallor_cli.completion.ids import known

        wanted = "definition" if kind == "file-or-definition" else kind
        return "words", _matching(
            known(wanted, state.given, arguments=state.arguments, environ=environ), current
        )
    return "words", []


def _matching(candidates: Sequence[Candidate], current: str) -> list[Candidate]:
    return [candidate for candidate in candidates if candidate[0].startswith(current)]
