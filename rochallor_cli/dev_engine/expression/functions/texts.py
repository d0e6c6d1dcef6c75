"""Functions on strings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.evaluation_state import Run
from rochallor_cli.dev_engine.expression.limits import MEMORY_BUDGET
from rochallor_cli.dev_engine.expression.values.operators import to_int, to_text
from rochallor_cli.dev_engine.expression.values.strings import BLANKS, bytes_of
from rochallor_cli.dev_engine.expression.values.values import StringList, go_type_of


def trim(_run: Run, value: object, characters: object = BLANKS) -> str:
    """``trim(text)`` or ``trim(text, characters)``"""
    text, unwanted = to_text(value), to_text(characters)
    return text.strip(unwanted) if unwanted else text


def trim_prefix(_run: Run, value: object, prefix: object = " ") -> str:
    """``trimPrefix(text, prefix)``"""
    wanted = to_text(prefix)
    return to_text(value).removeprefix(wanted)


def trim_suffix(_run: Run, value: object, suffix: object = " ") -> str:
    """``trimSuffix(text, suffix)``"""
    wanted = to_text(suffix)
    return to_text(value).removesuffix(wanted)


def upper(run: Run, value: object) -> str:
    """``upper(text)``: character by character, so ß stays as it is."""
    return _by_character(run, to_text(value), str.upper)


def lower(run: Run, value: object) -> str:
    """``lower(text)``"""
    return _by_character(run, to_text(value), str.lower)


def _by_character(run: Run, text: str, change: Callable[[str], str]) -> str:
    run.grow_text(len(text))
    if text.isascii():
        return change(text)
    run.charge(len(text))
    # Where one character would become several, Go keeps it; the dotted capital I alone loses its dot.
    changed = (
        change(character) for character in text.replace("\u0130", "i" if change is str.lower else "\u0130")
    )
    return "".join(new if len(new) == 1 else old for old, new in zip(text, changed, strict=True))


def split(run: Run, value: object, separator: object, limit: object = -1) -> StringList | None:
    """``split(text, separator)`` or ``split(text, separator, limit)``"""
    text, mark = to_text(value), to_text(separator)
    most = to_int(limit)
    if most == 0:
        return None
    parts = _characters(text, most) if not mark else text.split(mark, most - 1 if most > 0 else -1)
    run.charge(len(parts))
    run.grow_text(len(text))
    return StringList(parts)


def split_after(run: Run, value: object, separator: object, limit: object = -1) -> StringList | None:
    """``splitAfter``: like split, the separator stays at the end of each part."""
    parts = split(run, value, separator, limit)
    mark = to_text(separator)
    if parts is None or not mark:
        return parts
    return StringList([*(part + mark for part in parts[:-1]), parts[-1]])


def _characters(text: str, most: int) -> list[str]:
    if 0 < most < len(text):
        return [*text[: most - 1], text[most - 1 :]]
    return list(text)


def replace(run: Run, value: object, old: object, new: object, limit: object = -1) -> str:
    """``replace(text, old, new)``, with a limit only the first so many."""
    text, wanted, instead = to_text(value), to_text(old), to_text(new)
    most = to_int(limit)
    hits = len(text) + 1 if not wanted else text.count(wanted)
    hits = min(hits, most) if most >= 0 else hits
    run.charge(hits)
    run.grow_text(len(text) + hits * len(instead))
    return text.replace(wanted, instead, most)


def repeat(run: Run, value: object, times: object) -> str:
    """``repeat(text, times)``"""
    text, amount = to_text(value), to_int(times)
    if amount < 0:
        raise Fault(f"invalid argument for repeat (expected positive integer, got {amount})")
    if amount > MEMORY_BUDGET:
        raise Fault("memory budget exceeded")
    size = len(bytes_of(text)) * amount
    run.grow(min(size, MEMORY_BUDGET))
    run.grow_text(size)
    return text * amount


def join(run: Run, value: object, separator: object = "") -> str:
    """``join(list, separator)``"""
    mark = to_text(separator)
    if type(value) not in (list, StringList):
        raise Fault(f"invalid argument for join (type {go_type_of(value, nil='%!s(<nil>)')})")
    parts: Any = value
    texts = list(map(to_text, parts))
    run.grow_text(sum(map(len, texts)) + len(mark) * len(texts))
    return mark.join(texts)


def index_of(_run: Run, value: object, part: object) -> int:
    """``indexOf(text, part)``: in bytes, -1 where it is not found."""
    text, wanted = to_text(value), to_text(part)
    return text.find(wanted) if text.isascii() else bytes_of(text).find(bytes_of(wanted))


def last_index_of(_run: Run, value: object, part: object) -> int:
    """``lastIndexOf(text, part)``: in bytes, -1 where it is not found."""
    text, wanted = to_text(value), to_text(part)
    return text.rfind(wanted) if text.isascii() else bytes_of(text).rfind(bytes_of(wanted))


def has_prefix(_run: Run, value: object, part: object) -> bool:
    """``hasPrefix(text, part)``"""
    return to_text(value).startswith(to_text(part))


def has_suffix(_run: Run, value: object, part: object) -> bool:
    """``hasSuffix(text, part)``"""
    return to_text(value).endswith(to_text(part))


TEXT_FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    "trim": trim,
    "trimPrefix": trim_prefix,
    "trimSuffix": trim_suffix,
    "upper": upper,
    "lower": lower,
    "split": split,
    "splitAfter": split_after,
    "replace": replace,
    "repeat": repeat,
    "join": join,
    "indexOf": index_of,
    "lastIndexOf": last_index_of,
    "hasPrefix": has_prefix,
    "hasSuffix": has_suffix,
}
