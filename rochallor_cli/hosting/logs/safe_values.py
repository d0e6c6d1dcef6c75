"""Values from outside, made fit for a log line: bounded, on one line of their own, without orders to a terminal."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Mapping
from typing import Any

from rochallor_cli.configuration.masking import masked
from rochallor_cli.errors import StopRequested
from rochallor_cli.output.text_width import CONTROL_CHARACTERS
from workflow_sdk.known_secrets import beginning

LONGEST_TEXT = 16_000
LONGEST_VALUE = 4_000
# Of so many digits; Python writes no longer ones by itself.
LONGEST_NUMBER_BITS = int(LONGEST_VALUE * math.log2(10))

# All but tabs and line feeds: escapes, carriage returns and what turns the direction of writing.
_CONTROL = re.compile(f"[{re.escape(''.join(sorted(CONTROL_CHARACTERS - {chr(9), chr(10)})))}]")


def harmless(text: str) -> str:
    """The text with control characters spelled out, further lines indented, and no longer than it may be."""
    text = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], shortened(text))
    return re.sub(r"\n(?! )", "\n  ", text)


def shortened(text: str, longest: int = LONGEST_TEXT) -> str:
    """So much of it, never half a secret: it is masked in the whole line, and only where it is whole."""
    if len(text) <= longest:
        return text
    shown = beginning(text, longest)
    return f"{shown}… ({len(text) - len(shown):,} characters more)"


def message_of(record: logging.LogRecord) -> str:
    """The message; of a call that cannot be formatted, which is its caller's bug, where it is."""
    try:
        return record.getMessage()
    except StopRequested:
        raise
    except BaseException as error:  # noqa: BLE001 - arguments may have a __str__ that raises anything
        return f"a log call in {record.pathname}:{record.lineno} cannot be formatted: {_text(error)}"


def traceback_of(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    try:
        assert record.exc_info
        return formatter.formatException(record.exc_info)
    except StopRequested:
        raise
    except BaseException as error:  # noqa: BLE001 - an exception whose text raises
        return f"(the exception cannot be shown: {_text(error)})"


def json_value(value: Any) -> Any:
    """The value as JSON carries it; what it does not carry, and what is too long, as text."""
    if value is None or (isinstance(value, int) and value.bit_length() <= LONGEST_NUMBER_BITS):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping | list | tuple):
        try:
            text = json.dumps(value, allow_nan=False)
            # Masked here: within the line it stands as a text, in which quotes are escaped once more.
            return value if len(text) <= LONGEST_VALUE else shortened(masked(text, ()), LONGEST_VALUE)
        except (TypeError, ValueError, RecursionError):
            return shortened(_text(value), LONGEST_VALUE)
    return shortened(_text(value), LONGEST_VALUE)


def _text(value: object) -> str:
    try:
        return str(value)
    except StopRequested:
        raise
    except BaseException:  # noqa: BLE001 - a __str__ of the user's own may raise anything
        return f"(a {type(value).__name__} whose text cannot be read)"
