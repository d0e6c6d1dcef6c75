"""The way into the format: a first definition, and what each part of it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rochallor_cli.definitions.format_page import overview
from rochallor_cli.dev_engine import definition_schema, engine_rules, step_types
from support.command_line import rochallor


@pytest.mark.parametrize("step_type", step_types(engine_rules("leases")))
def test_every_step_type_is_explained(step_type: str):
    text = rochallor("defs", "explain", step_type.lower()).stdout
    assert step_type in text.splitlines()[0]
    assert len(text.splitlines()) > 1


def fields() -> list[str]:
    schema = definition_schema(engine_rules("leases"))
    step = schema["properties"]["steps"]["items"]
    return sorted({*schema["properties"], *step["properties"]} - {"version"})


@pytest.mark.parametrize("field", fields())
def test_every_field_is_explained(field: str):
    result = rochallor("defs", "explain", field)
    assert result.exit_status == 0
    assert f"`{field}`" in result.stdout


def test_explanations_are_wrapped_to_the_terminal_and_whole_on_a_pipe():
    for command in (["explain", "boundaryEvents"], ["lint", "--explain", "W401"]):
        shown = rochallor("defs", *command, terminal=True, columns=50, env={"NO_COLOR": "1"}).stdout
        assert max(map(len, shown.splitlines())) <= 50
        assert max(map(len, rochallor("defs", *command).lines())) > 100


def test_what_can_be_explained_is_listed_and_a_mistyped_word_gets_the_nearest():
    assert rochallor("defs", "explain").lines() == overview()
    mistyped = rochallor("defs", "explain", "retrycounts")
    assert mistyped.exit_status == 6
    assert "did you mean retryCount?" in mistyped.stderr


def test_a_new_definition_is_sound_runs_and_passes_its_test(tmp_path: Path):
    steps = "score,class,approve:user,paid:wait"
    result = rochallor(
        "defs", "new", "my-loan", "--steps", steps, "--folder", tmp_path / "flows", "-o", "json"
    )
    flow, handlers, test = result.json()
    assert rochallor("defs", "lint", flow, "-m", handlers, "--verify", "--strict").exit_status == 0
    run = rochallor("run", flow, "-m", handlers, "--task", "approve", "--signal", "paid")
    assert run.exit_status == 0
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", test]
    passed = subprocess.run(
        command, cwd=Path(test).parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert passed.returncode == 0, passed.stdout


@pytest.mark.parametrize("name", ["null", "2026", "no", "1e5"])
def test_ids_that_yaml_or_python_would_take_for_something_else_stay_the_ids(tmp_path: Path, name: str):
    steps = "1,null:wait,true:user,no,1e5,-,2026-01-01,0x1f"
    result = rochallor("defs", "new", name, "--steps", steps, "--folder", tmp_path, "-o", "json")
    flow, handlers, test = result.json()
    assert rochallor("defs", "lint", flow, "-m", handlers, "--strict").exit_status == 0
    ids = [step["id"] for step in yaml.safe_load(Path(flow).read_text("utf-8"))["steps"]]
    assert ids == ["1", "null", "true", "no", "1e5", "-", "2026-01-01", "0x1f", "end"]
    for module in (handlers, test):
        compile(Path(module).read_text("utf-8"), module, "exec")


def test_no_file_is_overwritten_and_odd_steps_are_refused(tmp_path: Path):
    arguments = ("defs", "new", "orders", "--folder", tmp_path, "--steps")
    assert rochallor(*arguments, "a").exit_status == 0
    again = rochallor(*arguments, "b")
    assert again.exit_status == 7
    assert "jobType: a" in (tmp_path / "orders.yaml").read_text("utf-8")
    for steps in ("", "a,a", "end", "a b", "a:person", "a/b"):
        assert rochallor("defs", "new", "other", "--folder", tmp_path, "--steps", steps).exit_status == 2
    assert not (tmp_path / "other.yaml").exists()
