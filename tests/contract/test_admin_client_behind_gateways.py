"""What a gateway answers in the engine's place says nothing about what a command asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rochallor_cli.configuration.settings import Settings
from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.errors import CliError, EngineAwayError
from support.known_answers import known_answers
from support.scripted_server import stand_in
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError, EngineUnreachableError, RouteMissingError

ID = "01M8F67NFZ001ZM4WAD2XA5AZ1"
CALLS: dict[str, Callable[[AdminClient], object]] = {
    "upload": lambda engine: engine.upload({"id": "a"}),
    "definition": lambda engine: engine.definition("a"),
    "known definition": lambda engine: engine.known_definition("a"),
    "start": lambda engine: engine.start("a", {}, business_key="k"),
    "instance": lambda engine: engine.instance(ID),
    "history": lambda engine: engine.history(ID),
    "cancel": lambda engine: engine.cancel(ID, ""),
    "retry": lambda engine: engine.retry(ID, "s"),
    "signal": lambda engine: engine.signal(ID, "s", {}),
    "complete task": lambda engine: engine.complete_task(ID, "s", {}, by="me"),
}
OF_OTHERS = [row for row in known_answers() if row.judged == "not the engine"]
# With an engine's code, and without its reason or at another code's status.
OF_OTHERS_IN_DISGUISE = [row for row in OF_OTHERS if row.body.startswith(b'{"error":')]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    state = Gateway()
    with (
        stand_in(lambda method, path, sent: state.answer) as there,
        RestEngineClient(there.url, timeout=30) as client,
    ):
        state.engine = AdminClient(client, Settings())
        yield state


class Gateway:
    """Answers everything alike."""

    answer: tuple[int, bytes]
    engine: AdminClient

    def what_comes_of(self, call: str, status: int, body: bytes) -> BaseException:
        self.answer = (status, body)
        with pytest.raises(
            (EngineClientError, EngineUnreachableError, RouteMissingError, CliError)
        ) as caught:
            CALLS[call](self.engine)
        return caught.value


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_of_others_is_shown_as_it_came(gateway: Gateway, call: str) -> None:
    assert len(OF_OTHERS_IN_DISGUISE) > 5
    for row in OF_OTHERS:
        came = gateway.what_comes_of(call, row.status, row.body)
        # A start whose answer got lost may have been taken: that is said, and no more.
        assert isinstance(came, EngineAwayError) or not isinstance(came, CliError), row


@pytest.mark.parametrize(
    ("call", "status", "body"),
    [
        ("definition", 404, b'{"error":"not-found","message":"somebody else\'s"}'),
        ("start", 500, b'{"error":"internal-error","message":"definition not found"}'),
        ("start", 409, b'{"error":"conflict"}'),
        ("cancel", 500, b'{"error":"internal-error"}'),
        ("upload", 400, b'{"error":"bad-request"}'),
        ("signal", 409, b'{"error":"conflict"}'),
    ],
)
def test_a_code_without_the_engines_reason_means_nothing(
    gateway: Gateway, call: str, status: int, body: bytes
) -> None:
    assert isinstance(gateway.what_comes_of(call, status, body), EngineClientError | EngineAwayError)
