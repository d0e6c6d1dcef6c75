"""The kinds of what the author of an expression trips over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trap(StrEnum):
    """The kinds of what goes wrong."""

    UNREADABLE = "unreadable"
    """It fails whatever the variables are: a syntax error, or types that never go together."""
    FUNCTION_NAME = "function-name"
    """A variable named like a function is used in an operation."""
    RESERVED_WORD = "reserved-word"
    """A word of the language stands where a variable is meant."""
    FOREIGN_WORD = "foreign-word"
    """A word of other languages, here an undefined variable."""
    REMAINDER = "remainder"
    """``%`` on a variable, which is a double."""
    QUOTES = "quotes"
    """Quotes within quotes, which the engine exchanges blindly."""
    REWRITTEN_TEXT = "rewritten-text"
    """Something within quotes that the engine rewrites."""
    CONTAINS_CALL = "contains-call"
    """``contains(…)`` that the engine does not rewrite, or rewrites into something else."""
    NO_JSON = "no-json"
    """A result that JSON cannot hold, for which the engine answers 500."""
    HASH_NAME = "hash-name"
    """``#a-b`` or ``#index``, which do not mean what they look like."""
    NEVER_EQUAL = "never-equal"
    """A converted operand compared with a text that reads as a number."""
    TEXTS_JOINED = "texts-joined"
    """``+`` of texts, which are converted to numbers."""
    TEXTS_ORDERED = "texts-ordered"
    """``<`` of texts or times, which are converted to numbers."""
    NUMBER_AS_TRUTH = "number-as-truth"
    """A number where ``&&`` wants true or false."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: its kind, and what is wrong with what to do about it."""

    trap: Trap
    text: str
