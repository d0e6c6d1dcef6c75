"""Findings in the forms that CI systems read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from rochallor_cli.definitions.finding import DocumentFinding
from rochallor_cli.definitions.problem_codes import PROBLEM_CODES
from rochallor_cli.version import VERSION

Findings = Sequence[DocumentFinding]

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_github(findings: Findings) -> str:
    """Workflow commands of GitHub's CI: each finding beside its line in a pull request."""
    return "".join(f"{_command(finding)}\n" for finding in findings)


def _command(finding: DocumentFinding) -> str:
    place = f"file={_property(_repository_path(finding.file))},line={finding.line},col={finding.column}"
    text = finding.text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{finding.severity} {place},title={finding.code}::{text}"


def _property(text: str) -> str:
    for character in "%,:\r\n":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def as_gitlab(findings: Findings) -> str:
    """A code quality report of GitLab."""
    severities = {"error": "major", "warning": "minor"}
    return _json(
        [
            {
                "description": f"{finding.code} {finding.text}",
                "check_name": finding.code,
                "fingerprint": _fingerprint(finding),
                "severity": severities[finding.severity],
                "location": {"path": _repository_path(finding.file), "lines": {"begin": finding.line}},
            }
            for finding in findings
        ]
    )


def _fingerprint(finding: DocumentFinding) -> str:
    """The same as long as the finding is, whatever line it moves to."""
    identity = [_repository_path(finding.file), finding.code, list(finding.path), finding.text]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def _repository_path(file: str) -> str:
    """The file as CI systems know it: without a `./` before it, with slashes."""
    path = Path(file).as_posix()
    return path if file else "-"


def as_sarif(findings: Findings) -> str:
    """A SARIF 2.1.0 log with one run."""
    codes = sorted({finding.code for finding in findings})
    driver = {"name": "rochallor", "version": VERSION, "rules": [_sarif_rule(code) for code in codes]}
    results = [_sarif_result(finding, codes.index(finding.code)) for finding in findings]
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return _json({"$schema": schema, "version": "2.1.0", "runs": [run]})


def _sarif_rule(code: str) -> dict[str, Any]:
    entry = PROBLEM_CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.why},
        "help": {"text": entry.instead},
        "defaultConfiguration": {"level": entry.lint_severity},
    }


def _sarif_result(finding: DocumentFinding, rule: int) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    place = {"artifactLocation": {"uri": quote(_repository_path(finding.file))}, "region": region}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": finding.text},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"rochallor/v1": _fingerprint(finding)},
    }


def as_junit(findings: Findings) -> str:
    """A JUnit report: a failed test for each finding; one that passed where there is none."""
    cases = [_junit_case(finding) for finding in findings] or [
        '  <testcase name="lint" classname="definitions"/>\n'
    ]
    counts = f'tests="{len(cases)}" failures="{len(findings)}" errors="0"'
    suite = f'<testsuite name="rochallor defs lint" {counts}>\n{"".join(cases)}</testsuite>\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{suite}'


def _junit_case(finding: DocumentFinding) -> str:
    name = _attribute(f"{finding.code} {finding.file}:{finding.line}:{finding.column}")
    message = _attribute(f"{finding.code} {finding.text}")
    text = escape(_xml_text(str(finding)))
    failure = f"<failure message={message} type={_attribute(finding.severity)}>{text}</failure>"
    return f"  <testcase name={name} classname={_attribute(finding.file)}>{failure}</testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(_xml_text(text))


def _xml_text(text: str) -> str:
    """The text with what XML cannot hold, escaped or not, written out as `\\x07`."""
    return _NO_XML.sub(lambda found: ascii(found.group())[1:-1], text)


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


FORMATS: Final[Mapping[str, Callable[[Findings], str]]] = {
    "github": as_github,
    "gitlab": as_gitlab,
    "sarif": as_sarif,
    "junit": as_junit,
}
