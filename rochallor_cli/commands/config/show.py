"""`rochallor config show`: each setting, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.configuration.engine_access import ENGINE_SETTINGS
from rochallor_cli.configuration.setting import Setting
from rochallor_cli.configuration.settings import GLOBAL_SETTINGS, Settings
from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.engine_version import remembered_version
from rochallor_cli.output.views import SETTINGS

app = typer.Typer()


@command(app, "show", examples=("rochallor config show", "rochallor config show --context prod -o json"))
def show(context: Context) -> None:
    """Show each setting with where it comes from, and the contexts there are. Secrets are masked."""
    settings = context.settings
    context.printer.rows(SETTINGS, list(_rows(settings)))
    version = remembered_version(settings, context.environment.environ)
    if version is not None and settings.engine_version == "auto":
        context.printer.note(f"this engine was {version.text} ({version.how}); `rochallor doctor` asks anew")
    contexts = ", ".join(
        f"{name} (current)" if name == context.config.current else name for name in context.config.contexts
    )
    context.printer.note(f"contexts in {context.config.path}: {contexts or 'none'}")
    if settings.left_behind:
        context.printer.note(settings.left_behind)


def _rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """The settings that have a value, with their origins."""
    of_engine = settings.access.shown()
    for name, setting in GLOBAL_SETTINGS.items():
        is_of_engine = setting in ENGINE_SETTINGS
        value = of_engine.get(setting.attribute) if is_of_engine else getattr(settings, setting.attribute)
        if value not in (None, ()):
            yield {
                "setting": name.replace("_", "-"),
                "value": _text(setting, value),
                "origin": settings.origins.get(name, "default"),
            }


def _text(setting: Setting, value: Any) -> Any:
    match setting.kind:
        case "duration":
            return duration_text(value)
        case "headers":
            return ", ".join(f"{name}: {text}" for name, text in value.items())
        case "names":
            return ",".join(value)
        case _:
            return value
