"""RestEngineClient: one short method for each route of the engine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, Self
from urllib.parse import quote

from workflow_sdk.client.answers import RawResponse, acknowledged, error_from_answer, mapping_from_answer
from workflow_sdk.client.connection import DEFAULT_TIMEOUT_S, Connection, connection_to
from workflow_sdk.client.deadline import current_lease_seconds
from workflow_sdk.client.http import Exchange, HttpTransport
from workflow_sdk.client.judgement import dispatches_otherwise, is_refusal, may_lack_route
from workflow_sdk.client.normalize import history_from_answer, page_from_answer, without_nones
from workflow_sdk.errors import (
    EngineClientError,
    EngineUnreachableError,
    HeartbeatUnsupportedError,
    LeaseLostError,
    RouteMissingError,
)

log = logging.getLogger(__name__)

DispatchMode = Literal["polling", "kafka_outbox"]


class RestEngineClient:
    """Talks to an engine over REST. A context manager; thread-safe.

    `timeout` is in seconds. A token may be given as text, in a file, or by a command; the latter two
    are read again when the engine or its gateway answers 401. `on_exchange` is called after each
    request. Raises EngineClientError for answers outside 2xx, EngineUnreachableError when none came.
    """

    def __init__(
        self,
        base_url: str,
        timeout: float = DEFAULT_TIMEOUT_S,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        token_command: str | Sequence[str] | None = None,
        token_file: str | None = None,
        ca_file: str | None = None,
        client_cert: str | None = None,
        client_key: str | None = None,
        user_agent: str | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        self._connection = connection_to(
            base_url,
            headers=headers,
            token=token,
            token_command=token_command,
            token_file=token_file,
            ca_file=ca_file,
            client_cert=client_cert,
            client_key=client_key,
            timeout_s=timeout,
            user_agent=user_agent,
        )
        self._http = HttpTransport(self._connection, on_exchange=on_exchange)

    @property
    def connection(self) -> Connection:
        return self._connection

    def close(self) -> None:
        """Close the pool of connections; the client cannot be used afterwards."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # --- definitions ---

    def upload_definition(self, definition: dict[str, Any]) -> dict[str, Any]:
        """The stored definition's `id, version, name, uploadedAt`. Known content keeps its old version."""
        return self._ask("POST", "/v1/definitions", json=definition, due=("id", "version"))

    def get_definition(self, definition_id: str, *, version: int | None = None) -> dict[str, Any]:
        """A definition, the latest or of one version; 404 when there is none."""
        path = f"/v1/definitions/{_segment(definition_id)}"
        return self._ask("GET", path if version is None else f"{path}/versions/{version}", due=("id",))

    def list_definitions(self, keyword: str = "", page: int = 0, page_size: int = 20) -> dict[str, Any]:
        """A page: `items` (`id, version, name, uploadedAt`), `page`, `pageSize`, `total`; the first is 0."""
        params = {"keyword": keyword} if keyword else {}
        params |= {"page": str(page), "pageSize": str(page_size)}
        return page_from_answer(
            self._ask("GET", "/v1/definitions", params=params, lists=("items",)),
            page=page,
            page_size=page_size,
        )

    # --- instances ---

    def start_instance(
        self,
        definition_id: str,
        variables: dict[str, Any] | None = None,
        definition_version: int | None = None,
        business_key: str | None = None,
    ) -> dict[str, Any]:
        """A new instance of the latest or the given version, as it stands after its start."""
        body = without_nones(
            (
                ("definitionId", definition_id),
                ("definitionVersion", definition_version),
                ("variables", {} if variables is None else variables),
                ("businessKey", business_key),
            )
        )
        return self._ask("POST", "/v1/instances", json=body, due=_INSTANCE)

    def get_instance(self, instance_id: str) -> dict[str, Any]:
        """The instance as it is now; 404 when there is none."""
        return self._ask("GET", f"/v1/instances/{_segment(instance_id)}", due=_INSTANCE)

    def list_instances(
        self,
        *,
        definition_id: str = "",
        status: str = "",
        business_key: str = "",
        page: int = 0,
        page_size: int = 20,
    ) -> dict[str, Any]:
        """The newest instances first, those that fit every filter given; pages as `list_definitions`."""
        params = {
            "definitionId": definition_id,
            "status": status,
            "businessKey": business_key,
            "page": page,
            "pageSize": page_size,
        }
        return page_from_answer(
            self._ask("GET", "/v1/instances", params=params, lists=("items",)), page=page, page_size=page_size
        )

    def get_instance_history(self, instance_id: str) -> list[dict[str, Any]]:
        """Step executions by start. Keys: `id, instanceId, stepId, stepType, attemptNumber, status,
        startedAt, endedAt, inputSnapshot, outputSnapshot, failureReason`. Empty for unknown instances.
        """
        path = f"/v1/instances/{_segment(instance_id)}/history"
        return history_from_answer(self._ask("GET", path, lists=("items",)))

    def cancel_instance(self, instance_id: str, reason: str = "") -> dict[str, Any]:
        """The instance, cancelled. Its jobs stay offered, and move nothing."""
        path = f"/v1/instances/{_segment(instance_id)}/cancel"
        return self._ask("POST", path, json={"reason": reason}, due=_INSTANCE)

    def retry_step(
        self, instance_id: str, step_id: str, variables: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The instance, live again: its failed step is tried once more, with `variables` merged first.

        From engine 1.1.0 on; RouteMissingError on an older one. 409 when the instance or the step is not FAILED.
        """
        path = f"/v1/instances/{_segment(instance_id)}/steps/{_step_segment(step_id)}/retry"
        body = {} if variables is None else {"variables": variables}
        return self._ask_newer_route("retry a step", path=path, body=body, due=_INSTANCE)

    def signal(self, instance_id: str, step_id: str, variables: dict[str, Any] | None = None) -> None:
        """Let a WAIT step go on, merging `variables` into the instance."""
        path = f"/v1/instances/{_segment(instance_id)}/signals/{_step_segment(step_id)}"
        self._tell(path, {} if variables is None else variables)

    def complete_user_task(
        self,
        task_id: str,
        completed_by: str = "",
        result: dict[str, Any] | None = None,
        *,
        instance_id: str | None = None,
    ) -> None:
        """Complete a USER_TASK: `task_id` is its step's id with `instance_id`, or `<instance>/<step>`.

        A task id that names no instance goes to `/v1/user-tasks/{id}/complete`, which the public
        engine does not serve (404).
        """
        if instance_id is None and "/" in task_id:
            instance_id, _, task_id = task_id.partition("/")
        path = f"/v1/user-tasks/{_segment(task_id)}/complete"
        if instance_id is not None:
            path = f"/v1/instances/{_segment(instance_id)}/user-tasks/{_step_segment(task_id)}/complete"
        variables = {} if result is None else result
        # The engine reads the first pair of names, its documentation has the second.
        self._tell(
            path,
            {
                "workerId": completed_by,
                "variables": variables,
                "completedBy": completed_by,
                "result": variables,
            },
        )

    # --- jobs ---

    def poll_jobs(
        self, worker_id: str, job_types: list[str], max_jobs: int = 1, lease_seconds: int | None = None
    ) -> list[dict[str, Any]]:
        """Claim up to `max_jobs` jobs of these types. `lease_seconds` (5-3600) needs a newer engine."""
        body = {"workerId": worker_id, "jobTypes": list(job_types), "maxJobs": max_jobs}
        lease = current_lease_seconds() if lease_seconds is None else lease_seconds
        if lease:
            body["leaseSeconds"] = lease
        response = self._http.send("POST", "/v1/jobs/poll", json=body)
        # Those who look after instances poll no jobs.
        from workflow_sdk.client.polled_jobs import UnreadableJob, polled_jobs

        jobs = polled_jobs(response, url=self._connection.url)
        for job in jobs:
            if isinstance(job, UnreadableJob):
                log.error("job %s cannot be read: %s", job.job_id or "without an id", job.reason)
        return [job for job in jobs if isinstance(job, dict)]

    def complete_job(self, job_id: str, worker_id: str, variables: dict[str, Any] | None = None) -> None:
        """Report success. Repeating it later does no harm, repeating it at the same moment does."""
        body = {"workerId": worker_id, "variables": {} if variables is None else variables}
        self._tell(f"/v1/jobs/{_segment(job_id)}/complete", body)

    def fail_job(self, job_id: str, worker_id: str, error_message: str, retryable: bool = True) -> None:
        """Report failure. The engine looks at no state: never send it when the outcome is unknown."""
        body = {"workerId": worker_id, "errorMessage": error_message, "retryable": retryable}
        self._tell(f"/v1/jobs/{_segment(job_id)}/fail", body)

    def heartbeat_job(self, job_id: str, worker_id: str, lease_seconds: int) -> dict[str, Any]:
        """`accepted, lockExpiresAt` of the lease, extended by `lease_seconds` from now (0: as the engine likes).

        HeartbeatUnsupportedError where the engine has no such route, LeaseLostError when it is too late.
        """
        body = {"workerId": worker_id} | ({"leaseSeconds": lease_seconds} if lease_seconds else {})
        path = f"/v1/jobs/{_segment(job_id)}/heartbeat"
        try:
            answer = self._ask_newer_route("extend leases", path=path, body=body)
        except RouteMissingError as error:
            raise HeartbeatUnsupportedError(str(error)) from error
        except EngineClientError as error:
            raise heartbeat_error(error) from error
        lease_end_from(answer, job_id, url=self._connection.url)
        return answer

    def extend_job_lease(self, job_id: str, worker_id: str, lease_seconds: int = 0) -> str:
        """The lease's new end; otherwise as `heartbeat_job`."""
        return str(self.heartbeat_job(job_id, worker_id, lease_seconds).get("lockExpiresAt", ""))

    # --- the engine itself ---

    def healthz(self) -> None:
        """Nothing, when the engine says it is well; an error otherwise."""
        response = self._http.send("GET", "/healthz")
        if response.status_code != 200:
            raise error_from_answer(response)

    def dispatch_mode(self) -> DispatchMode:
        """How the engine hands out jobs. Asked with an empty poll, which claims nothing."""
        try:
            self._ask("POST", "/v1/jobs/poll", json={}, lists=("jobs",))
        except EngineClientError as error:
            if dispatches_otherwise(error):
                return "kafka_outbox"
            if error.status_code != 400 or not is_refusal(error):
                raise
        return "polling"

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> RawResponse:
        """Any request; `path` begins with a slash and is sent as it is. Every status is returned."""
        return self._http.send(method, path, params=params, json=json, headers=headers)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        due: Collection[str] = (),
        lists: Collection[str] = (),
    ) -> dict[str, Any]:
        response = self._http.send(method, path, params=params, json=json)
        return mapping_from_answer(response, url=self._connection.url, due=due, lists=lists)

    def _ask_newer_route(
        self, what: str, *, path: str, body: dict[str, Any], due: Collection[str] = ()
    ) -> dict[str, Any]:
        """The answer of a route that older engines lack; RouteMissingError from one of those.

        Many a proxy answers `404 page not found`, too. It counts from something that answers as the engine does,
        before and after.
        """
        for _ in range(2):
            try:
                return self._ask("POST", path, json=body, due=due)
            except EngineClientError as error:
                if not may_lack_route(error):
                    raise
                answered = error
            try:
                self.dispatch_mode()
            except EngineClientError:
                raise _something_else(answered, self._connection.url) from answered
        raise RouteMissingError(f"this engine cannot {what} ({answered.status_code})")

    def _tell(self, path: str, body: object) -> None:
        acknowledged(self._http.send("POST", path, json=body), url=self._connection.url)


