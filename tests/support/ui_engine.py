"""An engine with its page, for tests in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from support.browser import PATIENCE_MS
from support.engines import running_engine
from support.ui_pages import Visitor, ui_of
from support.workflows import decision, document, gateway, join, rule, service, table, user_task, wait
from workflow_sdk.client.rest import RestEngineClient

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Desk:
    """An engine with instances in several states, and its page."""

    client: RestEngineClient
    visitor: Visitor

    def opened(self, page: Page, at: str = "/") -> None:
        """Let a window in where it is not yet, and go to a page that is followed."""
        is_in = page.url.startswith(self.visitor.origin)
        page.goto(f"{self.visitor.origin}{at}" if is_in else self.visitor.server.address(at))
        page.wait_for_url(f"{self.visitor.origin}{at}")
        expect(page.locator("#live")).to_have_text("live")

    def started(self, **variables: object) -> str:
        return str(self.client.start_instance("loan", variables)["id"])

    def score(self, value: int = 700) -> None:
        for job in self.client.poll_jobs("t", ["score"], 100):
            self.client.complete_job(job["id"], "t", {"score": value})


LOAN = document(
    service("score", "price", retryCount=2),
    table("price", rule("score > 600", rate=3), rule("score <= 600", rate=9), next_step="way"),
    decision("way", {"rate > 5": "end", "rate <= 5": "review"}),
    user_task("review", "pay"),
    wait("pay"),
    id_="loan",
)


@contextmanager
def loan_desk() -> Iterator[Desk]:
    """An engine that knows two definitions, of one two versions; nothing has been started."""
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("score"), id_="loan"))
        client.upload_definition(LOAN)
        odd = gateway("split", ["a", "b"]), service("a", "meet"), user_task("b", "meet"), join()
        client.upload_definition(document(*odd, id_="odd"))
        with ui_of(engine.url) as visitor:
            yield Desk(client, visitor)
