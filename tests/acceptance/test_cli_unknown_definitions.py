"""Definitions of a later engine: what can be told of them and of their instances is told, and what cannot is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command_line import Result, rochallor
from support.engines import running_engine
from support.planted_answers import FAILED, HELD, Change, Planted, Recorded, recorded, with_unknown
from support.scripted_server import stand_in
from support.workflows import do_jobs, document, rule, service, table, uploaded
from workflow_sdk.client.rest import RestEngineClient

TYPE = with_unknown(("type", "steptype"), "LOOP")
POLICY = with_unknown(("hitpolicy",), "Z#")
SLIP = with_unknown(("hitpolicy",), "U+")


@pytest.fixture(scope="module")
def engine() -> Recorded:
    return recorded()


def ask(engine: Recorded, change: Change, *words: str) -> Result:
    given = [engine.ids.get(word, word) for word in words]
    with stand_in(Planted(engine, change)) as there:
        return rochallor(*given, url=there.url)


@pytest.mark.parametrize(("change", "named"), [(TYPE, 'step type "LOOP"'), (POLICY, 'hit policy "Z#"')])
def test_an_instance_of_what_is_not_known_is_shown_with_its_reason_and_ways_out(
    engine: Recorded, change: Change, named: str
) -> None:
    failed = ask(engine, change, "instances", "explain", FAILED)
    assert failed.exit_status == 9
    for words in ("FAILED", "instances restart", "instances retry", named):
        assert words in failed.stdout, words
    instance = ask(engine, change, "instances", "get", FAILED, "-o", "json").json()
    assert " ".join(instance["failureReason"].split()) in " ".join(failed.stdout.split())
    found = ask(engine, change, "instances", "explain", FAILED, "-o", "json").json()
    assert (found["status"], found["certain"]) == ("FAILED", False)
    assert named in found["notKnown"]


def test_who_can_move_an_instance_is_told_by_the_types_that_are_known(engine: Recorded) -> None:
    held = ask(engine, POLICY, "instances", "explain", HELD)
    assert held.exit_status == 0
    assert f"rochallor instances signal {engine.ids[HELD]} hold" in held.stdout
    assert "whatever happens" not in held.stdout
    of_unknown = ask(engine, TYPE, "instances", "explain", HELD)
    assert of_unknown.exit_status == 13
    assert "only the engine knows" in " ".join(of_unknown.stdout.split())


def test_an_audit_counts_those_that_only_the_engine_can_tell_of(engine: Recorded) -> None:
    rows = ask(engine, TYPE, "instances", "audit", "-o", "json").json()
    assert {"only the engine knows" in row["text"] for row in rows} == {True}
    assert sum(row["count"] for row in rows) == 2


@pytest.mark.parametrize("change", [TYPE, POLICY, SLIP])
def test_a_definition_that_an_engine_has_is_not_said_to_be_refused_by_engines(
    engine: Recorded, change: Change
) -> None:
    left = ask(engine, change, "defs", "verify", "all")
    assert left.exit_status == 13, left.stderr
    assert "that the engine refuses" not in left.stderr


def test_a_policy_that_may_be_a_slip_is_one_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    for policy, exit_status in (("Z#", 13), ("U+", 3)):
        step = table("t", rule("a > 1", x="2"), policy=policy)
        file.write_text(json.dumps(document(step, id_="flow")))
        assert rochallor("defs", "verify", file).exit_status == exit_status


@pytest.mark.parametrize(
    ("names", "noted"),
    [
        (("type", "steptype"), ('step type "LOOP"', 'boundary event "LOOP"', 'schema type "LOOP"')),
        (("hitpolicy",), ('hit policy "LOOP"',)),
        (("status",), ('status "LOOP"',)),
    ],
)
def test_doctor_notes_every_kind_of_thing_that_is_not_known(
    engine: Recorded, names: tuple[str, ...], noted: tuple[str, ...]
) -> None:
    told = ask(engine, with_unknown(names, "LOOP"), "doctor", "-o", "json")
    [row] = [each for each in told.json() if each["check"] == "not known here"]
    assert told.exit_status == 0
    for words in noted:
        assert words in row["detail"]


@pytest.mark.parametrize("version", ["1.0.1", "1.1.0"])
def test_a_retry_that_this_engine_may_not_know_is_offered_with_that_said(
    version: str, tmp_path: Path
) -> None:
    """By GET alone these two look alike; what doctor has found within the day tells them apart."""
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    with running_engine(engine_version=version) as there, RestEngineClient(there.url) as client:
        uploaded(client, service("a", job_type="a"), id_="loan")
        instance = client.start_instance("loan")["id"]
        do_jobs(client, "a", fail="no")
        told = rochallor("instances", "explain", instance, url=there.url, env=env)
        words = " ".join(told.stdout.split())
        assert f"rochallor instances retry {instance}" in words
        assert "engines can from 1.1.0 on, and this one is 1.0.0 or later" in words
        assert "by the rules of version leases: the engine is 1.0.0 or later" in told.stderr
        rochallor("doctor", url=there.url, env=env)
        sure = rochallor("instances", "explain", instance, url=there.url, env=env).stdout
        assert ("instances retry" in sure) == (version == "1.1.0")
        assert "engines can from" not in sure
