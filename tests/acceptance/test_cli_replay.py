"""Runs that a search has found, played on an embedded engine that stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command_line import rochallor, rochallor_process
from support.waiting import wait_until
from support.workflows import document, long_branch, service, timer, wait

# A reminder's END ends the instance while it waits, and a long branch lets what follows the join run twice.
FAULTY = document(
    wait("hold", "split", boundaryEvents=[timer("PT48H", "remind", interrupting=False)]),
    service("remind", "end"),
    *long_branch(["pack", "ship"], "bill", then="thank"),
    service("thank"),
    id_="faulty",
)


def found(folder: Path, version: str) -> Path:
    (folder / "flow.json").write_text(json.dumps(FAULTY))
    text = rochallor("defs", "verify", folder / "flow.json", "--engine-version", version, "-o", "json").stdout
    (folder / "found.json").write_text(text)
    return folder / "found.json"


@pytest.mark.parametrize("version", ["0", "leases"])
def test_each_run_leaves_an_instance_where_it_leads_to(tmp_path: Path, version: str):
    file = found(tmp_path, version)
    (verified,) = json.loads(file.read_text())
    traces = [finding["trace"] for finding in verified["findings"]]
    assert len(traces) > 2
    with rochallor_process("dev", "--port", "0", "--replay", file, "-o", "json") as engine:
        about = json.loads(engine.line())
        assert about["engineVersion"] == version
        wait_until(lambda: engine.errors.count("Played ") == len(traces), "every run played")
        rows = rochallor("instances", "list", "--all", "-o", "json", url=about["url"]).json()
        assert sorted(row["status"] for row in rows) == sorted(trace[-1]["status"] for trace in traces)
        assert {row["definitionId"] for row in rows} == {"faulty"}
    assert "warning" not in engine.errors


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no run to play"),
        ("{", "not what `defs verify -o json` prints"),
        ('[{"file": "flow.json"}]', "not what `defs verify -o json` prints"),
        ('[{"file": "flow.json", "findings": [{"trace": [1]}], "version": "0"}]', "not what"),
    ],
)
def test_what_holds_no_run_is_refused_before_anything_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
):
    monkeypatch.chdir(tmp_path)
    found(tmp_path, "next")
    Path("other.json").write_text(text)
    result = rochallor("dev", "--port", "0", "--replay", "other.json")
    assert (result.exit_status, result.stdout) == (3, "")
    assert said in result.stderr
    assert "rochallor defs verify FILE -o json" in result.stderr
