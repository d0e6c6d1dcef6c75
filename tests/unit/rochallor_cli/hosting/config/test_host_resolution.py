"""Where each setting of a host comes from, and what does not go together."""

import inspect
import io
from pathlib import Path

import pytest

from rochallor_cli.commands.work import work
from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.errors import UsageError
from rochallor_cli.hosting.checks.print_config import settings_rows
from rochallor_cli.hosting.config.given import settings_with_flags
from rochallor_cli.hosting.config.host_config import (
    HandlerLimits,
    HostConfig,
)
from rochallor_cli.hosting.config.resolution import resolve_host
from rochallor_cli.hosting.config.workers_file import read_workers_file
from rochallor_cli.hosting.processes.supervisor import one_per_process

ENGINE = EngineAccess("http://engine:8080", token="secret", where="http://engine:8080 (context prod)")


@pytest.fixture
def resolve(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def settle(text: str = "", environ: dict[str, str] | None = None, **flags: object) -> HostConfig:
        file = None
        if text:
            Path("workers.yaml").write_text(text)
            file = read_workers_file("workers.yaml", io.StringIO(), {})
        return resolve_host(flags, environ or {}, file=file, engine=ENGINE, log_with_time=False)

    return settle


def test_defaults_are_those_of_the_runner(resolve) -> None:
    config = resolve(module=["h.py"])
    (worker,) = config.workers
    assert (worker.mode, worker.parallelism, worker.poll_interval_s) == ("poll", 64, 0.5)
    assert (worker.drain_timeout_s, worker.processes, config.needs_processes) == (25.0, 1, False)
    assert config.health.port is None


def test_flag_beats_environment_beats_file_beats_default(resolve) -> None:
    text = "workers: [{modules: [h.py], parallelism: 1, poll_interval: 1s, processes: 3, drain_timeout: 9s}]"
    environ = {"ROCHALLOR_PARALLELISM": "2", "ROCHALLOR_POLL_INTERVAL": "2s"}
    config = resolve(text, environ, poll_interval="4s")
    (worker,) = config.workers
    assert (worker.poll_interval_s, worker.parallelism, worker.processes, worker.mode) == (4.0, 2, 3, "poll")
    origins = {
        name: config.origins.get(f"workers[0].{name}")
        for name in ("poll_interval", "parallelism", "processes")
    }
    assert origins == {
        "poll_interval": "--poll-interval",
        "parallelism": "ROCHALLOR_PARALLELISM",
        "processes": "workers.yaml:1",
    }


def test_a_flag_goes_before_every_entry_of_the_file(resolve) -> None:
    config = resolve(
        "workers: [{id: a, modules: [h.py], mode: kafka}, {id: b, modules: [g.py]}]", mode="auto"
    )
    assert [worker.mode for worker in config.workers] == ["auto", "auto"]


def test_defaults_of_the_file_hold_for_workers_that_do_not_say_otherwise(resolve) -> None:
    text = "defaults: {parallelism: 8}\nworkers: [{modules: [h.py]}, {modules: [g.py], parallelism: 2}]"
    assert [worker.parallelism for worker in resolve(text).workers] == [8, 2]


def test_leases_are_the_engines_own_unless_the_file_says_otherwise(resolve) -> None:
    text = (
        "defaults: {lease_seconds: 60}\n"
        "workers: [{modules: [h.py]}, {modules: [g.py], heartbeat: never, heartbeat_interval: 10s}]"
    )
    settled = [(w.lease_seconds, w.heartbeat, w.heartbeat_interval_s) for w in resolve(text).workers]
    assert settled == [(60, "auto", None), (60, "never", 10.0)]
    (plain,) = resolve(module=["h.py"]).workers
    assert (plain.lease_seconds, plain.heartbeat, plain.heartbeat_interval_s) == (None, "auto", None)
    rows = {row["setting"]: (row["value"], row["origin"]) for row in settings_rows(resolve(text), {})}
    assert rows["workers[1].lease_seconds"] == (60, "workers.yaml:1")
    assert rows["workers[1].heartbeat_interval"] == (10.0, "workers.yaml:2")
    assert rows["workers[0].heartbeat"] == ("auto", "default")


def test_workers_without_an_id_get_different_ones(resolve) -> None:
    ids = [worker.worker_id for worker in resolve("workers: [{modules: [h.py]}, {modules: [g.py]}]").workers]
    assert len(set(ids)) == 2


def test_limits_by_job_type_are_read(resolve) -> None:
    text = (
        "workers: [{modules: [h.py], handlers: {score: {parallelism: 2, timeout: 5s, retry_delay: backoff}}}]"
    )
    assert resolve(text).workers[0].limits == {"score": HandlerLimits(2, 5.0, "backoff")}


def test_lists_and_pairs_come_from_the_environment_too(resolve) -> None:
    environ = {
        "ROCHALLOR_MODULE": "a.b, c.py",
        "ROCHALLOR_JOB_TYPE": "x,y",
        "ROCHALLOR_KAFKA_CONFIG": "sasl.mechanisms=PLAIN\nclient.id=a=b",
        "ROCHALLOR_RELOAD": "true",
    }
    config = resolve("", environ)
    assert config.workers[0].modules == ("a.b", "c.py")
    assert config.workers[0].job_types == ("x", "y")
    assert config.kafka.config == {"sasl.mechanisms": "PLAIN", "client.id": "a=b"}
    assert config.life.reload


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({}, "no handlers are named"),
        ({"module": ["h"], "parallelism": "many"}, '--parallelism: expected a whole number, found "many"'),
        ({"module": ["h"], "processes": "0"}, "--processes: expected a whole number of at least 1, found 0"),
        ({"module": ["h"], "drain_timeout": "soon"}, "--drain-timeout: 'soon' is no duration"),
        ({"module": ["h"], "mode": "pull"}, '--mode: expected one of poll, kafka, auto, found "pull"'),
        ({"module": ["h"], "mode": "kafka"}, "mode kafka needs to know the brokers"),
        ({"module": ["h"], "kafka_config": ["x"]}, "--kafka-config: expected key=value, found 'x'"),
        ({"module": ["h"], "health_port": "70000"}, "--health-port: expected a port from 0 to 65535"),
    ],
)
def test_what_cannot_be_used_is_named(resolve, flags, message) -> None:
    with pytest.raises(UsageError) as caught:
        resolve("", None, **flags)
    assert message in caught.value.message


