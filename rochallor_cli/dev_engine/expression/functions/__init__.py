"""All functions of the language that take no predicate, by name. Each takes the run and its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rochallor_cli.dev_engine.expression.functions.conversions import CONVERSION_FUNCTIONS
from rochallor_cli.dev_engine.expression.functions.lists import LIST_FUNCTIONS
from rochallor_cli.dev_engine.expression.functions.numbers import NUMBER_FUNCTIONS
from rochallor_cli.dev_engine.expression.functions.texts import TEXT_FUNCTIONS
from rochallor_cli.dev_engine.expression.functions.times import TIME_FUNCTIONS

FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    **CONVERSION_FUNCTIONS,
    **LIST_FUNCTIONS,
    **NUMBER_FUNCTIONS,
    **TEXT_FUNCTIONS,
    **TIME_FUNCTIONS,
}
