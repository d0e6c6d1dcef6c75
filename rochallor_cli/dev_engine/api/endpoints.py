"""One function per endpoint: read the request, call the use case, shape the answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from rochallor_cli.dev_engine.api import record_json
from rochallor_cli.dev_engine.api.routes import BadPath, unescape
from rochallor_cli.dev_engine.errors import Refused, bad_request, internal_error
from rochallor_cli.dev_engine.go_json.decoding import (
    ANY_MAP,
    TEXT,
    TRUTH,
    WHOLE,
    BodyError,
    ListOf,
    MapOf,
    Shape,
    decode,
)
from rochallor_cli.dev_engine.go_json.reading import holds_more_values
from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.records import LARGE, NO_VARIABLES, DefinitionVersion, Variables
from rochallor_cli.dev_engine.services import definitions, instances, jobs
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.services.unit_of_work import UnitOfWork

T = TypeVar("T")

# Others wait a quarter of a second while Python's reader makes so many; the engine has no limit.
MAX_VALUES = 1_000_000

_DEFAULT_PAGE_SIZE = 20
_MAX_INT64 = 2**63 - 1
_INTEGER = re.compile(r"[+-]?[0-9]+")

_START = Shape(
    "rest.startRequest",
    {"definitionId": TEXT, "definitionVersion": WHOLE, "variables": ANY_MAP, "businessKey": TEXT},
)
_POLL = Shape("rest.pollRequest", {"workerId": TEXT, "jobTypes": ListOf("[]string", TEXT), "maxJobs": WHOLE})
_COMPLETE = Shape("rest.completeRequest", {"workerId": TEXT, "variables": ANY_MAP})
_FAIL = Shape("rest.failRequest", {"workerId": TEXT, "errorMessage": TEXT, "retryable": TRUTH})
_COMPLETE_TASK = Shape("rest.completeUserTaskRequest", {"workerId": TEXT, "variables": ANY_MAP})
_RETRY = Shape("rest.retryStepRequest", {"variables": ANY_MAP})
_CANCEL = Shape("rest.cancelRequest", {"reason": TEXT})

KAFKA_POLL_ANSWER = (
    '{"error":"poll path disabled","dispatch_mode":"kafka_outbox",'
    '"hint":"consume directly from Kafka topic workflow.jobs.<jobType>"}'
)


@quick_dataclass(frozen=True, slots=True)
class Request:
    """A request as endpoints see it. has_length: a Content-Length was sent."""

    parameters: tuple[str, ...]
    query: Mapping[str, str]
    content_type: str
    body: bytes
    has_length: bool


@quick_dataclass(frozen=True, slots=True)
class Answer:
    status: int
    json: str = ""


NO_CONTENT = Answer(204)


class Endpoints:
    """The endpoints of one engine."""

    def __init__(self, resources: Resources, work: UnitOfWork) -> None:
        self._resources = resources
        self._work = work
        self._offloading = work.offloading

    async def healthz(self, _: Request) -> Answer:
        return Answer(200)

    # --- definitions ----------------------------------------------------------------------------

    async def upload_definition(self, request: Request) -> Answer:
        if "application/xml" in request.content_type or "text/xml" in request.content_type:
            raise Refused(415, "unsupported-format", "Only JSON workflow definitions are accepted")
        document = await self._offloading.do_if_large(
            len(request.body), lambda: definitions.read(_bounded(request), self._resources.rules)
        )
        stored = await self._work.do(lambda: definitions.store(self._resources, document))
        return Answer(201, record_json.definition_summary(stored))

    async def list_definitions(self, request: Request) -> Answer:
        page, page_size = _paging(request.query)
        keyword = request.query.get("keyword", "")
        found, total = definitions.list_definitions(self._resources, keyword, page=page, page_size=page_size)
        return Answer(
            200, record_json.items_shape([record_json.definition_summary(each) for each in found], total)
        )

    async def get_definition(self, request: Request) -> Answer:
        stored = definitions.get_definition(self._resources, _unescape_again(request.parameters[0]))
        return await self._shown(stored)

    async def get_definition_version(self, request: Request) -> Answer:
        definition_id, version = request.parameters
        if not _INTEGER.fullmatch(version) or abs(int(version)) > _MAX_INT64:
            raise bad_request("invalid version parameter")
        stored = definitions.get_definition(self._resources, _unescape_again(definition_id), int(version))
        return await self._shown(stored)

    async def _shown(self, stored: DefinitionVersion) -> Answer:
        rules = self._resources.rules
        shown = await self._offloading.do_if_large(
            len(stored.document), lambda: record_json.definition_shape(stored, rules)
        )
        return Answer(200, shown)

    async def _body(self, request: Request, kind: Shape | MapOf) -> dict[str, Any]:
        try:
            if len(request.body) < LARGE:
                return decode(request.body, kind)
            return await self._offloading.do(lambda: decode(_bounded(request), kind))
        except BodyError as error:
            raise bad_request(f"invalid request body: {error}") from None

    async def _variables(self, request: Request, values: Mapping[str, object] | None) -> Variables:
        """What an instance is started with, ready to be stored."""
        if not values:
            return NO_VARIABLES
        variables = Variables(values=values)
        await self._offloading.do_if_large(len(request.body), variables.write)
        return variables

    # --- instances ------------------------------------------------------------------------------

    async def start_instance(self, request: Request) -> Answer:
        fields = await self._body(request, _START)
        definition_id = fields.get("definitionId")
        if not definition_id:
            raise bad_request("definitionId is required")
        variables = await self._variables(request, fields.get("variables"))
        instance = await self._work.do(
            lambda: instances.start_instance(
                self._resources,
                definition_id,
                version=fields.get("definitionVersion", 0),
                variables=variables,
                business_key=fields.get("businessKey"),
            )
        )
        return Answer(201, record_json.instance_shape(instance, ended=False, reason=False))

    async def list_instances(self, request: Request) -> Answer:
        page, page_size = _paging(request.query)
        filters = {
            "definition_id": request.query.get("definitionId", ""),
            "status": request.query.get("status", ""),
            "business_key": request.query.get("businessKey", ""),
        }
        found, total = instances.list_instances(self._resources, filters, page=page, page_size=page_size)
        return Answer(
            200, record_json.items_shape([record_json.instance_shape(each) for each in found], total)
        )

    async def get_instance(self, request: Request) -> Answer:
        return Answer(
            200, record_json.instance_shape(instances.get_instance(self._resources, request.parameters[0]))
        )

    async def get_history(self, request: Request) -> Answer:
        found = instances.get_history(self._resources, request.parameters[0])
        return Answer(200, record_json.items_shape([record_json.execution_shape(each) for each in found]))

    async def cancel_instance(self, request: Request) -> Answer:
        try:
            fields = await self._offloading.do_if_large(
                len(request.body), lambda: decode(_bounded(request), _CANCEL)
            )
            reason = fields.get("reason", "")
        except BodyError:
            reason = ""
        instance_id = request.parameters[0]
        cancelled = await self._work.do(
            lambda: instances.cancel_instance(self._resources, instance_id, str(reason))
        )
        return Answer(200, record_json.instance_shape(cancelled, ended=False, key=False))

    async def retry_step(self, request: Request) -> Answer:
        fields = await self._body(request, _RETRY) if request.has_length else {}
        instance_id, step_id = request.parameters
        changes = fields.get("variables", {})
        retried = await self._work.do(
            lambda: instances.retry_step(self._resources, instance_id, step_id=step_id, changes=changes)
        )
        return Answer(200, record_json.instance_shape(retried, ended=False, reason=False))

    async def signal(self, request: Request) -> Answer:
        # The engine does not read a body whose length was not sent.
        changes = await self._body(request, ANY_MAP) if request.has_length else {}
        instance_id, step_id = request.parameters
        await self._work.do(
            lambda: instances.signal_instance(self._resources, instance_id, step_id=step_id, changes=changes)
        )
        return NO_CONTENT

    async def complete_user_task(self, request: Request) -> Answer:
        fields = await self._body(request, _COMPLETE_TASK) if request.has_length else {}
        instance_id, step_id = request.parameters
        changes = fields.get("variables", {})
        await self._work.do(
            lambda: instances.complete_user_task(
                self._resources, instance_id, step_id=step_id, changes=changes
            )
        )
        return NO_CONTENT

    # --- jobs -----------------------------------------------------------------------------------

    async def poll_jobs(self, request: Request) -> Answer:
        if self._resources.config.dispatch == "kafka":
            return Answer(410, KAFKA_POLL_ANSWER)
        fields = await self._body(request, _POLL)
        worker_id, job_types = fields.get("workerId"), fields.get("jobTypes")
        if not worker_id:
            raise bad_request("workerId is required")
        if not job_types:
            raise bad_request("jobTypes must not be empty")
        max_jobs = fields.get("maxJobs", 0)
        leased = await self._work.do(
            lambda: jobs.poll_jobs(self._resources, worker_id, job_types=job_types, max_jobs=max_jobs)
        )
        return Answer(
            200, record_json.items_shape([record_json.job_shape(job) for job in leased], name="jobs")
        )

    async def complete_job(self, request: Request) -> Answer:
        fields = await self._body(request, _COMPLETE)
        job_id = request.parameters[0]
        worker_id, changes = fields.get("workerId", ""), fields.get("variables", {})
        complaint = await self._work.do(
            lambda: jobs.complete_job(self._resources, job_id, changes, worker_id=worker_id)
        )
        if complaint:
            raise internal_error(complaint)
        return NO_CONTENT

    async def fail_job(self, request: Request) -> Answer:
        fields = await self._body(request, _FAIL)
        job_id = request.parameters[0]
        worker_id, message = fields.get("workerId", ""), fields.get("errorMessage", "")
        retryable = fields.get("retryable", False)
        await self._work.do(
            lambda: jobs.fail_job(self._resources, job_id, message, retryable=retryable, worker_id=worker_id)
        )
        return NO_CONTENT


Endpoint = Callable[[Request], Awaitable[Answer]]


def _bounded(request: Request) -> bytes:
    """The body, which may be read. Raises Refused."""
    if holds_more_values(request.body, MAX_VALUES):
        raise Refused(
            413, "bad-request", f"the embedded engine takes at most {MAX_VALUES:,} JSON values in a body"
        )
    return request.body


def _unescape_again(parameter: str) -> str:
    """Definition ids are decoded a second time by the engine's own code, where they can be."""
    try:
        return unescape(parameter)
    except BadPath:
        return parameter


def _paging(query: Mapping[str, str]) -> tuple[int, int]:
    """Page and page size; what is no integer, or no size, is as if it were left out."""
    page = _integer(query.get("page", ""), 0)
    page_size = _integer(query.get("pageSize", ""), _DEFAULT_PAGE_SIZE)
    return page, page_size if page_size > 0 else _DEFAULT_PAGE_SIZE


_MAX_INTEGER = 2**31


def _integer(text: str, default: int) -> int:
    if not _INTEGER.fullmatch(text) or len(text) > 19:
        return default
    return max(-_MAX_INTEGER, min(int(text), _MAX_INTEGER))
