"""The imports of the packages, held against the picture in docs/architecture.md.

Every import statement counts, those under ``TYPE_CHECKING`` and inside functions included.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("workflow_sdk", "rochallor_cli")


@dataclass(frozen=True)
class Import:
    source: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def modules() -> dict[str, Path]:
    return {module_name(path): path for package in OURS for path in sorted((ROOT / package).rglob("*.py"))}


def imports_of(name: str, path: Path) -> Iterator[Import]:
    known = modules()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: relative import; write the whole name"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield Import(name, inner if inner in known else str(node.module), node.lineno)


@functools.cache
def all_imports() -> list[Import]:
    return [found for name, path in modules().items() for found in imports_of(name, path)]


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def third_party(found: Import) -> str | None:
    top = found.target.split(".")[0]
    return None if top in OURS or top in sys.stdlib_module_names else found.target


# --- which foreign packages may be imported where ------------------------------------------------

# Most specific place first; a file is held to the first place it lies in.
FOREIGN = {
    "workflow_sdk.client.httpx_client": ("httpcore", "httpx"),
    "workflow_sdk.client.timed_streams": ("httpcore", "httpx"),
    "workflow_sdk.client.http1": ("httptools",),
    "workflow_sdk": ("confluent_kafka", "google.protobuf", "prometheus_client", "opentelemetry"),
    "rochallor_cli.dev_engine": ("aiohttp", "confluent_kafka", "google.protobuf"),
    "rochallor_cli.ui": ("aiohttp", "jinja2", "markupsafe"),
    "rochallor_cli.pytest_plugin": ("pytest",),
    "rochallor_cli.hosting.health": ("prometheus_client",),
    "rochallor_cli.hosting.checks.broker_checks": ("confluent_kafka",),
    "rochallor_cli": ("typer", "rich", "yaml", "platformdirs"),
}


def test_foreign_packages_are_imported_only_where_they_have_their_place() -> None:
    wrong = []
    for found in all_imports():
        foreign = third_party(found)
        if foreign is None:
            continue
        place = next(place for place in FOREIGN if within(found.source, place))
        if not within(foreign, *FOREIGN[place]):
            wrong.append(str(found))
    assert wrong == []


# --- who may know whom ---------------------------------------------------------------------------

# The doors of the dev engine: what the rest of the command line and the pytest plug-in may import.
DOORS = (
    "rochallor_cli.dev_engine",
    "rochallor_cli.dev_engine.codes",
    "rochallor_cli.dev_engine.explore",
    "rochallor_cli.dev_engine.bench",
    "rochallor_cli.dev_engine.upgrade",
)


def test_the_sdk_and_the_dev_engine_know_nothing_of_the_command_line() -> None:
    wrong = [
        str(found)
        for found in all_imports()
        if (within(found.source, "workflow_sdk") and within(found.target, "rochallor_cli"))
        or (
            within(found.source, "rochallor_cli.dev_engine")
            and within(found.target, *OURS)
            and not within(found.target, "rochallor_cli.dev_engine")
        )
    ]
    assert wrong == []


def test_the_dev_engine_is_entered_only_through_its_doors() -> None:
    wrong = [
        str(found)
        for found in all_imports()
        if within(found.target, "rochallor_cli.dev_engine")
        and not within(found.source, "rochallor_cli.dev_engine")
        and found.target not in DOORS
    ]
    assert wrong == []


# Each package's units from the top to the ground. A unit may import those on lower floors, and
# within itself; units on one floor do not know each other.
FLOORS: dict[str, list[tuple[str, ...]]] = {
    "workflow_sdk": [
        ("testing",),
        ("runner",),
        ("client", "handler"),
        ("job", "retry", "metrics"),
        ("errors", "clock", "version", "engine_versions", "known_secrets"),
    ],
    "rochallor_cli": [
        ("__main__",),
        ("app", "pytest_plugin"),
        ("commands",),
        ("demo",),
        ("trial",),
        ("ui",),
        ("hosting", "graph", "instances", "explanation", "completion", "verification"),
        ("definitions", "command_line", "handler_modules"),
        ("engine_client",),
        ("output",),
        ("configuration", "documents", "sdk_check"),
        ("durations", "counting", "errors"),
        ("exit_status", "version", "command_names", "garbage_collection", "lean_imports"),
        ("dev_engine",),
    ],
    "rochallor_cli.dev_engine": [
        ("explore", "embedded", "bench", "upgrade"),
        ("sample_values",),
        ("engine",),
        ("api", "background", "kafka"),
        ("services",),
        ("store", "state_machine", "lint"),
        ("definition",),
        ("expression", "records", "config", "ids"),
        ("errors", "clock", "codes", "go_json"),
        ("versions", "go_text", "quick_values"),
    ],
}


def floors_drawn_for(package: str) -> list[tuple[str, ...]]:
    """The floors in the architecture page: a package's name, then a line for each floor, in one column."""
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    column = 17
    _, drawing = page.split(f"\n{package.split('.')[-1]:<{column}}", 1)
    first, *others = drawing.split("\n\n")[0].split("\n```")[0].splitlines()
    lines = [first, *(line[column:] for line in others)]
    return [tuple(unit.split()[0] for unit in line.split(",")) for line in lines]


@pytest.mark.parametrize("package", FLOORS)
def test_the_architecture_page_draws_the_same_floors(package: str) -> None:
    assert floors_drawn_for(package) == FLOORS[package]


def unit_of(name: str, package: str) -> str:
    return name.removeprefix(package).lstrip(".").split(".")[0]


@pytest.mark.parametrize("package", FLOORS)
def test_imports_go_downward_only(package: str) -> None:
    floor_of = {unit: floor for floor, units in enumerate(FLOORS[package]) for unit in units}
    wrong = []
    for found in all_imports():
        if not (within(found.source, package) and within(found.target, package)):
            continue
        source, target = unit_of(found.source, package), unit_of(found.target, package)
        if source in ("", target) or target == "":
            continue
        unknown = {source, target} - floor_of.keys()
        assert not unknown, f"{sorted(unknown)} of {package} has no floor: give it one, here and in the docs"
        if floor_of[target] <= floor_of[source]:
            wrong.append(str(found))
    assert wrong == []


def test_no_module_imports_itself_round_a_circle() -> None:
    known = modules()
    graph: dict[str, set[str]] = {name: set() for name in known}
    for found in all_imports():
        if found.target in known and found.target != found.source:
            graph[found.source].add(found.target)
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for target in graph[name]:
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())
