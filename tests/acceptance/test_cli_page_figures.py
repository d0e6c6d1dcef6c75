"""Figures, defaults and lists of names on the pages are those of the code."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from prometheus_client import CollectorRegistry

from rochallor_cli.app import build
from rochallor_cli.dev_engine import DevEngineConfig
from rochallor_cli.dev_engine.api.connection_limits import MOST_LINE_BYTES
from rochallor_cli.dev_engine.api.endpoints import MAX_VALUES
from rochallor_cli.dev_engine.api.server import MAX_BODY_BYTES
from rochallor_cli.dev_engine.go_json.reading import MAX_DEPTH
from rochallor_cli.dev_engine.state_machine.advance import _RESTING_COST
from rochallor_cli.dev_engine.state_machine.conditions import MAX_RESULT_LENGTH
from rochallor_cli.dev_engine.state_machine.event_inputs import DEFAULT_STEP_BUDGET
from rochallor_cli.durations import parse_duration
from rochallor_cli.trial.workflow import WorkflowRun, WorkflowRunner
from rochallor_cli.ui.pages.overview import LONGEST_AUDIT_S, MOST_AUDITED
from support.command_line import rochallor
from support.documentation_pages import PAGES, ROOT, name_of
from support.recordings import scenarios_of, table_of
from support.workflows import decision, document, long_branch, wait
from workflow_sdk.metrics import Metrics
from workflow_sdk.runner.kafka.config import REFUSED, consumer_config
from workflow_sdk.runner.kafka.metrics import KafkaCollector

GOLDEN = ROOT / "tests" / "contract"
COMMAND_LINE: Any = typer.main.get_command(build((None, None), for_terminal=False, everything=True))


def words_of(page: str) -> str:
    return " ".join((ROOT / "docs" / page).read_text("utf-8").split())


def listed(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


# --- the embedded engine -----------------------------------------------------------------------------------------


def recorded(folder: str) -> tuple[int, ...]:
    """Scenarios, expressions and definitions of one folder of recordings."""
    tables = (GOLDEN / folder / f"{name}.json" for name in ("expressions", "validation"))
    rows = [len(yaml.safe_load(table.read_text("utf-8"))) if table.exists() else 0 for table in tables]
    return len(list((GOLDEN / folder / "scenarios").rglob("*.json"))), *rows


def test_the_page_counts_what_was_recorded() -> None:
    assert scenarios_of("0")
    assert table_of("next", "expressions")
    said = re.search(
        r"(\d+) recorded scenarios, (\d+) expressions and (\d+) definitions of version 0, and what differs later "
        r"\((\d+) scenarios and (\d+) definitions of 1\.1\.0, (\d+) and (\d+) of `next` with (\d+) expressions, "
        r"(\d+) scenarios of `leases`\)",
        words_of("dev-engine.md"),
    )
    assert said
    (first, of_first, taken), (later, _, then), (newer, of_newer, new), (latest, *_) = map(
        recorded, ("golden", "golden-1.1", "golden-next", "golden-leases")
    )
    counted = (first, of_first, taken, later, then, newer, new, of_newer, latest)
    assert tuple(int(number) for number in said.groups()) == counted


def test_the_times_and_limits_of_the_page_are_those_of_the_engine() -> None:
    page, config = words_of("dev-engine.md"), DevEngineConfig()
    assert (
        f"Leases last {config.lease_s:g} s (`--lease-seconds`) and are swept every {config.sweep_s:g} s"
        in page
    )
    assert f"timers are looked at every {config.timer_s:g} s" in page
    assert f"It listens on {config.host}." in page
    resting = DEFAULT_STEP_BUDGET // _RESTING_COST
    assert f"| body of a request | {MAX_BODY_BYTES // 2**20} MiB (413 beyond) |" in page
    assert f"and each header | {MOST_LINE_BYTES // 1024} kB (400 beyond) |" in page
    assert f"by opening brackets and commas | {MAX_VALUES:,} (413 beyond) |" in page
    assert f"| depth of JSON | {MAX_DEPTH} (400" in page
    assert (
        f"| {DEFAULT_STEP_BUDGET:,} ({resting:,} that leave something open), then the instance fails |"
        in page
    )
    assert f"| {MAX_RESULT_LENGTH // 2**20} MiB of JSON, then the step fails |" in page


# --- Kafka ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused() -> None:
    page = words_of("kafka.md")
    ours = consumer_config({}, brokers="b:1", group="g", client_id="c", consumers=1)
    shown = dict(re.findall(r"\| `([a-z._]+)` \| ([^|]+?) \|", page.partition("Our defaults")[2]))
    # What librdkafka has likewise, who is asked, and what a refused setting would change.
    left = {"max.poll.interval.ms", "client.id", "auto.commit.enable", *REFUSED}
    assert set(shown) == set(ours) - left
    said = {name: text.replace(",", "") for name, text in shown.items()}
    assert {name: f"{ours[name]}".lower() for name in said if said[name].isalnum()} == {
        name: text for name, text in said.items() if text.isalnum()
    }
    assert (
        said["queued.max.messages.kbytes"]
        == f"{ours['queued.max.messages.kbytes'] // 1024} MiB over all topics"
    )
    refused = listed(page.partition("Refused, with the reason")[2].partition("## Metrics")[0])
    assert set(REFUSED) - refused == set()


def test_the_page_names_every_series_of_a_worker_on_kafka() -> None:
    section = words_of("kafka.md").partition("## Metrics")[2].partition("## The embedded")[0]
    registry = CollectorRegistry()
    Metrics(registry=registry)
    names = [family.name for family in registry.collect() if family.name.startswith("workflow_sdk_kafka_")]
    names += [family.name for family in KafkaCollector().collect()]
    assert len(names) > 5
    for name in names:
        short = name.removeprefix("workflow_sdk_kafka")
        assert {name, short, f"{name}_total", f"{short}_total"} & listed(section), name


# --- the command line ------------------------------------------------------------------------------------------------

# `--option` (default), as the pages write it.
DEFAULT = re.compile(
    r"`(?:rochallor [a-z ]+)?(--[a-z-]+)(?: N)?`(?: slots| processes have died)? \((\d+(?:,\d{3})*(?: [a-z]+)?)[),]"
)
UNITS = {"minute": "m", "minutes": "m", "s": "s"}


def defaults_on_pages() -> Iterator[tuple[str, str, str]]:
    for page in PAGES:
        for option, said in DEFAULT.findall(page.read_text("utf-8")):
            yield name_of(page), option, said


def options(command: Any) -> Iterator[Any]:
    yield from command.params
    for inner in getattr(command, "commands", {}).values():
        yield from options(inner)


@pytest.mark.parametrize(("page", "option", "said"), sorted(set(defaults_on_pages())))
def test_a_default_on_a_page_is_the_commands(page: str, option: str, said: str) -> None:
    found = [each for each in options(COMMAND_LINE) if option in each.opts]
    assert found
    number, _, unit = said.replace(",", "").partition(" ")
    texts = {f"{each.default}" for each in found}
    texts |= {text for each in found for text in re.findall(r"\(([^()]+)\)\.?$", each.help or "")}
    values = {parse_duration(text) for text in texts if re.fullmatch(r"[\d.]+(s|m|h|ms)?", text)}
    assert parse_duration(number + UNITS.get(unit, "")) in values, texts


def test_defaults_are_found_on_the_pages() -> None:
    assert {"--parallelism", "--max-states", "--max-time", "--idle-time"} <= {
        each[1] for each in defaults_on_pages()
    }


def test_the_bounds_on_the_page_about_the_window_are_those_of_the_code() -> None:
    page = words_of("ui.md")
    assert f"It reads {MOST_AUDITED} instances at most, for {LONGEST_AUDIT_S:g} seconds at most" in page
    script = (ROOT / "rochallor_cli/ui/static/ui.js").read_text("utf-8")
    (seats,) = re.findall(r"const SEATS = \[(.*)\];", script)
    assert seats.count(",") + 1 == 4
    assert "four are followed at a time" in page


def test_the_signature_on_the_page_is_that_of_the_fixture() -> None:
    page = words_of("testing.md")
    (said,) = re.findall(r"`run_workflow\((definition, registry[^)]*)\)`", page)
    parameters = list(inspect.signature(WorkflowRunner.__call__).parameters.values())[1:]
    written = [
        each.name if each.default is each.empty else f"{each.name}={each.default}" for each in parameters
    ]
    first = next(place for place, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY)
    assert said.split(", ") == [*written[:first], "*", *written[first:]]
    (held,) = re.findall(r"What it returns has (.*?) \(as the engine", page)
    assert {name for name in listed(held) if not hasattr(WorkflowRun, name)} <= set(
        WorkflowRun.__annotations__
    )


def test_the_json_has_exactly_the_fields_that_the_page_names(tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    steps = (*long_branch(["a", "c"], "b"),)
    file.write_text(yaml.safe_dump(document(*steps)))
    (found,) = rochallor("defs", "verify", file, "-o", "json").json()
    page = words_of("verification.md").partition("## For programs")[2]
    of_all, of_finding, of_event = re.findall(
        r"(?:definition:|A finding has|That is a list of) (.*?)\.(?: |$)", page
    )[:3]
    assert set(found) == listed(of_all)
    assert set(found["findings"][0]) == listed(of_finding)
    events = {"start", "job", "fail", "task", "signal", "timer"}
    assert set(found["findings"][0]["trace"][0]) == listed(of_event) - events
    choices = decision("d", {"n > 10": "hold", "n > 100": "end"})
    file.write_text(yaml.safe_dump(document(choices, wait("hold"))))
    rows = rochallor("defs", "lint", file, "--upgrade", "0..next", "-o", "json").json()
    (said,) = re.findall(r"`-o json` gives (.*?); `-o csv`", words_of("upgrading.md"))
    assert set(rows[0]) == listed(said) - {"silently", "fails", "refused", "better", "unknown"}


# --- commands ----------------------------------------------------------------------------------------------------


def examples_of_help() -> Iterator[str]:
    for block in re.findall(
        r"```\n(.*?)```", (ROOT / "docs/reference/commands.md").read_text("utf-8"), re.DOTALL
    ):
        for line in block.splitlines():
            yield from re.findall(r"(?<![\w/.])rochallor .*", line)


@pytest.mark.parametrize("line", sorted(set(examples_of_help())))
def test_an_example_of_a_help_is_a_command_that_there_is(line: str) -> None:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters = ""
    words: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("|&;<>()"):
            words.append([])
        elif word == "#":
            break
        else:
            words[-1].append(word)
    commands = [each[1:] for each in words if each[:1] == ["rochallor"]]
    assert commands
    for given in commands:
        command, rest = COMMAND_LINE, [*given]
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]
        context = command.make_context(line, [], resilient_parsing=True)
        command.make_parser(context).parse_args(rest)
        assert not hasattr(command, "commands"), line


def test_the_readme_names_every_command() -> None:
    table = (ROOT / "README.md").read_text("utf-8").partition("\n## Commands\n")[2].partition("\n## ")[0]
    named = {word for shown in listed(table) for word in shown.split()}
    missing = {name for name in COMMAND_LINE.commands if name not in named}
    for group in ("defs", "instances", "tasks", "jobs"):
        missing |= {f"{group} {name}" for name in COMMAND_LINE.commands[group].commands if name not in named}
    assert missing == set()
