"""What lint writes for CI systems: valid by the schemas of those who read it, whatever the definitions hold."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from support.command_line import rochallor
from support.workflows import document, long_branch, service

SCHEMAS = Path(__file__).parent / "schemas"
JSON_FORMATS = {"sarif": "sarif-2.1.0.json", "gitlab": "gitlab-code-quality.json"}
ODD_NAME = "my flöw, 100%.json"
ODD_TEXT = "a > \x07<&]]>\"' %0A ,:: \ud83d\ude00\u2028".encode("utf-16", "surrogatepass").decode("utf-16")

LONG_BRANCH = document(
    *long_branch(["pack", "ship"], "bill"),
)


FILES = {
    "long.json": json.dumps(LONG_BRANCH),
    ODD_NAME: json.dumps(
        document(service("ask", "nowhere", conditionalNextSteps={ODD_TEXT: "gone", f"{ODD_TEXT}\nx": "end"}))
    ),
    "broken.yaml": "id: [\n",
    "empty.json": "",
    "list.json": "[1]",
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """What lint writes, by format, of files with faults of every sort that are named as a careless person would."""
    folder = tmp_path_factory.mktemp("reports")
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    flows = [f"./{name}" for name in FILES]
    found = {}
    with contextlib.chdir(folder):
        for format_ in ("github", "gitlab", "sarif", "junit"):
            done = rochallor("defs", "lint", *flows, "--verify", "--format", format_)
            assert done.exit_status == 3
            found[format_] = folder / f"report.{format_}"
            found[format_].write_text(done.stdout, "utf-8")
    return found


def accepts(*command: str | os.PathLike[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("format_", JSON_FORMATS)
def test_a_json_report_is_what_its_schema_says(
    reports: Mapping[str, Path], tool: Callable[[str], str], format_: str
) -> None:
    accepts(tool("check-jsonschema"), "--schemafile", SCHEMAS / JSON_FORMATS[format_], reports[format_])


def test_a_junit_report_is_what_its_schema_says(
    reports: Mapping[str, Path], tool: Callable[[str], str]
) -> None:
    accepts(tool("xmlschema-validate"), "--schema", SCHEMAS / "junit-10.xsd", reports["junit"])


def test_a_report_without_findings_is_valid_as_well(tmp_path: Path, tool: Callable[[str], str]) -> None:
    sound = tmp_path / "sound.json"
    sound.write_text(json.dumps(document(service("work"))), "utf-8")
    for format_, schema in JSON_FORMATS.items():
        path = tmp_path / f"none.{format_}"
        path.write_text(rochallor("defs", "lint", sound, "--format", format_).stdout, "utf-8")
        accepts(tool("check-jsonschema"), "--schemafile", SCHEMAS / schema, path)
    path = tmp_path / "none.junit"
    path.write_text(rochallor("defs", "lint", sound, "--format", "junit").stdout, "utf-8")
    accepts(tool("xmlschema-validate"), "--schema", SCHEMAS / "junit-10.xsd", path)


def test_every_report_tells_of_the_same_files(reports: Mapping[str, Path]) -> None:
    issues = json.loads(reports["gitlab"].read_text("utf-8"))
    assert {issue["location"]["path"] for issue in issues} == FILES.keys()
    (run,) = json.loads(reports["sarif"].read_text("utf-8"))["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert {unquote(place["artifactLocation"]["uri"]) for place in places} == FILES.keys()
    suite = ElementTree.parse(reports["junit"]).getroot()
    assert {Path(case.get("classname", "")).name for case in suite} == FILES.keys()
    assert len(issues) == len(run["results"]) == len(suite) == int(suite.get("failures", ""))


def test_a_command_for_github_is_one_line_and_holds_its_text(reports: Mapping[str, Path]) -> None:
    command = re.compile(r"::(error|warning) file=([^,:]+),line=[1-9]\d*,col=[1-9]\d*,title=[A-Z]\d+::(.+)")
    *lines, after = reports["github"].read_text("utf-8").split("\n")
    found = [match for line in lines if (match := command.fullmatch(line))]
    assert after == ""
    assert len(found) == len(lines)
    assert {Path(unquote(match[2])).name for match in found} == FILES.keys()
    assert any(ODD_TEXT in unquote(match[3]) for match in found)
