"""How a dev engine is to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rochallor_cli.dev_engine.clock import Clock, SystemClock
from rochallor_cli.dev_engine.errors import DevEngineSettingsError
from rochallor_cli.dev_engine.versions import (
    DEFAULT_ENGINE_VERSION,
    EngineRules,
    UnknownEngineVersionError,
    engine_rules,
)


@dataclass(frozen=True)
class DevEngineConfig:
    """What a dev engine is made from. Times are seconds."""

    # As which of the engine's versions it behaves; one of ENGINE_VERSIONS.
    engine_version: str = DEFAULT_ENGINE_VERSION
    # False: as an engine whose operator switched the coercion in expressions off.
    coercion: bool = True
    host: str = "127.0.0.1"
    # 0: any free port.
    port: int = 8080
    # None: in memory.
    db: Path | None = None
    lease_s: float = 30.0
    sweep_s: float = 15.0
    timer_s: float = 5.0
    cors: bool = True
    # Instances that run into an engine fault are FAILED with its text.
    strict: bool = False
    # None: another order of what has no order at every start.
    seed: int | None = None
    # A folder whose *.json documents are uploaded at the start.
    definitions: Path | None = None
    log_requests: bool = False
    # "polling" or "kafka".
    dispatch: str = "polling"
    # None with dispatch "kafka": the embedded broker.
    brokers: str | None = None
    # How those brokers are reached (TLS, SASL), as librdkafka names it.
    kafka_config: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)

    @property
    def rules(self) -> EngineRules:
        """What an engine of this version does. Raises DevEngineSettingsError where there is no such version."""
        try:
            return engine_rules(self.engine_version, coercion=self.coercion)
        except UnknownEngineVersionError as error:
            raise DevEngineSettingsError(str(error)) from None
