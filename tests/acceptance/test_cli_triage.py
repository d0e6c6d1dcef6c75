"""`doctor` as triage's first page, and who serves a job type in `explain` and `audit`."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rochallor_cli.commands import doctor_checks
from rochallor_cli.configuration.certificates import certificate_ends
from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.explanation.serving_workers import ServedJobType
from rochallor_cli.hosting.checks.broker_checks import TopicState
from support.certificates import Certificates
from support.command_line import rochallor
from support.engines import running_engine
from support.small_server import small_server
from support.workflows import decision, do_jobs, service, uploaded
from workflow_sdk.client.rest import RestEngineClient


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Two dead instances and one that waits for a worker of `import-data`."""
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, decision("d", {"n > 1": "only", "n <= 1": "end"}), service("only", None), id_="dead")
        for _ in range(2):
            client.start_instance("dead", {"n": 2})
        do_jobs(client, "only")
        uploaded(client, service("import", job_type="import-data"), id_="imports")
        client.start_instance("imports")
        yield engine.url


@pytest.fixture
def workers_yaml(tmp_path: Path) -> Path:
    """Of workers that serve `only`, and nothing else; importing them prints."""
    module = tmp_path / f"served_{tmp_path.name}.py"
    module.write_text(
        "from workflow_sdk.handler.registry import HandlerRegistry\n"
        "print('imported')\n"
        "registry = HandlerRegistry()\n"
        "registry.register('only', lambda job: {})\n"
    )
    file = tmp_path / "workers.yaml"
    file.write_text(f"workers:\n  - modules: ['{module}']\n")
    return file


def checks(*arguments: str | Path, url: str, now: datetime | None = None) -> dict[str, Any]:
    result = rochallor("doctor", "-o", "json", *arguments, url=url, now=now)
    return {row["check"]: row for row in result.json()}


def test_the_doctor_counts_what_nothing_can_move(url: str) -> None:
    found = checks(url=url)
    assert found["standing still"]["result"] == "warning"
    assert found["standing still"]["detail"] == "nothing can move 2 of the 3 newest live ones"
    assert "rochallor instances audit" in found["standing still"]["hint"]
    with running_engine() as empty:
        assert "standing still" not in checks(url=empty.url)


def test_the_doctor_names_what_nobody_in_this_configuration_serves(url: str, workers_yaml: Path) -> None:
    found = checks("--config", workers_yaml, url=url)["handlers"]
    assert found["result"] == "warning"
    assert "nobody in this configuration serves import-data (used by imports v1)" in found["detail"]


def test_the_doctor_compares_clocks(url: str) -> None:
    assert checks(url=url)["clock"]["result"] == "ok"
    off = checks(url=url, now=datetime.now(UTC) - timedelta(hours=1))["clock"]
    assert off["result"] == "warning"
    assert "ahead of the one here" in off["detail"]


