"""What can be done from a page, and when it is refused."""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from rochallor_cli.configuration.settings import Settings
from support.engines import running_engine
from support.ui_pages import Visitor, ui_of
from support.workflows import document, user_task, wait
from workflow_sdk.client.rest import RestEngineClient


@dataclass
class Desk:
    """An engine with a definition that waits for a person, then for a signal."""

    client: RestEngineClient
    url: str

    def started(self) -> str:
        return str(self.client.start_instance("flow", {"kept": 1})["id"])

    def status(self, instance_id: str) -> str:
        return str(self.client.get_instance(instance_id)["status"])


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(user_task("approve", "pay"), wait("pay"), id_="flow"))
        yield Desk(client, engine.url)


@pytest.fixture(scope="module")
def visitor(desk: Desk) -> Iterator[Visitor]:
    with ui_of(desk.url) as found:
        yield found


def test_a_task_is_completed_and_a_step_signalled_with_what_was_typed(desk: Desk, visitor: Visitor) -> None:
    started = desk.started()
    assert "Complete approve" in " ".join(visitor.get(f"/instances/{started}").text.split())
    form = {"variables": '{"approved": true}', "by": "jane"}
    done = visitor.post(f"/instances/{started}/steps/approve/complete", form)
    assert (done.status, done.headers["location"]) == (303, f"/instances/{started}?done=complete")
    assert "The task is completed." in visitor.get(done.headers["location"]).text
    # The page that comes next shows what has become of it, not what was a moment ago.
    assert "Complete approve" not in " ".join(visitor.get(f"/instances/{started}").text.split())
    done = visitor.post(f"/instances/{started}/steps/pay/signal", {"variables": ""})
    assert done.status == 303
    found = desk.client.get_instance(started)
    assert (found["status"], found["variables"]) == ("COMPLETED", {"kept": 1, "approved": True})


def test_an_instance_is_cancelled_with_its_reason(desk: Desk, visitor: Visitor) -> None:
    started = desk.started()
    assert visitor.post(f"/instances/{started}/cancel", {"reason": "customer withdrew"}).status == 303
    found = desk.client.get_instance(started)
    assert (found["status"], found["failureReason"]) == ("CANCELLED", "customer withdrew")


def test_the_second_click_names_what_will_happen(desk: Desk, visitor: Visitor) -> None:
    started = desk.started()
    page = visitor.get(f"/instances/{started}").text
    buttons = [" ".join(text.split()) for text in re.findall(r"<button class=\"\w+\">([^<]*)</button>", page)]
    assert buttons == [f"Complete approve of {started}", f"Cancel {started}"]
    forms = re.findall(r"<details class=\"act[^>]*>.*?</details>", page, re.DOTALL)
    # They are closed: the first click opens one.
    assert len(forms) == 2
    assert all("<form" in form and " open" not in form.partition(">")[0] for form in forms)


@pytest.mark.parametrize("variables", ["{", "[1]", '"x"', "yes", "[" * 100_000])
def test_variables_that_are_none_do_nothing_and_are_kept(
    desk: Desk, visitor: Visitor, variables: str
) -> None:
    started = desk.started()
    form = {"variables": variables, "by": "jane"}
    refused = visitor.post(f"/instances/{started}/steps/approve/complete", form)
    assert refused.status == 400
    assert "It was not done" in refused.text
    [typed] = re.findall(
        r"<textarea id=\"complete-approve-again-variables\"[^>]*>(.*?)</textarea>", refused.text
    )
    assert html.unescape(typed) == variables
    assert 'value="jane"' in refused.text
    assert desk.client.get_instance(started)["currentStepIds"] == ["approve"]


def test_what_the_engine_refuses_is_said_in_the_commands_words(desk: Desk, visitor: Visitor) -> None:
    started = desk.started()
    for path, status, text in (
        ("steps/pay/complete", 409, "step pay is a WAIT, not a USER_TASK"),
        ("steps/pai/signal", 404, "did you mean pay?"),
    ):
        refused = visitor.post(f"/instances/{started}/{path}")
        assert (refused.status, text in refused.text) == (status, True), refused.text
    assert visitor.post(f"/instances/{started}/cancel").status == 303
    again = visitor.post(f"/instances/{started}/cancel")
    assert (again.status, "is CANCELLED already" in again.text) == (409, True)
    assert visitor.post(f"/instances/{'0' * 26}/cancel").status == 404


