"""`rochallor demo` from start to end, as a first visitor runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from support.command_line import EXECUTABLE, Result, rochallor, rochallor_run, variables

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def on_a_pipe() -> Result:
    """What it leaves behind where nobody looks on."""
    return rochallor_run("demo")


def test_on_a_pipe_it_prints_plain_lines_and_ends_with_the_commands_to_try_next(on_a_pipe: Result) -> None:
    assert (on_a_pipe.exit_status, on_a_pipe.stderr) == (0, "")
    text = on_a_pipe.stdout
    assert "\x1b" not in text
    assert re.search(r"^Embedded engine +http://127\.0\.0\.1:\d+ +\(SQLite, in memory\)$", text, re.MULTILINE)
    assert "loan-processing-workflow v1  ·  4 steps" in text
    assert "handlers: validate-application, credit-score, send-notification" in text
    assert re.search(r"^validate +SERVICE_TASK +completed +[\d.]+ m?s$", text, re.MULTILINE)
    assert re.search(r"^score +SERVICE_TASK +completed +[\d.]+ m?s +creditScore=720$", text, re.MULTILINE)
    assert re.search(
        r"^notify +SERVICE_TASK +completed +[\d.]+ m?s +notificationSent=true$", text, re.MULTILINE
    )
    assert re.search(r"^COMPLETED in [\d.]+ m?s\. Next:$", text, re.MULTILINE)
    assert "rochallor work --module" in text


def test_it_runs_from_any_folder_and_sends_nobodys_token(tmp_path) -> None:
    environ = variables({"ROCHALLOR_TOKEN": "secret", "PYTHONPATH": str(ROOT)}, url="http://127.0.0.1:1")
    done = subprocess.run(
        [*EXECUTABLE, "demo", "-v"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "COMPLETED in" in done.stdout
    assert "secret" not in done.stdout + done.stderr


def shown_on_a_terminal(*, columns: int) -> str:
    script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    done = subprocess.run(
        [sys.executable, "-c", script, *EXECUTABLE, "demo"],
        env={**variables({"TERM": "xterm-256color", "COLUMNS": str(columns)}), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    text = done.stdout.replace("\r", "")
    assert done.returncode == 0, text
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def test_on_a_terminal_the_steps_are_drawn_in_place() -> None:
    last_picture = shown_on_a_terminal(columns=100)
    assert re.search(r"score +SERVICE_TASK +● completed +[\d.]+ m?s +creditScore=720", last_picture)
    assert os.linesep in last_picture


def test_it_fits_a_terminal_of_80_columns() -> None:
    shown = shown_on_a_terminal(columns=80)
    assert max(map(len, shown.splitlines())) < 80
    assert "handlers: validate-application," in shown


def test_the_commands_to_try_next_belong_together(on_a_pipe: Result) -> None:
    text = on_a_pipe.stdout
    folder = re.search(r"rochallor dev --definitions (\S+)", text)
    assert folder is not None
    assert (ROOT / folder[1] / "flow.yaml").is_file()
    assert "rochallor instances start loan-processing-workflow \\\n      --var applicantId=A-002" in text


def test_with_kafka_the_jobs_come_over_an_embedded_broker() -> None:
    result = rochallor_run("demo", "--mode", "kafka")
    assert (result.exit_status, result.stderr) == (0, "")
    assert re.search(r"^Embedded broker +127\.0\.0\.1:\d+$", result.stdout, re.MULTILINE)
    assert "demo-1  ·  kafka" in result.stdout
    assert re.search(r"^COMPLETED in ", result.stdout, re.MULTILINE)


def test_an_unknown_mode_is_a_usage_error() -> None:
    assert rochallor("demo", "--mode", "pull").exit_status == 2


@pytest.mark.slow
def test_the_commands_to_try_next_work_when_they_are_pasted(on_a_pipe: Result, tmp_path: Path) -> None:
    lines = on_a_pipe.stdout.split("Next:\n")[1].splitlines()
    dev, work, start = lines[0], lines[1], "\n".join(lines[2:4])
    shell = ["bash", "-c"]
    # A visitor's shell finds no `rochallor` by its name alone.
    environ = {**variables(None), "PATH": "/usr/bin:/bin"}
    streams: dict[str, Any] = {
        "cwd": ROOT,
        "text": True,
        "start_new_session": True,
        "stderr": subprocess.STDOUT,
    }
    with ExitStack() as running:
        engine = running.enter_context(
            subprocess.Popen([*shell, f"{dev} --port 0"], env=environ, stdout=subprocess.PIPE, **streams)
        )
        running.callback(os.killpg, engine.pid, signal.SIGKILL)
        assert engine.stdout is not None
        environ["ROCHALLOR_ENGINE_URL"] = next(
            found[0] for line in engine.stdout if (found := re.search(r"http://[\w.:]+", line))
        )
        said = running.enter_context((tmp_path / "said").open("w"))
        worker = running.enter_context(subprocess.Popen([*shell, work], env=environ, stdout=said, **streams))
        running.callback(os.killpg, worker.pid, signal.SIGKILL)
        done = subprocess.run(
            [*shell, start], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "COMPLETED" in done.stdout
