"""Lint and upload as a build rests on them: what is an error, what belongs together, what of folders is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from rochallor_cli.definitions.problem_codes import PROBLEM_CODES
from rochallor_cli.documents.json_yaml import dump
from support.command_line import rochallor
from support.workflows import (
    decision,
    document,
    gateway,
    join,
    long_branch,
    service,
    timer,
    transform,
    user_task,
    wait,
)


def write(path: Path, *documents: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\n".join(dump(one) for one in documents))
    return path


def linted(*arguments: object) -> list[tuple[str, str]]:
    rows = rochallor("defs", "lint", *arguments, "-o", "json").json()
    return [(row["code"], row["severity"]) for row in rows]


CANNOT_RUN = {
    "W201": [decision("d", {"amount >": "end"})],
    "W305": [service("a", "end", conditionalNextSteps={"x == 1": "gone"})],
    "W306": [service("a", "meet"), join()],
    "W313": [gateway("split", ["a", "a"]), service("a", "meet"), join()],
    "W403": [user_task("a", boundaryEvents=[timer("P1W", "end", interrupting=True)])],
    "W501": [wait("a/b")],
    "W506": [transform("t", {"x": "a\0b"})],
}


def test_every_code_of_what_certainly_cannot_run_is_tried():
    final = {code for code, entry in PROBLEM_CODES.items() if entry.is_final}
    # The others depend on what the command line gives: handlers, and variables of a start.
    assert final == {*CANNOT_RUN, "W702", "W332"}


@pytest.mark.parametrize("code", CANNOT_RUN)
def test_what_certainly_cannot_run_is_an_error(code: str, tmp_path: Path):
    file = tmp_path / "f.json"
    file.write_text(json.dumps(document(*CANNOT_RUN[code])))
    result = rochallor("defs", "lint", file, "-o", "json")
    assert (code, "error") in [(row["code"], row["severity"]) for row in result.json()]
    assert result.exit_status == 3
    assert "An error" in rochallor("defs", "lint", "--explain", code).stdout


def test_a_code_can_be_made_an_error_and_a_mistyped_one_is_said(tmp_path: Path):
    file = write(tmp_path / "f.yaml", document(service("a", retryCount=-1)))
    assert rochallor("defs", "lint", file).exit_status == 0
    assert rochallor("defs", "lint", file, "--error", "w503").exit_status == 3
    assert rochallor("defs", "lint", file, "--error", "W503", "--disable", "W503").exit_status == 0
    mistyped = rochallor("defs", "lint", file, "--error", "W5003")
    assert mistyped.exit_status == 2
    assert "did you mean W503?" in mistyped.stderr


def test_a_timer_flow_as_the_documentation_writes_it_is_clean(tmp_path: Path):
    reminded = user_task(
        "approve",
        boundaryEvents=[
            timer("PT24H", "remind", interrupting=False),
            timer("P3D", "escalate", interrupting=True),
        ],
    )
    file = write(
        tmp_path / "f.yaml", document(reminded, service("remind"), service("escalate"), service("archive"))
    )
    text = file.read_text().replace("nextStep: end\n", "nextStep: archive\n", 1)
    file.write_text(text)
    assert linted(file, "--engine-version", "leases") == []


def test_workflows_that_start_each_other_in_a_circle_are_told_of_each(tmp_path: Path):
    for one, following in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("e", "e")):
        chain = {"autoStartNextWorkflow": True, "nextWorkflowId": following}
        write(tmp_path / f"{one}.yaml", document(service("s"), id_=one, **chain))
    rows = rochallor("defs", "lint", tmp_path, "-o", "json", "--disable", "W315").json()
    assert [(Path(row["file"]).stem, row["code"]) for row in rows] == [
        (name, "W704") for name in ("a", "b", "c", "e")
    ]


def test_one_id_in_two_files_names_both(tmp_path: Path):
    write(tmp_path / "one.yaml", document(service("s"), id_="twin"))
    write(tmp_path / "two.yaml", document(service("s"), id_="twin"))
    result = rochallor("defs", "lint", tmp_path)
    assert result.exit_status == 3
    assert "two.yaml:1:5: E002" in result.stdout
    assert "one.yaml:1:5 as well" in result.stdout


def test_job_types_that_differ_by_case_or_blanks_are_two(tmp_path: Path):
    write(tmp_path / "one.yaml", document(service("s", job_type="send-mail"), id_="one"))
    write(tmp_path / "two.yaml", document(service("s", job_type="Send-Mail "), id_="two"))
    assert linted(tmp_path) == [("W705", "warning")]


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("#total + 1", True),
        ("#order.total", True),
        ("#total >= 5", True),
        ("#urgent", False),
        ("#ff8800", False),
        ("total + 1", False),
        ("#todo - call the customer", False),
        ("${total + 1}", False),
    ],
)
def test_a_text_that_looks_like_an_expression_is_told_to_stay_text(text: str, is_told: bool, tmp_path: Path):
    file = write(tmp_path / "f.yaml", document(transform("t", {"x": text})))
    assert linted(file, "--engine-version", "1.1.0") == ([("W207", "warning")] if is_told else [])


@pytest.mark.parametrize(
    ("comment", "is_told"),
    [
        ("#amount > 100: approve", True),
        ("#vip: approve", True),
        ("# amount > 100: approve", True),
        ('# "#amount > 100": approve', True),
        ("# nextStep: approve", False),
        ("#nextStep: approve", False),
        ("# see: approve", False),
        ("#amount > 100: nowhere", False),
    ],
)
def test_a_condition_that_is_a_comment_is_told_beside_those_that_are_none(
    comment: str, is_told: bool, tmp_path: Path
):
    file = tmp_path / "f.yaml"
    file.write_text(
        "id: a\nname: A\nsteps:\n  - id: r\n    name: R\n    type: DECISION\n    conditionalNextSteps:\n"
        f"      {comment}\n"
        '      "#amount <= 100": e\n      "#amount > 5000": approve\n'
        "  - {id: approve, name: Approve, type: WAIT, nextStep: e}\n  - {id: e, name: E, type: END}\n"
    )
    rows = rochallor("defs", "lint", file, "-o", "json", "--disable", "W316").json()
    assert [(row["code"], row["line"]) for row in rows] == ([("W701", 8)] if is_told else [])


def test_a_loop_around_a_gateway_and_a_way_past_it_are_told(tmp_path: Path):
    branches = [service("pack", "meet"), service("bill", "meet")]
    loop = document(
        gateway("split", ["pack", "bill"]), *branches, join("meet", "more"),
        decision("more", {"left > 0": "split", "left <= 0": "end"}),
    )  # fmt: skip
    past = document(
        decision("rush", {"rush": "meet", "!rush": "split"}),
        gateway("split", ["pack", "bill"]),
        *branches,
        join(),
    )
    assert linted(write(tmp_path / "loop.yaml", loop)) == [("W317", "warning")]
    assert linted(write(tmp_path / "past.yaml", past)) == [("W318", "warning")]


def test_a_wrong_shape_of_one_step_does_not_hide_what_is_wrong_with_others(tmp_path: Path):
    file = write(
        tmp_path / "f.yaml",
        document(service("a", "b", retryCount="two"), service("b", "gone", retryCount=-1)),
    )
    assert {code for code, _ in linted(file)} == {"E100", "E130", "W503"}


def test_lint_reads_what_is_on_the_engine(engine_url: str, tmp_path: Path):
    write(tmp_path / "f.yaml", document(service("a", retryCount=-1), id_="lint-on-engine"))
    rochallor("defs", "upload", tmp_path / "f.yaml", url=engine_url)
    for name in ("lint-on-engine", "lint-on-engine@1"):
        rows = rochallor("defs", "lint", name, "-o", "json", url=engine_url).json()
        assert [(row["file"], row["code"]) for row in rows] == [(name, "W503")]
    everything = rochallor("defs", "lint", "--all", "-o", "json", url=engine_url).json()
    assert ("lint-on-engine", "W503") in [(row["file"], row["code"]) for row in everything]


def folder_of_everything(top: Path) -> Path:
    write(top / "flows" / "a.yaml", document(service("s"), id_="folder-a"))
    write(top / "flows" / "drafts" / "b.yaml", document(service("s"), id_="folder-b"))
    for folder in (".github", "node_modules/x"):
        write(top / folder / "c.yaml", document(service("s"), id_="folder-c"))
    (top / "workers.yaml").write_text("workers: [{worker_id: a, modules: [h.py]}]\n")
    (top / "compose.yaml").write_text("services: {engine: {image: x}}\n")
    (top / "pipeline.yml").write_text("steps:\n  - script: make\n")
    (top / "package.json").write_text('{"name": "x", "version": "1.0.0"}')
    (top / "vars.json").write_text("[1, 2]")
    return top


def test_of_a_folder_only_definitions_are_read_and_the_rest_is_named_on_request(tmp_path: Path):
    top = folder_of_everything(tmp_path / "top")
    result = rochallor("defs", "lint", top)
    assert (result.exit_status, result.stdout) == (0, "")
    verbose = rochallor("defs", "lint", top, "-v").stderr
    for name in (
        ".github",
        "node_modules",
        "workers.yaml",
        "compose.yaml",
        "pipeline.yml",
        "package.json",
        "vars.json",
    ):
        assert any(line.startswith("passed over") and name in line for line in verbose.splitlines()), name
    assert "compose.yaml" not in result.stderr


def test_folders_and_files_can_be_excluded(engine_url: str, tmp_path: Path):
    top = folder_of_everything(tmp_path / "top")
    result = rochallor("defs", "upload", top, "--exclude", "drafts", "-o", "name", url=engine_url)
    assert result.stdout.split() == ["folder-a"]
    nothing = rochallor("defs", "lint", top, "--exclude", "*.y*ml")
    assert nothing.exit_status == 6


def test_links_are_said(tmp_path: Path):
    write(tmp_path / "elsewhere" / "z.yaml", document(service("s"), id_="linked-z"))
    write(tmp_path / "top" / "a.yaml", document(service("s"), id_="linked-a"))
    (tmp_path / "top" / "more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "top" / "b.yaml").symlink_to(tmp_path / "top" / "a.yaml")
    (tmp_path / "top" / "c.yaml").symlink_to(tmp_path / "nowhere.yaml")
    result = rochallor("defs", "lint", tmp_path / "top")
    assert result.exit_status == 0
    for words in ("more is a link to a folder and is not followed", "read already", "leads nowhere"):
        assert words in result.stderr


def test_all_files_are_checked_before_the_first_is_sent_and_each_has_a_row(engine_url: str, tmp_path: Path):
    write(tmp_path / "a.yaml", document(service("s"), id_="whole-a"))
    write(tmp_path / "b.yaml", document(service("s", "gone"), id_="whole-b"))
    result = rochallor("defs", "upload", tmp_path, "-o", "json", url=engine_url)
    assert result.exit_status == 3
    assert [(row["id"], row["result"]) for row in result.json()] == [
        ("whole-a", "not sent"), ("whole-b", "refused")
    ]  # fmt: skip
    assert "nothing was sent" in result.stderr
    assert rochallor("defs", "get", "whole-a", url=engine_url).exit_status == 6


def test_a_refusal_of_the_engine_names_its_file_and_what_was_stored_before(engine_url: str, tmp_path: Path):
    write(tmp_path / "a.yaml", document(service("s"), id_="partly-a"))
    b = tmp_path / "b.json"
    b.write_text(json.dumps(document(transform("t", {"x": "a\0b"}), id_="partly-b")))
    write(tmp_path / "c.yaml", document(service("s"), id_="partly-c"))
    result = rochallor("defs", "upload", tmp_path, "-o", "json", url=engine_url)
    assert result.exit_status == 4
    assert [(row["id"], row["result"]) for row in result.json()] == [
        ("partly-a", "created"), ("partly-b", "refused"), ("partly-c", "not sent")
    ]  # fmt: skip
    assert str(b) in result.stderr
    assert "1 definition before it stored" in result.stderr


def test_an_upload_says_how_many_warnings_there_are(engine_url: str, tmp_path: Path):
    file = write(tmp_path / "f.yaml", document(service("a", retryCount=-1), id_="warned"))
    assert "1 warning: `rochallor defs lint`" in rochallor("defs", "upload", file, url=engine_url).stderr
    write(file, document(decision("d", {"amount >": "end"}), id_="warned"))
    result = rochallor("defs", "upload", file, url=engine_url)
    assert result.exit_status == 0
    assert "1 problem that will stop instances" in result.stderr


def test_a_revert_is_one_upload_and_unchanged_after_it(engine_url: str, tmp_path: Path):
    file = tmp_path / "flow.yaml"
    old, new = document(service("a"), id_="reverted"), document(service("b"), id_="reverted")

    def uploaded(one: dict, *options: str) -> list[tuple[int, str]]:
        write(file, one)
        rows = rochallor("defs", "upload", file, *options, "-o", "json", url=engine_url).json()
        return [(row["version"], row["result"]) for row in rows]

    assert uploaded(old, "--as-new") == [(1, "created")]
    assert uploaded(old, "--as-new") == [(1, "unchanged")]
    assert uploaded(new, "--as-new") == [(2, "created")]
    assert uploaded(old, "--dry-run", "--as-new") == [(3, "created")]
    assert uploaded(old, "--as-new") == [(3, "created")]
    assert uploaded(old, "--as-new") == uploaded(old) == uploaded(old, "--dry-run") == [(3, "unchanged")]
    assert rochallor("defs", "diff", file, url=engine_url).exit_status == 0
    assert "uploadedAsNew" not in yaml.safe_load(file.read_text()).get("metadata", {})


LONG_BRANCH = (*long_branch(["pack", "ship"], "bill", then="thank"), service("thank"))  # fmt: skip


def test_lint_searches_what_can_happen_when_it_is_to_verify(tmp_path: Path):
    file = write(tmp_path / "f.yaml", document(*LONG_BRANCH, id_="verified"))
    assert rochallor("defs", "lint", file).exit_status == 0
    result = rochallor("defs", "lint", file, "--verify", "-o", "json")
    assert result.exit_status == 3
    found = {(row["code"], row["severity"]) for row in result.json()}
    assert ("V08", "error") in found
    assert rochallor("defs", "lint", file, "--verify", "--format", "sarif").json()["version"] == "2.1.0"
    assert "passed before" in rochallor("defs", "lint", "--explain", "V08").stdout
    sound = write(tmp_path / "g.yaml", document(service("a"), id_="sound"))
    assert rochallor("defs", "lint", sound, "--verify").exit_status == 0


def test_an_upload_that_is_to_verify_sends_nothing_that_does_not_hold(engine_url: str, tmp_path: Path):
    write(tmp_path / "a.yaml", document(service("a"), id_="verify-a"))
    write(tmp_path / "b.yaml", document(*LONG_BRANCH, id_="verify-b"))
    result = rochallor("defs", "upload", tmp_path, "--verify", url=engine_url)
    assert result.exit_status == 3
    assert "nothing was sent" in result.stderr
    assert rochallor("defs", "get", "verify-a", url=engine_url).exit_status == 6
    assert rochallor("defs", "upload", tmp_path / "a.yaml", "--verify", url=engine_url).exit_status == 0


@pytest.mark.parametrize("option", ["--error", "--disable"])
def test_a_code_that_does_not_exist_is_a_usage_error(tmp_path: Path, option: str):
    result = rochallor("defs", "lint", write(tmp_path / "f.json", document()), option, "W999")
    assert result.exit_status == 2
    assert f"{option} W999: there is no such code" in result.stderr


def test_a_refused_definition_keeps_no_other_from_being_verified(tmp_path: Path):
    write(tmp_path / "a.yaml", document(service("work", "gone")))
    write(tmp_path / "b.yaml", document(service("work")))
    write(tmp_path / "c.yaml", document({**service("work"), "boundaryEvents": {"a": 1}}))
    result = rochallor("defs", "verify", tmp_path)
    assert result.exit_status == 3
    assert [line.split(": ")[0] for line in result.lines()] == [str(tmp_path / "b.yaml")]
    assert f"{tmp_path / 'a.yaml'}:" in result.stderr
    assert "c.yaml:" in result.stderr
    assert "expected a list, found a mapping" in result.stderr


@pytest.mark.parametrize("max_time", ["90s", "1m", "2.5"])
def test_the_time_of_a_search_is_written_like_every_other_duration(tmp_path: Path, max_time: str):
    file = write(tmp_path / "f.yaml", document(service("work")))
    assert rochallor("defs", "verify", file, "--max-time", max_time).exit_status == 0
    wrong = rochallor("defs", "verify", file, "--max-time", "soon")
    assert (wrong.exit_status, "--max-time" in wrong.stderr) == (2, True)
