"""What can go wrong with an expression.

    ExpressionError                 the step fails, with this text
        NotBooleanError             a condition's value is neither true nor false
    UnrepresentableResult           the value has no JSON: the engine refuses the request instead
    TooCostly                       the event is to be tried again where it may take its time

``Fault`` and ``SyntaxFault`` stay inside this package: they become an ``ExpressionError`` where the
position in the source is known.
"""

from __future__ import annotations


class ExpressionError(Exception):
    """An expression that cannot be read or evaluated; ``text`` is worded as the engine words it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class NotBooleanError(ExpressionError):
    """A condition with a value that is neither true nor false; ``go_type`` is the type that it has."""

    def __init__(self, text: str, go_type: str) -> None:
        super().__init__(text)
        self.go_type = go_type


class UnrepresentableResult(Exception):  # noqa: N818 - not a failure of the expression but of storing its value
    """A value that JSON cannot hold, such as ``1 / 0``; ``text`` is the reason as Go's encoder words it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class TooCostly(Exception):  # noqa: N818 - nothing has failed yet
    """An event has used up what its first try may cost (see ``event_budget``)."""


class Fault(Exception):  # noqa: N818 - never leaves the package
    """Something an operator or function refuses; the machine adds the position."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SyntaxFault(Fault):
    """A fault found before evaluation, at a character of the rewritten source (0 for the first)."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def located(message: str, source: str, at: int) -> str:
    """The message with line, column and the line itself, the way the expression library prints it."""
    before = source[:at]
    line = before.count("\n") + 1
    start = before.rfind("\n") + 1
    end = source.find("\n", start)
    text = source[start:] if end < 0 else source[start:end]
    if not text:
        return message
    column = len(before) - start
    shown = text.replace("\t", " ")
    return f"{message} ({line}:{column + 1})\n | {shown}\n | {'.' * column}^"
