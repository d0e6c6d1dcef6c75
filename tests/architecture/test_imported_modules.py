"""What a command imports before it is done: start-up time is imports, and these can be counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
before = set(sys.modules)
from rochallor_cli.__main__ import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
"""

NOWHERE = ("--engine-url", "http://127.0.0.1:1")
DRAWING = {"rich", "pygments"}
TALKING = {"httpx", "httpcore", "anyio", "ssl", "workflow_sdk"}
# What httpx imports and a command needs not.
ASIDE = {"anyio", "ssl"}
WORKING = {"aiohttp", "confluent_kafka", "google", "prometheus_client", "asyncio", "sqlite3"}


def modules_after(*arguments: str) -> list[str]:
    """The modules a command has imported when it ends, on a pipe and without settings of the caller's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ROCHALLOR_")}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], env=kept, capture_output=True, text=True, check=True
    )
    return json.loads(run.stderr.splitlines()[-1])


def packages(modules: list[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_the_version_is_answered_with_a_handful_of_modules() -> None:
    assert len(modules_after("--version")) <= 5


@pytest.mark.parametrize(
    "arguments", [["--help"], ["work", "--help"], ["ui", "--help"], ["dev", "--help"], ["demo", "--help"]]
)
def test_help_on_a_pipe_neither_draws_nor_talks(arguments: list[str]) -> None:
    modules = modules_after(*arguments)
    assert not packages(modules) & (DRAWING | TALKING | WORKING | ASIDE | {"yaml", "jinja2"})
    assert not [name for name in modules if name.startswith("rochallor_cli.dev_engine.")]


def test_help_on_a_terminal_is_drawn_without_what_rich_has_for_others() -> None:
    code = f"import sys; sys.argv[1:] = ['--help']; sys.stdout.isatty = lambda: True\n{PROGRAM}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = json.loads(run.stderr.splitlines()[-1])
    assert "rich.panel" in modules
    assert not packages(modules) & {"markdown_it", "pygments"}
    assert not {"rich.markdown", "rich.traceback"} & {*modules}
    assert "Usage" in run.stdout


def test_help_of_the_root_loads_no_command() -> None:
    modules = modules_after("--help")
    assert [name for name in modules if name.startswith("rochallor_cli.commands.")] == []


@pytest.mark.parametrize(
    "arguments", [["instances", "get", "x"], ["defs", "list"], ["tasks", "complete", "x"]]
)
def test_an_admin_command_loads_what_talks_but_not_what_works_or_reads_yaml(arguments: list[str]) -> None:
    modules = modules_after(*arguments, "-o", "json", *NOWHERE)
    # Why a connection was refused is looked up in TLS, too.
    assert not packages(modules) & (DRAWING | WORKING | {"yaml"} | (ASIDE - {"ssl"}))
    assert not [name for name in modules if name.startswith("rochallor_cli.dev_engine.")]
    groups = {name.split(".")[2] for name in modules if name.startswith("rochallor_cli.commands.")}
    assert arguments[0] in groups
    assert not groups & ({"instances", "defs", "tasks", "work", "dev", "demo"} - {arguments[0]})


@pytest.mark.parametrize("arguments", [["instances", "list"], ["defs", "upload"], ["tasks", "list"]])
def test_help_of_a_command_loads_neither_the_client_nor_the_documents(arguments: list[str]) -> None:
    modules = modules_after(*arguments, "--help")
    assert not {"workflow_sdk.client.rest", "workflow_sdk.client.http"} & {*modules}
    if arguments != ["defs", "upload"]:
        assert not [name for name in modules if name.startswith("rochallor_cli.documents.")]
