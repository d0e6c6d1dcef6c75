"""Whether the arguments of a call fit the parameters of a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rochallor_cli.dev_engine.expression.errors import SyntaxFault
from rochallor_cli.dev_engine.expression.go_types import GoType
from rochallor_cli.dev_engine.expression.syntax import tree


def arguments_checked(
    name: str,
    function: GoType,
    arguments: Sequence[tree.Node],
    *,
    at: int,
    visit: Callable[[tree.Node], GoType],
) -> GoType:
    """The type of the call. Raises ``SyntaxFault`` for a missing, superfluous or wrong argument."""
    if len(function.results) > 2:
        raise SyntaxFault(f"func {name} returns more then two values", at)
    expected = len(function.parameters)
    if len(arguments) != expected and not function.variadic:
        for argument in arguments:
            visit(argument)
        amount = "too many" if len(arguments) > expected else "not enough"
        raise SyntaxFault(f"{amount} arguments to call {name}", at)
    for argument, parameter in zip(arguments, function.parameters, strict=True):
        _check_argument(name, argument, parameter=parameter, found=visit(argument))
    return function.results[0]


def _check_argument(name: str, argument: tree.Node, *, parameter: GoType, found: GoType) -> None:
    if parameter.kind in ("int", "int64") and found.is_integer:
        return
    if found.is_nil and parameter.kind not in ("ptr", "interface"):
        message = f"cannot use nil as argument (type {parameter.name}) to call {name}"
        raise SyntaxFault(message, argument.at)
    if not found.is_nil and not found.fits(parameter) and not found.is_unknown:
        # The blank at the end is the library's.
        message = f"cannot use {found.name} as argument (type {parameter.name}) to call {name} "
        raise SyntaxFault(message, argument.at)
