"""The dev engine's use cases on a database in memory, without server and loop."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rochallor_cli.dev_engine.config import DevEngineConfig
from rochallor_cli.dev_engine.services import definitions
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.store import Store
from rochallor_cli.dev_engine.store.database import commit_together, open_database


class UseCases:
    """`do(work)` gives `work` the engine's resources inside one transaction; settings as in DevEngineConfig."""

    def __init__(self, **settings: Any) -> None:
        self.connection = open_database(None)
        config = DevEngineConfig(**{"seed": 1, "engine_version": "0", **settings})
        self.resources = Resources(config, Store(self.connection))

    def do(self, work: Callable[[Resources], Any]) -> Any:
        (result,) = commit_together(self.connection, [lambda: work(self.resources)])
        if isinstance(result, Exception):
            raise result
        return result

    def upload(self, definition: dict[str, Any]) -> None:
        self.do(lambda resources: definitions.upload(resources, json.dumps(definition).encode()))
