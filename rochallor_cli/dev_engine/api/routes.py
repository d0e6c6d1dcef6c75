"""Which endpoint a request is for, by the engine's own reading of paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from urllib.parse import quote, unquote_to_bytes

from rochallor_cli.dev_engine.versions import EngineRules

# What the engine's language leaves alone when it encodes a path.
_SAFE_IN_PATHS = "$&+,/:;=@~"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class BadPath(Exception):  # noqa: N818 - a fact about the request
    """The path holds a percent sign that is no escape."""


@dataclass(frozen=True, slots=True)
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
# Routes that are not there on every version, with the rule that brings them.
_LATER_ROUTES = {"/v1/instances/*/steps/*/retry": "step_retry"}
_FIXED = {path: methods for path, methods in _ROUTES.items() if "*" not in path}
# By number of slashes: what paths of the shape look like, and its methods.
_Shapes = dict[int, list[tuple[re.Pattern[str], dict[str, str]]]]
# A parameter may be empty, but not at the end of the path.
_PARAMETER, _LAST_PARAMETER = "([^/]*)", "([^/]+)"


@cache
def _shapes(rules: EngineRules) -> _Shapes:
    shapes: _Shapes = {}
    for path, methods in _ROUTES.items():
        is_there = path not in _LATER_ROUTES or getattr(rules, _LATER_ROUTES[path])
        if "*" in path and is_there:
            pattern = re.sub(r"\*$", _LAST_PARAMETER, path).replace("*/", f"{_PARAMETER}/")
            shapes.setdefault(path.count("/"), []).append((re.compile(pattern), methods))
    return shapes


class NoRoute(Enum):
    UNKNOWN_PATH = 404
    OTHER_METHOD = 405


def find_route(method: str, raw_path: str, rules: EngineRules) -> RouteMatch | NoRoute:
    """The endpoint that a request is for, or why there is none on an engine of these rules. Raises BadPath."""
    path = routing_path(raw_path) if "%" in raw_path else raw_path
    methods = _FIXED.get(path)
    parameters: tuple[str, ...] = ()
    if methods is None:
        for pattern, found in _shapes(rules).get(path.count("/"), ()):
            if (fit := pattern.fullmatch(path)) is not None:
                methods, parameters = found, fit.groups()
                break
        else:
            return NoRoute.UNKNOWN_PATH
    name = methods.get(method)
    return NoRoute.OTHER_METHOD if name is None else RouteMatch(name, parameters)


def routing_path(raw_path: str) -> str:
    """The path that is routed: decoded where it was encoded in the engine's own way, else as sent."""
    decoded = unescape(raw_path)
    return decoded if quote(decoded, safe=_SAFE_IN_PATHS) == raw_path else raw_path


def unescape(text: str) -> str:
    """Percent-decoded text. Raises BadPath for a percent sign that is no escape."""
    if _BAD_ESCAPE.search(text):
        raise BadPath(text)
    return unquote_to_bytes(text).decode("utf-8", "replace")
