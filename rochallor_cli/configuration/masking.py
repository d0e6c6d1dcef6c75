"""The one mask: what stands in the place of a secret, in settings that are shown and in all text on its way out."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping

# The SDK's is the same. It is not imported for this: errors are told where the SDK cannot be loaded, too.
MASK = "***"

# Shorter ones would be found in innocent words, too.
_SHORTEST = 4
# Both are compiled where they are used: few commands do.
# Within a text: `://user:secret@`, or `://user:se/cr#et@` where what follows the colon is no port.
_CREDENTIALS = r"://(?:[^\s/'\"]*|[^\s/@:'\"]*:(?!\d+(?:/|$|\s))[^\s'\"]*)@"
# In a command: `--password x`, `API_KEY=x`, `-H "Authorization: Bearer x"`.
_NAME = r"[\w.-]*(?:pass|pwd|secret|token|key|credential|auth)[\w.-]*"
_IN_COMMAND = rf"(?:-{_NAME}[\s=]+|\b{_NAME}(?:=|:\s*))(?:(?:bearer|basic)\s+)?[\"']?([^\s\"']+)"


def url_text(url: str) -> str:
    """One URL as it may be shown: `https://user:secret@host` becomes `https://***@host`.

    Where no @ stands before the first slash, a later one shows that the secret holds what parts a URL.
    """
    scheme, separator, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0]
    begin = (host if "@" in host else rest).rfind("@")
    return f"{scheme}{separator}{MASK}{rest[begin:]}" if separator and begin >= 0 else url


def command_text(command: str) -> str:
    """A command that prints a token, as it may be shown: without what it is given to prove who asks."""
    return masked(command, secrets_in_command(command))


def secrets_in_command(command: str) -> tuple[str, ...]:
    """What looks like a secret in a command: the values of options, variables and headers that are named so."""
    return tuple(re.findall(_IN_COMMAND, command, re.IGNORECASE)) if command else ()


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets, without those the SDK has met, and without what stands before a URL's @."""
    for secret in sorted({*secrets, *_met_by_sdk()}, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    return re.sub(_CREDENTIALS, f"://{MASK}@", text) if "://" in text else text


def _met_by_sdk() -> tuple[str, ...]:
    """Tokens from files and commands among them. The SDK is not imported for this: without it, none was read."""
    masking = sys.modules.get("workflow_sdk.known_secrets")
    found: tuple[str, ...] = masking.kept_secrets() if masking else ()
    return found


def secrets_in(arguments: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """What a command line and its environment hold that must not be shown, before anything of it is resolved."""
    found: list[str] = []
    option = ""
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if option:
            found += _secrets_of(option, argument)
        elif equals and name in _OPTIONS:
            found += _secrets_of(name, value)
        option = "" if option or argument not in _OPTIONS else argument
        found += userinfo(argument)
    for name, value in environ.items():
        if name == "ROCHALLOR_TOKEN":
            found += _secrets_of("--token", value)
        elif name == "ROCHALLOR_TOKEN_COMMAND":
            found += secrets_in_command(value)
        elif name == "ROCHALLOR_HEADER":
            found += [part for line in value.splitlines() for part in _secrets_of("--header", line)]
        elif name.lower().endswith("_proxy") or name == "ROCHALLOR_ENGINE_URL":
            found += userinfo(value)
    return tuple(dict.fromkeys(found))


_OPTIONS = ("--token", "--token-command", "--header")


def _secrets_of(option: str, value: str) -> list[str]:
    """A token with and without its scheme; a header's value, or the whole of what is no header; parts of a command."""
    if option == "--token-command":
        return [*secrets_in_command(value)]
    secret = value.partition(":")[2].strip() if option == "--header" and ":" in value else value.strip()
    return [secret, secret.partition(" ")[2].strip()]


def userinfo(url: str) -> list[str]:
    """What stands before the last @ of a URL, whole and without the user's name; nothing where there is none."""
    found, at, _ = url.partition("://")[2].rpartition("@") if "://" in url else url.rpartition("@")
    return [found, found.partition(":")[2]] if at and ":" in found else []
