"""What runners (JobClient), and programs around them (EngineClient), ask of a client."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class JobClient(Protocol):
    """All that a runner needs. Methods are synchronous and may raise anything; they are called in threads."""

    def poll_jobs(self, worker_id: str, job_types: list[str], max_jobs: int = 1) -> list[dict[str, Any]]: ...

    def complete_job(self, job_id: str, worker_id: str, variables: dict[str, Any] | None = None) -> None: ...

    def fail_job(self, job_id: str, worker_id: str, error_message: str, retryable: bool = True) -> None: ...


@runtime_checkable
class EngineClient(JobClient, Protocol):
    """Talks to an engine. Methods raise `WorkflowSDKError`."""

    def upload_definition(self, definition: dict[str, Any]) -> dict[str, Any]: ...

    def get_definition(self, definition_id: str) -> dict[str, Any]: ...

    def list_definitions(self, keyword: str = "", page: int = 0, page_size: int = 20) -> dict[str, Any]: ...

    def start_instance(
        self,
        definition_id: str,
        variables: dict[str, Any] | None = None,
        definition_version: int | None = None,
        business_key: str | None = None,
    ) -> dict[str, Any]: ...

    def get_instance(self, instance_id: str) -> dict[str, Any]: ...

    def get_instance_history(self, instance_id: str) -> list[dict[str, Any]]: ...

    def cancel_instance(self, instance_id: str, reason: str = "") -> dict[str, Any]: ...

    def complete_user_task(
        self, task_id: str, completed_by: str = "", result: dict[str, Any] | None = None
    ) -> None: ...


@runtime_checkable
class LeaseExtender(Protocol):
    """A client that can also extend leases."""

    def extend_job_lease(self, job_id: str, worker_id: str, lease_seconds: int = 0) -> str:
        """The lease's new end, as the engine writes times; LeaseLostError, HeartbeatUnsupportedError."""
        ...
