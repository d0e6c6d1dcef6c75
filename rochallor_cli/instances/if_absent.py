"""Starting an instance unless one with its business key is live: races included."""

from __future__ import annotations

from collections.abc import Callable

from rochallor_cli.engine_client.admin_client import AdminClient, KeyTakenError, Value
from rochallor_cli.engine_client.engine_version import EngineVersion
from rochallor_cli.errors import ConflictError
from workflow_sdk.engine_versions import since

FEATURE = "business_keys"
# A holder that ends between the refusal and the look at it leaves the key free: tried again, this often.
_TRIES = 5


class KeyIsNotUniqueError(ConflictError):
    """The engine has started an instance although another live one has its business key."""


def refuse_old_engine(version: EngineVersion, where: str) -> None:
    """ConflictError where the engine starts two instances with one key."""
    if version.surely_lacks(FEATURE):
        raise ConflictError(
            f"{where} (version {version.text}) lets several live instances have one business key; "
            "nothing was started",
            hint=f"--if-absent needs an engine from {since(FEATURE)} on",
        )


def doubt(version: EngineVersion, where: str) -> str | None:
    """What to say where the engine may be too old to keep keys unique; None where it is not."""
    if version.surely_has(FEATURE):
        return None
    return (
        f"{where} may be {version.text}; taken for {version.assumed}, which keeps business keys unique "
        "(--engine-version says which it is)"
    )


def require_unique(engine: AdminClient, started: Value, business_key: str) -> None:
    """KeyIsNotUniqueError where another live instance has the key of one that was just started."""
    live = engine.live_instances(str(started["definitionId"]), business_key)
    others = [str(one["id"]) for one in live if one.get("id") != started["id"]]
    if others:
        raise KeyIsNotUniqueError(
            f"{started['id']} was started while {', '.join(others)} has the business key {business_key}: "
            f"this engine is older than {since(FEATURE)} and does not keep keys unique",
            hint=f"`rochallor instances cancel {started['id']}` ends the one too many",
        )


def start_if_absent(
    engine: AdminClient, definition_id: str, *, business_key: str, start: Callable[[], Value]
) -> tuple[Value, bool]:
    """The live instance with this key, and whether it was started here."""
    held: KeyTakenError | None = None
    for _ in range(_TRIES):
        holder = engine.live_instance(definition_id, business_key)
        if holder is not None:
            return holder, False
        try:
            return start(), True
        except KeyTakenError as error:
            held = error
            if error.holder is not None:
                return error.holder, False
    assert held is not None, "every try without an answer was refused"
    raise held