def test_what_can_no_longer_be_done_is_offered_no_more_and_keeps_what_was_typed(
    desk: Desk, visitor: Visitor
) -> None:
    started = desk.started()
    # The page knows it as it was a moment before it ends.
    assert "WAITING" in visitor.get(f"/instances/{started}").text
    desk.client.cancel_instance(started, "elsewhere")
    for path, form in (
        ("cancel", {"reason": "withdrawn"}),
        ("steps/approve/complete", {"variables": '{"approved": 1}', "by": "jane"}),
        ("steps/pay/signal", {"variables": '{"approved": 1}'}),
    ):
        refused = visitor.post(f"/instances/{started}/{path}", form)
        assert (refused.status, "CANCELLED already" in refused.text) == (409, True), refused.text
        assert 'method="post"' not in refused.text
        for typed in form.values():
            assert f" readonly>{html.escape(typed, quote=False)}</textarea>" in refused.text.replace(
                "&#34;", '"'
            )


def test_a_form_that_is_too_long_is_said_and_kept(desk: Desk, visitor: Visitor) -> None:
    started = desk.started()
    form = {"variables": "y" * 1_200_000, "by": "jane"}
    refused = visitor.post(f"/instances/{started}/steps/approve/complete", form)
    assert refused.status == 413
    assert f"{form['variables']}</textarea>" in refused.text
    assert "--vars @FILE" in refused.text
    # What is longer than anybody reads is not kept, but leaves a way back.
    refused = visitor.post(f"/instances/{started}/steps/approve/complete", {"variables": "y" * 4_200_000})
    assert refused.status == 413
    assert f'<a class="button" href="/instances/{started}">' in refused.text
    assert desk.status(started) == "WAITING"


def test_an_act_leads_back_to_the_page_that_it_was_done_from(desk: Desk, visitor: Visitor) -> None:
    started = desk.started()
    here = f"/instances/{started}?chain=parent"
    path = f"/instances/{started}/steps/approve/complete"
    refused = visitor.post(path, {"variables": "{"}, Referer=f"{visitor.origin}{here}")
    assert f'data-address="{here}"' in refused.text
    done = visitor.post(path, Referer=f"{visitor.origin}{here}&done=signal")
    assert done.headers["location"] == f"{here}&done=complete"
    for other in ("/definitions", "//evil.example/", "/instances/other?chain=parent", "[?chain=x"):
        done = visitor.post(f"/instances/{desk.started()}/cancel", Referer=f"{visitor.origin}{other}")
        assert "chain" not in done.headers["location"]


@pytest.mark.parametrize(
    "path", ["/instances/I/retry", "/instances/I", "/", "/definitions", "/instances/I/steps/x/run"]
)
def test_nothing_else_can_be_done(visitor: Visitor, path: str) -> None:
    assert visitor.post(path).status == 404


def test_an_address_alone_does_nothing(desk: Desk, visitor: Visitor) -> None:
    started = desk.started()
    for path in ("cancel", "steps/approve/complete"):
        assert visitor.get(f"/instances/{started}/{path}").status == 404
    assert desk.status(started) == "WAITING"


@pytest.mark.parametrize(
    ("settings", "read_only", "reason"),
    [
        (Settings(), True, "it was started with --read-only"),
        (Settings(context="prod", protected=True), False, "the context prod is protected"),
    ],
)
def test_where_nothing_may_be_changed_there_are_no_buttons_and_the_server_refuses(
    desk: Desk, settings: Settings, read_only: bool, reason: str
) -> None:
    started = desk.started()
    with ui_of(desk.url, read_only=read_only, settings=settings) as visitor:
        page = visitor.get(f"/instances/{started}").text
        assert 'method="post"' not in page
        assert reason in page
        assert f"rochallor instances cancel {started}" in page
        for path in ("cancel", "steps/approve/complete", "steps/approve/signal"):
            refused = visitor.post(f"/instances/{started}/{path}")
            assert (refused.status, reason in refused.text) == (409, True)
            assert 'method="post"' not in refused.text
    assert desk.status(started) == "WAITING"


def test_an_engine_that_hangs_may_have_done_what_was_asked_but_not_what_was_looked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with ui_of(url, engine_timeout_s=0.1) as visitor:
            looked, acted = visitor.get("/instances"), visitor.post("/instances/01X/cancel", {"reason": "x"})
    assert (looked.status, acted.status) == (503, 503)
    assert "no answer from" in looked.text
    assert "may have done" not in looked.text
    assert "the engine may have done what was asked" in acted.text
