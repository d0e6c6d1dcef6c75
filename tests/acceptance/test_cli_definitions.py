"""Definitions from a terminal, CI and pipes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from rochallor_cli.documents.json_yaml import dump
from support.command_line import rochallor
from support.workflows import decision, document, rule, service, table, user_task


def write(path: Path, *documents: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".json":
        [one] = documents
        path.write_text(json.dumps(one, indent=2))
    else:
        path.write_text("---\n".join(dump(one) for one in documents))
    return path


def test_an_upload_says_created_then_unchanged_then_created_again(engine_url: str, tmp_path: Path):
    file = write(tmp_path / "flow.yaml", document(service("a"), id_="up-1"))
    created = rochallor("defs", "upload", file, url=engine_url)
    assert created.exit_status == 0
    assert created.lines()[1].split() == ["up-1", "v1", "created", str(file)]
    again = rochallor("defs", "upload", file, "-o", "json", url=engine_url)
    assert [(row["version"], row["result"]) for row in again.json()] == [(1, "unchanged")]
    write(file, document(service("b"), id_="up-1"))
    changed = rochallor("defs", "upload", file, "-o", "json", url=engine_url)
    assert [(row["version"], row["result"]) for row in changed.json()] == [(2, "created")]


def test_uploading_a_reverted_file_is_no_success_and_as_new_rolls_back(engine_url: str, tmp_path: Path):
    old, new = document(service("a"), id_="revert"), document(service("b"), id_="revert")
    for one in (old, new):
        rochallor("defs", "upload", write(tmp_path / "flow.json", one), url=engine_url)
    file = write(tmp_path / "flow.json", old)
    rehearsed = rochallor("defs", "upload", file, "--dry-run", url=engine_url)
    reverted = rochallor("defs", "upload", file, url=engine_url)
    assert rehearsed.exit_status == reverted.exit_status == 7
    assert "revert stored as v1, but v2 stays the latest" in reverted.stderr
    assert "--as-new" in reverted.stderr
    rolled_back = rochallor("defs", "upload", file, "--as-new", "-o", "json", url=engine_url)
    assert [(row["version"], row["result"]) for row in rolled_back.json()] == [(3, "created")]
    assert rochallor("defs", "get", "revert", "-o", "json", url=engine_url).json()["steps"][0]["id"] == "a"


def test_a_folder_is_uploaded_in_the_order_in_which_workflows_follow_each_other(
    engine_url: str, tmp_path: Path
):
    chain = {"autoStartNextWorkflow": True, "nextWorkflowId": "chain-b"}
    write(tmp_path / "flows" / "a.yaml", document(service("s"), id_="chain-a", **chain))
    write(tmp_path / "flows" / "deep" / "b.json", document(service("s"), id_="chain-b"))
    (tmp_path / "flows" / "README.md").write_text("not a definition")
    result = rochallor("defs", "upload", tmp_path / "flows", "-o", "name", url=engine_url)
    assert result.lines() == ["chain-b", "chain-a"]


def test_nothing_is_sent_when_one_document_cannot_be_read(engine_url: str, tmp_path: Path):
    write(tmp_path / "a.yaml", document(service("s"), id_="half-a"))
    (tmp_path / "b.yaml").write_text("id: half-b\nname: x: y\n")
    result = rochallor("defs", "upload", tmp_path, url=engine_url)
    assert result.exit_status == 3
    assert f"{tmp_path / 'b.yaml'}:2:8:" in result.stderr
    assert rochallor("defs", "get", "half-a", url=engine_url).exit_status == 6


def test_several_documents_of_one_text_come_from_standard_input(engine_url: str):
    text = dump(document(service("s"), id_="in-1")) + "---\n" + dump(document(service("s"), id_="in-2"))
    result = rochallor("defs", "upload", "-", "-o", "jsonl", url=engine_url, stdin=text)
    assert [json.loads(line)["id"] for line in result.lines()] == ["in-1", "in-2"]


def test_one_definition_in_two_files_is_refused(engine_url: str, tmp_path: Path):
    write(tmp_path / "a.yaml", document(service("s"), id_="twice"))
    write(tmp_path / "b.yaml", document(service("t"), id_="twice"))
    result = rochallor("defs", "upload", tmp_path, url=engine_url)
    assert result.exit_status == 3
    assert "a.yaml:1:5 as well" in result.stderr


def test_an_invalid_definition_shows_each_problem_on_its_line(engine_url: str, tmp_path: Path):
    broken = {"id": "bad", "name": "", "steps": [{"id": "x", "name": "X", "type": "SERVICE_TASK"}]}
    result = rochallor("defs", "upload", write(tmp_path / "bad.yaml", broken), url=engine_url)
    assert result.exit_status == 3
    problems = [line for line in result.stderr.splitlines() if line.startswith("  ")]
    assert len(problems) >= 2
    assert "bad.yaml: " in result.stderr


def test_what_is_no_definition_says_what_it_is_and_where(engine_url: str, tmp_path: Path):
    (tmp_path / "list.yaml").write_text("# a list\n- id: x\n")
    result = rochallor("defs", "upload", tmp_path / "list.yaml", url=engine_url)
    assert result.exit_status == 3
    assert "list.yaml:2:1: expected a mapping, found a list" in result.stderr


def test_what_get_prints_can_be_uploaded_again_and_changes_nothing(engine_url: str, tmp_path: Path):
    rochallor(
        "defs", "upload", write(tmp_path / "f.yaml", document(service("s"), id_="round")), url=engine_url
    )
    text = rochallor("defs", "get", "round", url=engine_url).stdout
    assert yaml.safe_load(text)["version"] == 1
    (tmp_path / "again.yaml").write_text(text)
    result = rochallor("defs", "upload", tmp_path / "again.yaml", "-o", "json", url=engine_url)
    assert result.json()[0]["result"] == "unchanged"


def test_a_mistyped_definition_or_version_is_not_found_and_the_nearest_named(engine_url: str, tmp_path: Path):
    rochallor(
        "defs", "upload", write(tmp_path / "f.yaml", document(service("s"), id_="mistype")), url=engine_url
    )
    near = rochallor("defs", "get", "mistpye", url=engine_url)
    assert (near.exit_status, "did you mean mistype?" in near.stderr) == (6, True)
    version = rochallor("defs", "get", "mistype@7", url=engine_url)
    assert (version.exit_status, "the latest version is 1" in version.stderr) == (6, True)
    assert rochallor("defs", "get", "mistype@x", url=engine_url).exit_status == 2


def test_a_difference_is_shown_step_by_step_and_is_exit_status_one(engine_url: str, tmp_path: Path):
    file = write(tmp_path / "f.yaml", document(service("score", "notify"), service("notify"), id_="differ"))
    rochallor("defs", "upload", file, url=engine_url)
    assert rochallor("defs", "diff", file, url=engine_url).exit_status == 0
    write(
        file,
        document(
            service("score", "fraud", retryCount=3),
            service("fraud", "notify"),
            service("notify"),
            id_="differ",
        ),
    )
    result = rochallor("defs", "diff", file, url=engine_url, bug_expected=True)
    assert result.exit_status == 1
    assert result.lines()[0] == f"differ v1 → {file}"
    assert "~ score  nextStep notify → fraud, retryCount 0 → 3" in result.stdout
    assert "+ fraud  SERVICE_TASK fraud, between score and notify" in result.stdout


def test_versions_say_what_each_changed(engine_url: str, tmp_path: Path):
    for steps in ([service("a")], [service("a", "b"), service("b")]):
        rochallor("defs", "upload", write(tmp_path / "f.yaml", document(*steps, id_="ver")), url=engine_url)
    result = rochallor("defs", "versions", "ver", url=engine_url)
    assert [line.split()[:4] for line in result.lines()[1:]] == [["v2", "3", "~a", "+b"], ["v1", "2", "Flow"]]


def test_lint_finds_what_the_engine_would_refuse_with_line_and_column(tmp_path: Path):
    file = tmp_path / "flow.yaml"
    file.write_text(
        "id: lint-1\nname: Flow\nsteps:\n  - id: a\n    name: A\n    type: SERVICE_TASK\n"
        "    jobType: a\n    nextStep: ende\n  - id: end\n    name: E\n    type: END\n"
    )
    result = rochallor("defs", "lint", file)
    assert result.exit_status == 3
    assert any(line.startswith(f"{file}:8:15: E130 ") for line in result.lines())
    github = rochallor("defs", "lint", file, "--format", "github")
    assert f"::error file={file},line=8,col=15,title=E130::" in github.stdout
    row = rochallor("defs", "lint", file, "-o", "json").json()[0]
    assert {"file", "line", "column", "code", "severity", "text", "path"} == set(row)


def test_lint_explains_codes_and_can_leave_them_out(tmp_path: Path):
    file = write(tmp_path / "f.yaml", document(service("a", None), service("b"), id_="lint-2"))
    codes = {row["code"] for row in rochallor("defs", "lint", file, "-o", "json").json()}
    assert codes
    disabled = [part for code in sorted(codes) for part in ("--disable", code)]
    assert rochallor("defs", "lint", file, *disabled).stdout == ""
    own = {
        **document(service("a", None), service("b"), id_="lint-2"),
        "metadata": {"lintDisable": sorted(codes)},
    }
    assert rochallor("defs", "lint", write(file, own)).stdout == ""
    for code in codes:
        assert rochallor("defs", "lint", "--explain", code).stdout.startswith(f"{code}: ")
    assert rochallor("defs", "lint", "--explain", "X1").exit_status == 2


def test_names_that_are_not_there_get_the_nearest_that_is(tmp_path: Path, engine_url: str):
    steps = [
        decision("route", {"amount.value > 3": "aprove"}),
        {**service("approve"), "type": "SERVICE"},
    ]
    file = write(tmp_path / "f.yaml", document(*steps, id_="lint-near"))
    for text in (
        rochallor("defs", "lint", file).stdout,
        rochallor("defs", "upload", file, url=engine_url).stderr,
    ):
        assert 'unknown step "aprove" (did you mean approve?)' in text
        assert 'unsupported type "SERVICE" (did you mean SERVICE_TASK?)' in text
        assert "knows SERVICE_TASK, USER_TASK, DECISION, " in text


def test_lint_looks_for_the_next_workflow_among_the_files_once_and_only_where_it_is_started(tmp_path: Path):
    chained = {**document(service("a"), id_="lint-next"), "nextWorkflowId": "after"}
    write(tmp_path / "chained.json", {**chained, "autoStartNextWorkflow": True})
    write(tmp_path / "named.json", {**chained, "id": "lint-named"})
    other = write(tmp_path / "other.json", document(service("a"), id_="lint-other"))
    rows = rochallor("defs", "lint", tmp_path, "-o", "json").json()
    assert [(Path(row["file"]).name, row["code"]) for row in rows] == [
        ("chained.json", "W310"), ("named.json", "W319")
    ]  # fmt: skip
    write(other, document(service("a"), id_="after"))
    assert rochallor("defs", "lint", tmp_path, "--disable", "W319", "-o", "json").json() == []


def test_lint_names_job_types_that_no_handler_serves(tmp_path: Path):
    file = write(tmp_path / "f.yaml", document(service("a", job_type="credit-scor"), id_="lint-3"))
    result = rochallor("defs", "lint", file, "--module", "examples/loan/handlers.py")
    assert result.exit_status == 3
    assert "W702" in result.stdout
    assert "did you mean credit-score?" in result.stdout


def test_lint_says_that_an_unquoted_condition_is_a_comment(tmp_path: Path):
    file = tmp_path / "f.yaml"
    file.write_text(
        "id: a\nname: A\nsteps:\n  - id: r\n    name: R\n    type: DECISION\n"
        "    conditionalNextSteps:\n      #amount > 1: e\n  - {id: e, name: E, type: END}\n"
    )
    assert "quote texts that start with #" in rochallor("defs", "lint", file).stdout


def test_what_the_engine_refuses_is_shown_with_line_and_column_in_peoples_words(
    engine_url: str, tmp_path: Path
):
    file = tmp_path / "f.yaml"
    for body, said in (
        ("    jobType: a\n    nextStep: ende\n", ':8:15: step "a" nextStep references unknown step "ende"'),
        ("    jobType: a\n    nextStp: end\n", ':8:5: unknown field "nextStp" (did you mean nextStep?)'),
        ("    jobType: 12\n", ":7:14: expected a text, found a number (steps[0].jobType)"),
    ):
        file.write_text(
            f"id: placed\nname: P\nsteps:\n  - id: a\n    name: A\n    type: SERVICE_TASK\n{body}"
            "  - {id: end, name: E, type: END}\n"
        )
        for option in ((), ("--dry-run",)):
            result = rochallor("defs", "upload", file, *option, url=engine_url)
            assert (result.exit_status, f"{file}{said}" in result.stderr) == (3, True), result.stderr


def test_a_dry_run_sends_nothing_and_says_what_would_come_of_it(engine_url: str, tmp_path: Path):
    file = write(tmp_path / "f.yaml", document(service("a"), id_="rehearsed"))
    rows = rochallor("defs", "upload", file, "--dry-run", "-o", "json", url=engine_url).json()
    assert [(row["version"], row["result"]) for row in rows] == [(1, "created")]
    assert rochallor("defs", "get", "rehearsed", url=engine_url).exit_status == 6
    rochallor("defs", "upload", file, url=engine_url)
    rows = rochallor("defs", "upload", file, "--dry-run", "-o", "json", url=engine_url).json()
    assert [(row["version"], row["result"]) for row in rows] == [(1, "unchanged")]


def test_lint_goes_on_after_a_file_that_cannot_be_read(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("id: x\nname: y: z\n")
    write(tmp_path / "b.yaml", {"id": "b", "name": "B", "steps": []})
    (tmp_path / "c.json").write_text("{")
    rows = rochallor("defs", "lint", tmp_path, "-o", "json").json()
    assert {(Path(row["file"]).name, row["code"]) for row in rows} >= {
        ("a.yaml", "E001"), ("b.yaml", "E104"), ("c.json", "E001")
    }  # fmt: skip
    github = rochallor("defs", "lint", tmp_path, "--format", "github")
    assert (github.exit_status, f"file={tmp_path / 'a.yaml'},line=2,col=8" in github.stdout) == (3, True)


@pytest.mark.parametrize("name", ["a:12: b.yaml", "a:1:2: b.json", "C:drive.yaml"])
def test_a_file_that_cannot_be_read_is_named_whole_whatever_its_name(tmp_path: Path, name: str):
    (tmp_path / name).write_text("[" * 3_000 + "]" * 3_000)
    (finding,) = rochallor("defs", "lint", tmp_path / name, "-o", "json").json()
    assert (finding["file"], finding["line"], finding["column"]) == (str(tmp_path / name), 1, 1)
    assert finding["text"] == "nested too deep"


def test_lint_says_for_which_version_it_speaks_and_speaks_for_the_one_that_is_named(tmp_path: Path):
    branches = {"amount > 1000": "ask", "vip": "end", "amount <= 1000 && !vip": "end"}
    file = write(tmp_path / "f.yaml", document(decision("route", branches), user_task("ask"), id_="lint-for"))
    newest = rochallor("defs", "lint", file)
    assert "W312" in newest.stdout
    assert "For engine version next (assumed; --engine-version says another)" in newest.stderr
    older = rochallor("defs", "lint", file, "--engine-version", "0")
    assert "W308" in older.stdout
    assert "W312" not in older.stdout
    assert "For engine version 0" in older.stderr
    assert "Holds for engine version 0." in rochallor("defs", "lint", "--explain", "W308").stdout


def test_a_graph_of_a_file_has_the_branches_in_the_order_in_which_they_are_tried(tmp_path: Path):
    branches = {"amount > 1000 && vip": "ask", "small": "end"}
    file = write(
        tmp_path / "f.yaml", document(decision("route", branches), user_task("ask"), id_="graph-order")
    )

    def is_first(long: str, short: str, *options: str) -> bool:
        text = rochallor("defs", "graph", file, *options).stdout
        return text.index(long) < text.index(short)

    assert is_first("vip", "small", "--engine-version", "0")
    assert not is_first("vip", "small")


def test_what_no_version_knows_is_left_to_the_engine_unless_a_known_name_is_near(tmp_path: Path):
    step = {**service("a"), "compensateWith": "undo"}
    file = write(tmp_path / "f.yaml", document(step, id_="lint-unknown"))
    result = rochallor("defs", "lint", file)
    assert result.exit_status == 13
    assert 'W703 unknown field "compensateWith": not known up to next; the engine decides' in result.stdout
    assert rochallor("defs", "lint", file, "--strict").exit_status == 3
    assert rochallor("defs", "lint", file, "--engine-version", "next").exit_status == 3
    near = write(tmp_path / "near.yaml", document({**service("a"), "retrycounts": 1}, id_="lint-near"))
    assert rochallor("defs", "lint", near).exit_status == 3


def test_an_unknown_field_or_type_does_not_hide_what_else_is_wrong(tmp_path: Path):
    steps = [
        {**service("a", "gone"), "compensateWith": "undo"},
        {"id": "s", "name": "S", "type": "SCRIPT_TASK"},
    ]
    file = write(tmp_path / "f.yaml", document(*steps, id_="lint-all"))
    rows = rochallor("defs", "lint", file, "-o", "json").json()
    assert sorted(row["code"] for row in rows) == ["E130", "W703", "W703"]


def test_an_upload_sends_what_no_version_knows(engine_url: str, tmp_path: Path):
    file = write(tmp_path / "f.yaml", document({**service("a"), "compensateWith": "undo"}, id_="up-unknown"))
    newest = rochallor("defs", "upload", file, "--dry-run", "--engine-version", "leases", url=engine_url)
    assert newest.exit_status == 0
    # This engine tells that it is the first version, and what that one knows is known.
    for options, exit_status in ((("--dry-run",), 3), ((), 4)):
        refused = rochallor("defs", "upload", file, *options, url=engine_url)
        assert refused.exit_status == exit_status
        assert 'unknown field "compensateWith"' in refused.stderr


def test_a_hit_policy_that_no_version_knows_is_left_to_the_engine_and_a_slip_is_not(tmp_path: Path):
    def linted(policy: str, *options: str) -> tuple[int, list[str]]:
        step = table("t", rule("a > 1", x="2"), rule("a <= 1", x="3"), policy=policy)
        file = write(tmp_path / "f.yaml", document(step, id_="lint-policy"))
        result = rochallor("defs", "lint", file, "-o", "json", *options)
        return result.exit_status, [row["code"] for row in result.json()]

    assert linted("Z9") == (13, ["W703"])
    assert linted("Z9", "--engine-version", "next") == (3, ["E152"])
    assert linted("u") == (3, ["E152"])
    assert linted("U+") == (3, ["E152"])


def test_two_definitions_that_chain_into_one_may_be_stopped_by_the_business_key(tmp_path: Path):
    chain = {"autoStartNextWorkflow": True, "nextWorkflowId": "after"}
    names = ("one", "two", "after")
    documents = [
        {**document(service("a"), id_=f"{name}"), **(chain if name != "after" else {})} for name in names
    ]
    file = write(tmp_path / "f.yaml", *documents)
    assert [row["code"] for row in rochallor("defs", "lint", file, "-o", "json").json()] == ["W315", "W315"]
    assert rochallor("defs", "lint", file, "--engine-version", "leases", "-o", "json").json() == []


def test_a_comment_leaves_a_code_out_for_its_line_or_for_the_next(tmp_path: Path):
    steps = (
        "id: lint-quiet\nname: Quiet\nsteps:\n"
        "  - {id: a, name: A, type: SERVICE_TASK, jobType: a, nextStep: b, hitPolicy: U}  # rochallor: ignore[W326]\n"
        "  # rochallor: ignore[W503, W326]\n"
        "  - {id: b, name: B, type: SERVICE_TASK, jobType: b, nextStep: c, hitPolicy: U, retryCount: -1}\n"
        "  - {id: c, name: '# rochallor: ignore[W503]', type: WAIT, nextStep: end, retryCount: -1}\n"
        "  - {id: end, name: End, type: END}\n"
    )
    file = tmp_path / "f.yaml"
    file.write_text(steps, "utf-8")
    rows = rochallor("defs", "lint", file, "-o", "json").json()
    assert [(row["line"], row["code"]) for row in rows] == [(7, "W503")]


def test_findings_are_written_as_ci_systems_read_them(tmp_path: Path):
    file = write(tmp_path / "f.yaml", document(service("a", "gone", retryCount=-1), id_="lint-ci"))
    rows = rochallor("defs", "lint", file, "-o", "json").json()
    sarif = json.loads(rochallor("defs", "lint", file, "--format", "sarif").stdout)
    [run] = sarif["runs"]
    assert [result["ruleId"] for result in run["results"]] == [row["code"] for row in rows]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [row["code"] for row in rows]
    gitlab = json.loads(rochallor("defs", "lint", file, "--format", "gitlab").stdout)
    assert [issue["location"]["lines"]["begin"] for issue in gitlab] == [row["line"] for row in rows]
    assert len({issue["fingerprint"] for issue in gitlab}) == len(rows)
    suite = ElementTree.fromstring(rochallor("defs", "lint", file, "--format", "junit").stdout)
    assert suite.get("failures") == str(len(rows))
    assert [str(case[0].get("message")).split()[0] for case in suite] == [row["code"] for row in rows]
    assert rochallor("defs", "lint", file, "--format", "xml").exit_status == 2
