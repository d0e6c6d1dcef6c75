"""The engine as the commands see it: pages as one stream, and its odd answers turned into what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from rochallor_cli.configuration.settings import Settings
from rochallor_cli.engine_client.error_meaning import (
    hint_of_refused_start,
    may_be_done,
    meaning,
    refused_upload,
)
from rochallor_cli.engine_client.ids import NO_IDS, require_id
from rochallor_cli.engine_client.pages import PAGE, pages_of
from rochallor_cli.engine_client.pages import Value as Value
from rochallor_cli.engine_client.reading import definition_of, owned, rows
from rochallor_cli.errors import (
    CliError,
    ConflictError,
    EngineAwayError,
    EngineRefusedError,
    NotFoundError,
    UsageError,
    did_you_mean,
)
from rochallor_cli.output.text_width import shell_command
from workflow_sdk.client.judgement import is_refusal
from workflow_sdk.engine_versions import since
from workflow_sdk.errors import (
    EngineClientError,
    EngineUnreachableError,
    RouteMissingError,
    WorkflowSDKError,
)

if TYPE_CHECKING:
    from workflow_sdk.client.rest import RestEngineClient

ENDED = ("COMPLETED", "FAILED", "CANCELLED")
OPEN = ("ACTIVE", "WAITING")
STATUSES = (*OPEN, *ENDED)
_ID_LENGTH = 26
# How many holders of one business key are looked for; more than one is a wrong already.
_LIVE = 20


class AdminClient:
    """The engine of the settings. Every method raises CliError with the meaning, or the SDK's errors as they are."""

    def __init__(self, client: RestEngineClient, settings: Settings) -> None:
        self.client = client
        self.settings = settings

    # --- definitions -----------------------------------------------------------------------------

    def upload(self, definition: Value) -> Value:
        """The stored definition's id, version, name, uploadedAt. EngineRefusedError with the problems as details."""
        try:
            return self.client.upload_definition(definition)
        except EngineClientError as error:
            if not _refused(error, 400):
                raise
            raise refused_upload(error.message) from error

    def definition(self, definition_id: str, version: int | None = None) -> Value:
        require_id(definition_id, "definition")
        try:
            return self.client.get_definition(definition_id, version=version)
        except EngineClientError as error:
            if not _refused(error, 404):
                raise
            self._no_definition(definition_id, version)

    def known_definition(self, definition_id: str) -> Value | None:
        """The latest version of a definition, None where there is none."""
        if definition_id in NO_IDS:
            return None
        try:
            return self.client.get_definition(definition_id)
        except EngineClientError as error:
            if _refused(error, 404):
                return None
            raise

    def definitions(self, keyword: str = "", *, limit: int | None = None) -> Iterator[Value]:
        """The latest version of each definition, by id."""
        yield from pages_of(
            lambda page, size: self.client.list_definitions(keyword, page, size), limit, name="id"
        )

    def count_definitions(self, keyword: str = "") -> int:
        """How many definitions there are, by the engine's own count."""
        return self._total(self.client.list_definitions(keyword, 0, 1))

    def _no_definition(self, definition_id: str, version: int | None) -> NoReturn:
        what = definition_id if version is None else f"{definition_id}@{version}"
        if version is not None:
            latest = self.known_definition(definition_id)
            if latest is not None:
                hint = f"the latest version is {latest.get('version')}"
                raise NotFoundError(f"no definition {what} on {self.settings.where}", hint=hint)
        known = [str(row.get("id")) for row in self.definitions(limit=500)]
        hint = did_you_mean(definition_id, known) or "`rochallor defs list` shows those there are"
        raise NotFoundError(f"no definition {what} on {self.settings.where}", hint=hint)

    # --- instances -------------------------------------------------------------------------------

    def start(
        self,
        definition_id: str,
        variables: Value,
        *,
        version: int | None = None,
        business_key: str | None = None,
    ) -> Value:
        """Start an instance. An unknown definition is the engine's 500, and NotFoundError here."""
        require_id(definition_id, "definition")
        try:
            return self.client.start_instance(definition_id, variables, version, business_key)
        except EngineClientError as error:
            if _refused(error, 500) and "definition not found" in error.message:
                self._no_definition(definition_id, version)
            if _refused(error, 409) and business_key is not None:
                way = "; or start with --if-absent"
                raise self._key_is_taken(definition_id, business_key, way=way) from error
            if _refused(error, 500) and "SQLSTATE" not in error.message:
                raise EngineRefusedError(
                    f"{definition_id} cannot be started: {error.message}",
                    hint=hint_of_refused_start(error.message),
                ) from error
            self._say_if_lost(definition_id, business_key=business_key, error=error)
            raise
        except EngineUnreachableError as error:
            self._say_if_lost(definition_id, business_key=business_key, error=error)
            raise

    def _say_if_lost(self, definition_id: str, *, business_key: str | None, error: WorkflowSDKError) -> None:
        """Raise with how to find what may have been started, where only the answer may have been lost."""
        if not may_be_done(error):
            return
        words = ["rochallor", "instances", "list", "--definition", definition_id, "--since", "10m"]
        if business_key is not None:
            words += ["--business-key", business_key]
        raise EngineAwayError(
            f"{meaning(error, self.settings).message}; the instance may have been started all the same",
            hint=f"look before starting another: {shell_command(*words)}",
        ) from error

    def _key_is_taken(self, definition_id: str, business_key: str, *, way: str = "") -> KeyTakenError:
        holder = self.live_instance(definition_id, business_key)
        if holder is None:
            return KeyTakenError(f"the business key {business_key} was taken at that moment", None)
        text = f"the business key {business_key} is held by {holder['id']}, which is {standing_text(holder)}"
        return KeyTakenError(text, holder, way=way)

    def live_instance(self, definition_id: str, business_key: str) -> Value | None:
        """The instance of a definition that holds a business key, ACTIVE or WAITING; of several the first started."""
        live = self.live_instances(definition_id, business_key)
        return min(live, key=lambda one: str(one.get("id")), default=None)

    def live_instances(self, definition_id: str, business_key: str) -> Iterator[Value]:
        """Those that hold it: one at most, but on engines that do not keep keys unique."""
        for status in OPEN:
            yield from self.instances(
                definition_id=definition_id, status=status, business_key=business_key, limit=_LIVE
            )

    def instance(self, instance_id: str) -> Value:
        require_id(instance_id, "instance")
        try:
            return self.client.get_instance(instance_id)
        except EngineClientError as error:
            if not _refused(error, 404):
                raise
            self._no_instance(instance_id)

    def instances(
        self, *, definition_id: str = "", status: str = "", business_key: str = "", limit: int | None = None
    ) -> Iterator[Value]:
        """Instances that fit every filter, newest first, page by page, none of them twice."""

        def page_of(page: int, size: int) -> Value:
            return self.client.list_instances(
                definition_id=definition_id,
                status=status,
                business_key=business_key,
                page=page,
                page_size=size,
            )

        yield from pages_of(page_of, limit, name="id")

    def count_instances(self, *, definition_id: str = "", status: str = "", business_key: str = "") -> int:
        """How many instances fit, by the engine's own count."""
        page = self.client.list_instances(
            definition_id=definition_id, status=status, business_key=business_key, page=0, page_size=1
        )
        return self._total(page)

    def _total(self, page: Value) -> int:
        """A page's count; an error where there is none, for a number made up here would be taken for the engine's."""
        total = page.get("total")
        if isinstance(total, (int, float)) and not isinstance(total, bool) and total == int(total):
            return int(total)
        raise EngineUnreachableError(
            f"the answer holds no count: its total is {total!r}"[:200],
            url=self.settings.access.url,
            kind="not-engine",
        )

    def history(self, instance_id: str) -> list[Value]:
        """Step executions by start. An unknown instance has an empty history for the engine, NotFoundError here."""
        require_id(instance_id, "instance")
        executions = owned(self.client.get_instance_history(instance_id), "stepId")
        if not executions:
            self.instance(instance_id)
        return executions

    def cancel(self, instance_id: str, reason: str) -> Value:
        """Cancel; unknown and ended instances are both a 500 of the engine, and told apart here."""
        require_id(instance_id, "instance")
        try:
            return self.client.cancel_instance(instance_id, reason)
        except EngineClientError as error:
            if not _refused(error, 500):
                raise
            instance = self.instance(instance_id)
            if instance.get("status") in ENDED:
                raise ConflictError(
                    f"{instance_id} is {instance['status']} already and cannot be cancelled"
                ) from error
            raise

    def retry(self, instance_id: str, step_id: str | None, variables: Value | None = None) -> Value:
        """The instance, ACTIVE again at its failed step; `step` is that step's id.

        Without `step_id` it is the one whose latest execution FAILED. NoRetryError where the engine has no such route.
        """
        require_id(instance_id, "instance")
        step = step_id or self.failed_step(instance_id)
        try:
            return {**self.client.retry_step(instance_id, step, variables), "step": step}
        except RouteMissingError as error:
            raise NoRetryError(self.settings.where) from error
        except EngineClientError as error:
            raise self._no_retry(instance_id, step, error) from error

    def failed_step(self, instance_id: str) -> str:
        """The one step whose latest execution FAILED; ConflictError or UsageError where it is not one."""
        instance = self.instance(instance_id)
        if instance.get("status") in (*OPEN, "COMPLETED", "CANCELLED"):
            raise ConflictError(
                f"{instance_id} is {instance.get('status')}; only FAILED instances are retried"
            )
        latest = {str(row.get("stepId")): row.get("status") for row in self.history(instance_id)}
        failed = [step_id for step_id, status in latest.items() if status == "FAILED"]
        if len(failed) == 1:
            return failed[0]
        if not failed:
            raise ConflictError(f"no step of {instance_id} has FAILED: nothing can be retried")
        raise UsageError(f"{len(failed)} steps have failed: {', '.join(failed)}", hint="name one with --step")

    def _no_retry(self, instance_id: str, step_id: str, error: EngineClientError) -> Exception:
        if not is_refusal(error):
            return error
        if error.status_code == 404:
            self._no_instance(instance_id)
        instance = self.instance(instance_id)
        key = instance.get("businessKey")
        if error.status_code == 409 and key and "business key" in error.message:
            return self._key_is_taken(str(instance.get("definitionId")), str(key))
        if error.status_code == 409:
            return ConflictError(f"{instance_id}, step {step_id}: {error.message}")
        steps = self.steps_of(instance)
        if error.status_code == 500 and step_id not in steps:
            near = did_you_mean(step_id, list(steps))
            return NotFoundError(f"no step {step_id!r} in {definition_name(instance)}", hint=near)
        return error

    def signal(self, instance_id: str, step_id: str, variables: Value) -> None:
        require_id(instance_id, "instance")
        require_id(step_id, "step")
        try:
            self.client.signal(instance_id, step_id, variables)
        except EngineClientError as error:
            if not _refused(error, 400, 404, 409):
                raise
            raise self._refused_step(instance_id, step_id=step_id, kind="WAIT") from error

    def complete_task(self, instance_id: str, step_id: str, variables: Value, *, by: str) -> None:
        require_id(instance_id, "instance")
        require_id(step_id, "step")
        try:
            self.client.complete_user_task(step_id, by, variables, instance_id=instance_id)
        except EngineClientError as error:
            if not _refused(error, 400, 404, 409):
                raise
            raise self._refused_step(instance_id, step_id=step_id, kind="USER_TASK") from error

    def _refused_step(self, instance_id: str, *, step_id: str, kind: str) -> CliError:
        """Why a step could not be signalled or completed, from the instance and its definition."""
        instance = self.instance(instance_id)
        if instance.get("status") in ENDED:
            return ConflictError(
                f"{instance_id} is {instance['status']} already", hint="no step of it is open any more"
            )
        steps = self.steps_of(instance)
        if step_id not in steps:
            near = did_you_mean(step_id, list(steps))
            return NotFoundError(f"no step {step_id!r} in {definition_name(instance)}", hint=near)
        if steps[step_id].get("type") != kind:
            return ConflictError(f"step {step_id} is a {steps[step_id].get('type')}, not a {kind}")
        return ConflictError(
            f"step {step_id} is not open; {instance_id} is at {steps_text(instance) or 'no step'}"
        )

    def steps_of(self, instance: Mapping[str, Any]) -> dict[str, Value]:
        """The steps of an instance's definition by id."""
        definition_id, version = definition_of(instance)
        return steps_by_id(self.client.get_definition(definition_id, version=version))

    def _no_instance(self, instance_id: str) -> NoReturn:
        hint = "`rochallor instances list` shows the latest"
        if len(instance_id) != _ID_LENGTH:
            hint = f"ids are {_ID_LENGTH} characters; this one has {len(instance_id)}"
        known = [str(row.get("id")) for row in self.instances(limit=PAGE)]
        starting = [known_id for known_id in known if known_id.startswith(instance_id.upper())]
        near = f"did you mean {starting[0]}?" if len(starting) == 1 else _nearest_id(instance_id, known)
        raise NotFoundError(f"no instance {instance_id} on {self.settings.where}", hint=near or hint)


