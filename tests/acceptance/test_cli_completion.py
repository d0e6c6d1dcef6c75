"""Completion: in real shells in a pseudo-terminal, and what they are told."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rochallor_cli.completion.shells import answer
from rochallor_cli.completion.table import COMMANDS
from support.command_line import rochallor, variables
from support.gateway import running_gateway
from support.workflows import document, service, user_task

ROOT = Path(__file__).resolve().parents[2]
TAB = "\t"
NOWHERE = "http://127.0.0.1:9"


def told(shell: str, *words: str, url: str = NOWHERE, env: dict | None = None) -> list[str]:
    """The candidates a shell is told, without their help."""
    lines = answer([shell, *words], variables({"XDG_CACHE_HOME": os.devnull, **(env or {})}, url=url))
    return [line.partition("\t")[0] for line in lines.splitlines()]


# --- what shells are told --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ins"], ["words", "instances"]),
        (["instances", "wa"], ["words", "wait", "watch"]),
        (["-o", "json", "instances", "wat"], ["words", "watch"]),
        (["instances", "list", "--stat"], ["words", "--status"]),
        (["instances", "list", "--status", "FA"], ["words", "FAILED"]),
        (["instances", "list", "--status=FA"], ["words", "--status=FAILED"]),
        (["instances", "history", "X", "--view", "t"], ["words", "table", "timeline", "tree"]),
        (["defs", "upload", "x"], ["files"]),
        (["defs", "graph", "./x"], ["files"]),
        (["--ca-file", ""], ["files"]),
        (["completion", ""], ["words", "bash", "zsh", "fish"]),
        (["no-such-command", ""], ["words"]),
        (["instances", "list", "--limit", ""], ["words"]),
        (["config", "use", ""], ["words"]),
    ],
)
def test_words_are_completed_from_the_table(words: list[str], expected: list[str]):
    assert told("zsh", *words) == expected


def test_every_candidate_fits_a_line_of_80_with_its_help() -> None:
    shortened = 0
    for path in COMMANDS:
        for last in ("", "-"):
            for line in answer(["zsh", *path.split(), last], variables({}, url=NOWHERE)).splitlines()[1:]:
                value, _, text = line.partition("\t")
                assert len(f"{value}  -- {text}") < 80, line
                shortened += text.endswith("…")
                assert not text.endswith((" …", ",…")), line
    assert shortened


def test_ids_come_from_the_engine(engine_url, client):
    client.upload_definition(document(user_task("sign"), id_="complete:me"))
    instance = client.start_instance("complete:me")["id"]
    assert told("zsh", "instances", "start", "complete", url=engine_url) == ["words", "complete:me"]
    assert instance in told("zsh", "instances", "get", "", url=engine_url)
    assert told("zsh", "tasks", "complete", instance, "", url=engine_url) == ["words", "sign"]
    assert told("zsh", "--engine-url", engine_url, "instances", "start", "comp") == ["words", "complete:me"]


def test_bash_gets_only_what_follows_its_own_word_break(engine_url, client):
    client.upload_definition(document(service("s"), id_="colon:one"))
    line = "rochallor instances start colon:o"
    assert told("bash", "o", line, url=engine_url) == ["words", "one"]
    assert told("bash", "FA", "rochallor instances list --status=FA") == ["words", "FAILED"]
    assert told("bash", "", "rochallor instances list --status=")[1:3] == ["ACTIVE", "WAITING"]
    assert told("bash", "", 'rochallor "open quote ') == ["words"]


def test_contexts_are_completed_from_the_configuration(tmp_path: Path):
    config = {"ROCHALLOR_CONFIG_FILE": str(tmp_path / "config.toml")}
    rochallor("config", "set", "prod", "url=http://127.0.0.1:9", env=config)
    assert told("fish", "config", "use", "", env=config) == ["words", "prod"]
    assert told("fish", "--context", "p", env=config) == ["words", "prod"]


def test_an_engine_that_is_away_slow_or_odd_completes_nothing_and_says_nothing(tmp_path: Path):
    assert told("zsh", "instances", "get", "") == ["words"]
    with running_gateway(200, "<html>") as gateway:
        assert told("zsh", "instances", "get", "", url=gateway.url) == ["words"]
    (tmp_path / "config.toml").write_text("broken = ")
    assert told(
        "zsh", "instances", "get", "", env={"ROCHALLOR_CONFIG_FILE": str(tmp_path / "config.toml")}
    ) == ["words"]


def test_answers_are_remembered_for_a_moment(tmp_path: Path):
    body = '{"items": [{"id": "only", "name": "One"}], "total": 1}'
    with running_gateway(200, body, headers={"Content-Type": "application/json"}) as gateway:
        for _ in range(3):
            found = told(
                "zsh", "instances", "start", "", url=gateway.url, env={"XDG_CACHE_HOME": str(tmp_path)}
            )
            assert found == ["words", "only"]
    assert len(gateway.requests) == 1


def test_no_token_command_is_run_behind_somebodys_back(tmp_path: Path, engine_url):
    command = f"touch {tmp_path / 'ran'}; echo token"
    env = {"ROCHALLOR_TOKEN_COMMAND": command}
    assert told("zsh", "instances", "get", "", url=engine_url, env=env) == ["words"]
    assert not (tmp_path / "ran").exists()


# --- in real shells ----------------------------------------------------------------------------------


class Shell:
    """An interactive shell in a pseudo-terminal."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def sees(self, pattern: str, *, timeout_s: float = 60.0) -> bool:
        """Whether the terminal comes to show the pattern."""
        deadline = time.monotonic() + timeout_s
        while not re.search(pattern, self.seen):
            ready, _, _ = select.select([self.descriptor], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                pytest.fail(f"waited in vain for {pattern!r} in {self.seen!r}")
            output = os.read(self.descriptor, 65536).decode("utf-8", "replace")
            self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", output)
        return True


@contextmanager
def running_shell(arguments: list[str], setup: str, folder: Path, url: str) -> Iterator[Shell]:
    """The shell after `setup`, with a `rochallor` of this source tree on its PATH."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    program = bin_folder / "rochallor"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m rochallor_cli "$@"\n')
    program.chmod(0o755)
    environ = variables(
        {
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
        },
        url=url,
    )
    descriptor, terminal = pty.openpty()
    process = subprocess.Popen(
        arguments,
        cwd=ROOT,
        env=environ,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        shell = Shell(descriptor)
        shell.type(f"{setup}; echo rea''dy\n")
        shell.sees("ready")
        yield shell
    finally:
        process.kill()
        process.wait()
        os.close(descriptor)


SHELLS = {
    "bash": (["bash", "--norc", "-i"], "source completions/rochallor.bash"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -u; source completions/_rochallor"),
}


@pytest.mark.parametrize("name", SHELLS)
def test_a_real_shell_completes_commands_choices_and_ids(name: str, tmp_path: Path, engine_url, client):
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    client.upload_definition(document(service("s"), id_="shell-flow"))
    arguments, setup = SHELLS[name]
    with running_shell(arguments, setup, tmp_path, engine_url) as shell:
        shell.type(f"rochallor inst{TAB}")
        assert shell.sees("rochallor instances ")
        shell.type(f"sta{TAB}")
        assert shell.sees(r"start ")
        shell.type(f"shell-{TAB}")
        assert shell.sees("shell-flow ")
        shell.type(f"\x15rochallor instances list --status=FA{TAB}")
        assert shell.sees("--status=FAILED")
        shell.type(f"\x15rochallor defs upload completions/rochallor.b{TAB}")
        assert shell.sees(r"completions/rochallor\.bash")
