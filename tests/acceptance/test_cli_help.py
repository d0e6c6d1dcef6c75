"""Help as people read it, and short answers as scripts cut them off: over all commands there are."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from rochallor_cli.command_line.global_options import INHERITED
from rochallor_cli.command_names import COMMANDS
from support.command_line import EXECUTABLE, rochallor, variables
from support.command_table import commands, global_valued_options, valued_options

GROUPS = sorted({path.rpartition(" ")[0] for path in commands()})
EVERYTHING = [*GROUPS, *commands()]


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: path or "rochallor")
def test_help_has_a_commands_own_options_and_one_line_for_the_rest(path: str) -> None:
    shown = rochallor(*path.split(), "-h", columns=80).stdout
    listed = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", shown, re.MULTILINE)
    own = valued_options(path) if path in commands() else []
    assert set(own) <= set(listed)
    # An option of its own may have the name of a global one: `dev --engine-version`.
    allowed = {*own, "--engine-version"} if path == "dev" else set(own)
    assert (set(listed) - allowed) & set(global_valued_options()) == set()
    assert shown.endswith(f"\n\n  {INHERITED}\n")


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: path or "rochallor")
def test_help_of_80_columns_cuts_nothing(path: str, terminal: bool) -> None:
    shown = rochallor(*path.split(), "-h", terminal=terminal, env={"COLUMNS": "80"}).stdout
    whole = words(re.sub(r"\x1b\[[0-9;]*m", "", shown))
    group = (
        {name: text for name, (text, _) in COMMANDS.items()} if not path else COMMANDS.get(path, ("", {}))[1]
    )
    texts = [*group.values(), INHERITED]
    texts += [param.help or "" for param in commands()[path].params if not param.hidden] if not group else []
    # On a terminal a long name may stand between the lines of its text.
    parts = [part for text in texts for part in (text.split() if terminal else [text])]
    assert [part for part in parts if words(part) not in whole] == []


def words(text: str) -> str:
    """Without blanks and lines: a word may be broken at a hyphen, a table has frames."""
    return re.sub(r"[\s│]", "", text)


@pytest.mark.parametrize("path", list(commands()))
def test_help_of_a_narrow_terminal_cuts_no_name_of_an_option(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The terminal's width, as Typer asks for it.
    monkeypatch.setenv("COLUMNS", "60")
    shown = rochallor(*path.split(), "-h", terminal=True, columns=60).stdout
    known = {name for param in commands()[path].params if not param.hidden for name in param.opts}
    assert [name for name in known if name.startswith("--") and name not in shown] == []
    assert [line for line in shown.splitlines() if len(line) > 60 and "rochallor" not in line] == []


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_options_of_all_commands_fit_the_terminal(columns: int) -> None:
    shown = rochallor("options", terminal=True, columns=columns, env={"NO_COLOR": "1"}).lines()
    assert max(map(len, shown)) <= columns
    assert any("--engine-url URL" in line for line in shown)


def test_options_names_each_that_every_command_takes() -> None:
    rows = rochallor("options", "-o", "json").json()
    assert {word.strip(",") for row in rows for word in row["option"].split()} >= {
        *global_valued_options(),
        "-o",
        "-q",
    }
    assert "ROCHALLOR_ENGINE_URL" in {row["variable"] for row in rows}


@pytest.mark.parametrize(
    ("arguments", "env", "terminal", "colored"),
    [
        ((), {}, True, True),
        ((), {}, False, False),
        (("--color", "never"), {}, True, False),
        (("--color=never",), {"FORCE_COLOR": "1"}, True, False),
        (("--color", "always"), {"NO_COLOR": "1"}, False, True),
        ((), {"NO_COLOR": "1"}, True, False),
        ((), {"FORCE_COLOR": "1"}, False, True),
        ((), {"FORCE_COLOR": "0"}, True, False),
        ((), {"ROCHALLOR_COLOR": "never"}, True, False),
    ],
)
@pytest.mark.parametrize("line", [("--help",), ("instances", "list", "-h")], ids=" ".join)
def test_helps_colours_follow_the_conventions(line, arguments, env, terminal, colored) -> None:
    shown = rochallor(*line, *arguments, env=env, terminal=terminal).stdout
    assert ("\x1b[" in shown) == colored


ANSWERED_AT_ONCE = [("--version",), ("__complete", "bash", "", "rochallor "), ("-h",), ("completion", "zsh")]


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("line", ANSWERED_AT_ONCE, ids=" ".join)
def test_a_reader_that_is_gone_already_is_no_error(line: tuple[str, ...], unbuffered: str) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody:
        done = subprocess.run(
            [*EXECUTABLE, *line], stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            env=variables({"PYTHONUNBUFFERED": unbuffered}),
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full is Linux's")
@pytest.mark.parametrize("line", ANSWERED_AT_ONCE, ids=" ".join)
def test_an_answer_that_finds_no_room_is_an_error_in_words(line: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*EXECUTABLE, *line], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            env=variables(None),
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1,
        "error: the output cannot be written: No space left on device\n",
    )
