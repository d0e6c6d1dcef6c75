"""Streams that take no more: stdout's reader is gone, stderr's disk is full. A command does all that it does."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from support.asking_commands import LINES, PATHS
from support.command_line import EXECUTABLE, Result, Stream, rochallor, variables
from support.command_table import commands
from support.planted_answers import ASKED, DEFINITION, DONE, FAILED, HELD, Planted, Recorded, recorded
from support.scripted_server import stand_in

IDS = {"ASKED": ASKED, "HELD": HELD, "FAILED": FAILED, "DONE": DONE}
# What became of it is in their exit status.
TELLING = [
    (("instances", "wait", "FAILED"), 9),
    (("instances", "explain", "FAILED"), 9),
    (("instances", "cancel", "DONE", "HELD"), 4),
    (("instances", "retry", "DONE", "FAILED"), 7),
    (("defs", "diff", "flow.json"), 1),
    (("defs", "lint", "broken.json"), 3),
    (("defs", "verify", "broken.json"), 3),
    (("expr", "1 +"), 3),
]


class Gone(Stream):
    """Its reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def flush(self) -> None:
        self.write("")


class Full(Stream):
    """Its disk takes nothing more."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def flush(self) -> None:
        self.write("")


@pytest.fixture(scope="module")
def engine() -> Recorded:
    return recorded()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flow.json").write_text(json.dumps({**DEFINITION, "name": "another"}))
    (tmp_path / "broken.json").write_text(json.dumps({**DEFINITION, "steps": []}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def came_of(
    engine: Recorded, *words: str, stdout: Stream | None = None, stderr: Stream | None = None
) -> tuple[Result, list[tuple[str, str]]]:
    """What a command left behind, and what it asked the engine."""
    given = [engine.ids[IDS[word]] if word in IDS else word for word in words]
    with stand_in(Planted(engine)) as there:
        result = rochallor(*given, url=there.url, bug_expected=True, stdout=stdout, stderr=stderr)
        return result, sorted((method, path) for method, path, _ in there.seen)


def ends_unread(path: str) -> bool:
    return bool(getattr(commands()[path].callback.__wrapped__, "ends_unread", False))


@pytest.mark.parametrize("path", PATHS)
def test_without_a_reader_a_command_comes_to_the_same_end(path: str, engine: Recorded) -> None:
    words = (*path.split(), *LINES.get(path, ()))
    plain, asked = came_of(engine, *words)
    unread, asked_unread = came_of(engine, *words, stdout=Gone(), stderr=Stream())
    assert "unexpected" not in unread.stderr
    if ends_unread(path):
        assert unread.exit_status in (0, plain.exit_status)
    else:
        assert (unread.exit_status, asked_unread) == (plain.exit_status, asked)


@pytest.mark.parametrize("path", PATHS)
def test_where_no_note_can_be_written_a_command_comes_to_the_same_end(path: str, engine: Recorded) -> None:
    words = (*path.split(), *LINES.get(path, ()), "-v")
    plain, asked = came_of(engine, *words)
    for stderr in (Full(), Gone()):
        mute, asked_mute = came_of(engine, *words, stderr=stderr)
        assert (mute.exit_status, asked_mute) == (plain.exit_status, asked)


@pytest.mark.parametrize(("words", "status"), TELLING, ids=lambda given: str(given))
def test_an_exit_status_that_tells_something_needs_no_reader(
    words: tuple[str, ...], status: int, engine: Recorded
) -> None:
    assert came_of(engine, *words)[0].exit_status == status
    assert came_of(engine, *words, stdout=Gone())[0].exit_status == status


@pytest.mark.parametrize(
    "words", [("defs", "explain", "DECISION"), ("--help",), ("defs", "lint", "broken.json")]
)
def test_behind_a_pipe_that_nobody_reads_the_status_is_the_same(words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*EXECUTABLE, *words], stdout=write, stderr=subprocess.PIPE, env=variables(None), check=False
    )
    os.close(write)
    expected = subprocess.run([*EXECUTABLE, *words], capture_output=True, env=variables(None), check=False)
    assert (done.returncode, done.stderr) == (expected.returncode, expected.stderr)


# As the interpreter reaches these on its way to a command.
@pytest.mark.parametrize("module", ["typer", "rochallor_cli.app", "rochallor_cli.configuration.environment"])
def test_ctrl_c_while_modules_are_imported_shows_no_traceback(module: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"""
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
""")
    env = variables({"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"})
    done = subprocess.run(
        [*EXECUTABLE, "defs", "explain"], capture_output=True, text=True, env=env, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_what_is_typed_in_utf_8_is_taken_so_under_a_locale_without_it(tmp_path: Path) -> None:
    env = variables({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    line = [*EXECUTABLE, "expr", "[name][0]", "--var", "name=Jürgen", "-o", "json"]
    done = subprocess.run([os.fsencode(word) for word in line], capture_output=True, env=env, check=False)
    assert (done.returncode, "Jürgen" in json.loads(done.stdout).values()) == (0, True), done.stderr