# What an instance has in every answer.
_INSTANCE = ("id", "status")


def heartbeat_error(error: EngineClientError) -> Exception:
    """What a refused heartbeat means: a lease that is over, or the refusal itself."""
    return LeaseLostError(error.message) if error.status_code == 409 and is_refusal(error) else error


def lease_end_from(answer: Mapping[str, Any], job_id: str, *, url: str) -> str:
    """The lease's new end; LeaseLostError where it was not extended."""
    if answer.get("accepted") is False:
        raise LeaseLostError(f"the engine did not extend the lease of job {job_id}")
    end = answer.get("lockExpiresAt")
    if not isinstance(end, str):
        raise EngineUnreachableError(
            "the answer to a heartbeat is not the engine's", url=url, kind="not-engine"
        )
    return end


def _something_else(answered: EngineClientError, url: str) -> EngineUnreachableError:
    return EngineUnreachableError(
        f"something else than the engine answers: {answered.status_code}, {answered.message}",
        url=url,
        kind="not-engine",
    )


def _segment(identifier: str) -> str:
    """JSON may hold half of a surrogate pair: there is nothing of that name, as the engine will say."""
    return quote(identifier, safe="", errors="surrogatepass")


def _step_segment(step_id: str) -> str:
    """Step ids in paths: the engine compares these characters as they are sent."""
    return quote(step_id, safe="$&+,:;=@~", errors="surrogatepass")
