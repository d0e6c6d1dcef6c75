"""Requests to answers: pages, events, actions and files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web

from rochallor_cli.configuration.masking import masked
from rochallor_cli.engine_client.error_meaning import meaning
from rochallor_cli.errors import CliError, EngineAwayError, NotFoundError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.ui.actions import DONE, InstanceAction, act_at, do, said_of
from rochallor_cli.ui.connection_limits import BoundedConnections
from rochallor_cli.ui.events import Events
from rochallor_cli.ui.page_engine import PageEngine
from rochallor_cli.ui.pages.addresses import page_at, query_of, segments
from rochallor_cli.ui.pages.instance import InstanceData
from rochallor_cli.ui.pages.page import UiPage
from rochallor_cli.ui.poller import PageSnapshot, Poller
from rochallor_cli.ui.rendering import Renderer, moment_text, path_part, static_file
from rochallor_cli.ui.security import HEADERS, BrowserAccess, path_within
from workflow_sdk.client.deadline import request_timeout
from workflow_sdk.errors import EngineTimeoutError, WorkflowSDKError

Result = TypeVar("Result")

# What a form may bring: an engine's variables are rarely longer, and `--vars @FILE` takes any length.
MOST_BODY_BYTES = 1024 * 1024
# What is longer is read as well, up to here: then nothing that was typed is lost.
_MOST_READ_BYTES = 4 * MOST_BODY_BYTES
BODY_TIMEOUT_S = 15.0
# A page does not wait longer for an engine, whatever the command line may.
ENGINE_TIMEOUT_S = 5.0
# More at once make the engine slower, not quicker.
_THREADS = 4
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_HTTP_STATUS = {
    ExitStatus.USAGE: 400,
    ExitStatus.INVALID: 400,
    ExitStatus.NOT_FOUND: 404,
    ExitStatus.CONFLICT: 409,
    ExitStatus.NOT_AUTHORISED: 403,
    ExitStatus.UNREACHABLE: 503,
}


class UiAnswers:
    """Answers every request; what goes wrong inside is an answer, too."""

    def __init__(
        self,
        page_engine: PageEngine,
        *,
        tell: Callable[[Exception], None],
        on_visit: Callable[[], None],
        engine_timeout_s: float = ENGINE_TIMEOUT_S,
    ) -> None:
        self._page_engine = page_engine
        self._engine_timeout_s = engine_timeout_s
        self._tell = tell
        self._on_visit = on_visit
        self._renderer = Renderer(page_engine)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="ui")
        self.poller = Poller(self._look)
        self._events = Events(self.poller)
        # A window that has gone is let go at once.
        self.server = BoundedConnections(
            self._handle,
            unreadable=self._unreadable,
            request_factory=_request,
            access_log=None,
            handler_cancellation=True,
        )
        self.door = BrowserAccess(0)

    async def warm(self) -> None:
        """What the first page would wait for, done before it is asked for."""
        await self._in_thread(self._renderer.warm)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    # --- who asks for what -----------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.server.has_spoken(request.protocol)
        try:
            return await self._answer(request)
        except web.HTTPRequestEntityTooLarge:
            return self._failed(request, _too_large(), status=413)
        except (CliError, WorkflowSDKError) as error:
            return self._failed(request, self._said(error))
        except ConnectionError:
            # Whoever asked has gone before all of it was here; nobody reads this.
            return _text(400, "the request did not come whole")
        except Exception as error:  # noqa: BLE001 - the border: a fault of ours is an answer, never a lost connection
            self._tell(error)
            return self._failed(request, _bug(error))

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if request.method not in ("GET", "POST"):
            return _text(405, "only GET and POST")
        if path == "/" and request.method == "GET" and "token" in query_of(query):
            return self._let_in(request, query_of(query))
        refused = self.door.refusal(request.method, request.headers, request.cookies)
        if refused:
            return self._refused(request, refused)
        if request.method == "POST":
            return await self._act(request, path)
        return await self._get(request, path, query)

    def _let_in(self, request: web.BaseRequest, query: Any) -> web.Response:
        """The first address: its token for the cookie, then on to the page.

        By a page and not by a redirect: after a click in another program a browser would send no strict cookie.
        """
        refused = self.door.refusal_of_place(request.method, request.headers)
        if refused or not self.door.is_token(query["token"]):
            return self._refused(request, refused or "this address is of another run of the command")
        self._on_visit()
        to = path_within(query.get("to", "/"))
        html = self._renderer.whole("entry.html", to=to)
        return _html(200, html, {"Set-Cookie": self.door.set_cookie})

    async def _get(self, request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        match segments(path):
            case ["static", name]:
                return _file(name)
            case ["events"]:
                return await self._follow(request, query_of(query).get("page", "/"))
            case ["instances", instance_id, "variables.json"]:
                return await self._variables(instance_id)
        page = page_at(self._page_engine, request.raw_path)
        if page.wrong:
            return self._page(page, PageSnapshot(), status=400)
        look = await self.poller.looked_at(page)
        return self._page(page, look, done=query_of(query).get("done", ""))

    # --- pages -----------------------------------------------------------------------------------

    def _page(self, page: UiPage, look: PageSnapshot, *, done: str = "", **more: Any) -> web.Response:
        html = self._renderer.whole(
            page.template,
            page=page,
            look=look,
            at=moment_text(look.at),
            said=DONE.get(done, ""),
            frame=page.frame(),
            problem=more.get("problem"),
            typed=more.get("typed", {}),
            offered=more.get("offered", False),
        )
        return _html(more.get("status") or look.status, html)

    async def _look(self, page: UiPage, last: PageSnapshot) -> PageSnapshot:
        """What is found at a page now; what went wrong is said, over what was known."""
        try:
            return await self._in_thread(lambda: self._read(page, last))
        except (CliError, WorkflowSDKError) as error:
            said = self._said(error)
        except Exception as error:  # noqa: BLE001 - the border: one page's fault must not end the poller
            self._tell(error)
            said = _bug(error)
        return replace(
            last,
            trouble=self._masked(said.message),
            hint=self._masked(said.hint or ""),
            status=_status_of(said),
            title=last.title or self._masked(page.name),
            every_s=2.0,
        )

    def _read(self, page: UiPage, last: PageSnapshot) -> PageSnapshot:
        found = page.read()
        if found is last.found:
            # The page knows that it is as it was: what is large need not be written anew.
            return replace(last, at=self._page_engine.now(), trouble="", hint="", status=200)
        return PageSnapshot(
            self._renderer.parts(page, found),
            str(self._renderer.safe(page.title(found))),
            self._page_engine.now(),
            every_s=page.every_s(found),
            found=found,
            state=page.state(found),
        )

    async def _follow(self, request: web.BaseRequest, address: str) -> web.StreamResponse:
        if not self._events.has_room:
            return _text(503, "too many windows are open")
        page = page_at(self._page_engine, address)
        for error in page.wrong.values():
            raise error
        return await self._events.stream(request, page, HEADERS)

    async def _variables(self, instance_id: str) -> web.Response:
        """All variables of an instance, as a file."""
        instance = await self._in_thread(lambda: self._page_engine.engine.instance(instance_id))
        body = json.dumps(instance.get("variables"), indent=2).encode()
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="variables.json"'}
        return web.Response(body=body, headers=headers, content_type="application/json")

    # --- actions ---------------------------------------------------------------------------------

    async def _act(self, request: web.BaseRequest, path: str) -> web.Response:
        act = act_at(segments(path))
        try:
            body = await asyncio.wait_for(request.read(), BODY_TIMEOUT_S)
        except TimeoutError:
            return self._failed(request, _too_slow(), status=408)
        given = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        page = _page_with(self._page_engine, act, request.headers.get("Referer", ""))
        if len(body) > MOST_BODY_BYTES:
            return await self._not_done(page, act, given=given, error=_too_large(), status=413)
        try:
            await self._in_thread(lambda: do(self._page_engine, act, given))
        except (CliError, WorkflowSDKError) as error:
            return await self._not_done(page, act, given=given, error=self._said(error, may_be_done=True))
        self.poller.outdate()
        location = f"{page.address}{'&' if '?' in page.address else '?'}done={act.kind}"
        return web.Response(status=303, headers={**HEADERS, "Location": location})

    async def _not_done(
        self, page: UiPage, act: InstanceAction, *, given: dict[str, str], error: CliError, status: int = 0
    ) -> web.Response:
        """The page again, as it is now, with what went wrong and what was typed."""
        self.poller.outdate()
        look = await self.poller.looked_at(page)
        # While the engine is away nobody knows; then it may be tried again.
        is_over = isinstance(look.found, InstanceData) and not look.found.offers(act.kind, act.step)
        return self._page(
            page,
            look,
            problem=said_of(error),
            typed={**given, "kind": act.kind, "step": act.step},
            offered=not (is_over or self._page_engine.why_not),
            status=status or _status_of(error),
        )

    # --- parts -----------------------------------------------------------------------------------

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        def bounded() -> Result:
            with request_timeout(self._engine_timeout_s):
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._threads, bounded)

    def _said(self, error: CliError | WorkflowSDKError, *, may_be_done: bool = False) -> CliError:
        settings = self._page_engine.settings
        if isinstance(error, EngineTimeoutError):
            waited_s = min(self._engine_timeout_s, settings.access.timeout_s)
            doubt = "; the engine may have done what was asked" if may_be_done else ""
            hint = f"a page waits no longer{doubt}"
            return EngineAwayError(f"no answer from {settings.where} within {waited_s:g} s", hint=hint)
        return error if isinstance(error, CliError) else meaning(error, settings)

    def _masked(self, text: str) -> str:
        return masked(text, self._page_engine.settings.secrets)

    def _refused(self, request: web.BaseRequest, reason: str) -> web.Response:
        """A page that needs no other file, since none would be given; one line for programs."""
        if "text/html" in request.headers.get("Accept", ""):
            return _html(403, self._renderer.whole("refused.html", reason=reason))
        return _text(403, f"Not from here: {reason}.")

    def _unreadable(self, is_too_long: bool) -> web.Response:
        """What is no request: nobody knows who has sent it, so it says nothing of the engine."""
        error = CliError("this address is too long" if is_too_long else "this is no request")
        status = 414 if is_too_long else 400
        return _html(status, self._renderer.whole("error.html", error=said_of(error), status=status, back=""))

    def _failed(self, request: web.BaseRequest, error: CliError, *, status: int = 0) -> web.Response:
        status = status or _status_of(error)
        match segments(request.raw_path.partition("?")[0]):
            case ["instances", instance_id, _, *_]:
                back = f"/instances/{path_part(instance_id)}"
            case _:
                back = ""
        html = self._renderer.whole("error.html", error=said_of(error), status=status, back=back)
        return _html(status, html)


def _page_with(page_engine: PageEngine, act: InstanceAction, came_from: str) -> UiPage:
    """The page of an act's instance, as it was where the form was sent from."""
    address = f"/instances/{path_part(act.instance_id)}"
    place, _, query = came_from.partition("#")[0].partition("?")
    return page_at(page_engine, f"{address}?{query}" if place.endswith(address) else address)


def _too_large() -> CliError:
    return CliError(
        f"a form brings {MOST_BODY_BYTES:,} bytes at most, and this was more",
        hint="the command that stands at the form takes variables of any length from a file: --vars @FILE",
    )


def _too_slow() -> CliError:
    return CliError(f"what was sent did not arrive within {BODY_TIMEOUT_S:g} s", hint="send it again")


def _bug(error: Exception) -> CliError:
    return CliError(
        f"unexpected {type(error).__name__}", hint="this is a bug; `rochallor ui -v` prints what to report"
    )


def _status_of(error: CliError) -> int:
    return _HTTP_STATUS.get(ExitStatus(error.exit_status), 500)


def _file(name: str) -> web.Response:
    try:
        body = static_file(name)
    except KeyError:
        raise NotFoundError("there is no such file") from None
    kind = _TYPES[name.rpartition(".")[2]]
    return web.Response(body=body, headers=HEADERS, content_type=kind, charset="utf-8")


def _html(status: int, html: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status,
        body=html.encode("utf-8", "backslashreplace"),
        headers={**HEADERS, **(headers or {})},
        content_type="text/html",
        charset="utf-8",
    )


def _text(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text + "\n", headers=HEADERS)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MOST_READ_BYTES)
