"""`rochallor completion`: the script for a shell."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.completion.shells import SCRIPTS
from rochallor_cli.errors import UsageError, did_you_mean

app = typer.Typer()


@command(
    app,
    "completion",
    examples=(
        "source <(rochallor completion bash)       # now; or once and for all:",
        "rochallor completion bash > ~/.local/share/bash-completion/completions/rochallor",
        'rochallor completion zsh > "${fpath[1]}/_rochallor"',
        "rochallor completion fish > ~/.config/fish/completions/rochallor.fish",
    ),
)
def completion(
    context: Context,
    shell: Annotated[str, typer.Argument(help="bash, zsh or fish.")],
) -> None:
    """Print the completion script of a shell.

    Definition ids, instance ids and contexts are completed too, asked from the engine with little patience.
    """
    if shell not in SCRIPTS:
        known = tuple(SCRIPTS)
        raise UsageError(f"{shell!r} is none of {', '.join(known)}", hint=did_you_mean(shell, known))
    context.environment.stdout.write(SCRIPTS[shell])
