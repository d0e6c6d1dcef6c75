"""What the machine can do inside the functions that go through a list, such as ``filter`` and ``sortBy``."""

from __future__ import annotations

from typing import Any, Never

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.evaluation_state import Loop, Run
from rochallor_cli.dev_engine.expression.values.sorting import sorted_by
from rochallor_cli.dev_engine.expression.values.strings import bytes_of
from rochallor_cli.dev_engine.expression.values.values import Byte, Groups, go_type_of, hashable


def begin(run: Run, _: None) -> None:
    """Start to go through a list; the bytes of a string count as one."""
    value = run.stack.pop()
    if isinstance(value, str):
        items: list[object] = list(map(Byte, bytes_of(value)))
    elif isinstance(value, bytes):
        items = list(map(Byte, value))
    elif isinstance(value, list):
        items = value
    elif value is None:
        raise Fault("reflect: call of reflect.Value.Len on zero Value")
    elif isinstance(value, dict):
        items = _WithoutItems(value)
    else:
        raise Fault(f"reflect: call of reflect.Value.Len on {_kind_of(value)} Value")
    run.loops.append(Loop(items))


class _WithoutItems(list[object]):
    """A map in the place of a list: it has a length, but no items by number."""

    def __getitem__(self, _index: object) -> Never:
        raise Fault("reflect: call of reflect.Value.Index on map Value")


def _kind_of(value: object) -> str:
    return {"time.Time": "struct", "*time.Location": "ptr", "time.Duration": "int64"}.get(
        go_type_of(value), go_type_of(value)
    )


def end(run: Run, _: None) -> None:
    """The loop is over."""
    run.loops.pop()


def jump_if_done(run: Run, by: int) -> int:
    """Behind the last item."""
    loop = run.loops[-1]
    return by if loop.index >= len(loop.items) else 0


def next_item(run: Run, _: None) -> None:
    """Forward."""
    run.loops[-1].index += 1


def to_last_item(run: Run, _: None) -> None:
    """To the end, to go backwards."""
    loop = run.loops[-1]
    loop.index = len(loop.items) - 1


def jump_if_before_first(run: Run, by: int) -> int:
    """Before the first item.

    The library leaves the truth value that it looked at on the stack, once per item, so that ``1 + findLast(…)``
    adds to a bool and fails. So does this.
    """
    within = run.loops[-1].index >= 0
    run.stack.append(within)
    return 0 if within else by


def previous_item(run: Run, _: None) -> None:
    """Backward."""
    run.loops[-1].index -= 1


def push_item(run: Run, _: None) -> None:
    """``#``"""
    loop = run.loops[-1]
    run.stack.append(loop.items[loop.index])


def push_index(run: Run, _: None) -> None:
    """``#index``"""
    run.stack.append(run.loops[-1].index)


def push_item_count(run: Run, _: None) -> None:
    """How many items the loop has."""
    run.stack.append(len(run.loops[-1].items))


def count_item(run: Run, _: None) -> None:
    """One more that counts."""
    run.loops[-1].count += 1


def push_count(run: Run, _: None) -> None:
    """How many counted."""
    run.stack.append(run.loops[-1].count)


def jump_if_enough(run: Run, argument: tuple[int, int]) -> int:
    """Where as many counted as are needed."""
    enough, by = argument
    return by if run.loops[-1].count >= enough else 0


def push_accumulator(run: Run, _: None) -> None:
    """``#acc``"""
    run.stack.append(run.loops[-1].accumulator)


def set_accumulator(run: Run, _: None) -> None:
    """What has been gathered so far."""
    run.loops[-1].accumulator = run.stack.pop()


def start_groups(run: Run, _: None) -> None:
    """Before ``groupBy``."""
    run.loops[-1].accumulator = Groups()


def group_item(run: Run, _: None) -> None:
    """Put the item into its group."""
    loop = run.loops[-1]
    groups: Any = loop.accumulator
    groups.setdefault(hashable(run.stack.pop()), []).append(loop.items[loop.index])


def start_sorting(run: Run, _: None) -> None:
    """Before ``sortBy``, with the order on the stack."""
    order = run.stack.pop()
    if not isinstance(order, str):
        raise Fault("sortBy order argument must be a string")
    if order not in ("asc", "desc"):
        raise Fault("unknown order, use asc or desc")
    run.loops[-1].accumulator = (order == "desc", [])


def keep_for_sorting(run: Run, _: None) -> None:
    """Remember what the item is sorted by."""
    loop = run.loops[-1]
    gathered: Any = loop.accumulator
    gathered[1].append((run.stack.pop(), loop.items[loop.index]))


def push_sorted(run: Run, _: None) -> None:
    """The items in order."""
    gathered: Any = run.loops[-1].accumulator
    descending, pairs = gathered
    run.grow(len(pairs))
    run.charge(len(pairs) * 8)
    ordered = sorted_by(pairs, key=lambda pair: pair[0], descending=descending)
    run.stack.append([item for _, item in ordered])
