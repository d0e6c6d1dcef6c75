"""What an answer takes in memory is known before it is read."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from workflow_sdk.client import answer_memory
from workflow_sdk.client.answers import RawResponse, value_from_answer
from workflow_sdk.errors import EngineUnreachableError

PARTS = 30_000
TEXTS = {
    "lists": "[" + "[]," * PARTS + "1]",
    "objects": "[" + '{"a":1},' * PARTS + "1]",
    "names": "{" + ",".join(f'"n{number}":1' for number in range(PARTS)) + "}",
    "numbers": "[" + "1.5," * PARTS + "1]",
    "whole numbers": "[" + "".join(f"{number}," for number in range(1000, PARTS)) + "1]",
    "texts": "[" + "".join(f'"{number}",' for number in range(PARTS)) + "1]",
    "one text": json.dumps("x" * 10 * PARTS),
    "a text of commas": json.dumps(",[{" * 3 * PARTS),
    "a wide text": '"' + "x" * 3 * PARTS + '\U0001f600"',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_takes_more_than_there_is_room_for_is_not_read(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = text.encode()
    tracemalloc.start()
    value = json.loads(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    monkeypatch.setattr(answer_memory, "MOST_BYTES", peak)
    with pytest.raises(EngineUnreachableError, match="MB of memory"):
        value_from_answer(RawResponse(200, {}, body), url="http://engine")
    # Nor is more asked for than what is read takes with all that is made of it.
    monkeypatch.setattr(answer_memory, "MOST_BYTES", 8 * peak + 10 * len(body))
    assert value_from_answer(RawResponse(200, {}, body), url="http://engine") == value