def test_modules_for_one_worker_are_refused_where_there_are_several(resolve) -> None:
    with pytest.raises(UsageError, match="--module is meant for one worker; there are 2"):
        resolve("workers: [{modules: [h.py]}, {modules: [g.py]}]", None, module=["x.py"])


def test_every_process_of_a_worker_has_an_id_of_its_own(resolve) -> None:
    config = resolve("workers: [{id: a, modules: [h.py], processes: 2}, {id: b, modules: [g.py]}]")
    assert [worker.worker_id for worker in one_per_process(config)] == ["a-1", "a-2", "b"]


def test_every_setting_is_printed_with_its_origin_and_secrets_are_masked(resolve) -> None:
    config = resolve("workers: [{modules: [h.py]}]", None, processes="2", kafka_config=["sasl.password=p"])
    rows = {
        row["setting"]: (row["value"], row["origin"])
        for row in settings_rows(config, {"token": "ROCHALLOR_TOKEN"})
    }
    assert rows["workers[0].processes"] == (2, "--processes")
    assert rows["workers[0].modules"] == (["h.py"], "workers.yaml:1")
    assert rows["engine.token"] == ("***", "ROCHALLOR_TOKEN")
    assert rows["kafka.config"] == ({"sasl.password": "***"}, "--kafka-config")
    assert rows["logging.level"] == ("info", "default")


def test_every_setting_with_a_flag_comes_from_flag_and_variable_alike(resolve) -> None:
    """One declaration serves all: what is added to a frozen value is an option, a variable, a key and a row."""
    unlike = []
    for section, setting in settings_with_flags():
        text, value = EXAMPLES.get(setting.parameter) or EXAMPLES_BY_KIND[setting.kind](setting)
        flag = True if setting.kind == "flag" else text.splitlines() if setting.kind in LISTS else text
        needed = {"module": ["h.py"]} | {setting.parameter: flag}
        name = f"workers[0].{setting.key}" if section == "worker" else f"{section}.{setting.key}"
        found = {
            setting.flag: resolve("", None, **needed),
            setting.variable: resolve("", {"ROCHALLOR_MODULE": "h.py", setting.variable: text}),
        }
        for origin, config in found.items():
            rows = {row["setting"]: (row["value"], row["origin"]) for row in settings_rows(config, {})}
            if rows[name] != (value, origin):
                unlike.append((origin, rows[name]))
    assert unlike == []


def test_the_command_has_an_option_for_every_setting_with_a_flag() -> None:
    parameters = inspect.signature(work).parameters
    named = {setting.parameter: setting for _, setting in settings_with_flags()}
    assert named.keys() <= parameters.keys()
    helps = {name: parameters[name].annotation.__metadata__[0].help for name in named}
    assert helps["parallelism"] == "Jobs at the same time in one process (64)."
    assert helps["drain_timeout"] == "How long running jobs may take to finish after a stop signal (25s)."
    assert [name for name, text in helps.items() if not text.startswith(named[name].meaning[:-1])] == []


LISTS = ("texts", "text map")
EXAMPLES = {"ordering": ("none", "none"), "mode": ("auto", "auto")}
EXAMPLES_BY_KIND = {
    "text": lambda _: ("some text", "some text"),
    "texts": lambda _: ("one", ["one"]),
    "brokers": lambda _: ("SSL://one:9093,[::1]:9092,two", "SSL://one:9093,[::1]:9092,two"),
    "text map": lambda _: ("a=b", {"a": "b"}),
    "count": lambda _: ("7", 7),
    "duration": lambda _: ("90s", 90.0),
    "flag": lambda _: ("true", True),
    "choice": lambda setting: (setting.choices[-1], setting.choices[-1]),
    "port": lambda _: ("8081", 8081),
}
