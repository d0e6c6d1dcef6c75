"""What a host says at its start, on terminals of any width."""

from __future__ import annotations

import io

import pytest

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.console import HandlerRow, HostConsole

ROWS = [
    HandlerRow("validate-application", "examples/loan/handlers.py:15 validate_application", "sync", 64),
    HandlerRow("credit-score", "examples/loan/handlers.py:24 credit_score", "async", 8),
]


def banner(columns: int) -> list[str]:
    said = io.StringIO()
    console = HostConsole(said, is_terminal=True, columns=columns)
    console.banner(
        WorkerConfig(worker_id="web-3", modules=("handlers.py",)), ROWS, EngineAccess("http://engine:8080")
    )
    return said.getvalue().splitlines()


@pytest.mark.parametrize(
    ("columns", "place"),
    [
        (120, "examples/loan/handlers.py:15 validate_application  sync"),
        (80, "examples/loan/handlers.py:15  sync"),
        (64, "  handlers.py:15  sync"),
    ],
)
def test_the_banner_fits_the_terminal_and_gives_up_folders_last(columns: int, place: str) -> None:
    lines = banner(columns)
    assert max(map(len, lines)) < columns
    assert place in lines[-2]
    assert "web-3" in lines[0]
    assert (
        "engine http://engine:8080  ·  poll, 64 slots, idle every 0.5 s" in lines[0 if columns > 100 else 1]
    )
