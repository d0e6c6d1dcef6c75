"""The HTTP server: from aiohttp's requests to endpoints and back."""

from __future__ import annotations

import asyncio
import logging
import time
from urllib.parse import parse_qsl

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from rochallor_cli.dev_engine.api import record_json
from rochallor_cli.dev_engine.api.connection_limits import BODY_TIMEOUT_S, BoundedServer
from rochallor_cli.dev_engine.api.cors import is_preflight, preflight_headers
from rochallor_cli.dev_engine.api.cross_site import refusal
from rochallor_cli.dev_engine.api.endpoints import Answer, Endpoint, Endpoints, Request
from rochallor_cli.dev_engine.api.responses import response_to
from rochallor_cli.dev_engine.api.routes import BadPath, NoRoute, RouteMatch, find_route
from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.services.unit_of_work import UnitOfWork

logger = logging.getLogger("rochallor_cli.dev_engine.http")

# The engine has no limit. Here one process answers everybody, and reads and writes a text of any length in one go.
MAX_BODY_BYTES = 32 * 1024 * 1024

_NOT_FOUND = "404 page not found\n"


class Api:
    """Answers every request; what goes wrong inside is a 500, never a closed connection."""

    def __init__(self, resources: Resources, work: UnitOfWork) -> None:
        endpoints = Endpoints(resources, work)
        self._endpoints = endpoints
        self._cors = resources.config.cors
        self._rules = resources.rules
        self._log_requests = resources.config.log_requests
        self._listens_on = resources.config.host
        self._server = BoundedServer(
            self.handle, request_factory=_request, access_log=None, auto_decompress=False
        )

    def server(self) -> BoundedServer:
        return self._server

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        began = time.perf_counter()
        protocol = request.protocol
        self._server.begin_answer(protocol)
        try:
            response = await self._respond(request)
        finally:
            self._server.end_answer(protocol)
        if self._cors and "Origin" in request.headers and request.method != "OPTIONS":
            response.headers["Access-Control-Allow-Origin"] = "*"
        if self._log_requests:
            took_ms = (time.perf_counter() - began) * 1000
            logger.info("%s %s %d %.1f ms", request.method, request.raw_path, response.status, took_ms)
        return response

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._cors and is_preflight(request.method, request.headers):
            return web.Response(headers=preflight_headers(request.headers))
        if not self._cors and (reason := refusal(request.headers, listens_on=self._listens_on)):
            return response_to(request, Answer(403, record_json.error_shape("browser-refused", reason)))
        path, _, query = request.raw_path.partition("?")
        try:
            route = find_route(request.method, path, self._rules)
        except BadPath:
            return web.Response(status=400, text="400 Bad Request")
        if route is NoRoute.UNKNOWN_PATH:
            return web.Response(status=404, text=_NOT_FOUND)
        if route is NoRoute.OTHER_METHOD:
            return web.Response(status=405)
        return response_to(request, await self._answer(request, route, query))

    async def _answer(self, request: web.BaseRequest, route: RouteMatch, query: str) -> Answer:
        endpoint: Endpoint = getattr(self._endpoints, route.name)
        try:
            return await endpoint(
                Request(
                    parameters=route.parameters,
                    query=_first_values(query) if query else {},
                    content_type=request.headers.get("Content-Type", ""),
                    body=await _body_of(request),
                    has_length=bool(request.content_length),
                )
            )
        except ConnectionError:
            # Gone in the middle of its body: nobody reads this.
            return Answer(
                400, record_json.error_shape("bad-request", "the connection was closed before the body's end")
            )
        except TimeoutError:
            return Answer(408, record_json.error_shape("bad-request", "the body did not come in time"))
        except web.HTTPRequestEntityTooLarge:
            reason = f"the embedded engine takes at most {MAX_BODY_BYTES // 2**20} MiB in a body"
            return Answer(413, record_json.error_shape("bad-request", reason))
        except Refused as refused:
            return Answer(refused.status, record_json.error_shape(refused.code, refused.reason))
        except Exception as error:  # a fault of ours is an answer, never a lost connection
            logger.exception("a fault in the dev engine itself, at %s %s", request.method, request.raw_path)
            reason = f"a fault in the dev engine itself: {type(error).__name__}: {error}"
            return Answer(500, record_json.error_shape("internal-error", reason))


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    # The running loop; to ask for that is to ask the system, up to Python 3.11.
    loop = task.get_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY_BYTES)


async def _body_of(request: web.BaseRequest) -> bytes:
    """The whole body. Raises TimeoutError."""
    if request.content.is_eof():
        # It came with the head, as small ones do: a time-out would cost more than all else that is done here.
        return request.content.read_nowait()
    return await asyncio.wait_for(request.read(), BODY_TIMEOUT_S)


def _first_values(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, value)
    return values
