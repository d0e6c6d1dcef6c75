"""Hold a JSON value against the fields a request or document has, with the engine's error texts.

Field names match without regard to case, unknown ones are ignored (or refused where the shape is
strict), null is as if the field were left out, and of a repeated field the last counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from rochallor_cli.dev_engine.go_json.reading import (
    JsonSyntaxError,
    NumberOutOfRange,
    Whole,
    WrittenNumber,
    read,
    read_literals,
    whole_number,
)
from rochallor_cli.dev_engine.go_text import float_text, quoted

_INT64 = 1 << 63
# 2^63, and with it the double of the largest whole number, as it is read.
_INT64_WRITTEN = whole_number(float(_INT64))


class BodyError(Exception):
    """The body cannot be read as what it should be; the text is the engine's."""


@dataclass(frozen=True)
class Scalar:
    """A text, whole number or boolean; ``go_type`` is what error texts call it."""

    python_type: type
    go_type: str


@dataclass(frozen=True)
class MapOf:
    """An object with any keys; ``values`` None means any JSON."""

    go_type: str
    values: Scalar | Shape | None = None


@dataclass(frozen=True)
class OrderedTexts:
    """An object of texts that the engine reads with code of its own, for the sake of its order.

    What that code refuses ends the reading at once, before any other error of the body is reported.
    """

    label: str


@dataclass(frozen=True)
class ListOf:
    go_type: str
    items: Scalar | Shape


@dataclass(frozen=True)
class Shape:
    """An object with known fields."""

    go_type: str
    fields: Mapping[str, FieldKind]
    strict: bool = False

    @cached_property
    def name(self) -> str:
        return self.go_type.rpartition(".")[2]

    @cached_property
    def lower_names(self) -> dict[str, str]:
        return {name.lower(): name for name in self.fields}

    @cached_property
    def plain_types(self) -> dict[str, type]:
        """Fields of which any value of a type will do, with that type."""
        return {
            name: dict if isinstance(kind, MapOf) else kind.python_type
            for name, kind in self.fields.items()
            if (isinstance(kind, MapOf) and kind.values is None) or kind in (TEXT, TRUTH)
        }

    def proper_name(self, key: str) -> str | None:
        """The field that a key names, whatever its case."""
        return key if key in self.fields else self.lower_names.get(key.lower())


FieldKind = Scalar | MapOf | OrderedTexts | ListOf | Shape

TEXT = Scalar(str, "string")
WHOLE = Scalar(int, "int")
TRUTH = Scalar(bool, "bool")
ANY_MAP = MapOf("map[string]interface {}")


class _Mismatch(Exception):  # noqa: N818 - turned into BodyError with the number's literal
    """A value of the wrong type: which, for what Go type, at which field."""

    def __init__(self, value: object, go_type: str, field: str) -> None:
        super().__init__(go_type)
        self.value = value
        self.go_type = go_type
        self.field = field

    def text(self) -> str:
        target = f"Go struct field {self.field}" if self.field else "Go value"
        of_type = f"of type {self.go_type}"
        return f"json: cannot unmarshal {_json_type(self.value, self.go_type)} into {target} {of_type}"


def decode(body: bytes, kind: Shape | MapOf) -> dict[str, object]:
    """The fields that are there, by their proper names. Raises BodyError."""
    try:
        value = read(body)
    except JsonSyntaxError as error:
        raise BodyError(str(error)) from None
    except NumberOutOfRange:
        raise BodyError(_explain(body, kind)) from None
    try:
        return {} if value is None else _check_whole(value, kind)
    except (_Mismatch, BodyError) as error:
        _check_ordered_texts(value, kind)
        if isinstance(error, BodyError):
            raise
        if (rounded := _rounded_down(value)) != value and _is_accepted(read_literals(body), kind):
            return _check_whole(rounded, kind)
        raise BodyError(_explain(body, kind)) from None


