"""How large a file, a function and a folder may be before a reader loses the thread (docs/architecture.md, "Style").

Lines are counted as they stand, blank ones and comments too; a function's signature does not count, its docstring
does. Nesting counts the blocks around a statement within its function; `elif` is no deeper than its `if`.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE = 400
MAX_FUNCTION = 40
MAX_NESTING = 3
# Besides what a method is called on.
MAX_POSITIONAL = 3
# A folder of more entries has a map in the docstring of its `__init__.py`.
MAX_WITHOUT_MAP = 12

PACKAGES = ("workflow_sdk", "rochallor_cli", "benchmarks")
# Written by `make reference`; copied from the kit that recorded the engine.
NOT_BY_HAND = ("rochallor_cli/completion/table.py", "tests/contract/golden/replay.py")

BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files() -> list[str]:
    paths = [
        path for folder in (*PACKAGES, "tests", "docs", "examples") for path in (ROOT / folder).rglob("*.py")
    ]
    return sorted({str(path.relative_to(ROOT)) for path in paths} - set(NOT_BY_HAND))


@dataclass(frozen=True)
class Measured:
    """What is held of one function; `name` is what a finding calls it."""

    name: str
    lines: int
    nesting: int
    positional: int


@functools.cache
def functions() -> list[Measured]:
    """Every function of the repository. Trees are not kept: a thousand of them slow down whatever comes after."""
    return [
        measured
        for name in python_files()
        for measured in functions_in(name, ast.parse((ROOT / name).read_text("utf-8")))
    ]


def functions_in(name: str, scope: ast.AST) -> Iterator[Measured]:
    for node in ast.walk(scope):
        inner = [each for each in ast.iter_child_nodes(node) if isinstance(each, Function)]
        for function in inner:
            assert function.end_lineno is not None
            yield Measured(
                f"{name}:{function.name}",
                lines=function.end_lineno - function.body[0].lineno + 1,
                nesting=nesting(function),
                positional=positional(function, is_method=isinstance(node, ast.ClassDef)),
            )


def positional(function: Function, *, is_method: bool) -> int:
    """How many parameters a call may leave unnamed; what it is called on does not count."""
    named = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    is_bound = is_method and "staticmethod" not in map(ast.unparse, function.decorator_list)
    return len(named) - is_bound


def nesting(node: ast.AST, depth: int = 0) -> int:
    deepest = depth
    for inner in ast.iter_child_nodes(node):
        if not isinstance(inner, SCOPES):
            is_elif = isinstance(node, ast.If) and isinstance(inner, ast.If) and [inner] == node.orelse
            deeper = isinstance(inner, BLOCKS) and not is_elif
            deepest = max(deepest, nesting(inner, depth + deeper))
    return deepest


def test_no_file_is_too_long() -> None:
    lengths = {name: len((ROOT / name).read_text("utf-8").splitlines()) for name in python_files()}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE} == {}


def test_no_function_is_too_long() -> None:
    assert {each.name for each in functions() if each.lines > MAX_FUNCTION} == set()


def test_no_function_is_nested_too_deep() -> None:
    assert {each.name for each in functions() if each.nesting > MAX_NESTING} == set()


# --- parameters ----------------------------------------------------------------------------------

# Why some take more unnamed arguments than that: the name of a function, or of a file for all of its functions.
PUBLISHED = "signatures of the published SDK, which programs out there call"
PROTOCOL = "called by a library or an interpreter of ours, which passes values by their order"
HOT = "called for each job, each field of a request or each step of a search, where names cost time"
MANY_UNNAMED = {
    "workflow_sdk/client/interface.py": PUBLISHED,
    "workflow_sdk/client/rest.py": PUBLISHED,
    "workflow_sdk/testing.py": PUBLISHED,
    "workflow_sdk/runner/runner.py": PUBLISHED,
    "workflow_sdk/runner/kafka_runner.py": PUBLISHED,
    "workflow_sdk/client/timed_streams.py:connect_tcp": PROTOCOL,
    "rochallor_cli/dev_engine/api/server.py:_request": PROTOCOL,
    "rochallor_cli/dev_engine/expression/functions/texts.py": PROTOCOL,
    "rochallor_cli/dev_engine/expression/values/methods.py:_add_date": PROTOCOL,
    "rochallor_cli/dev_engine/store/executions.py:_execution_from_row": PROTOCOL,
    "rochallor_cli/dev_engine/store/timers.py:_timer_from_row": PROTOCOL,
    "rochallor_cli/hosting/logs/own_loggers.py:makeRecord": PROTOCOL,
    "rochallor_cli/ui/connection_limits.py:handle_error": PROTOCOL,
    "rochallor_cli/ui/routes.py:_request": PROTOCOL,
    "rochallor_cli/dev_engine/expression/values/numbers.py:_power_by_squares": HOT,
    "rochallor_cli/dev_engine/go_json/decoding.py": HOT,
    "rochallor_cli/dev_engine/state_machine/conditions.py": HOT,
    "rochallor_cli/dev_engine/state_machine/decision_tables.py": HOT,
    "rochallor_cli/dev_engine/state_machine/equivalence.py": HOT,
    "rochallor_cli/dev_engine/state_machine/events.py": HOT,
    "rochallor_cli/dev_engine/state_machine/free_conditions.py": HOT,
    "rochallor_cli/dev_engine/state_machine/known_conditions.py": HOT,
    "rochallor_cli/verification/search.py": HOT,
    "workflow_sdk/runner/reporting/rules.py:_hold_s": HOT,
    "workflow_sdk/runner/reporting/senders.py:_obey": HOT,
}


def test_more_than_three_arguments_are_named_unless_there_is_a_reason() -> None:
    many = {
        each.name
        for each in functions()
        if each.positional > MAX_POSITIONAL and each.name.split("/")[0] in PACKAGES
    }
    assert {name for name in many if not {name, name.split(":")[0]} & MANY_UNNAMED.keys()} == set()
    needed = {part for name in many for part in (name, name.split(":")[0])}
    assert MANY_UNNAMED.keys() - needed == set(), "these need no exception any more"


# --- maps ----------------------------------------------------------------------------------------

MAP_LINE = re.compile(r"^ *(\w+(?:\.py|/)) +\S", re.MULTILINE)


def entries(folder: Path) -> set[str]:
    files = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    return files | {f"{path.parent.name}/" for path in folder.glob("*/*.py")}


def map_of(folder: Path) -> list[str]:
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
    return MAP_LINE.findall(docstring or "")


FOLDERS = sorted(
    {
        path.parent
        for package in (*PACKAGES, "tests/support")
        for path in (ROOT / package).rglob("__init__.py")
    }
)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_large_folder_has_a_map_and_each_map_names_exactly_what_is_there(folder: Path) -> None:
    mapped = map_of(folder)
    if mapped or len(list(folder.glob("[!_]*"))) > MAX_WITHOUT_MAP:
        assert sorted(mapped) == sorted(entries(folder)), "mend the map in the docstring of __init__.py"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_each_package_says_what_it_is(folder: Path) -> None:
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
