"""What YAML's parser says, in the words of a text's author: what is wrong, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rochallor_cli.documents.document import QUOTE_HINT, Position
from rochallor_cli.errors import UnreadableTextError

_NEVER_CLOSED = "a quote that is never closed"
_INDENTATION = "check the indentation of this line and of the one before"
# What libyaml and PyYAML say, what it means to the author, and what to do. The first that is found counts.
_WORDS = (
    ("'\\t'", "a tab in the indentation", "YAML indents with blanks only"),
    ("mapping values are not allowed", "", 'quote texts that hold ": "'),
    ("cannot start any token", "", "quote texts that start with @, ` or %"),
    ("unexpected end of stream", _NEVER_CLOSED, None),
    ("did not find expected", "", _INDENTATION),
    ("expected <block end>", "", _INDENTATION),
    ("could not find expected ':'", "", _INDENTATION),
    ("undefined alias", "", "quote texts that start with *"),
)
_QUOTED = re.compile(r"""'[^']*'|"(?:[^"\\]|\\.)*\"""")
# A comment with a bracket in it that closes something.
_SWALLOWED = re.compile(r"(?<=[\s,\[{])#.*[\]}]")


def yaml_problem(error: Any, lines: Sequence[str], source: str) -> UnreadableTextError:
    """The parser's error."""
    if cut := _cut_short(error, lines):
        problem = "the brackets here are not closed"
        return UnreadableTextError(source, problem, line=cut.line, column=cut.column, hint=QUOTE_HINT)
    mark = error.problem_mark or error.context_mark
    problem, hint = _in_our_words(str(error.problem or error.context or "cannot be read"), mark, lines)
    if problem == _NEVER_CLOSED and error.context_mark:
        mark = error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return UnreadableTextError(source, problem, line=line + 1, column=column + 1, hint=hint)


def _in_our_words(problem: str, mark: Any, lines: Sequence[str]) -> tuple[str, str | None]:
    shown = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in shown[: len(shown) - len(shown.lstrip())]:
        problem = "'\\t'"
    for words, meaning, advice in _WORDS:
        if words in problem:
            return meaning or problem, advice
    return problem, None


def _cut_short(error: Any, lines: Sequence[str]) -> Position | None:
    """Where a comment has swallowed a closing bracket, as in `{#amount > 3: a}`."""
    if "flow" not in str(error.context):
        return None
    for index in _lines_in_question(error, lines):
        bare = _QUOTED.sub(lambda quoted: "'" * len(quoted[0]), lines[index])
        swallowed = _SWALLOWED.search(bare)
        if swallowed and _is_open(bare[: swallowed.start()]):
            return Position(index + 1, swallowed.start() + 1)
    return None


def _is_open(text: str) -> bool:
    return text.count("[") + text.count("{") > text.count("]") + text.count("}")


def _lines_in_question(error: Any, lines: Sequence[str]) -> Iterator[int]:
    """The lines that the parser names, and the ones with text before them: it notices only afterwards."""
    for mark in (error.context_mark, error.problem_mark):
        if mark is None:
            continue
        if mark.line < len(lines):
            yield mark.line
        before = range(min(mark.line, len(lines)) - 1, -1, -1)
        yield from [index for index in before if lines[index].strip()][:1]
