"""The examples of docs/engine-faults.md: what the page says of each is what the machine of that engine does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from rochallor_cli.dev_engine import CODES, ENGINE_VERSIONS, EngineRules, check, engine_rules
from rochallor_cli.dev_engine.definition.duration import DurationError, duration_ns
from rochallor_cli.dev_engine.explore import definition_from_document, every_start, started
from rochallor_cli.verification.findings import find
from rochallor_cli.verification.search import search
from support.documentation_pages import ROOT, blocks_beneath

PAGE = ROOT / "docs" / "engine-faults.md"
TEXTS = {heading.partition(":")[0]: block.text for heading, block in blocks_beneath(PAGE, "yaml")}
EXAMPLES: dict[str, list[dict[str, Any]]] = {code: yaml.safe_load(text) for code, text in TEXTS.items()}


def rules_for(code: str) -> EngineRules:
    """The newest engine that a code matters to."""
    every = [engine_rules(version) for version in reversed(ENGINE_VERSIONS)]
    return next(rules for rules in every if CODES[code].holds_for(rules))


def definition_of(code: str, rules: EngineRules) -> Any:
    return definition_from_document({"id": "example", "name": "Example", "steps": EXAMPLES[code]}, rules)


# --- what some order of events leads to -----------------------------------------------------------------------

# V01 stays for ever, V02 a step twice, V03 an END with work left, V04 a 500, V06 a timer that fires after its step,
# V08 a join too early, V11 a task and its timer.
LEADS_TO = {
    "W302": {"V02", "V08"},
    "W303": {"V03"},
    "W304": {"V01"},
    "W305": {"V04"},
    "W306": {"V04"},
    "W313": {"V01"},
    "W314": {"V08"},
    "W317": {"V08"},
    "W318": {"V01"},
    "W401": {"V06"},
    "W402": {"V11"},
    "W403": {"V04"},
}


@pytest.mark.parametrize("code", LEADS_TO)
def test_some_order_of_events_leads_to_what_the_page_says(code: str) -> None:
    definition = definition_of(code, rules_for(code))
    found = {finding.code for finding in find(search(definition))}
    assert LEADS_TO[code] <= found


# --- what a start leads to, with variables that show it -------------------------------------------------------


@dataclass(frozen=True)
class Start:
    """Variables, and what they lead to: a part of the reason of the failure, or the step and variables afterwards."""

    given: Mapping[str, Any]
    fails: str = ""
    at: str = ""
    then: Mapping[str, Any] = field(default_factory=dict)


AMOUNTS = {"amount": 2000, "tier": "gold"}
STARTS = {
    "W201": Start({"amount": 1}, fails="unexpected token"),
    "W202": Start({"n": 3}, fails="%"),
    "W203": Start({"zip": "01"}, at="end"),
    "W204": Start({"forename": "Eva", "surname": "May"}, fails='cannot coerce value "Eva" to number'),
    "W205": Start({"due": "2026-03-01"}, fails='cannot coerce value "2026-03-01" to number'),
    "W206": Start({"items": [1], "open": True}, fails="to bool"),
    "W207": Start({"total": 1}, then={"total": "#total + 1"}),
    "W301": Start({"n": 0}, fails="steps were entered without a rest"),
    "W307": Start({"n": 1}, fails="DecisionNoBranchMatched"),
    "W311": Start({"amount": 2000, "vip": True}, at="mail"),
    "W312": Start({"amount": 2000, "vip": True}, at="mail"),
    "W316": Start({"amount": 100}, fails="DecisionNoBranchMatched"),
    "W321": Start(AMOUNTS, then={"rate": 0.02}),
    "W322": Start({"amount": 2000}, fails="DecisionTableUniqueViolation"),
    "W323": Start(AMOUNTS, fails="DecisionTableAnyConflict"),
    "W324": Start(AMOUNTS, fails="DecisionTableAggregatorTypeError"),
    "W325": Start({"amount": 100, "fee": 7}, then={"fee": 1, "total": 107}),
    "W327": Start({"amount": 100}, fails="DecisionTableNoRuleMatched"),
}


@pytest.mark.parametrize("code", STARTS)
def test_a_start_with_these_variables_shows_what_the_page_says(code: str) -> None:
    start = STARTS[code]
    world = started(definition_of(code, rules_for(code)), start.given).world
    reason = world.instance.failure_reason or ""
    assert start.fails in reason
    assert bool(start.fails) == bool(reason), reason
    if start.at:
        assert start.at in (*world.instance.current_step_ids, *(each.step_id for each in world.executions))
    assert {name: world.instance.variables.values.get(name) for name in start.then} == start.then


# --- what is up to chance, and what is read -------------------------------------------------------------------


def test_branches_that_hold_together_and_transformations_that_use_each_other_come_out_in_several_ways() -> (
    None
):
    for code, given in (("W308", {"n": 200}), ("W309", {"net": 1})):
        definition = definition_of(code, rules_for(code))
        ways = {
            (each.world.instance.current_step_ids, str(sorted(each.world.instance.variables.values.items())))
            for each in every_start(definition, given)
        }
        assert len(ways) > 1, code


@pytest.mark.parametrize(
    ("duration", "version", "seconds"),
    [
        ("P5M", "next", 300),
        ("P1DT2H", "0", 7_200),
        ("P1DT2H", "next", 93_600),
        ("PT-5M", "0", 300),
        ("PT-5M", "next", None),
        ("P1W", "next", None),
        ("PT168H", "0", 604_800),
        ("P7D", "1.0.0", 604_800),
    ],
)
def test_a_duration_is_read_as_the_page_says(duration: str, version: str, seconds: int | None) -> None:
    if seconds is None:
        with pytest.raises(DurationError):
            duration_ns(duration, engine_rules(version))
    else:
        assert duration_ns(duration, engine_rules(version)) == seconds * 1_000_000_000


# Of these the machine does what it would without the fault: a field is not looked at, or a path, a worker or the JSON
# of an answer is in the way.
OTHERWISE = {"W326", "W331", "W404", "W405", "W501", "W502", "W503", "W504"}


def test_every_example_of_the_page_is_run() -> None:
    assert EXAMPLES.keys() - LEADS_TO.keys() - STARTS.keys() - {"W308", "W309"} == OTHERWISE


# --- the ways round ----------------------------------------------------------------------------------------------

# What is exchanged in the text of an example, as its way round says, and what of that the page spells out.
WAYS_ROUND: dict[str, tuple[dict[str, str], str]] = {
    "W202": ({'"n % 2': '"int(n) % 2'}, "`int(n) % 2`"),
    "W203": ({"zip == '01'": "zip in ['01']", "zip != '01'": "zip not in ['01']"}, "zip in ['01']"),
    "W204": ({"forename + ' ' + surname": "join([forename, surname], ' ')"}, 'join([a, b], " ")'),
    "W205": (
        {
            "due >= '2026-01-01'": "date(due).Unix() >= date('2026-01-01').Unix()",
            "due < '2026-01-01'": "date(due).Unix() < date('2026-01-01').Unix()",
        },
        "date(a).Unix() < date(b).Unix()",
    ),
    "W206": ({"len(items) && open": "len(items) != 0 && open"}, "n != 0"),
    "W207": ({"#total + 1": "${total + 1}"}, '"${total + 1}"'),
    "W304": ({"joinStep: end": "nextStep: end"}, "`nextStep`"),
    "W305": ({"nowhere": "end"}, "a step that is there"),
    "W307": ({'"n > 5": end}, nextStep: ask}': '"n > 5": end, "!(n > 5)": ask}}'}, '"!(n > 5)": ask'),
    "W308": ({'"n > 10": end': '"n > 10 && n <= 100": end, "n <= 10": end'}, '"n > 10 && n <= 100"'),
    "W312": ({'"vip": mail': '"vip && amount <= 1000": mail'}, "exclude each other"),
    "W316": ({"amount > 100": "amount > 100", "amount < 100": "amount <= 100"}, "<= 100"),
    "W322": ({'"amount > 10"': '"amount > 10 && amount <= 1000"'}, "let the rules exclude each other"),
    "W326": ({"hitPolicy: F, ": ""}, "remove it"),
    "W403": ({"P1W": "PT168H"}, "`PT168H`"),
    "W404": ({"P5M": "PT5M"}, "`PT5M`"),
    "W501": ({"ask/legal": "ask-legal"}, "without a slash"),
    "W502": ({'" "': "work"}, "name the job type"),
    "W503": ({"-1": "0"}, "write 0"),
    "W504": ({"9007199254740993": '"9007199254740993"'}, '"9007199254740993"'),
}


@pytest.mark.parametrize("code", WAYS_ROUND)
def test_a_way_round_that_is_taken_leaves_nothing_to_say(code: str) -> None:
    exchanged, said = WAYS_ROUND[code]
    text = before = TEXTS[code]
    section = PAGE.read_text("utf-8").partition(f"### {code}: ")[2].partition("\n### ")[0]
    assert said in " ".join(section.partition("Way round:")[2].split())
    for old, new in exchanged.items():
        assert old in text
        text = text.replace(old, new)
    assert code in codes_of(before, code)
    # What is left was said before: an example may have another gap.
    assert codes_of(text, code) <= codes_of(before, code) - {code}


def codes_of(steps: str, code: str) -> set[str]:
    document = {"id": "example", "name": "Example", "steps": yaml.safe_load(steps)}
    return {problem.code for problem in check(document, rules_for(code))}
