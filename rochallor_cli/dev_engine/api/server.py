"""The HTTP API: from requests to endpoints and back."""

from __future__ import annotations

import logging
import time
from urllib.parse import parse_qsl

from rochallor_cli.dev_engine.api import record_json, request_reader
from rochallor_cli.dev_engine.api.cors import is_preflight, preflight_headers
from rochallor_cli.dev_engine.api.cross_site import refusal
from rochallor_cli.dev_engine.api.endpoints import Answer, Endpoint, Endpoints, Request
from rochallor_cli.dev_engine.api.request_reader import HttpRequest
from rochallor_cli.dev_engine.api.responses import TEXT, response_to
from rochallor_cli.dev_engine.api.routes import BadPath, NoRoute, RouteMatch, find_route
from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.services.unit_of_work import UnitOfWork

logger = logging.getLogger("rochallor_cli.dev_engine.http")

_NOT_FOUND = "404 page not found\n"
_ANY_PAGE = {"Access-Control-Allow-Origin": "*"}


class Api:
    """Answers every request; what goes wrong inside is a 500, never a closed connection."""

    def __init__(self, resources: Resources, work: UnitOfWork) -> None:
        self._endpoints = Endpoints(resources, work)
        self._cors = resources.config.cors
        self._rules = resources.rules
        self._log_requests = resources.config.log_requests
        self._listens_on = resources.config.host

    async def respond(self, request: HttpRequest) -> bytes:
        """The whole response."""
        if not self._log_requests:
            return await self._respond(request)
        began = time.perf_counter()
        response = await self._respond(request)
        took_ms = (time.perf_counter() - began) * 1000
        status = int(response[9:12])
        logger.info("%s %s %d %.1f ms", request.method, request.target, status, took_ms)
        return response

    async def _respond(self, request: HttpRequest) -> bytes:
        headers = request.headers
        if self._cors and is_preflight(request.method, headers):
            return response_to(request, 200, headers=preflight_headers(headers))
        if not self._cors and (reason := refusal(headers, listens_on=self._listens_on)):
            return response_to(request, 403, record_json.error_shape("browser-refused", reason))
        more = _ANY_PAGE if self._cors and "origin" in headers and request.method != "OPTIONS" else {}
        path, _, query = request.target.partition("?")
        try:
            route = find_route(request.method, path, self._rules)
        except BadPath:
            return response_to(request, 400, "400 Bad Request", kind=TEXT, headers=more)
        if route is NoRoute.UNKNOWN_PATH:
            return response_to(request, 404, _NOT_FOUND, kind=TEXT, headers=more)
        if route is NoRoute.OTHER_METHOD:
            return response_to(request, 405, headers=more)
        answer = await self._answer(request, route, query)
        return response_to(request, answer.status, answer.json, headers=more)

    async def _answer(self, request: HttpRequest, route: RouteMatch, query: str) -> Answer:
        if request.is_too_long:
            reason = (
                f"the embedded engine takes at most {request_reader.MAX_BODY_BYTES // 2**20} MiB in a body"
            )
            return Answer(413, record_json.error_shape("bad-request", reason))
        endpoint: Endpoint = getattr(self._endpoints, route.name)
        try:
            return await endpoint(
                Request(
                    parameters=route.parameters,
                    query=_first_values(query) if query else {},
                    content_type=request.headers.get("content-type", ""),
                    body=request.body,
                    has_length=request.has_length,
                )
            )
        except Refused as refused:
            return Answer(refused.status, record_json.error_shape(refused.code, refused.reason))
        except Exception as error:  # a fault of ours is an answer, never a lost connection
            logger.exception("a fault in the dev engine itself, at %s %s", request.method, request.target)
            reason = f"a fault in the dev engine itself: {type(error).__name__}: {error}"
            return Answer(500, record_json.error_shape("internal-error", reason))


def _first_values(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, value)
    return values
