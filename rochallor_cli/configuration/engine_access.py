"""How to reach an engine, as one value: what settings come to, and what clients are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from rochallor_cli.configuration.masking import MASK, url_text

DEFAULT_URL = "http://localhost:8080"


@dataclass(frozen=True)
class EngineAccess:
    """URL, credentials and time-out. Plain values: a child process is sent them as JSON."""

    url: str = DEFAULT_URL
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    token_command: str | None = None
    token_file: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    timeout_s: float = 30.0
    # As banners and errors name it: the URL, and the context it came from.
    where: str = ""

    def for_client(self) -> dict[str, Any]:
        """The arguments of RestEngineClient."""
        credentials = {name: getattr(self, name) for name in CREDENTIALS}
        return {"base_url": self.url, "timeout": self.timeout_s, **credentials}

    def shown(self) -> dict[str, Any]:
        """What is set, by name, with secrets masked."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "where"}
        values["url"] = url_text(self.url)
        values["headers"] = dict.fromkeys(self.headers, MASK)
        values["token"] = None if self.token is None else MASK
        return {name: value for name, value in values.items() if value not in (None, {})}


CREDENTIALS = tuple(
    each.name for each in fields(EngineAccess) if each.name not in ("url", "timeout_s", "where")
)
# Those that are written as one text, in the order of the class.
CREDENTIAL_TEXTS = tuple(name for name in CREDENTIALS if name != "headers")
