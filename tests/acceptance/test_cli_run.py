"""`rochallor run`: one command to try a definition."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from rochallor_cli.documents.json_yaml import dump
from rochallor_cli.trial.definition_run import answer_from
from support.command_line import rochallor
from support.waiting import wait_until
from support.workflows import decision, document, gateway, join, service, timer, user_task, wait

HANDLERS = """
from workflow_sdk.errors import NonRetryableError
from workflow_sdk.handler.registry import HandlerRegistry

registry = HandlerRegistry()


@registry.register("score")
def score(job):
    if job.variables.get("amount", 0) < 0:
        raise NonRetryableError("no such amount")
    return {"score": job.variables.get("amount", 0) * 2}
"""


def flow(folder: Path, *steps: dict, **fields: object) -> Path:
    file = folder / "flow.yaml"
    file.write_text(dump(document(*steps, id_="tried", **fields)))
    handlers(folder).write_text(HANDLERS)
    return file


def handlers(folder: Path) -> Path:
    """The handlers' file; two of one name could not both be imported into one process."""
    return folder / f"handlers_{zlib.crc32(str(folder).encode()):x}.py"


def test_an_instance_is_led_to_its_end_by_handlers_and_stubs(tmp_path: Path):
    file = flow(tmp_path, service("score", "mail"), service("mail"))
    arguments = (
        "run",
        file,
        "-m",
        handlers(tmp_path),
        "--var",
        "amount=21",
        "--stub",
        'mail={"sent": true}',
    )
    result = rochallor(*arguments, "-o", "json")
    assert result.exit_status == 0
    assert result.json()["variables"] == {"amount": 21, "score": 42, "sent": True}
    lines = rochallor(*arguments).lines()
    assert lines[-1].startswith("COMPLETED in ")
    assert json.loads(lines[-2].removeprefix("variables")) == {"amount": 21, "score": 42, "sent": True}


def test_the_exit_status_is_the_outcome(tmp_path: Path):
    file = flow(tmp_path, service("score"))
    result = rochallor("run", file, "-m", handlers(tmp_path), "--var", "amount=-1")
    assert result.exit_status == 9
    assert "no such amount" in result.stdout


def test_what_nothing_serves_or_answers_is_said_with_the_option_for_it(tmp_path: Path):
    unserved = rochallor("run", flow(tmp_path, service("mail")))
    assert unserved.exit_status == 7
    assert "nothing serves job type 'mail' of step mail" in unserved.stderr
    assert "--stub" in unserved.stderr
    unanswered = rochallor("run", flow(tmp_path, user_task("approve")))
    assert unanswered.exit_status == 7
    assert "--task" in unanswered.stderr
    unsignalled = rochallor("run", flow(tmp_path, wait("paid")))
    assert unsignalled.exit_status == 7
    assert "--signal" in unsignalled.stderr


def test_tasks_and_waits_are_answered_each_time_with_the_next_answer(tmp_path: Path):
    file = flow(
        tmp_path,
        user_task("approve", "ok"),
        decision("ok", {"ok": "paid", "!ok": "approve"}),
        wait("paid"),
    )
    answers = (
        "--task",
        'approve={"ok": false}',
        "--task",
        'approve={"ok": true}',
        "--signal",
        'paid={"by": "x"}',
    )
    result = rochallor("run", file, *answers, "-o", "json")
    assert result.exit_status == 0
    assert result.json()["variables"] == {"ok": True, "by": "x"}


def test_one_stub_serves_all_types_that_have_no_handler(tmp_path: Path):
    file = flow(tmp_path, gateway("split", ["a", "b"]), service("a", "meet"), service("b", "meet"), join())
    assert rochallor("run", file, "--stub", "*").exit_status == 0


