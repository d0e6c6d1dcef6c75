"""How large a file, a function and a folder may be before a reader loses the thread (docs/architecture.md, "Style").

Lines are counted as they stand, blank ones and comments too; a function's signature does not count, its docstring
does. Nesting counts the blocks around a statement within its function; `elif` is no deeper than its `if`.
"""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE = 400
MAX_FUNCTION = 40
MAX_NESTING = 3
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


@functools.cache
def functions() -> list[tuple[str, Function]]:
    """Every function of the repository with the name that a finding gives it."""
    return [
        (f"{name}:{node.name}", node)
        for name in python_files()
        for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


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
    long = {
        name
        for name, node in functions()
        if node.end_lineno is not None and node.end_lineno - node.body[0].lineno >= MAX_FUNCTION
    }
    assert long == set()


def test_no_function_is_nested_too_deep() -> None:
    assert {name for name, node in functions() if nesting(node) > MAX_NESTING} == set()


# --- maps ----------------------------------------------------------------------------------------

MAP_LINE = re.compile(r"^ *(\w+(?:\.py|/)) +\S", re.MULTILINE)


def entries(folder: Path) -> set[str]:
    files = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    return files | {f"{path.parent.name}/" for path in folder.glob("*/*.py")}


def map_of(folder: Path) -> list[str]:
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
    return MAP_LINE.findall(docstring or "")


FOLDERS = sorted({path.parent for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_large_folder_has_a_map_and_each_map_names_exactly_what_is_there(folder: Path) -> None:
    mapped = map_of(folder)
    if mapped or len(list(folder.glob("[!_]*"))) > MAX_WITHOUT_MAP:
        assert sorted(mapped) == sorted(entries(folder)), "mend the map in the docstring of __init__.py"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_each_package_says_what_it_is(folder: Path) -> None:
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
