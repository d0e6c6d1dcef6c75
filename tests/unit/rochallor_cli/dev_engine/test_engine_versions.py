"""The table of versions, and how an engine is told which one to be."""

from __future__ import annotations

from dataclasses import fields

import pytest

from rochallor_cli.dev_engine import (
    DEFAULT_ENGINE_VERSION,
    ENGINE_VERSIONS,
    FEATURES,
    DevEngine,
    DevEngineConfig,
    DevEngineSettingsError,
    EngineRules,
    UnknownEngineVersionError,
    engine_rules,
)


def test_every_feature_is_there_from_its_version_on() -> None:
    for feature, since in FEATURES.items():
        has = [getattr(engine_rules(version), feature) for version in ENGINE_VERSIONS]
        first = ENGINE_VERSIONS.index(since)
        assert has == [False] * first + [True] * (len(ENGINE_VERSIONS) - first), feature


def test_every_rule_but_the_version_is_a_feature_of_the_table() -> None:
    assert {each.name for each in fields(EngineRules)} == {"version", *FEATURES}


def test_every_version_but_the_first_brought_something() -> None:
    assert set(FEATURES.values()) == set(ENGINE_VERSIONS[1:])


def test_an_operator_can_switch_coercion_off_and_nothing_else_changes() -> None:
    with_it, without = engine_rules("leases"), engine_rules("leases", coercion=False)
    differ = [
        each.name
        for each in fields(EngineRules)
        if getattr(with_it, each.name) != getattr(without, each.name)
    ]
    assert differ == ["coercion"]
    assert engine_rules("1.1.0", coercion=False) == engine_rules("1.1.0")


def test_an_unknown_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownEngineVersionError, match=r"'2\.0' is not known; there are 0, 1\.0\.0, "):
        engine_rules("2.0")
    with pytest.raises(DevEngineSettingsError, match="is not known"):
        DevEngine(DevEngineConfig(port=0, engine_version="latest")).__enter__()


def test_an_engine_is_told_its_version_directly_or_by_its_configuration() -> None:
    assert DevEngine().config.rules == engine_rules(DEFAULT_ENGINE_VERSION)
    assert DevEngine(engine_version="1.0.1").config.rules.business_keys
    assert not DevEngine(DevEngineConfig(engine_version="1.0.0")).config.rules.business_keys
