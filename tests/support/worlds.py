"""Worlds of the pure machine, where a test has no use for how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rochallor_cli.dev_engine import explore
from rochallor_cli.dev_engine.explore import Definition, Event, World


def started(definition: Definition, variables: Mapping[str, object] | None = None, **options: Any) -> World:
    return explore.started(definition, variables, **options).world


def apply(definition: Definition, world: World, event: Event, **options: Any) -> World:
    return explore.apply(definition, world, event, **options).world


def every_start(definition: Definition, variables: Mapping[str, object] | None = None) -> list[World]:
    return [way.world for way in explore.every_start(definition, variables)]
