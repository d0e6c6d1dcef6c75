"""Photographs the page of `rochallor ui` for README and docs: `make screenshots`.

An embedded engine with a few instances of the loan example, and the distribution's Chromium. Needs the test
dependencies and `apt-get install chromium`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import yaml
from playwright.sync_api import Browser, sync_playwright

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.engine_client.connect import connect
from rochallor_cli.engine_client.engine_version import EngineVersion
from rochallor_cli.ui.page_engine import PageEngine
from rochallor_cli.ui.server import UiServer
from workflow_sdk.client.rest import RestEngineClient

FOLDER = Path(__file__).resolve().parent
VERSION = EngineVersion(("next",), "embedded")
LOAN = """
id: loan
name: Loan application
steps:
  - {id: score, name: Credit score, type: SERVICE_TASK, jobType: credit-score, retryCount: 2, nextStep: rate}
  - id: rate
    name: Interest rate
    type: DECISION_TABLE
    hitPolicy: F
    decisionTable:
      rules:
        - {when: {score: "creditScore >= 700", amount: "amount <= 10000"}, outputs: {rate: 3.9}}
        - {when: {score: "creditScore >= 700"}, outputs: {rate: 4.4}}
        - {when: {score: "creditScore < 700"}, outputs: {rate: 6.9}}
    nextStep: decide
  - id: decide
    name: Decide
    type: DECISION
    conditionalNextSteps: {"rate < 5": pay, "rate >= 5": review}
  - id: review
    name: Look at it
    type: USER_TASK
    boundaryEvents: [{type: TIMER, duration: PT48H, interrupting: true, targetStepId: refused}]
    nextStep: pay
  - {id: pay, name: Pay out, type: SERVICE_TASK, jobType: pay-out, retryCount: 3, nextStep: paid}
  - {id: paid, name: Paid out, type: END}
  - {id: refused, name: Refused, type: END}
"""
SCORES = (720, 540, 810, 655, 702, 590, 760, 611)


@contextmanager
def scene() -> Iterator[tuple[UiServer, str]]:
    """The page over instances in every state, and the one that waits for a person."""
    with DevEngine(DevEngineConfig(port=0, seed=1, engine_version="next")) as engine:
        with RestEngineClient(engine.url) as client:
            waiting = _filled(client)
        # As if it were the engine of the default address: the commands that are shown then name none.
        access = EngineAccess(engine.url, where="http://localhost:8080")
        settings = Settings(access=access, origins={"engine_url": "default"})
        with connect(settings.access) as client:
            page_engine = PageEngine(
                AdminClient(client, settings), lambda: datetime.now(UTC), lambda: VERSION
            )
            with UiServer(page_engine) as server:
                yield server, waiting


def _filled(client: RestEngineClient) -> str:
    client.upload_definition(yaml.safe_load(LOAN))
    started: dict[str, int] = {}
    for number, score in enumerate(SCORES, 1):
        variables = {"applicant": f"A-{number:03}", "amount": 2_500 * number}
        found = client.start_instance("loan", variables, None, f"APP-2026-{number:03}")
        started[str(found["id"])] = score
    for job in client.poll_jobs("photographer", ["credit-score"], len(SCORES) - 1):
        client.complete_job(job["id"], "photographer", {"creditScore": started[str(job["instanceId"])]})
    for number, job in enumerate(client.poll_jobs("photographer", ["pay-out"], 3)):
        if number:
            client.complete_job(job["id"], "photographer", {"paid": True})
        else:
            client.fail_job(job["id"], "photographer", "the account is closed", retryable=False)
    return next(str(row["id"]) for row in client.list_instances(status="WAITING")["items"])


def photograph(browser: Browser, server: UiServer, at: str, name: str, scheme: str, height: int) -> None:
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": 1200, "height": height}, device_scale_factor=1.5
    )
    page = context.new_page()
    page.goto(server.address(at))
    page.locator("#live").wait_for()
    page.screenshot(path=FOLDER / name)
    context.close()


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium: apt-get install chromium")
    flags = ["--no-sandbox"] if os.getuid() == 0 else []
    with scene() as (server, waiting), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        photograph(browser, server, f"/instances/{waiting}", "ui-instance.png", "light", 920)
        photograph(browser, server, "/instances", "ui-instances.png", "dark", 700)
        browser.close()


if __name__ == "__main__":
    main()
