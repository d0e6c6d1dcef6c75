"""What an operator sees of a real host: probes, metrics, systemd, stacks, logs, checks before a deployment."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.command_line import EXECUTABLE, rochallor, variables
from support.engines import running_engine
from support.waiting import wait_until
from support.worker_host import (
    WorkerHost,
    one_step,
    start_jobs,
    wait_until_completed,
    worker_host,
)

ROOT = Path(__file__).resolve().parents[2]

QUICK = """
import logging

@registry.handler("quick", parallelism=5)
def quick(job):
    note(job)
    logging.getLogger("shop").info("asking the bureau")
    return {"done": True}
"""

BLOCKED = """
@registry.handler("blocked")
def blocked(job):
    note(job)
    wait_for_file("go")
"""


def health_url(host: WorkerHost) -> str:
    host.wait_for("health and metrics at ")
    return host.said().partition("health and metrics at ")[2].split()[0]


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metric(text: str, name: str, **labels: str) -> float:
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


@pytest.mark.parametrize("processes", ["1", "2"])
def test_probes_and_metrics_speak_for_the_whole_host(place, engine, admin, processes) -> None:
    place.write_handlers(QUICK + BLOCKED)
    arguments = ("-m", "handlers.py", "--health-port", "0", "--processes", processes)
    # prometheus-client would write there, and fail where there is no such folder.
    env = {"PROMETHEUS_MULTIPROC_DIR": str(place.folder / "not used")}
    with worker_host(*arguments, url=engine.url, folder=place.folder, env=env) as host:
        health = health_url(host)
        host.wait_for("ready")
        assert get(health + "/livez") == (200, '{"status": "live"}\n')
        status, body = get(health + "/readyz")
        assert (status, json.loads(body)["status"]) == (200, "ready")
        assert get(health + "/nowhere")[0] == 404
        start_jobs(admin, "quick", 30)
        # A job is counted when the engine's answer has arrived, which is after the engine knows it as done.
        completed = {"job_type": "quick", "outcome": "success"}
        wait_until(
            lambda: (
                metric(get(health + "/metrics")[1], "workflow_sdk_jobs_completed_total", **completed) == 30
            ),
            "all jobs counted",
        )
        page = get(health + "/metrics")[1]
        assert metric(page, "workflow_sdk_handler_latency_seconds_count", job_type="quick") == 30
        assert metric(page, "rochallor_worker_slots") == 64 * int(processes)
        assert metric(page, "rochallor_worker_resident_memory_bytes") > 1_000_000
        start_jobs(admin, "blocked", 1)
        wait_until(lambda: len(place.notes()) == 31, "the blocked job has begun")
        host.send(signal.SIGTERM)
        wait_until(lambda: get(health + "/readyz")[0] == 503, "the host is not ready")
        assert json.loads(get(health + "/readyz")[1])["status"] == "draining"
        assert get(health + "/livez")[0] == 200
        place.let_go("go")
        assert host.wait() == 0, host.said()


def test_readiness_follows_the_engine(place) -> None:
    place.write_handlers(QUICK)
    with running_engine() as first:
        port = first.port
    arguments = ("-m", "handlers.py", "--health-port", "0")
    with worker_host(*arguments, url=f"http://127.0.0.1:{port}", folder=place.folder) as host:
        health = health_url(host)
        host.wait_for("engine unreachable")
        status, body = get(health + "/readyz")
        assert status == 503
        assert "connection refused" in json.loads(body)["status"]
        assert get(health + "/livez")[0] == 200
        with running_engine(port=port):
            wait_until(lambda: get(health + "/readyz")[0] == 200, "ready")
        wait_until(lambda: get(health + "/readyz")[0] == 503, "not ready any more")


def test_the_probe_command_asks_a_running_host(place, engine) -> None:
    place.write_handlers(QUICK)
    with worker_host("-m", "handlers.py", "--health-port", "0", url=engine.url, folder=place.folder) as host:
        port = health_url(host).rpartition(":")[2]
        host.wait_for("ready")
        result = rochallor("work", "health", "--health-port", port)
        assert (result.exit_status, json.loads(result.stdout)["status"]) == (0, "ready")
        by_variable = rochallor("work", "health", env={"ROCHALLOR_HEALTH_PORT": port})
        assert by_variable.exit_status == 0
        host.process.kill()
        host.wait()
        assert rochallor("work", "health", "--health-port", port).exit_status == 5


def test_the_probe_imports_next_to_nothing() -> None:
    program = (
        "import sys; sys.argv[1:] = ['work', 'health', '--health-port', '1']\n"
        "from rochallor_cli.__main__ import main\n"
        "status = main()\n"
        "print(status, *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )
    status, *imported = done.stdout.split()
    assert status == "5"
    heavy = {
        "typer",
        "rich",
        "httpx",
        "aiohttp",
        "asyncio",
        "yaml",
        "json",
        "workflow_sdk",
        "prometheus_client",
    }
    assert heavy & set(imported) == set()


def test_systemd_hears_ready_watchdog_and_stopping(place, engine) -> None:
    place.write_handlers(QUICK)
    address = str(place.folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(90)
        environ = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "300000"}
        with worker_host("-m", "handlers.py", url=engine.url, folder=place.folder, env=environ) as host:
            heard = []
            while heard.count("WATCHDOG=1") < 3 or not any(text.startswith("READY=1") for text in heard):
                heard.append(systemd.recv(4096).decode())
            host.send(signal.SIGTERM)
            while not heard[-1].startswith("STOPPING=1"):
                heard.append(systemd.recv(4096).decode())
            assert host.wait() == 0


@pytest.mark.parametrize("processes", ["1", "2"])
def test_sigusr1_shows_stacks_and_jobs_in_flight(place, engine, admin, processes) -> None:
    place.write_handlers(BLOCKED)
    arguments = ("-m", "handlers.py", "--worker-id", "web", "--processes", processes)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        (instance,) = start_jobs(admin, "blocked", 1)
        wait_until(lambda: len(place.notes()) == 1, "the job has begun")
        (job_id,) = place.notes()
        host.send(signal.SIGUSR1)
        host.wait_for(f"{job_id}  blocked  instance {instance}")
        host.wait_for("in wait_for_file")
        host.wait_for("Current thread")
        host.wait_for(" is web")
        place.let_go("go")
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()


def test_json_logs_carry_the_job_as_fields(place, engine, admin) -> None:
    """Every line is such an object, what programs of the handlers write to stderr as well (docs/workers.md)."""
    program = '@registry.around_job\ndef program(job):\n    os.system("echo a program >&2")\n    yield\n'
    place.write_handlers(QUICK + program)
    arguments = ("-m", "handlers.py", "--log-format", "json", "--worker-id", "web")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        (instance,) = start_jobs(admin, "quick", 1)
        wait_until_completed(admin, 1)
        host.send(signal.SIGTERM)
        assert host.wait() == 0
        lines = host.said().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["message"] for entry in entries if entry["logger"] == "rochallor.stderr"] == ["a program"]
    (own,) = [entry for entry in entries if entry["logger"] == "shop"]
    (job_id,) = place.notes()
    fields = {name: own[name] for name in ("job_id", "job_type", "instance_id", "worker", "level", "message")}
    assert fields == {
        "job_id": job_id,
        "job_type": "quick",
        "instance_id": instance,
        "worker": "web",
        "level": "info",
        "message": "asking the bureau",
    }
    assert all({"time", "level", "logger", "message", "worker"} <= entry.keys() for entry in entries)


def test_one_line_per_event_and_none_per_job(place, engine, admin) -> None:
    place.write_handlers(
        QUICK.replace('logging.getLogger("shop")', 'logging.getLogger("x" if False else "quiet")')
    )
    with worker_host(
        "-m", "handlers.py", "--log-level", "warning", url=engine.url, folder=place.folder
    ) as host:
        start_jobs(admin, "quick", 200)
        wait_until_completed(admin, 200)
        host.send(signal.SIGTERM)
        assert host.wait() == 0
        assert host.said() == ""


def test_a_full_disk_for_logs_stops_no_job(place, engine, admin) -> None:
    place.write_handlers(QUICK)
    script = place.folder / "to_full_disk.sh"
    script.write_text('exec "$@" > /dev/full 2>&1\n')
    process = subprocess.Popen(
        ["sh", str(script), *EXECUTABLE, "work", "-m", "handlers.py"],
        cwd=place.folder,
        env={**variables(None, url=engine.url), "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    try:
        start_jobs(admin, "quick", 50)
        wait_until_completed(admin, 50)
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert (len(place.notes()), place.ran_twice()) == (50, {})


# --- before a deployment ------------------------------------------------------------------------------


def test_check_compares_handlers_with_uploaded_definitions(place, engine, admin, monkeypatch) -> None:
    monkeypatch.chdir(place.folder)
    place.write_handlers(QUICK.replace("parallelism=5", "parallelism=5, rate=0.5") + BLOCKED)
    admin.upload_definition(one_step("orders", "quick"))
    clean = rochallor("work", "-m", "handlers.py", "--check", url=engine.url)
    assert clean.exit_status == 0, clean.stderr
    lines = [line.split() for line in clean.lines()]
    assert lines[0] == ["JOB", "TYPE", "HANDLER", "LIMITS", "ENGINE"]
    assert lines[1][0] == "quick"
    assert " ".join(lines[1][2:]) == "(sync) 5 slots, 0.5 a second used by orders v1"
    assert lines[2][-5:] == ["not", "used", "by", "any", "definition"]
    assert clean.lines()[-1] == f"engine     {engine.url}  reachable, dispatch mode polling"
    admin.upload_definition(one_step("letters", "send-letter"))
    wanting = rochallor("work", "-m", "handlers.py", "--check", url=engine.url)
    assert wanting.exit_status == 3
    assert wanting.lines()[-1] == "1 problem: send-letter has no handler"
    as_json = rochallor("work", "-m", "handlers.py", "--check", "-o", "json", url=engine.url).json()
    assert as_json["problems"] == ["send-letter has no handler"]
    assert place.notes() == {}


def test_check_can_be_narrowed_and_names_misspelt_types(place, engine, admin, monkeypatch) -> None:
    monkeypatch.chdir(place.folder)
    place.write_handlers(QUICK + BLOCKED)
    admin.upload_definition(one_step("orders", "quick"))
    admin.upload_definition(one_step("letters", "send-letter"))
    admin.upload_definition(one_step("doors", "blockde"))

    def problems(*more: str) -> list[str]:
        found = rochallor("work", "-m", "handlers.py", "--check", "-o", "json", *more, url=engine.url)
        return list(found.json()["problems"])

    misspelt = "blocked is used by no definition; did you mean blockde?"
    assert sorted(problems()) == ["blockde has no handler", misspelt, "send-letter has no handler"]
    rows = rochallor("work", "-m", "handlers.py", "--check", "-o", "json", url=engine.url).json()["handlers"]
    assert {row["jobType"] for row in rows if row["isProblem"]} == {"blocked", "blockde", "send-letter"}
    assert problems("--job-type", "quick") == []
    assert problems("--definition", "orders") == [misspelt]
    assert "send-letter has no handler" in problems("--definition", "letters")
    assert "no definition oders with a job is uploaded" in problems("--definition", "oders")


def test_check_without_an_engine_is_5_and_with_broken_handlers_3(place, monkeypatch) -> None:
    monkeypatch.chdir(place.folder)
    place.write_handlers(QUICK)
    away = rochallor("work", "-m", "handlers.py", "--check", url="http://127.0.0.1:1")
    assert away.exit_status == 5
    assert away.lines()[-1] == "engine     http://127.0.0.1:1  unreachable: connection refused"
    place.handlers.write_text("import requsts\n")
    broken = rochallor("work", "-m", "handlers.py", "--check", url="http://127.0.0.1:1")
    assert broken.exit_status == 3


def test_print_config_names_value_and_origin(place, monkeypatch) -> None:
    monkeypatch.chdir(place.folder)
    Path("workers.yaml").write_text(
        "engine: {url: http://engine:1, token: secret}\nworkers: [{modules: [h.py]}]\n"
    )
    result = rochallor(
        "work",
        "--config",
        "workers.yaml",
        "--print-config",
        "--parallelism",
        "3",
        "-o",
        "json",
        env={"ROCHALLOR_POLL_INTERVAL": "2s"},
    )
    rows = {row["setting"]: (row["value"], row["origin"]) for row in result.json()}
    assert rows["engine.url"] == ("http://engine:1", "workers.yaml:1")
    assert rows["engine.token"] == ("***", "workers.yaml:1")
    assert rows["workers[0].parallelism"] == (3, "--parallelism")
    assert rows["workers[0].poll_interval"] == (2.0, "ROCHALLOR_POLL_INTERVAL")
    assert rows["workers[0].drain_timeout"] == (25.0, "default")


def test_a_flag_for_another_engine_leaves_the_files_token_behind(place, monkeypatch) -> None:
    monkeypatch.chdir(place.folder)
    Path("workers.yaml").write_text(
        "engine: {url: http://engine:1, token: secret}\nworkers: [{modules: [h.py]}]\n"
    )
    result = rochallor(
        "work", "--config", "workers.yaml", "--print-config", "--engine-url", "http://other:1", "-o", "json"
    )
    assert "engine.token" not in {row["setting"] for row in result.json()}
    assert "not sent to this engine, whose URL is from --engine-url: workers.yaml" in result.stderr


LEAKING = """
import logging

