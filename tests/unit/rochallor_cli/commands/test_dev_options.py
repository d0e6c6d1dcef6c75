"""The options of `rochallor dev`, declared once as those of `rochallor work`."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from rochallor_cli.commands.dev import DevOptions, dev, engine_config
from rochallor_cli.configuration.setting import settings_of
from rochallor_cli.configuration.setting_values import values_of_flags
from rochallor_cli.errors import UsageError

SETTINGS = {setting.parameter: setting for setting in settings_of(DevOptions)}
EXAMPLES: dict[str, Any] = {
    "port": "0",
    "text": "other",
    "path": "somewhere",
    "brokers": "host:9093",
    "flag": True,
    "duration": "1m",
    "choice": "kafka",
    "text map": ["security.protocol=ssl"],
    "count": "-7",
}
# Each needs the ones before it.
KAFKA = {"dispatch": "kafka", "brokers": "host:9093", "kafka_config": ["security.protocol=ssl"]}


def options(**flags: Any) -> DevOptions:
    return DevOptions(**values_of_flags(DevOptions, flags))


def test_the_command_has_exactly_the_declared_options() -> None:
    assert list(inspect.signature(dev).parameters) == ["context", *SETTINGS]


@pytest.mark.parametrize("name", SETTINGS)
def test_each_option_changes_what_the_engine_is_told(name: str) -> None:
    if name == "definitions":
        assert options(definitions="flows").definitions == "flows"  # the command uploads them itself
        return
    before = dict(list(KAFKA.items())[: list(KAFKA).index(name)]) if name in KAFKA else {}
    value = KAFKA.get(name, EXAMPLES[SETTINGS[name].kind])
    assert engine_config(options(**before, **{name: value})) != engine_config(options(**before))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"port": "65536"}, "--port: expected a port from 0 to 65535, found 65536"),
        ({"port": "²"}, '--port: expected a whole number, found "²"'),
        ({"seed": "9" * 5000}, "--seed: expected a whole number"),
        ({"lease_seconds": "0"}, "--lease-seconds: expected a duration of at least 0.1, found 0"),
        ({"dispatch": "post"}, '--dispatch: expected one of polling, kafka, found "post"'),
        ({"kafka_config": ["secret"]}, "--kafka-config: expected key=value"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_option(
    flags: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        options(**flags)
    assert refused.value.message.startswith(said)


def test_seconds_may_be_written_as_a_bare_number_or_with_a_unit() -> None:
    assert options(lease_seconds="90").lease_s == options(lease_seconds="1m30s").lease_s == 90.0


def test_the_default_stands_in_the_help() -> None:
    helps = {
        name: parameter.annotation.__metadata__[0].help
        for name, parameter in inspect.signature(dev).parameters.items()
        if name in SETTINGS
    }
    assert helps["lease_seconds"] == "How long a claim lasts (30s)."
    assert helps["port"] == "Where to listen; 0 for a free port (8080)."
