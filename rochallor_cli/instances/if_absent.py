"""Starting an instance unless one with its business key is live: races included."""

from __future__ import annotations

from collections.abc import Callable

from rochallor_cli.engine_client.admin_client import AdminClient, KeyTakenError, Value
from rochallor_cli.engine_client.engine_version import EngineVersion
from rochallor_cli.errors import ConflictError

UNIQUE_SINCE = "1.0.1"
# A holder that ends between the refusal and the look at it leaves the key free: tried again, this often.
_TRIES = 5


def refuse_old_engine(version: EngineVersion, where: str) -> None:
    """ConflictError where the engine may start two instances with one key."""
    if version.surely(UNIQUE_SINCE):
        return
    if version.surely_not(UNIQUE_SINCE):
        text = f"{where} (version {version.text}) lets several live instances have one business key"
        hint = f"--if-absent needs an engine from {UNIQUE_SINCE} on"
    else:
        text = f"{where} may be {version.text}: whether it keeps business keys unique is not known"
        hint = f"say which it is: --engine-version {UNIQUE_SINCE}"
    raise ConflictError(f"{text}; nothing was started", hint=hint)


def start_if_absent(
    engine: AdminClient, definition_id: str, business_key: str, *, start: Callable[[], Value]
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
