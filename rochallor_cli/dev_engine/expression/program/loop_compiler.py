"""The functions that evaluate a predicate for each item of a list: ``all``, ``filter``, ``sortBy`` and their like.

The list is on the stack when they begin; the compiler has put ``begin`` behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rochallor_cli.dev_engine.expression.program import instructions as do
from rochallor_cli.dev_engine.expression.program import loop_instructions as loop
from rochallor_cli.dev_engine.expression.program.emitter import Emitter
from rochallor_cli.dev_engine.expression.syntax import tree


def _each(to: Emitter, body: Callable[[], None]) -> None:
    start = len(to.code)
    end = to.emit(loop.jump_if_done)
    body()
    to.emit(loop.next_item)
    to.jump_back(start)
    to.land(end)


def _each_backwards(to: Emitter, body: Callable[[], None]) -> None:
    to.emit(loop.to_last_item)
    start = len(to.code)
    end = to.emit(loop.jump_if_before_first)
    body()
    to.emit(loop.previous_item)
    to.jump_back(start)
    to.land(end)


def _if_true(to: Emitter, body: Callable[[], None]) -> None:
    """Run ``body`` where the truth value on the stack is true; it is taken off either way."""
    otherwise = to.emit(do.jump_if_false)
    to.emit(do.pop)
    body()
    end = to.emit(do.jump)
    to.land(otherwise)
    to.emit(do.pop)
    to.land(end)


def _push_tested(to: Emitter, node: tree.FunctionCall) -> None:
    """What the predicate says of the item, or the item itself where there is none."""
    if len(node.arguments) > 1:
        to.visit(node.arguments[1])
    else:
        to.emit(loop.push_item)


def _push_found(to: Emitter, node: tree.FunctionCall) -> None:
    """What is made of an item that was let through."""
    if node.then is not None:
        to.visit(node.then)
    else:
        to.emit(loop.push_item)


def _count_hits(to: Emitter, node: tree.FunctionCall, on_hit: Callable[[], None]) -> None:
    def hit() -> None:
        to.emit(loop.count_item)
        on_hit()

    def body() -> None:
        _push_tested(to, node)
        _if_true(to, hit)

    _each(to, body)


def compile_quantifier(to: Emitter, node: tree.FunctionCall) -> None:
    """``all``, ``any``, ``none``: stop at the first item that decides."""
    breaks: list[int] = []

    def body() -> None:
        to.visit(node.arguments[1])
        if node.name == "none":
            to.emit(do.invert)
        breaks.append(to.emit(do.jump_if_true if node.name == "any" else do.jump_if_false))
        to.emit(do.pop)

    _each(to, body)
    to.emit(do.push, node.name != "any")
    to.land(breaks[0])
    to.emit(loop.end)


def compile_one(to: Emitter, node: tree.FunctionCall) -> None:
    """``one``: exactly one item."""
    _count_hits(to, node, lambda: None)
    to.emit(loop.push_count)
    to.emit(do.push, 1)
    to.emit(do.same)
    to.emit(loop.end)


def compile_filter(to: Emitter, node: tree.FunctionCall) -> None:
    """``filter``"""
    _count_hits(to, node, lambda: _push_found(to, node))
    to.emit(loop.push_count)
    to.emit(loop.end)
    to.emit(do.make_list)


def compile_map(to: Emitter, node: tree.FunctionCall) -> None:
    """``map``"""
    _each(to, lambda: to.visit(node.arguments[1]))
    to.emit(loop.push_item_count)
    to.emit(loop.end)
    to.emit(do.make_list)


def compile_count(to: Emitter, node: tree.FunctionCall) -> None:
    """``count``, which stops where enough have been counted for what is asked."""
    breaks: list[int] = []

    def stop_when_enough() -> None:
        if node.enough is not None:
            breaks.append(to.emit(loop.jump_if_enough, node.enough))

    _count_hits(to, node, stop_when_enough)
    for index in breaks:
        to.land(index)
    to.emit(loop.push_count)
    to.emit(loop.end)


def compile_sum(to: Emitter, node: tree.FunctionCall) -> None:
    """``sum``"""
    to.emit(do.push, 0)
    to.emit(loop.set_accumulator)

    def body() -> None:
        _push_tested(to, node)
        to.emit(loop.push_accumulator)
        to.emit(do.add)
        to.emit(loop.set_accumulator)

    _each(to, body)
    to.emit(loop.push_accumulator)
    to.emit(loop.end)


def compile_find(to: Emitter, node: tree.FunctionCall) -> None:
    """``find``, ``findIndex``, ``findLast``, ``findLastIndex``"""
    breaks: list[int] = []

    def body() -> None:
        to.visit(node.arguments[1])
        missed = to.emit(do.jump_if_false)
        to.emit(do.pop)
        if node.name.endswith("Index"):
            to.emit(loop.push_index)
        else:
            _push_found(to, node)
        breaks.append(to.emit(do.jump))
        to.land(missed)
        to.emit(do.pop)

    (_each_backwards if node.name.startswith("findLast") else _each)(to, body)
    if node.must_find:
        to.emit(do.fail, "reflect: slice index out of range")
    else:
        to.emit(do.push, None)
    to.land(breaks[0])
    to.emit(loop.end)


def compile_group_by(to: Emitter, node: tree.FunctionCall) -> None:
    """``groupBy``"""
    to.emit(loop.start_groups)

    def body() -> None:
        to.visit(node.arguments[1])
        to.emit(loop.group_item)

    _each(to, body)
    to.emit(loop.push_accumulator)
    to.emit(loop.end)


def compile_sort_by(to: Emitter, node: tree.FunctionCall) -> None:
    """``sortBy``"""
    if len(node.arguments) == 3:
        to.visit(node.arguments[2])
    else:
        to.emit(do.push, "asc")
    to.emit(loop.start_sorting)

    def body() -> None:
        to.visit(node.arguments[1])
        to.emit(loop.keep_for_sorting)

    _each(to, body)
    to.emit(loop.push_sorted)
    to.emit(loop.end)


def compile_reduce(to: Emitter, node: tree.FunctionCall) -> None:
    """``reduce``, which begins with the first item where no value is given to begin with."""
    if len(node.arguments) == 3:
        to.visit(node.arguments[2])
    else:
        empty = to.emit(loop.jump_if_done)
        to.emit(loop.push_item)
        to.emit(loop.next_item)
        filled = to.emit(do.jump)
        to.land(empty)
        to.emit(do.fail, "reduce of empty array with no initial value")
        to.land(filled)
    to.emit(loop.set_accumulator)

    def body() -> None:
        to.visit(node.arguments[1])
        to.emit(loop.set_accumulator)

    _each(to, body)
    to.emit(loop.push_accumulator)
    to.emit(loop.end)


LOOPS: Final[dict[str, Callable[[Emitter, tree.FunctionCall], None]]] = {
    **dict.fromkeys(("all", "any", "none"), compile_quantifier),
    "one": compile_one,
    "filter": compile_filter,
    "map": compile_map,
    "count": compile_count,
    "sum": compile_sum,
    **dict.fromkeys(("find", "findIndex", "findLast", "findLastIndex"), compile_find),
    "groupBy": compile_group_by,
    "sortBy": compile_sort_by,
    "reduce": compile_reduce,
}
"""By function of the language."""
