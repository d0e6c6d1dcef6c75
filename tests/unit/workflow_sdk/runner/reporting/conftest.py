"""The two ways that a completion may take."""

from __future__ import annotations

import pytest

from support.scripted_channel import Script


@pytest.fixture(params=[True, False], ids=["at once", "by a sender"])
def at_once_or_not(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that hold whether a connection rests for a completion or not."""
    monkeypatch.setattr(Script, "is_at_once", request.param)
