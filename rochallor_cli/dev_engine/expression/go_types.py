"""What is known of a value's type before evaluation, named as Go names it.

Variables are of unknown type; literals, functions and operators are not. The names show up in messages
(``mismatched types string and int``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class GoType:
    """A type. ``name`` is its identity; ``item`` is what is known of the items of a list or map."""

    name: str
    kind: str
    """Go's kind (int, string, slice, map, struct, func, ptr, interface …), or ``nil`` or ``unknown``"""
    item: GoType | None = None
    key: GoType | None = None
    parameters: tuple[GoType, ...] = ()
    results: tuple[GoType, ...] = ()
    variadic: bool = False

    @property
    def is_unknown(self) -> bool:
        """Nothing is known."""
        return self.kind in ("unknown", "interface")

    @property
    def is_nil(self) -> bool:
        """It is nil for sure."""
        return self.kind == "nil"

    @property
    def is_integer(self) -> bool:
        """A plain integer; named integers (durations, months) are not."""
        return self.name in ("int", "int64", "uint8")

    @property
    def is_number(self) -> bool:
        """A plain integer or a double."""
        return self.is_integer or self.name == "float64"

    @property
    def is_list(self) -> bool:
        """A Go slice or array."""
        return self.kind in ("slice", "array")

    @property
    def is_named(self) -> bool:
        """A type of a package (``time.Duration``), not one of the language."""
        return "." in self.name and not self.name.startswith(("func", "[]", "*"))

    def fits(self, other: GoType) -> bool:
        """Whether a value of this type can be put where ``other`` is asked for (Go's assignability)."""
        if self.is_nil:
            return other.kind in ("ptr", "interface", "func", "map", "slice")
        if self.kind == "unknown" or other.kind in ("unknown", "nil"):
            return False
        return other.kind == "interface" or self.name == other.name

    def compares_with(self, other: GoType) -> bool:
        """Whether ``==`` between the two makes sense."""
        if self.is_unknown or other.is_unknown or self.is_nil or other.is_nil:
            return True
        both_numbers = self.is_number and other.is_number
        return both_numbers or (self.is_list and other.is_list) or self.fits(other)


UNKNOWN: Final = GoType("unknown", "unknown")
NIL: Final = GoType("unknown", "nil")
ANY: Final = GoType("interface {}", "interface")
BOOL: Final = GoType("bool", "bool")
INT: Final = GoType("int", "int")
INT64: Final = GoType("int64", "int64")
BYTE: Final = GoType("uint8", "uint8")
FLOAT: Final = GoType("float64", "float64")
STRING: Final = GoType("string", "string")
BYTES: Final = GoType("[]uint8", "slice", item=BYTE)
LIST: Final = GoType("[]interface {}", "slice", item=ANY)
INT_LIST: Final = GoType("[]int", "slice", item=INT)
FLOAT_LIST: Final = GoType("[]float64", "slice", item=FLOAT)
STRING_LIST: Final = GoType("[]string", "slice", item=STRING)
MAP: Final = GoType("map[string]interface {}", "map", item=ANY, key=STRING)
ANY_MAP: Final = GoType("map[interface {}]interface {}", "map", item=ANY, key=ANY)
GROUPS: Final = GoType("map[interface {}][]interface {}", "map", item=LIST, key=ANY)
TIME: Final = GoType("time.Time", "struct")
DURATION: Final = GoType("time.Duration", "int64")
MONTH: Final = GoType("time.Month", "int")
WEEKDAY: Final = GoType("time.Weekday", "int")
LOCATION: Final = GoType("*time.Location", "ptr")
LOCATION_VALUE: Final = GoType("time.Location", "struct")
ERROR: Final = GoType("error", "error")


def list_of(item: GoType) -> GoType:
    """A list whose items are known to be of a type; Go still calls it a list of anything."""
    return GoType(LIST.name, "slice", item=item)


def function(*parameters: GoType, results: tuple[GoType, ...], variadic: bool = False) -> GoType:
    """A function type, named as Go prints it."""
    names = [parameter.name for parameter in parameters]
    if variadic:
        names[-1] = names[-1].replace("[]", "...", 1)
    shown = ", ".join(result.name for result in results)
    tail = f" ({shown})" if len(results) > 1 else f" {shown}" if results else ""
    return GoType(f"func({', '.join(names)}){tail}", "func", None, None, tuple(parameters), results, variadic)
