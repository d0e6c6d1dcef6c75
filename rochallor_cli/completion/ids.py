"""Ids for completion: from the engine, asked with little patience and remembered for a few seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

from rochallor_cli.configuration.config_file import config_path, load_config
from rochallor_cli.configuration.engine_access import CREDENTIAL_TEXTS, EngineAccess
from rochallor_cli.configuration.layers import resolve
from rochallor_cli.configuration.settings import flag_name
from rochallor_cli.configuration.user_cache import remember, remembered

PATIENCE_S = 1.0
REMEMBERED_S = 5.0
_HOW_MANY = 50
_OPTIONS = {f"--{flag_name(name)}": name for name in ("engine_url", "context", *CREDENTIAL_TEXTS)}

Candidate = tuple[str, str]


def known(
    kind: str, given: Mapping[str, str], *, arguments: Sequence[str], environ: Mapping[str, str]
) -> list[Candidate]:
    """Candidates of a kind: context, definition, instance, step (of the instance named before). Never raises."""
    with suppress(Exception):
        if kind == "context":
            contexts = load_config(config_path(environ)).contexts
            return [(name, str(context.get("url", ""))) for name, context in contexts.items()]
        options = {name: given[flag] for flag, name in _OPTIONS.items() if flag in given}
        access = resolve(options, environ, lambda: load_config(config_path(environ))).access
        # A command that prints the token may ask for a pass phrase: not behind somebody's back.
        if access.token_command is None:
            return _remembered(
                access, kind, subject=tuple(arguments[:1]) if kind == "step" else (), environ=environ
            )
    return []


def _remembered(
    access: EngineAccess, kind: str, *, subject: tuple[str, ...], environ: Mapping[str, str]
) -> list[Candidate]:
    name = _file_name(access, kind, subject)
    with suppress(ValueError):
        text = remembered(name, environ, for_s=REMEMBERED_S)
        if text is not None:
            return [(str(value), str(about)) for value, about in json.loads(text)]
    found = _asked(access, kind, subject)
    remember(name, text=json.dumps(found), environ=environ)
    return found


def _file_name(access: EngineAccess, kind: str, subject: tuple[str, ...]) -> str:
    from hashlib import sha256

    key = repr((access.url, sorted(access.headers.items()), access.token, subject))
    return f"{kind}-{sha256(key.encode()).hexdigest()[:16]}.json"


def _asked(access: EngineAccess, kind: str, subject: tuple[str, ...]) -> list[Candidate]:
    from dataclasses import replace

    from rochallor_cli.engine_client.connect import connect
    from rochallor_cli.engine_client.reading import texts

    with connect(replace(access, timeout_s=PATIENCE_S)) as client:
        if kind == "definition":
            items = client.list_definitions(page_size=_HOW_MANY * 4)["items"]
            return [(str(item["id"]), str(item.get("name", ""))) for item in items]
        if kind == "step":
            instance = client.get_instance(subject[0].partition("/")[0])
            return [(str(step), str(instance["status"])) for step in texts(instance.get("currentStepIds"))]
        items = client.list_instances(page_size=_HOW_MANY)["items"]
        return [(str(item["id"]), f"{item['definitionId']} {item['status']}") for item in items]
