"""Which endpoint a request is for, by the engine's own reading of paths."""

from __future__ import annotations

import re
from enum import Enum
from urllib.parse import quote, unquote_to_bytes

from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.versions import EngineRules

# What the engine's language leaves alone when it encodes a path.
_SAFE_IN_PATHS = "$&+,/:;=@~"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class BadPath(Exception):  # noqa: N818 - a fact about the request
    """The path holds a percent sign that is no escape."""


@quick_dataclass(frozen=True, slots=True)
class RouteMatch:
    """An endpoint's name, and the parameters of the path."""

    name: str
    parameters: tuple[str, ...] = ()


# method -> endpoint name, by the shape of the path; a star stands for a parameter.
_ROUTES: dict[str, dict[str, str]] = {
    "/healthz": {"GET": "healthz"},
    "/v1/definitions": {"POST": "upload_definition", "GET": "list_definitions"},
    "/v1/definitions/*": {"GET": "get_definition"},
    "/v1/definitions/*/versions/*": {"GET": "get_definition_version"},
    "/v1/instances": {"POST": "start_instance", "GET": "list_instances"},
    "/v1/instances/*": {"GET": "get_instance"},
    "/v1/instances/*/history": {"GET": "get_history"},
    "/v1/instances/*/cancel": {"POST": "cancel_instance"},
    "/v1/instances/*/signals/*": {"POST": "signal"},
    "/v1/instances/*/steps/*/retry": {"POST": "retry_step"},
    "/v1/instances/*/user-tasks/*/complete": {"POST": "complete_user_task"},
    "/v1/jobs/poll": {"POST": "poll_jobs"},
    "/v1/jobs/*/complete": {"POST": "complete_job"},
    "/v1/jobs/*/fail": {"POST": "fail_job"},
}
_FIXED = {path: methods for path, methods in _ROUTES.items() if "*" not in path}
# Not there on every version.
_STEP_RETRY = "/v1/instances/*/steps/*/retry"

_NONE: tuple[str, None] = ("", None)

# What a path is known by: the number of its parts, and those of them that are no parameters, which are the third, the
# fifth and so on.
_Form = tuple[int, tuple[str, ...], tuple[str, ...]]


def _form(parts: list[str]) -> _Form:
    return len(parts), tuple(parts[:3]), tuple(parts[4::2])


_FORMS: dict[_Form, tuple[str, dict[str, str]]] = {
    _form(path.split("/")): (path, methods) for path, methods in _ROUTES.items() if "*" in path
}


class NoRoute(Enum):
    UNKNOWN_PATH = 404
    OTHER_METHOD = 405


def find_route(method: str, raw_path: str, rules: EngineRules) -> RouteMatch | NoRoute:
    """The endpoint that a request is for, or why there is none on an engine of these rules. Raises BadPath."""
    path = routing_path(raw_path) if "%" in raw_path else raw_path
    methods = _FIXED.get(path)
    parameters: list[str] = []
    if methods is None:
        parts = path.split("/")
        # A parameter may be empty, but not at the end of the path.
        shape, methods = _FORMS.get(_form(parts), _NONE) if parts[-1] else _NONE
        if methods is None or (shape == _STEP_RETRY and not rules.step_retry):
            return NoRoute.UNKNOWN_PATH
        parameters = parts[3::2]
    name = methods.get(method)
    return NoRoute.OTHER_METHOD if name is None else RouteMatch(name, tuple(parameters))


def routing_path(raw_path: str) -> str:
    """The path that is routed: decoded where it was encoded in the engine's own way, else as sent."""
    decoded = unescape(raw_path)
    return decoded if quote(decoded, safe=_SAFE_IN_PATHS) == raw_path else raw_path


def unescape(text: str) -> str:
    """Percent-decoded text. Raises BadPath for a percent sign that is no escape."""
    if _BAD_ESCAPE.search(text):
        raise BadPath(text)
    return unquote_to_bytes(text).decode("utf-8", "replace")
