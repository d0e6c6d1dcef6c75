"""Settings as options of a command: flag, metavar, help and default follow from the declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

import typer

from rochallor_cli.configuration.setting import LISTS, NOT_SET, Setting
from rochallor_cli.durations import short_duration

Function = TypeVar("Function", bound=Callable[..., Any])


def with_settings(settings: Iterable[Setting]) -> Callable[[Function], Function]:
    """The function for Typer: in the place of its `**flags` an option for each setting that has one.

    Values arrive as they were written, None for what was not given; `configuration/setting_values.py` checks them.
    """

    def decorator(function: Function) -> Function:
        own = inspect.signature(function, eval_str=True)
        parameters = [
            parameter for parameter in own.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD
        ]
        parameters += [option_of(setting, setting.parameter) for setting in settings if setting.flag]
        function.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        return function

    return decorator


def option_of(setting: Setting, name: str, *, hidden: bool = False) -> inspect.Parameter:
    """The option of a setting as a parameter of that name; `hidden` ones are in no command's help."""
    option = typer.Option(
        setting.flag,
        *([setting.short] if setting.short else []),
        metavar=_metavar(setting),
        help=help_text(setting),
        count=setting.kind == "level",
        rich_help_panel=setting.panel,
        show_default=False,
        hidden=hidden,
    )
    kind: Any = (bool if setting.kind == "flag" else list[str] if setting.kind in LISTS else str) | None
    default = None
    if setting.kind == "level":
        kind, default = int, 0
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, option], default=default
    )


def _metavar(setting: Setting) -> str | None:
    # Typer writes INTEGER for what is counted, where it is given nothing else.
    return {"flag": None, "level": " "}.get(setting.kind, setting.placeholder)


def help_text(setting: Setting) -> str:
    """What it means, and its default: `Jobs at the same time in one process (64).`"""
    text, default = setting.meaning, setting.default
    if setting.kind in LISTS:
        return f"{text.removesuffix('.')}; repeatable."
    if setting.kind in ("level", "names") or default is NOT_SET or default is None or default is False:
        return text
    shown = short_duration(default) if setting.kind == "duration" else default
    return f"{text.removesuffix('.')} ({shown})."