@registry.handler("quick")
def quick(job):
    logging.getLogger("shop").info("asking with %s", job.variables["key"])
    note(job)
"""


def test_what_is_sent_to_the_engine_as_a_secret_stands_in_no_line_of_a_child(place, engine, admin) -> None:
    place.write_handlers(LEAKING)
    secret = "hunter2-Zq9"
    arguments = ("-m", "handlers.py", "--processes", "2", "--header", f"X-Key: {secret}")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        admin.upload_definition(one_step("leaking", "quick"))
        admin.start_instance("leaking", {"key": secret})
        wait_until_completed(admin, 1)
        host.wait_for("asking with ***")
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert secret not in host.said()


def test_the_shipped_example_is_accepted(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    result = rochallor("work", "--config", "workers.example.yaml", "--print-config")
    assert result.exit_status == 0, result.stderr


def test_check_asks_the_engine_of_the_file(place, engine, admin, monkeypatch) -> None:
    monkeypatch.chdir(place.folder)
    place.write_handlers(QUICK)
    admin.upload_definition(one_step("orders", "quick"))
    Path("workers.yaml").write_text(
        f"engine: {{url: '{engine.url}'}}\nworkers: [{{modules: [handlers.py]}}]\n"
    )
    result = rochallor("work", "--config", "workers.yaml", "--check")
    assert (result.exit_status, result.lines()[-1]) == (
        0,
        f"engine     {engine.url}  reachable, dispatch mode polling",
    )
