"""One word for one thing: public classes, and the glossary in docs/architecture.md."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from rochallor_cli import dev_engine
from rochallor_cli.definitions import problem_codes, verification_codes
from rochallor_cli.definitions.problem_codes import PROBLEM_CODES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
ROW = re.compile(r"^\| ([\w ,]+) \| (.+) \| `([\w/.]+)` \|$", re.MULTILINE)
GLOSSARY = {word: (meaning, home) for word, meaning, home in ROW.findall(PAGE.split("## Glossary")[1])}


def classes_in(path: Path) -> list[str]:
    body = ast.parse(path.read_text("utf-8")).body
    return [node.name for node in body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def homes_of_classes() -> dict[str, set[str]]:
    homes = defaultdict(set)
    for path in (
        path for package in ("workflow_sdk", "rochallor_cli") for path in (ROOT / package).rglob("*.py")
    ):
        for name in classes_in(path):
            homes[name].add(str(path.relative_to(ROOT)))
    return homes


def test_a_public_class_has_a_name_of_its_own() -> None:
    shared = {name: sorted(homes) for name, homes in homes_of_classes().items() if len(homes) > 1}
    assert shared == {}


# The SDK and the embedded engine share no code: there a class and a name for a type may be called alike.
APART = ("workflow_sdk", "rochallor_cli/dev_engine")
TYPE_NAME = re.compile(r"[A-Z][a-z]\w*")


def named_types_in(path: Path) -> list[str]:
    """Names that a module gives to types, as `Step = dict[str, Any]`; type variables stand for any."""
    assigned = [
        (target.id, ast.unparse(node.value))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return [name for name, value in assigned if TYPE_NAME.fullmatch(name) and not value.startswith("TypeVar")]


def test_a_named_type_is_not_called_as_a_class_of_another_meaning() -> None:
    classes = homes_of_classes()
    clashes = [
        (home, name, other)
        for package in ("workflow_sdk", "rochallor_cli")
        for path in (ROOT / package).rglob("*.py")
        for name in named_types_in(path)
        for home in [str(path.relative_to(ROOT))]
        for other in classes.get(name, ())
        if not all(any(each.startswith(part) for each in (home, other)) for part in APART)
    ]
    assert clashes == []


def test_the_glossary_names_each_word_once() -> None:
    rows = [
        line for line in PAGE.split("## Glossary")[1].split("\n## ")[0].splitlines() if line.startswith("| ")
    ]
    assert len(GLOSSARY) == len(rows) - 1 > 25


@pytest.mark.parametrize("word", GLOSSARY)
def test_a_word_of_the_glossary_stands_in_its_home_and_the_home_leads_here(word: str) -> None:
    home = ROOT / GLOSSARY[word][1]
    package = home if home.is_dir() else home.parent
    texts = [path.read_text("utf-8").lower() for path in (home.rglob("*.py") if home.is_dir() else [home])]
    assert [
        text
        for text in texts
        if word.split(",")[0].replace(" ", "").rstrip("e") in re.sub(r"[\s_]", "", text)
    ]
    families = [
        folder / "__init__.py" for folder in (package, *package.parents) if (folder / "__init__.py").exists()
    ]
    assert any("Glossary" in family.read_text("utf-8") for family in families)


PATH = re.compile(r"`((?:workflow_sdk|rochallor_cli)/[\w/.]+)`")
# Within a journey a path begins at the folder that the journey is in.
SHORT_PATH = re.compile(r"`([\w/]+\.py)`")


def test_every_file_that_the_architecture_page_names_is_there() -> None:
    assert [path for path in PATH.findall(PAGE) if not (ROOT / path).exists()] == []
    files = [
        f"/{path.relative_to(ROOT)}"
        for package in ("workflow_sdk", "rochallor_cli", "tests")
        for path in (ROOT / package).rglob("*.py")
    ]
    short = SHORT_PATH.findall(PAGE)
    assert len(short) > 50
    assert [name for name in short if not any(file.endswith(f"/{name}") for file in files)] == []


def constants(pattern: str) -> list[tuple[str, object]]:
    """(file, value) of the texts in the code that are of this form as a whole."""
    return [
        (str(path.relative_to(ROOT)), node.value)
        for package in ("workflow_sdk", "rochallor_cli")
        for path in (ROOT / package).rglob("*.py")
        if re.search(pattern, text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and re.fullmatch(pattern, str(node.value))
    ]


MASKS = ("workflow_sdk/known_secrets.py", "rochallor_cli/configuration/masking.py")


def test_there_is_one_mask() -> None:
    """Written down twice, for neither may be loaded for the other's sake; nobody else writes stars or dots."""
    assert set(constants(r"[*•]{3,}")) == {(home, "***") for home in MASKS}


# Where a problem code stands as text: the tables that give it its name.
CODE_TABLES = (
    "rochallor_cli/dev_engine/codes/names.py",
    "rochallor_cli/definitions/problem_codes.py",
    "rochallor_cli/definitions/verification_codes.py",
)


def test_a_problem_code_is_written_once_and_called_by_its_name_elsewhere() -> None:
    found = constants(r"[EVW]\d{2,3}")
    assert [(home, code) for home, code in found if home not in CODE_TABLES] == []
    assert sorted(code for _, code in found) == sorted({code for _, code in found})


def test_each_problem_code_has_one_name_and_each_name_one_code() -> None:
    named = [
        (name, value)
        for module in (dev_engine.codes, problem_codes, verification_codes)
        for name, value in vars(module).items()
        if isinstance(value, str) and re.fullmatch(r"[EVW]\d{2,3}", value)
    ]
    assert len({name for name, _ in named}) == len({code for _, code in named}) == len(set(named))
    assert {code for _, code in named} == PROBLEM_CODES.keys()
