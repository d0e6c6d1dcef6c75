"""The tree of an expression.

Every node knows where it stands in the rewritten source (``at``, 0 for the first character: the place a
fault is reported at) and, after the check, the type it is known to have (``type``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from rochallor_cli.dev_engine.expression.go_types import UNKNOWN, GoType


class Coercion(StrEnum):
    """What an operator wants its operands to be."""

    NUMBER = "number"
    BOOLEAN = "bool"
    NUMBER_OR_SAME = "number or same"
    """A text that reads as a number becomes one, everything else stays."""


@dataclass(slots=True, kw_only=True)
class Node:
    """What all nodes have."""

    at: int = field(default=0, compare=False)
    type: GoType = field(default=UNKNOWN, compare=False, repr=False)

    def children(self) -> Iterator[Node]:
        """The nodes directly below, in the order of the source."""
        return iter(())

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        """Put what ``change`` makes of each child in its place."""


@dataclass(slots=True)
class Nil(Node):
    """``nil``"""


@dataclass(slots=True)
class Identifier(Node):
    """A variable, by name."""

    name: str


@dataclass(slots=True)
class Literal(Node):
    """A constant: int, float, bool, str, bytes, or a folded list."""

    value: object


@dataclass(slots=True)
class Unary(Node):
    """``!x``, ``not x``, ``-x``, ``+x``"""

    operator: str
    operand: Node

    def children(self) -> Iterator[Node]:
        yield self.operand

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.operand = change(self.operand)


@dataclass(slots=True)
class Binary(Node):
    """``left operator right``"""

    operator: str
    left: Node
    right: Node

    def children(self) -> Iterator[Node]:
        yield self.left
        yield self.right

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.left, self.right = change(self.left), change(self.right)


@dataclass(slots=True)
class Coerced(Node):
    """An operand that is converted for its operator before the operator sees it (see ``coercion``)."""

    operand: Node
    to: Coercion

    def children(self) -> Iterator[Node]:
        yield self.operand

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.operand = change(self.operand)


@dataclass(slots=True)
class Chain(Node):
    """The extent of ``?.``: where the nil that it meets ends up."""

    inner: Node

    def children(self) -> Iterator[Node]:
        yield self.inner

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.inner = change(self.inner)


@dataclass(slots=True)
class Member(Node):
    """``owner.key``, ``owner[key]``, with ``?.`` optional; ``called`` where a call follows."""

    owner: Node
    key: Node
    optional: bool = False
    called: bool = False

    def children(self) -> Iterator[Node]:
        yield self.owner
        yield self.key

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.owner, self.key = change(self.owner), change(self.key)


@dataclass(slots=True)
class Slice(Node):
    """``owner[low:high]``"""

    owner: Node
    low: Node | None
    high: Node | None

    def children(self) -> Iterator[Node]:
        yield self.owner
        if self.low is not None:
            yield self.low
        if self.high is not None:
            yield self.high

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.owner = change(self.owner)
        self.low = None if self.low is None else change(self.low)
        self.high = None if self.high is None else change(self.high)


@dataclass(slots=True)
class Call(Node):
    """A call of something that is no function of the language."""

    callee: Node
    arguments: list[Node]

    def children(self) -> Iterator[Node]:
        yield self.callee
        yield from self.arguments

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.callee = change(self.callee)
        self.arguments = list(map(change, self.arguments))


@dataclass(slots=True)
class FunctionCall(Node):
    """A call of a function of the language. ``then`` and ``enough`` are set by simplification."""

    name: str
    arguments: list[Node]
    then: Node | None = None
    """What to make of each item that a ``filter`` or ``find`` lets through."""
    enough: int | None = None
    """How many a ``count`` has to find before it may stop."""
    must_find: bool = False
    """Whether a ``find`` that finds nothing is a fault."""

    def children(self) -> Iterator[Node]:
        yield from self.arguments

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.arguments = list(map(change, self.arguments))


@dataclass(slots=True)
class Predicate(Node):
    """An argument that is evaluated for each item."""

    body: Node

    def children(self) -> Iterator[Node]:
        yield self.body

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.body = change(self.body)


@dataclass(slots=True)
class Pointer(Node):
    """``#``, the item (``name`` is empty), or ``#index`` and ``#acc``."""

    name: str


@dataclass(slots=True)
class Declaration(Node):
    """``let name = value; body``"""

    name: str
    value: Node
    body: Node

    def children(self) -> Iterator[Node]:
        yield self.value
        yield self.body

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.value, self.body = change(self.value), change(self.body)


@dataclass(slots=True)
class Sequence(Node):
    """``a; b``: the last one's value."""

    parts: list[Node]

    def children(self) -> Iterator[Node]:
        yield from self.parts

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.parts = list(map(change, self.parts))


@dataclass(slots=True)
class Conditional(Node):
    """``condition ? yes : no`` and ``if condition { yes } else { no }``"""

    condition: Node
    yes: Node
    no: Node

    def children(self) -> Iterator[Node]:
        yield self.condition
        yield self.yes
        yield self.no

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.condition, self.yes, self.no = map(change, (self.condition, self.yes, self.no))


@dataclass(slots=True)
class ListLiteral(Node):
    """``[a, b]``"""

    items: list[Node]

    def children(self) -> Iterator[Node]:
        yield from self.items

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.items = list(map(change, self.items))


@dataclass(slots=True)
class MapLiteral(Node):
    """``{key: value}``"""

    pairs: list[tuple[Node, Node]]

    def children(self) -> Iterator[Node]:
        for key, value in self.pairs:
            yield key
            yield value

    def replace_children(self, change: Callable[[Node], Node]) -> None:
        self.pairs = [(change(key), change(value)) for key, value in self.pairs]


ChainLink = Binary | Coerced


def left_spine(node: Node) -> tuple[Node, list[ChainLink]]:
    """The leftmost operand of a chain of operators, and the links above it, the lowest first.

    A chain may have thousands of links: whoever goes along this list needs no recursion for them.
    """
    spine: list[ChainLink] = []
    while isinstance(node, ChainLink):
        spine.append(node)
        node = node.left if isinstance(node, Binary) else node.operand
    spine.reverse()
    return node, spine


def walk(node: Node) -> Iterator[Node]:
    """Every node, those below before those above, as the source goes (without recursion)."""
    waiting: list[tuple[Node, bool]] = [(node, False)]
    while waiting:
        current, ready = waiting.pop()
        if ready:
            yield current
        else:
            waiting.append((current, True))
            waiting.extend((child, False) for child in reversed(list(current.children())))
