"""A tree that grows under the parser's hands, held to the limits of nodes and depth."""

from __future__ import annotations

from typing import Final, TypeVar

from rochallor_cli.dev_engine.expression.errors import SyntaxFault
from rochallor_cli.dev_engine.expression.limits import MAX_DEPTH, MAX_NODES
from rochallor_cli.dev_engine.expression.syntax import tree

TOO_DEEP: Final = f"the expression is nested too deeply (the limit is {MAX_DEPTH})"
TOO_LARGE: Final = "compilation failed: expression exceeds maximum allowed nodes"

N = TypeVar("N", bound=tree.Node)


class GrowingTree:
    """Counts nodes and depth; raises ``SyntaxFault`` past a limit. ``at`` is where in the source that is."""

    def __init__(self) -> None:
        self._nodes = 0
        self._depth = 0

    def counted(self, node: N, at: int) -> N:
        """The node, counted."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise SyntaxFault(TOO_LARGE, at)
        return node

    def descend(self, at: int) -> None:
        """One level deeper, until ``ascend``."""
        self._depth += 1
        self.check_depth(0, at)

    def ascend(self) -> None:
        self._depth -= 1

    def check_depth(self, further: int, at: int) -> None:
        """Whether there is room for ``further`` levels below this one."""
        if self._depth + further > MAX_DEPTH:
            raise SyntaxFault(TOO_DEEP, at)
