"""Numbers in words: written down twice, for the SDK and the command line load nothing for each other's sake."""

from __future__ import annotations

import pytest

from rochallor_cli.counting import count_text
from workflow_sdk.runner import counting as sdk


@pytest.mark.parametrize(
    ("number", "thing", "text"),
    [
        (0, "job", "0 jobs"),
        (1, "process", "1 process"),
        (3, "process", "3 processes"),
        (2, "try", "2 tries"),
        (1204, "live instance", "1,204 live instances"),
    ],
)
def test_both_say_how_many_alike(number: int, thing: str, text: str) -> None:
    assert count_text(number, thing) == sdk.count_text(number, thing) == text
