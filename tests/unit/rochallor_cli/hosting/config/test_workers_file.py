"""workers.yaml: what is accepted, what is wrong with it and where."""

import io
import json
from pathlib import Path

import pytest
from confluent_kafka import Consumer

from rochallor_cli.errors import InvalidDocumentError
from rochallor_cli.hosting.config.workers_file import WorkersFile, read_workers_file
from rochallor_cli.hosting.config.workers_schema import SHIPPED, schema_text, workers_schema
from support.documentation_pages import blocks

ROOT = Path(__file__).resolve().parents[5]


@pytest.fixture
def read(tmp_path, monkeypatch):
    """A function from the text of a workers.yaml to what it holds."""
    monkeypatch.chdir(tmp_path)

    def read_text(text: str, **environ: str) -> WorkersFile:
        Path("workers.yaml").write_text(text)
        return read_workers_file("workers.yaml", io.StringIO(), environ)

    return read_text


@pytest.fixture
def refused(read):
    def problems(text: str, **environ: str) -> list[str]:
        with pytest.raises(InvalidDocumentError) as caught:
            read(text, **environ)
        return list(caught.value.details) or [caught.value.message]

    return problems


def test_values_come_out_typed(read) -> None:
    file = read(
        """
        defaults: {poll_interval: 250ms, parallelism: 8}
        workers:
          - id: loan
            modules: [loan.handlers]
            handlers:
              credit-score: {parallelism: 2, timeout: 1m 30s, retry_delay: backoff}
        kafka: {config: {fetch.min.bytes: 1, enable.metrics.push: false}}
        health: {port: 8081}
        """
    )
    assert file.section("defaults") == {"poll_interval": 0.25, "parallelism": 8}
    assert file.workers == [
        {
            "id": "loan",
            "modules": ["loan.handlers"],
            "handlers": {"credit-score": {"parallelism": 2, "timeout": 90.0, "retry_delay": "backoff"}},
        }
    ]
    assert file.section("kafka")["config"] == {"fetch.min.bytes": "1", "enable.metrics.push": "false"}
    assert file.section("health") == {"port": 8081}
    assert file.origin("workers", 0, "id") == "workers.yaml:4"


def test_all_problems_are_told_at_once_with_place_and_path(refused) -> None:
    assert refused(
        "workers:\n"
        "  - id: one\n"
        "  - poll_interval: often\n"
        "    paralelism: 4\n"
        "    processes: 0\n"
        "engine: http://engine:8080\n"
        "health: {port: 99999}\n"
        "logging: {format: xml}\n"
        "host: {reload: yes}\n"
    ) == [
        "workers.yaml:3:20: workers[1].poll_interval: 'often' is no duration: write seconds, or 250ms, 90s, 5m, 1h30m",
        "workers.yaml:4:5: workers[1].paralelism: unknown key; did you mean parallelism?",
        "workers.yaml:5:16: workers[1].processes: expected a whole number of at least 1, found 0",
        "workers.yaml:6:9: engine: expected a mapping, found text",
        "workers.yaml:7:16: health.port: expected a port from 0 to 65535, found 99999",
        'workers.yaml:8:19: logging.format: expected one of text, json, found "xml"',
        'workers.yaml:9:16: host.reload: expected true or false, found "yes"',
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("workers: {id: a}", "workers.yaml:1:10: workers: expected a list, found a mapping"),
        ("- a", "workers.yaml:1:1: expected a mapping, found a list"),
        ("workers: [a]", "workers.yaml:1:11: workers[0]: expected a mapping, found text"),
        (
            "workers: [{modules: h.py}]",
            'workers.yaml:1:21: workers[0].modules: expected a list, found "h.py"',
        ),
        ("workers: [{parallelism: true}]", "workers[0].parallelism: expected a whole number, found true"),
        ("workers: [{parallelism: 1.5}]", "workers[0].parallelism: expected a whole number, found 1.5"),
        ("workers: [{poll_interval: 0}]", "workers[0].poll_interval: expected a duration above 0, found 0"),
        (
            "workers: [{lease_seconds: 3}]",
            "workers.yaml:1:27: workers[0].lease_seconds: expected a whole number of at least 5, found 3",
        ),
        (
            "defaults: {lease_seconds: 4000}",
            "workers.yaml:1:27: defaults.lease_seconds: expected a whole number of at most 3600, found 4000",
        ),
        (
            "workers: [{heartbeat: true}]",
            "workers[0].heartbeat: expected one of auto, always, never, found true",
        ),
        (
            "defaults: {heartbeat_interval: 0}",
            "defaults.heartbeat_interval: expected a duration above 0, found 0",
        ),
        (
            "defaults: {heartbeat_interval: 30s}\nworkers: [{id: a, lease_seconds: 30}]",
            "workers.yaml:1:32: defaults.heartbeat_interval: expected less than the lease of 30 s, found 30 s",
        ),
        (
            "defaults: {lease_seconds: 30}\nworkers: [{heartbeat_interval: 1m}]",
            "workers.yaml:2:32: workers[0].heartbeat_interval: expected less than the lease of 30 s, found 60 s",
        ),
        ("workers: [{id: [a]}]", "workers[0].id: expected text, found a list"),
        ("workers: [{handlers: {t: {timeout: {}}}}]", "workers[0].handlers.t.timeout: expected a duration"),
        ("workers: [{id: a}, {id: a}]", "workers[1].id: workers[0] has the id a too"),
        ("work: {}", "workers.yaml:1:1: work: unknown key; did you mean workers?"),
    ],
)
def test_each_kind_of_mistake_is_named(refused, text, problem) -> None:
    assert problem in refused(text)[0]


