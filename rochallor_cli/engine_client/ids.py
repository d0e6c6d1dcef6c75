"""Ids that a command is given, before they become a part of a URL."""

from __future__ import annotations

from rochallor_cli.errors import NotFoundError, UsageError

# What clients and servers take out of a URL's path, however it is quoted.
NO_IDS = (".", "..")


def require_id(text: str, what: str) -> None:
    """An empty id is a script's unset variable; the engine would take it for another path."""
    if not text.strip():
        raise UsageError(f"the {what}'s id is empty", hint="is a variable of your script not set?")
    if text.encode(errors="replace").decode() != text:
        raise UsageError(f"the {what}'s id is not UTF-8: {text!r}")
    if text in NO_IDS:
        raise NotFoundError(f"no {what} {text}", hint="no URL can name it: its path would be another one")