def _rounded_down(value: object) -> object:
    """The value with the doubles at both ends of the whole numbers as whole numbers that fit."""
    if isinstance(value, dict):
        return {key: _rounded_down(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded_down(item) for item in value]
    if type(value) is int and abs(value) == _INT64_WRITTEN:
        return _INT64 - 1 if value > 0 else -_INT64
    return value


def _is_accepted(value: object, kind: Shape | MapOf) -> bool:
    try:
        _check_whole(value, kind)
    except (_Mismatch, BodyError):
        return False
    return True


def decode_value(value: object, kind: Shape) -> dict[str, object]:
    """As `decode`, for a value that is read already. Raises BodyError."""
    try:
        return {} if value is None else _check_whole(value, kind)
    except (_Mismatch, BodyError) as error:
        _check_ordered_texts(value, kind)
        raise BodyError(error.text() if isinstance(error, _Mismatch) else str(error)) from None


def _check_ordered_texts(value: object, kind: FieldKind) -> None:
    """Look for what ends the reading at once, past errors that do not."""
    if isinstance(kind, OrderedTexts) and value is not None:
        _ordered_texts(value, kind)
    elif isinstance(kind, ListOf) and isinstance(value, list):
        for item in value:
            _check_ordered_texts(item, kind.items)
    elif isinstance(kind, Shape) and isinstance(value, dict):
        for key, item in value.items():
            if name := kind.proper_name(key):
                _check_ordered_texts(item, kind.fields[name])


def _explain(body: bytes, kind: Shape | MapOf) -> str:
    """The same error again, found with every number as it was written."""
    value = read_literals(body)
    try:
        _check_whole(value, kind)
    except _Mismatch as mismatch:
        return mismatch.text()
    return _Mismatch(*_out_of_range(value, kind)).text()


def _out_of_range(value: object, kind: Shape | MapOf) -> tuple[WrittenNumber, str, str]:
    """The number beyond the doubles, what was wanted, and the field it lies in."""
    fields = value.items() if isinstance(value, dict) else ()
    for key, item in fields:
        for literal in _literals(item):
            if float(literal) in (float("inf"), float("-inf")):
                field = f"{kind.name}.{key}" if isinstance(kind, Shape) else ""
                return literal, "float64", field
    raise AssertionError("a body that was refused is accepted with its literals")


def _literals(value: object) -> Iterator[WrittenNumber]:
    if isinstance(value, WrittenNumber):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _literals(item)
    elif isinstance(value, list):
        for item in value:
            yield from _literals(item)


def _check_whole(value: object, kind: Shape | MapOf) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _Mismatch(value, kind.go_type, "")
    if isinstance(kind, Shape):
        return _check_shape(value, kind, "")
    return _check_map(value, kind, "", "")


def _check_shape(value: dict[str, object], shape: Shape, path: str) -> dict[str, object]:
    found: dict[str, object] = {}
    plain_types = shape.plain_types
    for key, item in value.items():
        if type(item) is plain_types.get(key):
            found[key] = item
            continue
        name = shape.proper_name(key)
        if name is None:
            if shape.strict:
                raise BodyError(f'json: unknown field "{key}"')
        elif item is not None:
            found[name] = _check(item, shape.fields[name], f"{shape.name}.{path}{name}", f"{path}{name}.")
    return found


def _check(value: object, kind: FieldKind, field: str, path: str) -> object:
    if isinstance(kind, Scalar):
        _check_scalar(value, kind, field)
        return value
    if isinstance(kind, ListOf):
        if not isinstance(value, list):
            raise _Mismatch(value, kind.go_type, field)
        return _check_items(value, kind.items, field, path)
    if isinstance(kind, OrderedTexts):
        return _ordered_texts(value, kind)
    if not isinstance(value, dict):
        raise _Mismatch(value, kind.go_type, field)
    if isinstance(kind, Shape):
        return _check_shape(value, kind, path)
    return _check_map(value, kind, field, path)


def _check_items(value: list[object], items: Scalar | Shape, field: str, path: str) -> list[object]:
    if isinstance(items, Scalar):
        for item in value:
            if item is not None:
                _check_scalar(item, items, field)
        return ["" if item is None else item for item in value]
    found: list[object] = []
    for item in value:
        if item is not None and not isinstance(item, dict):
            raise _Mismatch(item, items.go_type, field)
        found.append({} if item is None else _check_shape(item, items, path))
    return found


def _check_map(value: dict[str, object], kind: MapOf, field: str, path: str) -> dict[str, object]:
    if kind.values is None:
        return value
    items = _check_items(list(value.values()), kind.values, field, path)
    return dict(zip(value, items, strict=True))


def _ordered_texts(value: object, kind: OrderedTexts) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BodyError(f"{kind.label}: expected JSON object, got {_token(value)}")
    found: dict[str, str] = {}
    for key, item in value.items():
        if item is not None and not isinstance(item, str):
            mismatch = _Mismatch(item, "string", "")
            raise BodyError(f"{kind.label}[{quoted(key)}]: {mismatch.text()}")
        found[key] = item or ""
    return found


def _token(value: object) -> str:
    """What a value begins with, as Go prints it."""
    if isinstance(value, list):
        return "["
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return float_text(float(value)) if isinstance(value, int | float) else str(value)
    except OverflowError:
        return str(value)


def _check_scalar(value: object, kind: Scalar, field: str) -> None:
    actual = type(value)
    if actual is WrittenNumber:
        fits = kind.python_type is int and _fits_int(str(value))
    elif actual is Whole:
        fits = False
    elif actual is int:
        fits = kind.python_type is int and -_INT64 <= value < _INT64  # type: ignore[operator]
    else:
        fits = actual is kind.python_type
    if not fits:
        raise _Mismatch(value, kind.go_type, field)


def _fits_int(literal: str) -> bool:
    try:
        return -_INT64 <= int(literal) < _INT64
    except ValueError:
        return False


def _json_type(value: object, go_type: str = "string") -> str:
    """What error texts call a value; numbers are quoted where a number was wanted."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, WrittenNumber):
        return f"number {value}" if go_type in ("int", "float64") else "number"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
