"""What the conversion of operands does that its author did not mean; each with the way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeGuard

from rochallor_cli.dev_engine.expression import go_types as t
from rochallor_cli.dev_engine.expression.analysis.text_uses import taken_for_texts
from rochallor_cli.dev_engine.expression.analysis.traps import Finding, Trap
from rochallor_cli.dev_engine.expression.checking.checker import check
from rochallor_cli.dev_engine.expression.checking.coercion import coerced, number_in
from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.syntax.parser import parse
from rochallor_cli.dev_engine.expression.syntax.rewriting import rewrite
from rochallor_cli.dev_engine.expression.syntax.tree import Coercion
from rochallor_cli.dev_engine.go_text import quoted

_ORDER: Final = ("<", "<=", ">", ">=")
_LOGIC: Final = ("&&", "||", "and", "or", "!", "not")
_ARITHMETIC: Final = ("+", "-", "*", "/")
_TIMES: Final = {t.TIME.name: "time", t.DURATION.name: "duration"}
_KINDS: Final = {"string": "text", "number": "number", "integer": "number", "boolean": "truth"}


def coercion_traps(source: str, types: Mapping[str, str] | None = None) -> list[Finding]:
    """Each kind of trap once. ``types``: what is known of variables, by name, as schemas name it."""
    try:
        root = coerced(parse(rewrite(source)))
    except (Fault, RecursionError):
        return []
    try:
        check(root)
    except (Fault, RecursionError):
        # It fails anyway, and that is said elsewhere; what is to be done about a number is said here.
        return [finding for node in tree.walk(root) for finding in _literal_as_truth(node)][:1]
    found: dict[Trap, Finding] = {}
    nodes = list(tree.walk(root))
    told_above = _told_above(nodes)
    for node in nodes:
        if id(node) in told_above:
            continue
        for finding in _about(node, types or {}):
            # Of a chain of + the whole is told, which comes last.
            if finding.trap not in found or finding.trap is Trap.TEXTS_JOINED:
                found[finding.trap] = finding
    return list(found.values())


def _about(node: tree.Node, types: Mapping[str, str]) -> Iterator[Finding]:
    if isinstance(node, tree.Coerced):
        if node.to is Coercion.BOOLEAN and _kind(node.operand, types) == "number":
            name = _text_of(node.operand)
            text = f"{name} is a number, which && || and ! refuse: compare it, as in {name} != 0"
            yield Finding(Trap.NUMBER_AS_TRUTH, text)
        return
    for operand in taken_for_texts(node):
        yield from _number_for_text(operand, types)
    if not isinstance(node, tree.Binary):
        return
    if not _converts(node):
        return
    if node.operator in ("==", "!="):
        yield from _never_equal(node, types)
    elif node.operator == "+":
        yield from _joined(_summands(node), types)
    elif node.operator in _ORDER or node.operator == "-":
        yield from _ordered(node, types)


def _told_above(nodes: list[tree.Node]) -> set[int]:
    """Ids of the links of + whose parts a longer chain tells as well.

    Telling each link anew would take the square of the chain's length; ``nodes`` are those below first.
    """
    told: set[int] = set()
    for node in reversed(nodes):
        if _is_sum(node) and (id(node) in told or _converts(node)):
            below = _unconverted(node.left)
            if _is_sum(below):
                told.add(id(below))
    return told


def _is_sum(node: tree.Node) -> TypeGuard[tree.Binary]:
    return isinstance(node, tree.Binary) and node.operator == "+"


def _converts(node: tree.Binary) -> bool:
    return isinstance(node.left, tree.Coerced) or isinstance(node.right, tree.Coerced)


def _unconverted(node: tree.Node) -> tree.Node:
    while isinstance(node, tree.Coerced):
        node = node.operand
    return node


def _literal_as_truth(node: tree.Node) -> Iterator[Finding]:
    """``yes && 5``: literals are not converted, so the engine refuses the expression as a whole."""
    operands: tuple[tree.Node, ...] = ()
    if isinstance(node, tree.Binary):
        operands = (node.left, node.right)
    elif isinstance(node, tree.Unary):
        operands = (node.operand,)
    if operands and getattr(node, "operator", "") in _LOGIC:
        for operand in operands:
            if isinstance(operand, tree.Literal) and _is_number(operand.value):
                shown = _text_of(operand)
                text = f"{shown} is a number, which && || and ! refuse: write true or false, or a comparison"
                yield Finding(Trap.NUMBER_AS_TRUTH, text)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _never_equal(node: tree.Binary, types: Mapping[str, str]) -> Iterator[Finding]:
    always, way = ("false", "in") if node.operator == "==" else ("true", "not in")
    for literal, other in ((node.left, node.right), (node.right, node.left)):
        value = literal.value if isinstance(literal, tree.Literal) else None
        if not (isinstance(value, str) and isinstance(other, tree.Coerced)):
            continue
        name, shown, reads_as_number = (
            _text_of(other.operand),
            quoted(value),
            number_in(value) is not None,
        )
        begins = f"{name} {node.operator} {shown} is always {always}: "
        if _makes_number(other.operand) or _kind(other, types) == "number":
            remedy = f"; write {name} {node.operator} {value}" if reads_as_number else ""
            if reads_as_number or len(_summands(other.operand)) == 1:
                yield Finding(Trap.NEVER_EQUAL, f"{begins}{name} is a number, which no text is{remedy}")
        elif reads_as_number:
            text = f"a text that reads as a number is converted, its literal is not; write {name} {way} [{shown}]"
            yield Finding(Trap.NEVER_EQUAL, begins + text)


def _summands(node: tree.Node) -> list[tree.Node]:
    """The parts of a chain of +; what another operator has made is one part, whatever it is made of."""
    parts: list[tree.Node] = []
    node = _unconverted(node)
    while _is_sum(node):
        parts.append(node.right)
        node = _unconverted(node.left)
    return [node, *reversed(parts)]


def _joined(parts: list[tree.Node], types: Mapping[str, str]) -> Iterator[Finding]:
    text_part = next((part for part in parts if _kind(part, types) == "text"), None)
    if text_part is not None:
        text = (
            f"+ converts its operands to numbers and does not join the text {_text_of(text_part)}: "
            f"write join([{', '.join(map(_text_of, parts))}])"
        )
        yield Finding(Trap.TEXTS_JOINED, text)


def _number_for_text(node: tree.Node, types: Mapping[str, str]) -> Iterator[Finding]:
    """What + makes is a number, whatever its operands are: where a text is wanted, texts were to be joined."""
    parts = _summands(node)
    is_sum = len(parts) > 1 and _makes_number(node)
    if is_sum and not any(_kind(part, types) == "number" for part in parts):
        text = (
            f"{_text_of(node)} is a number, for + converts its operands and joins no texts, and is taken for a text "
            f"here: write join([{', '.join(map(_text_of, parts))}])"
        )
        yield Finding(Trap.TEXTS_JOINED, text)


def _makes_number(node: tree.Node) -> bool:
    """Whether an operation gives a number because its operands have been made numbers."""
    return isinstance(node, tree.Binary) and node.operator in _ARITHMETIC and _converts(node)


def _ordered(node: tree.Binary, types: Mapping[str, str]) -> Iterator[Finding]:
    kinds = {_kind(side, types) for side in (node.left, node.right)}
    if not kinds & {"time", "duration", "text"}:
        return
    left, right = _text_of(node.left), _text_of(node.right)
    if "time" in kinds:
        way = (
            f"{left}.Sub({right})"
            if node.operator == "-"
            else f"{left}.Unix() {node.operator} {right}.Unix()"
        )
        text = f"{node.operator} converts its operands to numbers, which a time is not: write {way}"
        yield Finding(Trap.TEXTS_ORDERED, text)
    elif "duration" in kinds:
        text = (
            f"{node.operator} converts its operands to numbers, which a duration is not: take its .Seconds()"
        )
        yield Finding(Trap.TEXTS_ORDERED, text)
    elif "text" in kinds and node.operator in _ORDER and not _compares_with_number(node, types):
        sort = f", or look which is the smaller with sort([{left}, {right}])[0]"
        # Texts and numbers together cannot be sorted.
        way = "" if "number" in kinds or _is_numeral(node.left) or _is_numeral(node.right) else sort
        text = (
            f"{left} {node.operator} {right} converts its operands to numbers and does not put texts in order: compare "
            f"numbers, times as date(x).Unix(){way}"
        )
        yield Finding(Trap.TEXTS_ORDERED, text)


def _compares_with_number(node: tree.Binary, types: Mapping[str, str]) -> bool:
    """Whether a variable, whose texts may all be numbers, is compared with a number: that is what conversion is for."""
    for side, other in ((node.left, node.right), (node.right, node.left)):
        variable = side.operand if isinstance(side, tree.Coerced) else side
        if isinstance(variable, tree.Identifier) and (_is_numeral(other) or _kind(other, types) == "number"):
            return True
    return False


def _kind(node: tree.Node, types: Mapping[str, str]) -> str:
    """What an operand is for sure, before its conversion: text, number, time, duration, truth or empty."""
    inner = node.operand if isinstance(node, tree.Coerced) else node
    if isinstance(inner, tree.Identifier):
        return _KINDS.get(types.get(inner.name, ""), "")
    if isinstance(inner, tree.Literal):
        return "text" if isinstance(inner.value, str) else ""
    if inner.type.name in _TIMES:
        return _TIMES[inner.type.name]
    if inner.type.is_number:
        return "number"
    return "text" if inner.type.kind == "string" else ""


def _is_numeral(node: tree.Node) -> bool:
    """Whether an operand is a number as it is written."""
    inner = node.operand if isinstance(node, tree.Coerced) else node
    return isinstance(inner, tree.Literal) and isinstance(inner.value, float | int)


def _text_of(node: tree.Node) -> str:
    """An operand in short, for a message."""
    inner = node.operand if isinstance(node, tree.Coerced) else node
    if isinstance(inner, tree.Identifier):
        return inner.name
    if isinstance(inner, tree.Literal):
        return quoted(inner.value) if isinstance(inner.value, str) else str(inner.value).lower()
    if isinstance(inner, tree.Member) and isinstance(inner.key, tree.Literal):
        key = inner.key.value
        owner = _text_of(inner.owner)
        return f"{owner}.{key}" if isinstance(key, str) and key.isidentifier() else f"{owner}[{key!r}]"
    if isinstance(inner, tree.FunctionCall):
        return f"{inner.name}({', '.join(map(_text_of, inner.arguments))})"
    if isinstance(inner, tree.Pointer):
        return "#"
    if isinstance(inner, tree.Binary):
        return f"{_text_of(inner.left)} {inner.operator} {_text_of(inner.right)}"
    return "…"
