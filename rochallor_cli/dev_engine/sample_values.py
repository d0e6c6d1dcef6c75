"""Values to try expressions with, derived from the constants that stand in them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from rochallor_cli.dev_engine.expression import analyse, rewritten_text

_TEXT: Final = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|`([^`]*)`|'([^']*)'")
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_PATH: Final = re.compile(r"(?<![\w.)\]])[A-Za-z_]\w*(?:\??\.[A-Za-z_]\w*)*(?!\w*\s*\()")
_JOINS: Final = re.compile(r"&&|\|\||\band\b|\bor\b|\?(?!\.)")
_RECKONING: Final = re.compile(r"[-+*/%<>]|[=!]=")
# How many assignments are tried of one step: a report on hundreds of definitions is to take seconds.
MOST_TRIED: Final = 120
# And how many more that nothing but a lot has put together.
MOST_MIXED: Final = 300
_MANY: Final = 2
_TWO_KINDS: Final = ((5, "5"), ("5", 5), ("1", "01"), ("9", "10"))
_OF_TYPE: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}


@dataclass(frozen=True)
class _Domain:
    """The values of one variable or member: those that its author had in mind first, then what else may come."""

    path: tuple[str, ...]
    natural: tuple[object, ...]
    others: tuple[object, ...]


def assignments(
    sources: Sequence[str], types: Mapping[str, str] | None = None
) -> Iterator[dict[str, object]]:
    """Variables to evaluate these expressions with, the likeliest first. types: what a schema fixes, by name."""
    domains = [_domain(path, sources, (types or {}).get(path[0], "")) for path in _paths(sources)]
    if not domains:
        yield {}
        return
    seen: set[str] = set()
    for values in itertools.chain(_likeliest(_combined(domains)), _mixed_by_lot(domains)):
        key = repr(values)
        if key not in seen:
            seen.add(key)
            yield _nested(domains, values)


def _likeliest(combined: Iterator[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    seen: set[str] = set()
    for values in itertools.islice(combined, MOST_TRIED * 4):
        seen.add(repr(values))
        yield values
        if len(seen) >= MOST_TRIED:
            return


def _mixed_by_lot(domains: Sequence[_Domain]) -> Iterator[tuple[object, ...]]:
    """Several variables of any value each, always the same ones: what no order of trying comes to in time."""
    if len(domains) < _MANY:
        return
    lot = Random(0)  # noqa: S311 - to be repeated, not to be secret
    for _ in range(MOST_MIXED):
        yield tuple(lot.choice((*domain.natural, *domain.others)) for domain in domains)


def _combined(domains: Sequence[_Domain]) -> Iterator[tuple[object, ...]]:
    """Natural values together, then each other value with natural ones, then all others side by side."""
    naturals = [domain.natural for domain in domains]
    yield from itertools.islice(itertools.product(*naturals), MOST_TRIED // 2)
    bases = list(itertools.islice(itertools.product(*[values[:2] for values in naturals]), 4))
    for place, domain in enumerate(domains):
        for value, base in itertools.product(domain.others, bases):
            yield (*base[:place], value, *base[place + 1 :])
    # Variables that are compared with each other: the same value as a number and as text.
    pairs = itertools.combinations(range(len(domains)), 2)
    for (first, second), (one, other), base in itertools.product(pairs, _TWO_KINDS, bases[:2]):
        given = {first: one, second: other}
        yield tuple(given.get(number, value) for number, value in enumerate(base))
    longest = max(len(domain.others) for domain in domains)
    for turn in range(longest):
        yield tuple(domain.others[turn % len(domain.others)] for domain in domains)


def _paths(sources: Sequence[str]) -> list[tuple[str, ...]]:
    """The variables of the expressions, down to the members that are looked at."""
    found: dict[tuple[str, ...], None] = {}
    for source in sources:
        names = set(analyse(source).names)
        bare = _TEXT.sub('""', rewritten_text(source))
        for match in _PATH.finditer(bare):
            path = tuple(match[0].replace("?", "").split("."))
            if path[0] in names:
                found[path] = None
        for name in names:
            if not any(path[0] == name for path in found):
                found[(name,)] = None
    inner = {path[:length] for path in found for length in range(1, len(path))}
    return [path for path in found if path not in inner]


def _domain(path: tuple[str, ...], sources: Sequence[str], type_: str) -> _Domain:
    texts: list[str] = []
    numbers: list[float] = []
    is_reckoned = False
    for source in sources:
        for beside in _beside(path, rewritten_text(source)):
            texts += [one or two or three for one, two, three in _TEXT.findall(beside)]
            numbers += [float(each) for each in _NUMBER.findall(_TEXT.sub('""', beside))]
            is_reckoned = is_reckoned or bool(_RECKONING.search(_TEXT.sub('""', beside)))
    numbers += _reckoned(numbers) if is_reckoned else ()
    natural: list[object] = [*dict.fromkeys(texts), *dict.fromkeys(_around(numbers))]
    if not natural:
        natural = ["a", "b", 1, 2] if is_reckoned else [True, False]
    if texts:
        natural += [f"{texts[0]}x", *_rests(texts)]
    others: list[object] = [str(_whole(number)) for number in dict.fromkeys(numbers)]
    others += [_whole(float(text)) for text in texts if _reads_as_number(text)]
    others += [True, False, "true", "250", 250, "abc", "def", None, 0, _mixed(texts, numbers)]
    fits = [value for value in (*natural, *others) if _fits(value, type_)]
    kept = [value for value in natural if _fits(value, type_)] or fits[:1] or list(natural)
    rest = tuple(value for value in others if _fits(value, type_)) or tuple(kept)
    return _Domain(path, tuple(kept), rest)


def _beside(path: tuple[str, ...], source: str) -> Iterator[str]:
    """What stands beside a variable in an expression, up to the next word that joins conditions."""
    name = re.escape(path[0]) + "".join(rf"\??\.{re.escape(part)}" for part in path[1:])
    for clause in _JOINS.split(source):
        if re.search(rf"(?<![\w.]){name}(?!\w)", _TEXT.sub('""', clause)):
            yield clause


def _reckoned(numbers: Sequence[float]) -> list[float]:
    """What one number makes of another where it is added or multiplied: of the first few."""
    found: list[float] = []
    for one, other in itertools.permutations(dict.fromkeys(numbers[:3]), 2):
        found += [one - other, *((one / other,) if other else ())]
    return found


def _rests(texts: Sequence[str]) -> Iterator[str]:
    """What makes one text of another where it is joined to it."""
    for whole, part in itertools.permutations(dict.fromkeys(texts), 2):
        if part and whole.endswith(part):
            yield whole.removesuffix(part)
        elif part and whole.startswith(part):
            yield whole.removeprefix(part)


def _mixed(texts: Sequence[str], numbers: Sequence[float]) -> list[object]:
    """A list with what stands in the expression, numbers as text as well."""
    whole = [_whole(number) for number in dict.fromkeys(numbers)]
    return [*texts, *whole, *map(str, whole)]


def _around(numbers: Sequence[float]) -> Iterator[object]:
    for number in numbers:
        yield from (_whole(number), _whole(number + 1), _whole(number - 1))


def _whole(number: float) -> int | float:
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _fits(value: object, type_: str) -> bool:
    if not type_:
        return True
    return isinstance(value, _OF_TYPE[type_]) and (type_ == "boolean" or not isinstance(value, bool))


def _nested(domains: Sequence[_Domain], values: Sequence[object]) -> dict[str, object]:
    """`order.total` and `order.vip` in one object."""
    found: dict[str, Any] = {}
    for domain, value in zip(domains, values, strict=True):
        holder = found
        for part in domain.path[:-1]:
            inner = holder.get(part)
            holder[part] = holder = inner if isinstance(inner, dict) else {}
        holder[domain.path[-1]] = value
    return found
