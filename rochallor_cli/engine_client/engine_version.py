"""Which version an engine is, as far as that can be known: said by the user, asked, and remembered.

An engine states its version nowhere. What its answers about an instance that does not exist tell apart: the version
without a number, 1.0, and 1.1 or later; versions within these look alike, and so do engines with and without
coercion. For advice the newest that fits is assumed; for acting the engine's answer counts, never the guess.

What is remembered only adds to what the engine says now, where both fit: another engine may have come to the URL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from rochallor_cli.configuration.settings import Settings
from rochallor_cli.configuration.user_cache import forget, remember, remembered
from rochallor_cli.engine_client.version_evidence import versions_proved
from workflow_sdk.engine_versions import ENGINE_VERSIONS, FEATURES

if TYPE_CHECKING:
    from workflow_sdk.client.answers import RawResponse
    from workflow_sdk.client.http import Exchange
    from workflow_sdk.client.rest import RestEngineClient

KNOWN = ENGINE_VERSIONS
OFFLINE = "next"
REMEMBERED_S = 24 * 3600.0
# 26 characters, as ids have, and none that an engine would make.
ASKED_BEFORE = "asked within the last day"
_NOBODY = "00000000000000000000000000"
_REASON_BEFORE = f'instance "{_NOBODY}" not found'
_REASON_SINCE = "workflow instance not found"


class EngineVersion(NamedTuple):
    """The versions that it can be, oldest first, and how that is known."""

    possible: tuple[str, ...]
    how: str

    @property
    def assumed(self) -> str:
        """The newest that fits: what advice goes by."""
        return self.possible[-1]

    @property
    def text(self) -> str:
        """`1.1.0`, `1.0.0 or 1.0.1`, `1.1.0 or later`."""
        if len(self.possible) == 1:
            return self.assumed
        if self.assumed == KNOWN[-1]:
            return f"{self.possible[0]} or later"
        return f"{', '.join(self.possible[:-1])} or {self.assumed}"

    def surely_has(self, feature: str) -> bool:
        """Whether it has a feature (workflow_sdk/engine_versions.py), whichever of the possible ones it is."""
        return KNOWN.index(self.possible[0]) >= KNOWN.index(FEATURES[feature])

    def surely_lacks(self, feature: str) -> bool:
        return KNOWN.index(self.assumed) < KNOWN.index(FEATURES[feature])


def said_version(settings: Settings) -> EngineVersion | None:
    """What flag, environment or context say; None for `auto`."""
    if settings.engine_version == "auto":
        return None
    return EngineVersion((settings.engine_version,), settings.origins.get("engine_version", "default"))


def remembered_version(settings: Settings, environ: Mapping[str, str]) -> EngineVersion | None:
    """What this engine was found to be within the last day; None where it was not asked."""
    text = remembered(_file_name(settings), environ, for_s=REMEMBERED_S)
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    possible = tuple(version for version in KNOWN if isinstance(found, list) and version in found)
    return EngineVersion(possible, ASKED_BEFORE) if possible else None


def forget_version(settings: Settings, environ: Mapping[str, str]) -> None:
    """An answer has contradicted what is remembered."""
    forget(_file_name(settings), environ)


def forget_if_contradicted(exchange: Exchange, settings: Settings, environ: Mapping[str, str]) -> None:
    """Forget what is remembered of an engine where this answer cannot be such an engine's."""
    proved = versions_proved(exchange)
    if proved is None:
        return
    known = remembered_version(settings, environ)
    if known is not None and not set(known.possible) & set(proved):
        forget_version(settings, environ)


def forget_unless_it_lacks(feature: str, settings: Settings, environ: Mapping[str, str]) -> None:
    """The engine has shown that it lacks a feature: forget what is remembered of it, unless that is known."""
    known = remembered_version(settings, environ)
    if known is not None and not known.surely_lacks(feature):
        forget_version(settings, environ)


def contradicts_said(exchange: Exchange, settings: Settings) -> str | None:
    """What to say of an answer that no engine of the version said by the user gives; None where it may be its."""
    said, proved = said_version(settings), versions_proved(exchange)
    if said is None or proved is None or said.assumed in proved:
        return None
    answers_as = EngineVersion(proved, "").text
    return f"this engine answers as version {answers_as} does, though {said.how} says {said.assumed}"


def asked_version(
    client: RestEngineClient,
    settings: Settings,
    environ: Mapping[str, str],
    *,
    only_get: bool = False,
    known: EngineVersion | None = None,
) -> EngineVersion:
    """Ask the engine; what it tells is remembered. `only_get`: for commands that promise to write nothing.

    known: what it was found to be before, which counts as long as its answer fits that.
    """
    possible = _possible_by_get(client)
    if known is not None and set(known.possible) <= set(possible):
        return known
    if possible == KNOWN[1:] and not only_get:
        possible = _possible_by_retry(client)
    # By GET alone later versions look alike: whoever may ask more is to ask it still.
    if len(possible) < len(KNOWN) and not (only_get and possible == KNOWN[1:]):
        remember(_file_name(settings), text=json.dumps(possible), environ=environ)
    return EngineVersion(
        possible, "its answers" if len(possible) < len(KNOWN) else "its answers tell nothing"
    )


def _possible_by_get(client: RestEngineClient) -> tuple[str, ...]:
    reason = _reason(client.request("GET", f"/v1/instances/{_NOBODY}"))
    if reason == _REASON_BEFORE:
        return ("0",)
    return KNOWN[1:] if reason == _REASON_SINCE else KNOWN


def _possible_by_retry(client: RestEngineClient) -> tuple[str, ...]:
    # Only now: a proxy answers unknown paths in the same words as an engine without this route.
    answer = client.request("POST", f"/v1/instances/{_NOBODY}/steps/x/retry")
    if _reason(answer) == _REASON_SINCE:
        return KNOWN[KNOWN.index("1.1.0") :]
    return KNOWN[1 : KNOWN.index("1.1.0")] if _is_no_route(answer.status_code, answer.text) else KNOWN[1:]


def _is_no_route(status: int, text: str) -> bool:
    """Whether an answer says that there is no such route, as Go's own router does."""
    return status == 405 or (status == 404 and text.strip() == "404 page not found")


def _reason(response: RawResponse) -> str | None:
    """The reason of a 404 that an engine's handler wrote."""
    try:
        fields = json.loads(response.body)
    except ValueError:
        return None
    if response.status_code != 404 or not isinstance(fields, dict) or fields.get("error") != "not-found":
        return None
    return str(fields.get("reason") or fields.get("message"))


def _file_name(settings: Settings) -> str:
    # Two sums of the URL, for which the library of TLS need not be loaded: what is in the file is looked at anyway.
    url = settings.access.url.encode()
    return f"engine-version-{crc32(url):08x}{crc32(url[::-1]):08x}.json"