def test_variables_are_filled_into_scalars(read) -> None:
    file = read(
        "engine: {url: 'http://${HOST}:${PORT:-8080}', token: '${TOKEN}', headers: {price: 5$$}}\n"
        "workers: [{parallelism: '${SLOTS}', poll_interval: '${PAUSE:-2s}', modules: ['${M:-a.b}']}]\n"
        "host: {reload: '${RELOAD:-true}'}\n",
        HOST="engine",
        TOKEN="123",
        SLOTS="16",
    )
    assert file.section("engine") == {"url": "http://engine:8080", "token": "123", "headers": {"price": "5$"}}
    assert file.workers == [{"parallelism": 16, "poll_interval": 2.0, "modules": ["a.b"]}]
    assert file.section("host") == {"reload": True}


def test_a_variables_text_cannot_change_the_document(read) -> None:
    nasty = "x: y\n- z # no comment, 'quoted\""
    file = read("engine: {token: '${TOKEN}'}\n", TOKEN=nasty)
    assert file.section("engine") == {"token": nasty}


def test_an_unset_variable_is_a_problem_where_it_stands(refused) -> None:
    assert refused("engine:\n  token: ${TOKEN}\n") == [
        "workers.yaml:2:10: engine.token: environment variable TOKEN is not set"
    ]


def test_an_empty_variable_counts_as_unset_where_there_is_a_default(read) -> None:
    assert read("engine: {token: '${TOKEN:-none}'}", TOKEN="").section("engine") == {"token": "none"}


def test_paths_are_meant_from_the_folder_of_the_file(tmp_path) -> None:
    (tmp_path / "deploy").mkdir()
    name = tmp_path / "deploy" / "workers.yaml"
    name.write_text(
        "workers: [{modules: [h.py, ../jobs/, pkg.mod, 'h.py:reg']}]\nengine: {ca_file: ca.pem, token_file: /t}\n"
    )
    file = read_workers_file(str(name), io.StringIO(), {})
    folder = tmp_path / "deploy"
    assert file.workers[0]["modules"] == [
        f"{folder}/h.py",
        f"{tmp_path}/jobs/",
        "pkg.mod",
        f"{folder}/h.py:reg",
    ]
    assert file.section("engine") == {"ca_file": f"{folder}/ca.pem", "token_file": "/t"}


def test_the_settings_that_the_page_about_kafka_shows_are_taken(read) -> None:
    [shown] = blocks(ROOT / "docs" / "kafka.md", "yaml")
    kafka = read(f"{shown.text}workers: [{{modules: [h.py]}}]\n", KAFKA_PASSWORD="p").section("kafka")
    assert kafka["brokers"] == "kafka-1:9093,kafka-2:9093"
    assert kafka["config"]["sasl.password"] == "p"
    # A consumer of librdkafka's takes them all; the certificate is nobody's.
    settings = {name: value for name, value in kafka["config"].items() if name != "ssl.ca.location"}
    Consumer({"bootstrap.servers": kafka["brokers"], "group.id": "g", **settings}).close()


def test_the_shipped_schema_is_the_models() -> None:
    assert SHIPPED.read_text() == schema_text()


def test_the_schema_names_every_key_of_the_example() -> None:
    example = read_workers_file(str(ROOT / "workers.example.yaml"), io.StringIO(), {"ENGINE_TOKEN": "t"})
    missing: list[str] = []
    compare(workers_schema(), example.sections, "", missing)
    assert missing == []


def test_the_example_shows_everything() -> None:
    example = read_workers_file(str(ROOT / "workers.example.yaml"), io.StringIO(), {"ENGINE_TOKEN": "t"})
    text = (ROOT / "workers.example.yaml").read_text()
    unshown = [name for name in key_names(workers_schema()) if f"{name}:" not in text]
    assert unshown == []
    assert example.workers


def compare(schema: dict, value: object, path: str, missing: list[str]) -> None:
    if isinstance(value, dict) and "properties" in schema:
        for key, inner in value.items():
            if key in schema["properties"]:
                compare(schema["properties"][key], inner, f"{path}.{key}", missing)
            else:
                missing.append(f"{path}.{key}")
    elif isinstance(value, list) and "items" in schema:
        for inner in value:
            compare(schema["items"], inner, f"{path}[]", missing)


def key_names(schema: dict) -> set[str]:
    names = set(schema.get("properties", {}))
    for inner in [
        *schema.get("properties", {}).values(),
        schema.get("items"),
        schema.get("additionalProperties"),
    ]:
        if isinstance(inner, dict):
            names |= key_names(inner)
    return names


def test_the_schema_is_json_with_a_description_for_every_key() -> None:
    schema = json.loads(schema_text())
    assert all("description" in field for field in schema["properties"].values())
