"""A verdict in a few words, for views that show an instance and must not show a dead one as going on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.explanation.explaining import STUCK, Explanation, confirmed
from rochallor_cli.explanation.facts import FactsReader


def stuck_text(
    engine: AdminClient, instance_id: str, versions: Sequence[str], *, now: Callable[[], datetime]
) -> str:
    """`nothing can move it (W302)`; "" for one that something can move, that has ended or cannot be explained."""
    try:
        found, _ = confirmed(FactsReader(engine), instance_id, versions, now=now)
    except Exception:  # noqa: BLE001 - a view of odd data shows what it has; `instances explain` says what is odd
        return ""
    return verdict_text(found)


def verdict_text(found: Explanation) -> str:
    """The same of an explanation that there is already."""
    if found.verdict != STUCK:
        return ""
    codes = f" ({', '.join(found.codes)})" if found.codes else ""
    return f"{'' if found.certain else 'likely '}nothing can move it{codes}"
