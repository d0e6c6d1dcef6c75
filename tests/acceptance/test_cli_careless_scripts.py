"""Scripts whose variables are not set, and scripts that count on one shape: tried on every command there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command_line import Result, rochallor
from support.command_table import (
    NEEDED,
    arguments,
    commands,
    global_valued_options,
    valued_options,
)
from support.scripted_server import NO_ROUTE, Answer, route, stand_in

EMPTY_OPTIONS = [(path, option) for path in commands() for option in valued_options(path)]
EMPTY_ARGUMENTS = [(path, place) for path in commands() for place in range(len(arguments(path)))]


@pytest.mark.parametrize(("path", "option"), EMPTY_OPTIONS, ids=lambda part: str(part).replace(" ", "-"))
def test_an_option_that_is_given_but_empty_is_an_error(path: str, option: str) -> None:
    result = rochallor(*path.split(), *NEEDED.get(path, ()), option, "", url="http://127.0.0.1:1")
    # Where a number is due, Typer refuses it first, in words of its own.
    said = f"{option} is empty" in result.stderr or "'' is not a valid" in result.stderr
    assert (result.exit_status, said) == (2, True), result.stderr


@pytest.mark.parametrize("option", global_valued_options())
def test_a_global_option_that_is_empty_is_an_error_before_and_after_the_command(option: str) -> None:
    for line in (("instances", "list", option, ""), (option, "", "instances", "list")):
        result = rochallor(*line, url="http://127.0.0.1:1")
        assert (result.exit_status, f"{option} is empty" in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize(("path", "place"), EMPTY_ARGUMENTS, ids=lambda part: str(part).replace(" ", "-"))
def test_an_argument_that_is_given_but_empty_is_an_error(path: str, place: int) -> None:
    words = list(NEEDED.get(path, ()))[: len(arguments(path))]
    words[place:] = ["", *words[place + 1 :]]
    result = rochallor(*path.split(), *words, *NEEDED.get(path, ())[len(words) :], url="http://127.0.0.1:1")
    assert (result.exit_status, "is empty" in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize("line", [("tasks", "complete", "I/"), ("tasks", "complete", "/s")])
def test_half_of_an_instance_and_step_is_an_error(line: tuple[str, ...]) -> None:
    assert rochallor(*line, url="http://127.0.0.1:1").exit_status == 2


@pytest.mark.parametrize(
    "line",
    [
        ("jobs", "complete", "{}", "--yes"),
        ("jobs", "fail", "{}", "--yes"),
        ("instances", "get", "{}"),
        ("instances", "cancel", "{}", "--yes"),
        ("tasks", "complete", "I/{}"),
        ("run", "{}"),
    ],
)
def test_an_id_that_is_not_utf8_is_an_error_of_the_line(line: tuple[str, ...]) -> None:
    words = [word.replace("{}", "\udcff") for word in line]
    result = rochallor(*words, url="http://127.0.0.1:1")
    assert result.exit_status in (2, 5, 6), result.stderr
    assert "bug" not in result.stderr


@pytest.mark.parametrize(
    "line",
    [
        ("jobs", "complete", "X", "--yes", "--vars", '{"text":"%s"}'),
        ("instances", "start", "flow", "--vars", '{"text":"%s"}'),
        ("run", "%s"),
        ("defs", "lint", "%s"),
        ("defs", "upload", "%s.json"),
        ("work", "-m", "%s"),
        ("work", "-m", "%s.py"),
    ],
)
def test_a_word_that_is_too_long_for_the_name_of_a_file_is_no_bug(line: tuple[str, ...]) -> None:
    result = rochallor(*(word.replace("%s", "a" * 5_000) for word in line), url="http://127.0.0.1:1")
    assert result.exit_status in (2, 3, 5, 6, 7), (result.exit_status, result.stderr[-300:])
    assert "bug" not in result.stderr


@pytest.mark.parametrize("name", [".", ".."])
@pytest.mark.parametrize(
    "path",
    [path for path in commands() if {"instance", "instances", "job"} & set(arguments(path))],
)
def test_an_id_that_no_url_can_carry_is_not_found(path: str, name: str) -> None:
    words = [name, *NEEDED.get(path, ("I",))[1:]]
    confirmed = ["--yes"] if path.startswith("jobs ") and path != "jobs find" else []
    brokers = ["--brokers", "127.0.0.1:1"] if path == "jobs find" else []
    with stand_in(lambda *_: NO_ROUTE) as there:
        result = rochallor(*path.split(), *words, *confirmed, *brokers, url=there.url)
    assert (result.exit_status, f" {name}\n" in result.stderr) == (6, True), result.stderr


WITH_BROKERS = [path for path in commands() if "--brokers" in valued_options(path)]


@pytest.mark.parametrize("path", WITH_BROKERS)
@pytest.mark.parametrize("brokers", ["x y z", "host:port", "host:99999999", "a:9092,b c", ","])
def test_what_names_no_brokers_is_refused_before_anything_is_asked(path: str, brokers: str) -> None:
    dispatched = ("--dispatch", "kafka") if path == "dev" else ()
    words = (*NEEDED.get(path, ()), *dispatched, "--brokers", brokers)
    result = rochallor(*path.split(), *words, url="http://127.0.0.1:1")
    said = result.stdout + result.stderr
    assert (result.exit_status, "expected brokers as host:port" in said) == (2, True), said


# --- one shape, whatever the count ---------------------------------------------------------------


def many(count: int, *, unknown: tuple[str, ...] = ()):
    """An engine with so many of everything."""
    ids = [f"01M8F67NFZ001ZM4WAD2XA5AZ{number}" for number in range(count)]

    def instance(instance_id: str) -> dict:
        return {
            "id": instance_id,
            "definitionId": "one",
            "definitionVersion": 1,
            "status": "COMPLETED" if "Z9" in instance_id else "WAITING",
            "currentStepIds": ["a"],
            "startedAt": "2026-11-28T10:00:00Z",
        }

    def answer(method: str, path: str, body: bytes) -> Answer:
        where = route(path)
        if any(name in where for name in unknown):
            return 404, {"error": "not-found", "reason": "workflow instance not found"}
        if where == "/v1/instances":
            items = [] if "status=ACTIVE" in path else [instance(one) for one in ids]
            return 200, {"items": items, "total": len(items)}
        if where == "/v1/definitions":
            items = [{"id": f"d{number}", "version": 1, "name": "d"} for number in range(count)]
            return 200, {"items": items, "total": count}
        if where.startswith("/v1/definitions/"):
            step = {"id": "a", "type": "USER_TASK", "name": "A"}
            return 200, {"id": "one", "version": max(count, 1), "name": "one", "steps": [step]}
        if where.endswith("/history"):
            row = {"StepID": "a", "Status": "RUNNING", "StartedAt": "2026-11-28T10:00:00Z"}
            return 200, {"items": [{"ID": f"e{number}", **row} for number in range(count)]}
        if where.endswith(("/cancel", "/retry")):
            return 200, {**instance(where.split("/")[3]), "status": "CANCELLED"}
        return 200, instance(where.split("/")[3])

    return answer


def shape(value: object) -> object:
    """Lists by the keys of their items, objects by their keys."""
    if isinstance(value, list):
        return ("list", *sorted({str(shape(item)) for item in value}))
    return sorted(value) if isinstance(value, dict) else type(value).__name__


LISTS = [
    ("instances", "list"),
    ("instances", "list", "--status", "WAITING"),
    ("tasks", "list"),
    ("defs", "list"),
    ("instances", "cancel", "--definition", "one", "--dry-run"),
    ("instances", "cancel", "--business-key", "k", "--yes"),
    ("instances", "retry", "--definition", "one", "--dry-run"),
    ("defs", "versions", "one"),
]


@pytest.mark.parametrize("line", LISTS, ids=" ".join)
def test_a_list_has_one_shape_whatever_the_count(line: tuple[str, ...]) -> None:
    found: dict[int, Result] = {}
    for count in (0, 1, 3):
        with stand_in(many(count)) as there:
            found[count] = rochallor(*line, "-o", "json", url=there.url)
    values = {count: result.json() for count, result in found.items()}
    assert all(isinstance(value, list) for value in values.values()), values
    assert shape(values[1]) == shape(values[3])


@pytest.mark.parametrize("line", LISTS, ids=" ".join)
def test_a_stream_of_lines_has_the_same_objects_whatever_the_count(line: tuple[str, ...]) -> None:
    keys = set()
    for count in (0, 1, 3):
        with stand_in(many(count)) as there:
            lines = rochallor(*line, "-o", "jsonl", url=there.url).lines()
        keys |= {tuple(sorted(json.loads(one))) for one in lines}
    assert len(keys) <= 1


def test_acting_on_named_instances_has_the_shape_of_acting_on_those_that_fit() -> None:
    one, gone = "01M8F67NFZ001ZM4WAD2XA5AZ0", "01M8F67NFZ001ZM4WAD2XA5AZX"
    with stand_in(many(3, unknown=(gone,))) as there:
        runs = [
            rochallor("instances", "cancel", *ids, "--yes", "-o", "json", url=there.url)
            for ids in ([one], [one, gone], [gone], ["01M8F67NFZ001ZM4WAD2XA5AZ1", one])
        ]
    assert {str(shape(run.json())) for run in runs} == {str(shape(runs[0].json()))}
    assert [run.exit_status for run in runs] == [0, 6, 6, 0]


def test_ids_from_standard_input_are_asked_about_and_cancelled() -> None:
    with stand_in(many(3)) as there:
        ids = rochallor("instances", "list", "-o", "name", url=there.url).stdout
        unasked = rochallor("instances", "cancel", "-", url=there.url, stdin=ids)
        assert (unasked.exit_status, there.writes) == (2, [])
        done = rochallor("instances", "cancel", "-", "--yes", "-o", "name", url=there.url, stdin=ids)
        none = rochallor("instances", "cancel", "-", "--yes", url=there.url, stdin="\n")
    assert (done.stdout, none.exit_status) == (ids, 2)


def test_a_rehearsal_names_those_that_have_ended_already() -> None:
    with stand_in(many(3)) as there:
        line = ("01M8F67NFZ001ZM4WAD2XA5AZ9", "01M8F67NFZ001ZM4WAD2XA5AZ0")
        result = rochallor("instances", "cancel", *line, "--dry-run", "-o", "json", url=there.url)
    assert [row["result"] for row in result.json()] == ["cannot be cancelled", "would be cancelled"]
    assert result.exit_status == 7


def test_nothing_is_uploaded_where_a_file_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flow.yaml").write_text("id: x\n")
    monkeypatch.chdir(tmp_path)
    with stand_in(many(1)) as there:
        assert rochallor("defs", "upload", "", url=there.url).exit_status == 2
    assert there.seen == []


# --- values that are not what was meant ------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said", "sent"),
    [
        ("approved=True", "JSON writes it true", "True"),
        ("x=[1,2", "is no JSON", "[1,2"),
        ("most=1e999", "is no JSON", "1e999"),
        ("share=.5", "is no JSON", ".5"),
        ("agent=007", "", "007"),
        ("version=1.10", "the number 1.1", 1.1),
        ('deep={"a": [9007199254740993]}', "deep.a[0]", {"a": [9007199254740993]}),
        ("plain=hello", "", "hello"),
        ("half=2.5", "", 2.5),
    ],
)
def test_a_value_that_is_probably_not_what_was_meant_is_said(given: str, said: str, sent: object) -> None:
    with stand_in(many(1)) as there:
        result = rochallor("instances", "start", "one", "--var", given, url=there.url)
    [(_, _, body)] = [one for one in there.seen if one[0] == "POST"]
    assert list(json.loads(body)["variables"].values()) == [sent]
    assert (said in result.stderr, bool(said)) == (True, "warning" in result.stderr)


def test_a_file_given_for_json_is_said(tmp_path: Path) -> None:
    file = tmp_path / "vars.json"
    file.write_text("{}")
    result = rochallor("instances", "start", "one", "--vars", file, url="http://127.0.0.1:1")
    assert (result.exit_status, f"--vars @{file}" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "values",
    [("request-timeout=x",), ("token=a", "token-command=b"), ("client-key=k",), ("engine-version=7",)],
)
def test_a_context_that_no_command_could_use_is_refused(values: tuple[str, ...], tmp_path: Path) -> None:
    env = {"ROCHALLOR_CONFIG_FILE": str(tmp_path / "config.toml")}
    result = rochallor("config", "set", "c", "url=http://c", *values, env=env)
    assert (result.exit_status, list(tmp_path.iterdir())) == (2, [])


def test_a_configuration_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_bytes(b'\xef\xbb\xbfcurrent_context = "a"\n[contexts.a]\nurl = "http://a"\n')
    result = rochallor("config", "show", "-o", "json", env={"ROCHALLOR_CONFIG_FILE": str(config)})
    assert {row["setting"]: row["value"] for row in result.json()}["engine-url"] == "http://a"


def test_verbosity_may_be_said_as_truth_in_the_environment() -> None:
    with stand_in(many(1)) as there:
        result = rochallor("instances", "list", url=there.url, env={"ROCHALLOR_VERBOSE": "true"})
    assert "GET " in result.stderr


FILTERED = [path for path in commands() if {"--definition", "--step"} <= {*valued_options(path)}]


@pytest.mark.parametrize("command", FILTERED)
def test_a_filter_that_names_a_definition_there_is_not_says_so(command: str) -> None:
    def answer(method: str, path: str, body: bytes) -> Answer:
        if route(path).startswith("/v1/definitions/"):
            return 404, {"error": "not-found", "reason": "definition not found"}
        return 200, {"items": [], "total": 0}

    with stand_in(answer) as there:
        result = rochallor(*command.split(), "--definition", "nope", url=there.url)
    assert f"there is no definition nope on {there.url}" in result.stderr
    assert there.writes == []


@pytest.mark.parametrize("document", ['{"name": "n"}', '{"id": null}', '{"id": 7}', '{"id": " "}'])
def test_a_definition_without_an_id_is_compared_with_nothing(document: str) -> None:
    with stand_in(lambda *_: (404, {"error": "not-found", "reason": "definition not found"})) as there:
        result = rochallor("defs", "diff", "-", url=there.url, stdin=document)
    assert (result.exit_status, there.seen) == (3, [])
    assert "standard input:1:" in result.stderr


def test_what_has_names_prints_them_and_nothing_else(tmp_path: Path) -> None:
    step = {"id": "e", "name": "e", "type": "END"}
    flows = [tmp_path / f"{name}.json" for name in ("one", "two")]
    for flow in flows:
        flow.write_text(json.dumps({"id": flow.stem, "name": "n", "steps": [step]}))
    for line, expected in (
        (("defs", "verify", *flows), "one\ntwo\n"),
        (("defs", "graph", flows[0]), "one\n"),
        (("defs", "lint", "--explain", "W316"), "W316\n"),
        (("defs", "new", "three", "--steps", "a", "--folder", tmp_path), None),
    ):
        with stand_in(lambda *_: (404, {"error": "not-found", "reason": "definition not found"})) as there:
            result = rochallor(*line, "-o", "name", url=there.url)
        if expected is None:
            expected = "".join(
                f"{tmp_path / name}\n" for name in ("three.yaml", "three_handlers.py", "test_three.py")
            )
        assert (result.stdout, result.exit_status) == (expected, 0), result.stderr