def test_timers_are_not_waited_for_when_it_is_to_be_fast(tmp_path: Path):
    file = flow(
        tmp_path,
        user_task(
            "approve",
            boundaryEvents=[
                timer("P3D", "late", interrupting=True),
                timer("PT24H", "remind", interrupting=False),
            ],
        ),
        service("remind", "note"),
        wait("note"),
        service("late"),
    )
    result = rochallor("run", file, "--stub", "*", "--fast", "-o", "jsonl")
    assert result.exit_status == 0
    steps = [row["stepId"] for row in map(json.loads, result.lines()) if row["event"] == "step"]
    assert steps.index("remind") < steps.index("late") < steps.index("end")


def test_a_reminder_that_nobody_answers_goes_round_no_more_than_so_often(tmp_path: Path):
    again = timer("PT24H", "remind", interrupting=True)
    file = flow(tmp_path, user_task("approve", boundaryEvents=[again]), service("remind", "approve"))
    result = rochallor("run", file, "--stub", "*", "--fast", "--max-timers", "3")
    assert result.exit_status == 10
    assert "3 timers have fired, the last on approve" in result.stderr
    assert "--task 'approve={}'" in result.stderr
    assert "--max-timers" in result.stderr
    assert result.stdout.count("interrupted by boundary timer") == 3


def test_a_loop_of_jobs_that_never_ends_goes_round_no_more_than_so_often(tmp_path: Path):
    file = flow(tmp_path, service("work", "again"), decision("again", {"n > 1": "end", "n <= 1": "work"}))
    result = rochallor("run", file, "--stub", "*", "--var", "n=1", "--max-steps", "5")
    assert result.exit_status == 10
    assert "steps were entered, the last" in result.stderr
    assert "--max-steps" in result.stderr


def test_a_timer_that_outlives_its_step_is_not_waited_for_either(tmp_path: Path):
    late = timer("PT1H", "end", interrupting=False)
    file = flow(tmp_path, service("work", "hold", boundaryEvents=[late]), wait("hold"))
    common = ("run", file, "--stub", "*", "--fast", "--engine-version")
    assert rochallor(*common, "0").exit_status == 0
    assert rochallor(*common, "next").exit_status == 7


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--max-timers", "3"], "--fast"),
        (["--task", "aprove"], "did you mean approve?"),
        (["--task", "approve=yes"], "--task approve: the variables are no JSON"),
        (["--task", "approve=[1]"], "variables are one object"),
        (["--stub", "scor"], "did you mean score?"),
        (["--upload"], "--engine-url"),
        (["--keep"], "--engine-url"),
        (["--definition", "other"], "holds tried"),
    ],
)
def test_a_mistyped_option_is_a_usage_error_and_runs_nothing(arguments: list[str], says: str, tmp_path: Path):
    file = flow(tmp_path, user_task("approve", "score"), service("score"))
    result = rochallor("run", file, *arguments)
    assert result.exit_status == 2
    assert says in result.stderr


def test_a_definition_that_the_engine_refuses_is_shown_as_upload_shows_it(tmp_path: Path):
    result = rochallor("run", flow(tmp_path, service("score", "gone")))
    assert result.exit_status == 3
    assert re.search(r"flow.yaml:\d+:\d+: .*gone", result.stderr)


def test_a_run_on_a_real_engine_has_a_name_and_job_types_of_its_own(engine_url: str, tmp_path: Path):
    file = flow(tmp_path, service("score"), nextWorkflowId="after", autoStartNextWorkflow=True)
    arguments = ("run", file, "-m", handlers(tmp_path), "--var", "amount=1", "--engine-url", engine_url)
    result = rochallor(*arguments, "-o", "json")
    assert result.exit_status == 0
    assert result.json()["definitionId"].startswith("run-")
    assert rochallor("defs", "get", "tried", url=engine_url).exit_status == 6
    uploaded = rochallor(*arguments, "--upload", "-o", "json")
    assert uploaded.json()["definitionId"] == "tried"


