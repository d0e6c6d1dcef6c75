"""Settings as options of a command: flag, metavar, help and default follow from the declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

import typer

from rochallor_cli.configuration.setting import NOT_SET, Setting
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
        parameters += [_parameter(setting) for setting in settings if setting.flag]
        function.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        return function

    return decorator


def _parameter(setting: Setting) -> inspect.Parameter:
    is_flag, is_list = setting.kind == "flag", setting.kind in ("texts", "text map")
    option = typer.Option(
        setting.flag,
        *([setting.short] if setting.short else []),
        metavar=None if is_flag else setting.placeholder,
        help=help_text(setting),
        rich_help_panel=setting.panel,
        show_default=False,
    )
    kind: Any = (bool if is_flag else list[str] if is_list else str) | None
    return inspect.Parameter(
        setting.parameter, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, option], default=None
    )


def help_text(setting: Setting) -> str:
    """What it means, and its default: `Jobs at the same time in one process (64).`"""
    text, default = setting.meaning, setting.default
    if setting.kind in ("texts", "text map"):
        return f"{text.removesuffix('.')}; repeatable."
    if default is NOT_SET or default is None or default is False:
        return text
    shown = short_duration(default) if setting.kind == "duration" else default
    return f"{text.removesuffix('.')} ({shown})."
