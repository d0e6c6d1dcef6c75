"""All functions of the language that take no predicate, by name. Each takes the run and its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rochallor_cli.dev_engine.expression.conversion_functions import CONVERSION_FUNCTIONS
from rochallor_cli.dev_engine.expression.list_functions import LIST_FUNCTIONS
from rochallor_cli.dev_engine.expression.number_functions import NUMBER_FUNCTIONS
from rochallor_cli.dev_engine.expression.text_functions import TEXT_FUNCTIONS
from rochallor_cli.dev_engine.expression.time_functions import TIME_FUNCTIONS

FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    **CONVERSION_FUNCTIONS,
    **LIST_FUNCTIONS,
    **NUMBER_FUNCTIONS,
    **TEXT_FUNCTIONS,
    **TIME_FUNCTIONS,
}
