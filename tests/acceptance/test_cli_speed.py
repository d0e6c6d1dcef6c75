"""What a command does not import: the measure of start-up that no machine's mood can change."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support.command_line import variables

HEAVY = ("typer", "rich", "httpx", "aiohttp", "confluent_kafka", "yaml", "platformdirs", "prometheus_client")
PROGRAM = """
import sys
sys.argv = ["rochallor", *{arguments!r}]
from rochallor_cli.__main__ import main
main()
print('imported:', *[name for name in {heavy!r} if name in sys.modules], sep=" ", file=sys.stderr)
"""


def imported_by(*arguments: str, url: str | None = None) -> set[str]:
    """The heavy modules that a command line has imported when it is done, stdout being a pipe."""
    program = PROGRAM.format(arguments=list(arguments), heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=variables({"ROCHALLOR_QUIET": "1"}, url=url),
        timeout=60,
        check=True,
    )
    first, *names = done.stderr.splitlines()[-1].split()
    assert first == "imported:"
    return set(names)


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--version"], set()),
        (["__complete", "zsh", "ins"], set()),
        (["__complete", "bash", "", "rochallor instances list --status "], set()),
        (["--help"], {"typer"}),
        (["instances", "list", "--help"], {"typer"}),
        (["defs", "upload", "--help"], {"typer"}),
        (["dev", "--help"], {"typer"}),
        (["work", "--help"], {"typer"}),
        (["config", "show"], {"typer"}),
        (["completion", "bash"], {"typer"}),
    ],
    ids=" ".join,
)
def test_a_command_that_needs_no_engine_imports_next_to_nothing(
    arguments: list[str], allowed: set[str]
) -> None:
    assert imported_by(*arguments) <= allowed


@pytest.mark.parametrize(
    "arguments",
    [
        ["instances", "list"],
        ["instances", "list", "-o", "json"],
        ["defs", "list", "-o", "jsonl"],
        ["tasks", "list"],
        ["api", "GET", "/v1/definitions"],
    ],
    ids=" ".join,
)
def test_a_command_that_asks_the_engine_imports_its_client_and_no_more(
    arguments: list[str], engine_url: str
) -> None:
    assert imported_by(*arguments, url=engine_url) == {"typer", "httpx"}


# Each text that is compiled is a function of a dataclass, or an annotation: these were a sixth of a short command.
COUNTS = """
import sys
compiled = []
sys.addaudithook(lambda event, arguments: compiled.append(1) if event == "compile" else None)
sys.argv = ["rochallor", *{arguments!r}]
from rochallor_cli.__main__ import main
main()
print(len(sys.modules), len(compiled), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "modules", "texts"),
    [
        (["--help"], 170, 70),
        (["work", "--help"], 197, 165),
        (["instances", "list"], 300, 275),
        (["defs", "list"], 300, 275),
    ],
    ids=["--help", "work --help", "instances list", "defs list"],
)
def test_a_command_imports_and_compiles_a_bounded_number_of_things(
    arguments: list[str], modules: int, texts: int, engine_url: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNTS.format(arguments=arguments)],
        capture_output=True,
        text=True,
        env=variables({"ROCHALLOR_QUIET": "1"}, url=engine_url),
        timeout=60,
        check=True,
    )
    imported, compiled = map(int, done.stderr.splitlines()[-1].split())
    assert imported <= modules
    assert compiled <= texts


def test_what_would_move_an_instance_is_worked_out_without_an_engine_or_its_expressions() -> None:
    heavy = ("asyncio", "rochallor_cli.dev_engine.expression.evaluation")
    program = (
        f"import sys, rochallor_cli.explanation.verdict_text as _\nprint(*{{*{heavy!r}}} & {{*sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "\n"
