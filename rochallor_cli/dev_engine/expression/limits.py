"""How far an expression may go, so that none can hang or crash the engine.

The first two numbers are the expression library's own; the others are ours, far above what a workflow
needs. Going past one fails the expression like any other fault.
"""

from __future__ import annotations

from typing import Final

MAX_NODES: Final = 10_000
"""Nodes of the tree, as in the library."""

MEMORY_BUDGET: Final = 1_000_000
"""Elements an evaluation may put into new lists and maps, as in the library."""

MAX_SOURCE_LENGTH: Final = 100_000
"""Characters of an expression."""

MAX_DEPTH: Final = 100
"""Parentheses, calls, conditionals and the like inside one another (chains of operators do not count)."""

MAX_STEPS: Final = 5_000_000
"""Instructions of one evaluation, less than a second's worth; work inside a function counts by its size."""

MAX_TEXT_LENGTH: Final = 16 * 1024 * 1024
"""Characters an evaluation may put into new strings."""

MAX_VALUE_SIZE: Final = 32 * 1024 * 1024
"""Characters of a value that is written out or compared, and 8 for each number, list and the like."""

MAX_PATTERN_LENGTH: Final = 10_000
"""Characters of a regular expression."""

MAX_PATTERN_STATES: Final = 5_000
"""States of a regular expression after repetitions are written out."""

COMPILED_EXPRESSIONS: Final = 1_024
"""Compiled expressions kept for the next evaluation."""
