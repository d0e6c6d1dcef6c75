"""All functions of the language that take no predicate, by name. Each takes the run and its arguments.

names.py        every function by name, those with a predicate included
signatures.py   what they take and give, as far as it is known before evaluation
conversions.py  type names, text, JSON, base64
lists.py        lists and maps
numbers.py      numbers, and what makes numbers of other things
texts.py        strings
times.py        now, date, duration, timezone
"""

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
