"""`rochallor options`: what every command takes, named in one place instead of in each help."""

from __future__ import annotations

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.command_line.setting_options import help_text
from rochallor_cli.configuration.setting import Setting
from rochallor_cli.configuration.settings import GLOBAL_SETTINGS
from rochallor_cli.output.columns import Column, Row, View

app = typer.Typer()

_VIEW = View(
    columns=(
        Column("OPTION", "option"),
        Column("MEANING", "meaning", wraps=True, least=20),
        Column("VARIABLE", "variable", rank=1),
    ),
    name="option",
)


@command(app, "options", examples=("rochallor options", "rochallor instances list -o json --no-headers"))
def options(context: Context) -> None:
    """List the options that every command takes.

    They may stand before and after the command. A variable says the same for all commands; what is given on
    the command line wins.
    """
    context.printer.rows(_VIEW, [_row(setting) for setting in GLOBAL_SETTINGS.values() if setting.flag])


def _row(setting: Setting) -> Row:
    spelled = f"{setting.short}, {setting.flag}" if setting.short else setting.flag
    value = "" if setting.kind in ("flag", "level") else setting.placeholder
    return {
        "option": f"{spelled} {value}".strip(),
        "meaning": help_text(setting),
        "variable": setting.variable,
    }
