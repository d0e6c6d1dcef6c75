"""What the engine does to an expression's text before the expression library sees it.

In this order: ``${x}`` becomes ``(x)``, ``#name`` becomes ``name``, ``'text'`` becomes ``"text"`` and
``contains(list, x)`` becomes ``(x) in (list)``. It looks at text, not at tokens, so it reaches into
strings as well: that is how the real engine behaves, and ``analyse`` warns about it.
"""

from __future__ import annotations

import re
from typing import Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.values.strings import BLANKS

VARIABLE_MARK: Final = re.compile(r"#([A-Za-z_][A-Za-z0-9_]*)")
SINGLE_QUOTED: Final = re.compile(r"'([^']*)'")
# Without parentheses in either argument, and without a comma in the first: anything else is left alone.
CONTAINS_CALL: Final = re.compile(r"\bcontains\(\s*([^,()]+?)\s*,\s*([^()]+?)\s*\)", re.ASCII)


def rewrite(source: str) -> str:
    """The text as the expression library reads it, without blanks around it.

    Raises ``Fault`` where a ``${`` is never closed.
    """
    text = _without_braces(source)
    text = VARIABLE_MARK.sub(r"\1", text)
    text = SINGLE_QUOTED.sub(r'"\1"', text)
    text = CONTAINS_CALL.sub(r"(\2) in (\1)", text)
    return text.strip(BLANKS)


def _without_braces(source: str) -> str:
    parts = []
    rest = source
    while (start := rest.find("${")) >= 0:
        end = rest.find("}", start)
        if end < 0:
            raise Fault("unterminated '${' in expression")
        parts.append(f"{rest[:start]}({rest[start + 2 : end]})")
        rest = rest[end + 1 :]
    return "".join([*parts, rest])


def is_expression(text: str) -> bool:
    """Whether a transformation's text is one expression as a whole (``${…}``) and not a literal."""
    return text.startswith("${") and text.endswith("}") and len(text) > len("${}") - 1


def inner_source(text: str) -> str:
    """The expression inside a transformation's ``${…}``, without blanks around it."""
    return text[2:-1].strip(BLANKS)
