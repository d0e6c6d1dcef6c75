"""The commands that the pages show to be copied: each does on a command line what it says."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command_line import Result, rochallor
from support.engines import running_engine
from support.ui_pages import Visitor, ui_of
from support.workflows import decision, document, rule, service, table, user_task, wait
from workflow_sdk.client.rest import RestEngineClient

# What stands in a command for what only its reader knows.
PLACEHOLDERS = {"name=value": "amount=11", "YOU": "jane"}
# What they say of what they show: it differs, it is FAILED.
SAYS = {"defs diff": 1, "instances explain": 9}
# They need a Kafka that nobody has here.
ELSEWHERE = {"jobs find"}
HANDLERS = """
from workflow_sdk.handler.registry import HandlerRegistry

registry = HandlerRegistry()
registry.handler("score")(print)
"""


@pytest.fixture
def pages() -> Iterator[tuple[Visitor, list[str]]]:
    """Instances in every state, and every page there is of them."""
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("score"), id_="loan"))
        prices = table("price", rule("amount > 10", price=3), rule("amount <= 10", price=1), next_step="way")
        ways = {"amount > 1": "review", "amount <= 1": "pay"}
        steps = service("score", "price"), prices, decision("way", ways), user_task("review"), wait("pay")
        client.upload_definition(document(*steps, id_="loan"))
        ids = [str(client.start_instance("loan", {"amount": n})["id"]) for n in range(1, 4)]
        for job in client.poll_jobs("t", ["score"], 10):
            if job["instanceId"] == ids[2]:
                client.fail_job(job["id"], "t", "no such account", retryable=False)
            else:
                client.complete_job(job["id"], "t", {})
        ids += [str(client.start_instance("loan", {"amount": 4})["id"]) for _ in range(2)]
        client.cancel_instance(ids[-1], "withdrawn")
        lists = ["/", "/?audit=1", "/instances", "/instances?status=WAITING&older_than=1s&definition=loan"]
        of_definitions = ["", "?keyword=lo", "/loan", "/loan?version=1", "/loan/changes"]
        lists += [f"/definitions{each}" for each in of_definitions]
        with ui_of(engine.url) as visitor:
            yield visitor, [*lists, *(f"/instances/{each}" for each in ids)]


def commands_on(visitor: Visitor, address: str) -> list[str]:
    answered = visitor.get(address)
    assert answered.status == 200, answered.text
    copied = map(html.unescape, re.findall(r'data-copy="([^"]*)"', answered.text))
    return [text for text in copied if text.startswith("rochallor ")]


def run(text: str) -> Result:
    """A line as a shell would run it, with its pipe."""
    result = Result("", "", 0)
    for one in text.split(" | "):
        words = [PLACEHOLDERS.get(word, word) for word in shlex.split(one)[1:]]
        # These would go on for ever: nobody else does anything here.
        words += ["--check"] if words[0] == "work" else []
        words = [word for word in words if word != "--follow"]
        result = rochallor(*words, stdin=result.stdout, bug_expected=True)
        assert result.exit_status in (0, SAYS.get(" ".join(words[:2]), 0)), (text, result)
    return result


def test_every_command_that_a_page_shows_does_what_it_says(
    pages: tuple[Visitor, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, addresses = pages
    monkeypatch.chdir(tmp_path)
    Path("handlers.py").write_text(HANDLERS)
    run("rochallor defs new flow --steps score,approve:user")
    shown = {address: commands_on(visitor, address) for address in addresses}
    assert [address for address, commands in shown.items() if not commands] == []
    lines = list(dict.fromkeys(line for commands in shown.values() for line in commands))
    # What changes an instance comes last, and what ends it or the reason for the others after those.
    changing = ("complete", "signal", "restart", "retry", "cancel")
    lines.sort(key=lambda line: changing.index(line.split()[2]) if line.split()[2] in changing else -1)
    verbs = {" ".join(line.split()[1:3]) for line in lines}
    assert verbs >= {
        "instances explain", "instances retry", "instances restart", "instances cancel", "instances signal",
        "instances start", "instances count", "instances audit", "instances list", "instances history",
        "instances get", "tasks complete", "tasks list", "defs get", "defs graph", "defs lint", "defs list",
        "defs upload",
    }  # fmt: skip
    over: set[str] = set()
    for line in lines:
        _, group, verb, *words = line.split()
        # A task that is completed and a signal that is sent end these instances.
        if f"{group} {verb}" in ELSEWHERE or (verb == "cancel" and words[0] in over):
            continue
        run(line)
        over |= {words[0]} if verb in ("complete", "signal") else set()


def test_the_first_commands_lead_from_nothing_to_an_instance_with_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with running_engine(engine_version="next") as engine, ui_of(engine.url) as visitor:
        lines = [line for line in commands_on(visitor, "/") if " audit" not in line]
        assert [line.split()[1] for line in lines] == ["defs", "defs", "instances", "work"]
        for line in lines:
            run(line)
        assert "flow" in visitor.get("/instances").text


def test_the_commands_of_an_older_version_name_it(pages: tuple[Visitor, list[str]]) -> None:
    visitor, _ = pages
    commands = commands_on(visitor, "/definitions/loan?version=1")
    for verb in ("instances start", "defs graph", "defs get", "defs lint"):
        [line] = [line for line in commands if line.startswith(f"rochallor {verb} ")]
        assert line.split()[3] == "loan@1", line
    # The latest needs no number.
    newest = commands_on(visitor, "/definitions/loan")
    assert [line for line in newest if line.startswith("rochallor instances start loan ")]


def test_a_comparison_is_the_one_that_its_command_makes(pages: tuple[Visitor, list[str]]) -> None:
    visitor, _ = pages
    [line] = [each for each in commands_on(visitor, "/definitions/loan/changes") if " | " in each]
    result = run(line)
    assert "+ price" in result.stdout
    assert "~ score" in result.stdout
