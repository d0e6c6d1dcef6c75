"""Findings in the forms that CI systems read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from rochallor_cli.definitions.finding import DocumentFinding
from rochallor_cli.definitions.problem_codes import PROBLEM_CODES
from rochallor_cli.version import VERSION

Findings = Sequence[DocumentFinding]


def as_github(findings: Findings) -> str:
    """Workflow commands of GitHub's CI: each finding beside its line in a pull request."""
    return "".join(f"{_command(finding)}\n" for finding in findings)


def _command(finding: DocumentFinding) -> str:
    place = f"file={_property(finding.file)},line={finding.line},col={finding.column}"
    text = finding.text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{finding.severity} {place},title={finding.code}::{text}"


def _property(text: str) -> str:
    return text.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")


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
                "location": {"path": finding.file, "lines": {"begin": finding.line}},
            }
            for finding in findings
        ]
    )


def _fingerprint(finding: DocumentFinding) -> str:
    """The same as long as the finding is, whatever line it moves to."""
    identity = [finding.file, finding.code, list(finding.path), finding.text]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def as_sarif(findings: Findings) -> str:
    """A SARIF 2.1.0 log with one run."""
    codes = sorted({finding.code for finding in findings})
    driver = {"name": "rochallor", "version": VERSION, "rules": [_sarif_rule(code) for code in codes]}
    results = [_sarif_result(finding, codes.index(finding.code)) for finding in findings]
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return _json(
        {"$schema": schema, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    )


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
    place = {"artifactLocation": {"uri": finding.file}, "region": region}
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
    name = quoteattr(f"{finding.code} {finding.file}:{finding.line}:{finding.column}")
    message = quoteattr(f"{finding.code} {finding.text}")
    failure = (
        f"<failure message={message} type={quoteattr(finding.severity)}>{escape(str(finding))}</failure>"
    )
    return f"  <testcase name={name} classname={quoteattr(finding.file)}>{failure}</testcase>\n"


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


FORMATS: Final[Mapping[str, Callable[[Findings], str]]] = {
    "github": as_github,
    "gitlab": as_gitlab,
    "sarif": as_sarif,
    "junit": as_junit,
}