def test_runs_on_a_real_engine_share_one_definition_and_leave_nothing_open(engine_url: str, tmp_path: Path):
    file = flow(tmp_path, service("score"))
    stuck = ("run", file, "--engine-url", engine_url)
    assert rochallor(*stuck).exit_status == 7
    kept = rochallor(*stuck, "--keep")
    assert "cancelled" not in kept.stderr
    # What the others left open does not come to this one.
    done = rochallor(*stuck, "--stub", "score={}", "-o", "json")
    assert done.exit_status == 0
    mine = done.json()["definitionId"]
    assert mine.endswith("-tried")
    rows = rochallor("instances", "list", "--all", "--definition", mine, "-o", "json", url=engine_url).json()
    assert sorted((row["status"], row["definitionVersion"]) for row in rows) == [
        ("ACTIVE", 2),
        ("CANCELLED", 1),
        ("COMPLETED", 3),
    ]


def test_a_run_that_ran_out_of_time_points_to_no_instance_that_is_gone(engine_url: str, tmp_path: Path):
    paid = wait("paid", boundaryEvents=[timer("PT1H", "end", interrupting=True)])
    arguments = ("run", flow(tmp_path, paid), "--timeout", "1s")
    for gone in (rochallor(*arguments), rochallor(*arguments, "--engine-url", engine_url)):
        assert gone.exit_status == 10
        assert "went with the run" in gone.stderr
        assert "instances watch" not in gone.stderr
    kept = rochallor(*arguments, "--engine-url", engine_url, "--keep")
    assert kept.exit_status == 10
    assert "rochallor instances watch" in kept.stderr


def test_what_a_run_on_a_real_engine_says_of_a_job_type_can_be_given_to_stub(engine_url: str, tmp_path: Path):
    arguments = ("run", flow(tmp_path, service("score")), "--engine-url", engine_url)
    stuck = rochallor(*arguments)
    assert stuck.exit_status == 7
    assert "no handler and no stub for score" in stuck.stderr
    assert f"on {engine_url}" in stuck.stderr
    stub = re.search(r"answer with --stub (\S+)", stuck.stderr)
    assert stub is not None
    assert rochallor(*arguments, "--stub", *shlex.split(stub[1])).exit_status == 0


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("", {}),
        ('{"ok": true}', {"ok": True}),
        ("ok=true name='Jane Doe'", {"ok": True, "name": "Jane Doe"}),
        ("yes", None),
        ("{", None),
        ("a='", None),
    ],
)
def test_an_answer_on_a_terminal_is_an_object_or_pairs(line: str, answer: dict | None):
    assert answer_from(line) == answer


def test_it_runs_again_when_a_file_is_saved(tmp_path: Path):
    file = flow(tmp_path, service("score"))
    out = tmp_path / "out.txt"
    with out.open("wb") as sink:
        command = [
            sys.executable,
            "-m",
            "rochallor_cli",
            "run",
            file,
            "-m",
            handlers(tmp_path),
            "--watch",
        ]
        process = subprocess.Popen(list(map(str, command)), stdout=sink, stderr=sink)
        try:
            wait_until(lambda: out.read_text().count("COMPLETED in") == 1, "the first run", timeout_s=120)
            file.write_text(file.read_text() + "# saved\n")
            wait_until(lambda: out.read_text().count("COMPLETED in") == 2, "the second run", timeout_s=120)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130


def test_the_first_definition_of_the_readme_is_sound_and_runs_with_the_handler_beside_it(tmp_path: Path):
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    definition, code = (re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("yaml", "python"))
    assert definition is not None
    assert code is not None
    assert len(definition[1].splitlines()) == 12
    file = tmp_path / "loan.yaml"
    file.write_text(definition[1], "utf-8")
    handlers(tmp_path).write_text(code[1], "utf-8")
    assert rochallor("defs", "lint", file, "-m", handlers(tmp_path)).stdout == ""
    assert rochallor("defs", "verify", file).exit_status == 0
    result = rochallor("run", file, "-m", handlers(tmp_path), "--var", "applicantId=A-1")
    assert result.exit_status == 0
