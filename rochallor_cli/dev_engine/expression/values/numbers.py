"""Numbers: literals, 64-bit integers that wrap, doubles."""

from __future__ import annotations

import math
import re
from typing import Final

from rochallor_cli.dev_engine.expression.errors import Fault, SyntaxFault
from rochallor_cli.dev_engine.go_text import quoted

LARGEST: Final = 2**63 - 1
SMALLEST: Final = -(2**63)
_WHOLE: Final = 2**64

_DIGITS: Final = "0123456789abcdef"
_BASES: Final = {"0x": (16, "hex"), "0b": (2, "binary"), "0o": (8, "octal")}
_FLOAT: Final = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]+")


def wrapped(number: int) -> int:
    """``number`` as a 64-bit integer, as Go's arithmetic wraps it."""
    if SMALLEST <= number <= LARGEST:
        return number
    return (number - SMALLEST) % _WHOLE + SMALLEST


def int_of_float(number: float) -> int:
    """A double cut to a 64-bit integer; what does not fit becomes the smallest one (amd64)."""
    if math.isfinite(number) and SMALLEST <= number <= LARGEST:
        return wrapped(int(number))
    return SMALLEST


def number_value(literal: str, at: int) -> int | float:
    """The value of a number literal; ``at`` is where a fault in it is reported."""
    text = literal.replace("_", "")
    lowered = text.lower()
    base, name = _BASES.get(lowered[:2], (10, "integer"))
    if base != 16 and any(mark in lowered for mark in ".e"):
        return _float_value(text, at)
    digits = text[2:] if base != 10 else text
    if not set(digits.lower()) <= set(_DIGITS[:base]) or not digits:
        raise _bad(name, text, reason="invalid syntax", at=at)
    number = int(digits, base) if len(digits) <= 64 else LARGEST + 1
    if number > LARGEST:
        raise _bad(name, text, reason="value out of range", at=at)
    return number


def _float_value(text: str, at: int) -> float:
    if not _FLOAT.fullmatch(text):
        raise SyntaxFault(f"invalid float literal: {_parse_error('ParseFloat', text, 'invalid syntax')}", at)
    number = float(text)
    if math.isinf(number):
        reason = _parse_error("ParseFloat", text, "value out of range")
        raise SyntaxFault(f"invalid float literal: {reason}", at)
    return number


def _bad(name: str, text: str, *, reason: str, at: int) -> SyntaxFault:
    return SyntaxFault(f"invalid {name} literal: {_parse_error('ParseInt', text, reason)}", at)


def _parse_error(function: str, text: str, reason: str) -> str:
    return f"strconv.{function}: parsing {quoted(text)}: {reason}"


def int_of_text(text: str) -> int:
    """``int("…")``: decimal digits with a sign, within 64 bits."""
    if len(text) <= 64 and _DECIMAL.fullmatch(text) and SMALLEST <= int(text) <= LARGEST:
        return int(text)
    raise Fault(f"invalid operation: int({text})")


_DIGIT_RUN: Final = "[0-9](?:_?[0-9])*"
_FLOAT_TEXT: Final = re.compile(
    r"[+-]?(?:(?:D\.?D?|\.D)(?:e[+-]?D)?|inf(?:inity)?|nan)".replace("D", f"(?:{_DIGIT_RUN})"),
    re.IGNORECASE,
)
_HEX_FLOAT: Final = re.compile(
    r"[+-]?0x(?:_?H(?:\.H?)?|\.H)p[+-]?".replace("H", "(?:[0-9a-f](?:_?[0-9a-f])*)") + _DIGIT_RUN,
    re.IGNORECASE,
)


def float_of_text(text: str) -> float:
    """``float("…")``: what Go's ParseFloat reads."""
    if _FLOAT_TEXT.fullmatch(text):
        number = float(text)
        if not math.isinf(number) or "n" in text.lower():
            return number
    elif _HEX_FLOAT.fullmatch(text):
        try:
            return float.fromhex(text.replace("_", ""))
        except OverflowError:
            pass
    raise Fault(f"invalid operation: float({text})")


def remainder(left: int, right: int) -> int:
    """Go's ``%``: the sign of the left operand."""
    if right == 0:
        raise Fault("integer divide by zero")
    result = abs(left) % abs(right)
    return -result if left < 0 else result


def quotient(left: float, right: float) -> float:
    """Division of doubles: by zero it is infinite or no number."""
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def power(base: float, exponent: float) -> float:
    """Go's ``math.Pow``, which multiplies where C's takes a logarithm, and so differs in the last digits."""
    if exponent == 0 or base == 1:
        return 1.0
    if math.isnan(base) or math.isnan(exponent):
        return math.nan
    if base == 0 or math.isinf(base) or math.isinf(exponent):
        return _power_at_the_edge(base, exponent)
    if abs(exponent) == 0.5 and base > 0:
        return math.sqrt(base) if exponent > 0 else 1 / math.sqrt(base)
    fraction, whole = math.modf(abs(exponent))
    if fraction and base < 0:
        return math.nan
    if whole >= 2**63:
        return _power_at_the_edge(base, math.copysign(math.inf, exponent))
    return _power_by_squares(base, exponent, int(whole), fraction)


def _power_by_squares(base: float, exponent: float, whole: int, fraction: float) -> float:
    if fraction > 0.5:
        whole, fraction = whole + 1, fraction - 1
    result = math.exp(fraction * math.log(base)) if fraction else 1.0
    scale = 0
    factor, factor_scale = math.frexp(base)
    while whole:
        if abs(factor_scale) > 1 << 12:
            scale += factor_scale
            break
        if whole & 1:
            result *= factor
            scale += factor_scale
        factor, factor_scale = factor * factor, factor_scale * 2
        if factor < 0.5:
            factor, factor_scale = factor + factor, factor_scale - 1
        whole >>= 1
    if exponent < 0:
        result, scale = 1 / result, -scale
    try:
        return math.ldexp(result, scale)
    except OverflowError:
        return math.copysign(math.inf, result)


def _power_at_the_edge(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except ValueError:
        odd = exponent == int(exponent) and int(exponent) % 2 != 0
        return math.copysign(math.inf, base) if odd else math.inf
