"""How tightly operators bind (the table in parser's docstring, as numbers)."""

from __future__ import annotations

from typing import Final

from rochallor_cli.dev_engine.expression.syntax.tokens import NEGATABLE

PRECEDENCE: Final = {
    "|": 0,
    **dict.fromkeys(("or", "||"), 10),
    **dict.fromkeys(("and", "&&"), 15),
    **dict.fromkeys(("==", "!=", "<", ">", ">=", "<=", *NEGATABLE), 20),
    "..": 25,
    **dict.fromkeys(("+", "-"), 30),
    **dict.fromkeys(("*", "/", "%"), 60),
    **dict.fromkeys(("**", "^"), 100),
    "??": 500,
}
UNARY_PRECEDENCE: Final = {"not": 50, "!": 50, "-": 90, "+": 90}
RIGHT_ASSOCIATIVE: Final = ("**", "^")
COMPARISONS: Final = ("<", ">", ">=", "<=")
