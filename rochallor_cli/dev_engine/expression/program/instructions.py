"""What the machine can do. An instruction works on the stack; one that jumps answers by how far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rochallor_cli.dev_engine.expression.checking import coercion
from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.evaluation_state import Run
from rochallor_cli.dev_engine.expression.patterns import compile_pattern, readable
from rochallor_cli.dev_engine.expression.values import operators
from rochallor_cli.dev_engine.expression.values.calls import call_value
from rochallor_cli.dev_engine.expression.values.members import byte_length, is_in, slice_of
from rochallor_cli.dev_engine.expression.values.members import fetch as fetch_member
from rochallor_cli.dev_engine.expression.values.numbers import wrapped
from rochallor_cli.dev_engine.expression.values.sizes import size_of
from rochallor_cli.dev_engine.expression.values.strings import text_of
from rochallor_cli.dev_engine.expression.values.values import (
    IntList,
)

Instruction = Callable[[Run, Any], int | None]


# --- the stack ---------------------------------------------------------------------------------------


def push(run: Run, value: object) -> None:
    """A constant."""
    run.stack.append(value)


def pop(run: Run, _: None) -> None:
    """Away with the top."""
    run.stack.pop()


def load(run: Run, name: str) -> None:
    """A variable."""
    run.stack.append(run.variable(name))


def declare(run: Run, name: str) -> None:
    """``let name =``"""
    run.declared[name] = run.stack.pop()


def load_declared(run: Run, name: str) -> None:
    """What ``let`` declared."""
    run.stack.append(run.declared[name])


def fail(_run: Run, message: str) -> None:
    """A fault that was foreseen."""
    raise Fault(message)


# --- jumps -------------------------------------------------------------------------------------------


def jump(_run: Run, by: int) -> int:
    """Always."""
    return by


def jump_if_true(run: Run, by: int) -> int:
    """Where the top is true; it has to be a truth value."""
    return by if operators.to_bool(run.stack[-1]) else 0


def jump_if_false(run: Run, by: int) -> int:
    """Where the top is false; it has to be a truth value."""
    return 0 if operators.to_bool(run.stack[-1]) else by


def jump_if_nil(run: Run, by: int) -> int:
    """Where the top is nil."""
    return by if operators.is_nil(run.stack[-1]) else 0


def jump_if_not_nil(run: Run, by: int) -> int:
    """Where the top is not nil."""
    return 0 if operators.is_nil(run.stack[-1]) else by


def nil_if_nil(run: Run, _: None) -> None:
    """A list that was never made becomes a plain nil at the end of ``?.``."""
    if operators.is_nil(run.stack[-1]):
        run.stack[-1] = None


# --- operators ---------------------------------------------------------------------------------------


def invert(run: Run, _: None) -> None:
    """``!x``"""
    run.stack[-1] = not operators.to_bool(run.stack[-1])


def negate(run: Run, _: None) -> None:
    """``-x``"""
    run.stack[-1] = operators.negate(run.stack[-1])


def coerce_to_number(run: Run, _: None) -> None:
    """An operand of ``<`` or ``+`` where operands are converted."""
    run.stack[-1] = coercion.to_number(run.stack[-1])


def coerce_to_boolean(run: Run, _: None) -> None:
    """An operand of ``&&`` or ``!`` where operands are converted."""
    run.stack[-1] = coercion.to_boolean(run.stack[-1])


def coerce_to_number_or_same(run: Run, _: None) -> None:
    """An operand of ``==`` where operands are converted."""
    run.stack[-1] = coercion.to_number_or_same(run.stack[-1])


def same(run: Run, _: None) -> None:
    """``==``"""
    right = run.stack.pop()
    run.charge(_weight(right) if _is_plain(right) else size_of(right) // 3)
    run.stack[-1] = operators.equal(run.stack[-1], right)


def same_int(run: Run, _: None) -> None:
    """``==`` of what are integers for sure."""
    _same_of_type(run, int, "int")


def same_text(run: Run, _: None) -> None:
    """``==`` of what are strings for sure."""
    _same_of_type(run, str, "string")


def _same_of_type(run: Run, type_: type, name: str) -> None:
    right, left = run.stack.pop(), run.stack.pop()
    for value in (left, right):
        if type(value) is not type_:
            raise operators.not_a(name, value)
    run.stack.append(left == right)


def less(run: Run, _: None) -> None:
    """``<``"""
    right = run.stack.pop()
    run.stack[-1] = operators.compare("<", run.stack[-1], right)


def more(run: Run, _: None) -> None:
    """``>``"""
    right = run.stack.pop()
    run.stack[-1] = operators.compare(">", run.stack[-1], right)


def less_or_equal(run: Run, _: None) -> None:
    """``<=``"""
    right = run.stack.pop()
    run.stack[-1] = operators.compare("<=", run.stack[-1], right)


def more_or_equal(run: Run, _: None) -> None:
    """``>=``"""
    right = run.stack.pop()
    run.stack[-1] = operators.compare(">=", run.stack[-1], right)


def add(run: Run, _: None) -> None:
    """``+``"""
    right = run.stack.pop()
    found = run.stack[-1] = operators.add(run.stack[-1], right)
    if type(found) is str:
        run.grow_text(len(found))


def subtract(run: Run, _: None) -> None:
    """``-``"""
    right = run.stack.pop()
    run.stack[-1] = operators.subtract(run.stack[-1], right)


def multiply(run: Run, _: None) -> None:
    """``*``"""
    right = run.stack.pop()
    run.stack[-1] = operators.multiply(run.stack[-1], right)


def divide(run: Run, _: None) -> None:
    """``/``"""
    right = run.stack.pop()
    run.stack[-1] = operators.divide(run.stack[-1], right)


def modulo(run: Run, _: None) -> None:
    """``%``"""
    right = run.stack.pop()
    run.stack[-1] = operators.modulo(run.stack[-1], right)


def exponentiate(run: Run, _: None) -> None:
    """``**``"""
    right = run.stack.pop()
    run.stack[-1] = operators.exponentiate(run.stack[-1], right)


def contained(run: Run, _: None) -> None:
    """``in``"""
    container = run.stack.pop()
    if isinstance(container, list):
        run.charge(len(container) if _is_plain(run.stack[-1]) else size_of(container) // 3)
    run.stack[-1] = is_in(run.stack[-1], container)


def make_range(run: Run, _: None) -> None:
    """``..``"""
    last, first = run.stack.pop(), run.stack.pop()
    low, high = operators.to_int(first), operators.to_int(last)
    size = max(wrapped(high - low + 1), 0)
    run.grow(size)
    run.charge(size // 8)
    run.stack.append(IntList(range(low, low + size)))


def _text_test(run: Run, test: Callable[[str, str], bool]) -> None:
    right, left = run.stack.pop(), run.stack.pop()
    if left is None or right is None:
        run.stack.append(False)
    else:
        text = operators.to_text(left)
        run.charge(len(text) >> 8)
        run.stack.append(test(text, operators.to_text(right)))


def text_contains(run: Run, _: None) -> None:
    """``contains`` of strings"""
    _text_test(run, lambda text, part: part in text)


def text_starts(run: Run, _: None) -> None:
    """``startsWith``"""
    _text_test(run, str.startswith)


def text_ends(run: Run, _: None) -> None:
    """``endsWith``"""
    _text_test(run, str.endswith)


def matches(run: Run, _: None) -> None:
    """``matches`` with a pattern that is known only now"""
    pattern = run.stack.pop()
    if run.stack[-1] is None or pattern is None:
        run.stack[-1] = False
    else:
        wanted = operators.to_text(pattern)
        _subject(run.stack[-1])
        pattern = compile_pattern(wanted)
        run.charge(pattern.size)
        matches_pattern(run, pattern)


def matches_pattern(run: Run, pattern: Any) -> None:
    """``matches`` with a pattern of the source"""
    value = run.stack[-1]
    run.stack[-1] = value is not None and pattern.found_in(_subject(value), run.charge)


def _subject(value: object) -> str:
    if isinstance(value, bytes):
        return readable(text_of(value))
    if type(value) is not str:
        raise operators.not_a("[]uint8", value)
    return readable(value)


# --- members, calls, lists ---------------------------------------------------------------------------


def fetch(run: Run, _: None) -> None:
    """``owner.key``"""
    key = run.stack.pop()
    owner = run.stack[-1]
    if type(owner) is str:
        run.charge(len(owner) >> 6)
    run.stack[-1] = fetch_member(owner, key)


def push_length(run: Run, _: None) -> None:
    """The upper bound of a slice that has none; what is cut stays."""
    run.charge(_weight(run.stack[-1]))
    run.stack.append(byte_length(run.stack[-1]))


def cut(run: Run, _: None) -> None:
    """``owner[low:high]``"""
    low, high = run.stack.pop(), run.stack.pop()
    run.charge(_weight(run.stack[-1]))
    run.stack[-1] = found = slice_of(run.stack[-1], low, high)
    if isinstance(found, str):
        run.grow_text(len(found))


def call(run: Run, amount: int) -> None:
    """A call of a value, mostly a method."""
    callee = run.stack.pop()
    arguments = _popped(run, amount)
    run.stack.append(call_value(callee, arguments))


def call_function(run: Run, argument: tuple[Callable[..., object], int]) -> None:
    """A function of the language."""
    function, amount = argument
    arguments = _popped(run, amount)
    for value in arguments:
        run.charge(_weight(value))
    run.stack.append(function(run, *arguments))


def _is_plain(value: object) -> bool:
    return not isinstance(value, list | dict)


def _weight(value: object) -> int:
    """The work that looking at all of a value makes, in instructions."""
    if isinstance(value, str):
        return len(value) >> 6
    return 0 if not isinstance(value, list | dict) else len(value) >> 3


def _popped(run: Run, amount: int) -> list[object]:
    if not amount:
        return []
    found = run.stack[-amount:]
    del run.stack[-amount:]
    return found


def make_list(run: Run, _: None) -> None:
    """So many from the stack, by the number on top."""
    amount = run.stack.pop()
    assert isinstance(amount, int)
    run.grow(amount)
    run.stack.append(_popped(run, amount))


def make_map(run: Run, _: None) -> None:
    """So many pairs from the stack, by the number on top; of a repeated key the first counts."""
    amount = run.stack.pop()
    assert isinstance(amount, int)
    run.grow(amount)
    flat = _popped(run, 2 * amount)
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    found: dict[str, object] = {}
    for key, value in reversed(pairs):
        found[operators.to_text(key)] = value
    run.stack.append(dict(reversed(found.items())))