def test_missing_topics_are_one_line() -> None:
    states = [TopicState(f"workflow.jobs.t{number}") for number in range(77)]
    states += [
        TopicState("workflow.jobs.idle", partitions=1, members=0),
        TopicState("workflow.jobs.unserved", partitions=1, waiting=5, members=0),
    ]
    rows = {row["check"]: row for row in doctor_checks.topics(states, "b:9092")}
    assert len(rows) == 3
    assert rows["topics"]["detail"].startswith("77 of 79 are missing: workflow.jobs.t0, ")
    assert rows["topics"]["detail"].endswith("and 72 more")
    assert rows["topics"]["exitStatus"] == 6
    assert (rows["workflow.jobs.idle"]["result"], rows["workflow.jobs.unserved"]["result"]) == (
        "ok",
        "warning",
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
@pytest.mark.parametrize(("days", "result"), [(400, "ok"), (3, "warning")])
def test_the_end_of_a_certificate_is_told(tmp_path: Path, days: int, result: str) -> None:
    made = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    files = ("-keyout", "k.pem", "-out", "c.pem", "-subj", "/CN=me", "-days", str(days))
    subprocess.run([*made, *files], cwd=tmp_path, check=True, capture_output=True)
    access = EngineAccess(url="http://127.0.0.1:9", client_cert=str(tmp_path / "c.pem"))
    [(what, end)] = certificate_ends(access)
    assert "client certificate" in what
    assert abs(end - datetime.now(UTC) - timedelta(days=days)) < timedelta(hours=1)
    [row] = doctor_checks.certificates(access, datetime.now(UTC))
    assert row["result"] == result
    [over] = doctor_checks.certificates(access, datetime.now(UTC) + timedelta(days=500))
    assert (over["result"], over["exitStatus"]) == ("problem", 5)


def test_the_doctor_tells_when_the_engines_own_certificate_ends(certificates: Certificates) -> None:
    """As the engine presents it; also where nobody here trusts it, for then that is the trouble."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)
    with small_server(tls=context) as engine:
        trusted = rochallor("doctor", "--ca-file", certificates.ca, "-o", "json", url=engine.url).json()
        foreign = rochallor("doctor", "--ca-file", certificates.other_ca, "-o", "json", url=engine.url).json()
    for rows in (trusted, foreign):
        told = [row for row in rows if row["check"] == "certificate"]
        assert [row["detail"].partition(" (")[0] for row in told] == [
            "the engine's certificate",
            "the authority's certificate",
        ]
        assert [row["result"] for row in told] == ["warning", "warning"]
    assert [row["exitStatus"] for row in foreign if row["check"] == "engine"] == [5]


def test_what_is_no_certificate_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    access = EngineAccess(url="http://127.0.0.1:9", ca_file=str(tmp_path / "c.pem"))
    assert list(certificate_ends(access)) == []


@pytest.mark.parametrize(
    ("served", "text"),
    [
        (ServedJobType(), ""),
        (
            ServedJobType(workers=0, waiting=5, has_topic=True),
            "nobody serves it: its Kafka group has no member, 5 records wait",
        ),
        (
            ServedJobType(workers=1, waiting=1, has_topic=True),
            "1 worker serves it over Kafka, 1 record waits",
        ),
        (ServedJobType(workers=2, waiting=0, has_topic=True), "2 workers serve it over Kafka"),
        (ServedJobType(waiting=2, has_topic=True), "in Kafka 2 records wait for it"),
        (ServedJobType(has_topic=False), "Kafka has no topic for it"),
        (ServedJobType(has_handler=False), "this configuration has no handler for it"),
        (ServedJobType(has_handler=True), ""),
    ],
)
def test_no_more_is_said_of_who_serves_than_is_known(served: ServedJobType, text: str) -> None:
    assert served.text == text


def test_explain_and_audit_ask_the_engine_that_a_configuration_names(url: str, workers_yaml: Path) -> None:
    """As doctor does: not the default one, of which the file says nothing."""
    named = workers_yaml.with_name("named.yaml")
    named.write_text(f"engine: {{url: '{url}'}}\n{workers_yaml.read_text()}")
    rows = rochallor("instances", "audit", "--config", named, "-o", "json").json()
    assert rows
    explained = rochallor("instances", "explain", rows[0]["example"], "--config", named, "-o", "json")
    assert explained.json()["id"] == rows[0]["example"]


def test_explain_and_audit_say_what_a_configuration_does_not_serve(url: str, workers_yaml: Path) -> None:
    audited = rochallor("instances", "audit", "--config", workers_yaml, "-o", "json", url=url)
    rows = {row["step"]: row for row in audited.json()}
    assert (rows["import"]["hasHandler"], rows["import"]["workers"]) == (False, None)
    assert "this configuration has no handler for it" in rows["import"]["text"]
    example = rows["import"]["example"]
    text = rochallor("instances", "explain", example, "--config", workers_yaml, url=url)
    assert "this configuration has no handler for it" in " ".join(text.stdout.split())
    unasked = rochallor("instances", "explain", example, "-o", "json", url=url).json()
    assert "hasHandler" not in unasked["movedBy"][0]
