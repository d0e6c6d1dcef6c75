"""What CI systems are told of a file: its path in the repository, however the command line named it."""

from __future__ import annotations

import json

import pytest

from rochallor_cli.definitions.finding import DocumentFinding
from rochallor_cli.definitions.lint_formats import FORMATS


def found(file: str) -> list[DocumentFinding]:
    return [DocumentFinding(file, 3, 5, "W316", "warning", "a gap", ("steps", 0))]


@pytest.mark.parametrize("form", ["github", "gitlab", "sarif"])
def test_a_report_is_the_same_for_a_file_named_with_a_dot_before_it(form: str) -> None:
    assert FORMATS[form](found("./flows/a.yaml")) == FORMATS[form](found("flows/a.yaml"))


def test_an_annotation_names_the_file_as_the_repository_does() -> None:
    assert FORMATS["github"](found("./a.yaml")).startswith("::warning file=a.yaml,line=3,col=5,")
    [issue] = json.loads(FORMATS["gitlab"](found("./a.yaml")))
    assert issue["location"] == {"path": "a.yaml", "lines": {"begin": 3}}
