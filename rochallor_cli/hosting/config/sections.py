"""The sections of workers.yaml: which settings stand where."""

from __future__ import annotations

from rochallor_cli.configuration.engine_access import ENGINE_SETTINGS
from rochallor_cli.configuration.setting import Setting, settings_of
from rochallor_cli.hosting.config.host_config import (
    HandlerLimits,
    HealthConfig,
    KafkaAccess,
    LifeConfig,
    LogConfig,
    WorkerConfig,
)

_WORKER = settings_of(WorkerConfig)

ROOT = (
    Setting("section", "The engine and how to reach it.", key="engine", section="engine"),
    Setting("section", "For mode kafka and auto.", key="kafka", section="kafka"),
    Setting(
        "section",
        "What holds for every worker that does not say otherwise.",
        key="defaults",
        section="defaults",
    ),
    Setting("sections", "The workers of this host.", key="workers", section="worker"),
    Setting("section", "What concerns the host as a whole.", key="host", section="host"),
    Setting(
        "section",
        "The health and metrics endpoint; off unless a port is given.",
        key="health",
        section="health",
    ),
    Setting("section", "Log lines.", key="logging", section="logging"),
)

SECTIONS: dict[str, tuple[Setting, ...]] = {
    "": ROOT,
    "engine": ENGINE_SETTINGS,
    "kafka": settings_of(KafkaAccess),
    "defaults": tuple(setting for setting in _WORKER if not setting.of_one_worker),
    "worker": _WORKER,
    "handler": settings_of(HandlerLimits),
    "host": settings_of(LifeConfig),
    "health": settings_of(HealthConfig),
    "logging": settings_of(LogConfig),
}
# With flags of their own; the engine's are global options.
WITH_FLAGS = ("worker", "host", "kafka", "logging", "health")