class KeyTakenError(ConflictError):
    """A live instance of the definition has the business key; `holder` is None where it has ended meanwhile."""

    def __init__(self, message: str, holder: Value | None, *, way: str = "") -> None:
        super().__init__(
            message, hint=None if holder is None else f"rochallor instances watch {holder['id']}{way}"
        )
        self.holder = holder


class NoRetryError(ConflictError):
    """The engine has no route that retries a step: it is too old."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where} cannot retry a step: engines can from {since('step_retry')} on",
            hint="`rochallor instances get ID -o json` has its variables; "
            "`rochallor instances start DEFINITION --vars …` begins anew with them",
        )


def _refused(error: EngineClientError, *statuses: int) -> bool:
    """Whether the engine itself answered one of these; a gateway's answer means nothing about what was asked for."""
    return error.status_code in statuses and is_refusal(error)


def standing_text(instance: Mapping[str, Any]) -> str:
    """`ACTIVE at disburse`, `COMPLETED`."""
    status = str(instance.get("status"))
    if status in ENDED:
        return status
    return f"{status} at {steps_text(instance) or 'no step'}"


def steps_by_id(definition: Mapping[str, Any]) -> dict[str, Value]:
    """A definition's steps, as far as they are some."""
    return {str(step.get("id")): step for step in rows(definition.get("steps"))}


def definition_name(instance: Mapping[str, Any]) -> str:
    """`loan-processing v4`."""
    return f"{instance.get('definitionId')} v{instance.get('definitionVersion')}"


def _nearest_id(instance_id: str, known: list[str]) -> str | None:
    """Ids of one moment look alike: only one that differs in very few characters is worth naming."""
    for known_id in known:
        if len(known_id) == len(instance_id):
            different = sum(a != b for a, b in zip(known_id, instance_id.upper(), strict=True))
            if different <= 2:
                return f"did you mean {known_id}?"
    return None


def steps_text(instance: Mapping[str, Any]) -> str:
    """The ids of the steps that an instance is at, whatever an engine puts there."""
    ids = instance.get("currentStepIds") or []
    return ", ".join(map(str, ids)) if isinstance(ids, list) else str(ids)
