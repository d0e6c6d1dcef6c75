"""BearerToken: who waits while a token is read, and who does not."""

from __future__ import annotations

import threading

from workflow_sdk.client.bearer import BearerToken


def test_nobody_waits_for_a_newer_token_but_who_asked_for_it() -> None:
    """A runner's loop asks for the token of each request; a command that renews it may take half a minute."""
    seen: list[str] = []

    def read() -> str:
        if not token.is_read:
            return "first"
        other = threading.Thread(target=lambda: seen.append(token.current()), daemon=True)
        other.start()
        other.join(60)
        return "second"

    token = BearerToken(read, renewable=True)
    assert token.current() == "first"
    assert token.renewed("first") == "second"
    assert seen == ["first"]
    assert token.current() == "second"
