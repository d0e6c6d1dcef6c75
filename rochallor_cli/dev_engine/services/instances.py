"""Starting, reading, moving and cancelling instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from rochallor_cli.dev_engine.errors import Refused, SchemaViolated, conflict, internal_error, not_found
from rochallor_cli.dev_engine.go_json.reading import holds_nul
from rochallor_cli.dev_engine.records import Instance, StepExecution, Variables
from rochallor_cli.dev_engine.services.apply_effects import write_outcome
from rochallor_cli.dev_engine.services.decisions import decide
from rochallor_cli.dev_engine.services.definitions import MAX_INT4, negative_page, too_large_version
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.state_machine import transitions
from rochallor_cli.dev_engine.state_machine.advance import Outcome

_UNKNOWN = "workflow instance not found"
_NUL = "ERROR: unsupported Unicode escape sequence (SQLSTATE 22P05)"

Changes = Mapping[str, object]


def start_instance(
    resources: Resources,
    definition_id: str,
    *,
    version: int,
    variables: Variables,
    business_key: str | None,
    is_alone: bool = True,
) -> Instance:
    """Start a definition's version; one below 1 is the latest.

    is_alone: nothing else is done in the same piece of work, so that it may be done again.
    """
    try:
        return _start(
            resources,
            definition_id,
            version=version,
            variables=variables,
            business_key=business_key,
            is_alone=is_alone,
        )
    except SchemaViolated:
        raise
    except Refused as refused:
        raise Refused(refused.status, refused.code, f"start: {refused.reason}") from None


def _start(
    resources: Resources,
    definition_id: str,
    *,
    version: int,
    variables: Variables,
    business_key: str | None,
    is_alone: bool,
) -> Instance:
    if version < 1:
        version = resources.store.definitions.latest_version(definition_id)
    if version > MAX_INT4:
        raise internal_error(f'load definition "{definition_id}": {too_large_version(version)}')
    definition = resources.definition(definition_id, version)
    if definition is None:
        raise internal_error(f'load definition "{definition_id}": definition not found')
    if variables.holds_nul() or "\0" in (business_key or ""):
        raise internal_error(f"insert instance: {_NUL}")
    _check_key(resources, definition_id, business_key)
    inputs = resources.inputs()
    instance = transitions.new_instance(
        definition,
        version,
        instance_id=resources.new_id(),
        variables=variables,
        business_key=business_key or None,
        now_ns=inputs.now_ns,
    )
    outcome = decide(
        definition,
        variables,
        business_key,
        decision=lambda: transitions.start(definition, instance, inputs),
        is_large=is_alone and variables.is_large,
    )
    write_outcome(resources, outcome, is_new=True)
    return outcome.instance


def _check_key(resources: Resources, definition_id: str, business_key: str | None) -> None:
    """Raise Refused when a live instance of the definition holds the key, on the versions that mind."""
    if not business_key or not resources.rules.business_keys:
        return
    if resources.store.instances.is_key_in_use(definition_id, business_key):
        raise conflict("business key already in use by an in-flight instance of this definition")


def start_next_workflows(resources: Resources) -> int:
    """Start what is due after workflows that have ended; the number.

    What cannot start is dropped; from version "leases" on it stays due.
    """
    resources.next_workflows_due = False
    due = resources.store.next_workflows.all()
    for seq, following in due:
        try:
            start_instance(
                resources,
                following.definition_id,
                version=0,
                variables=following.variables,
                business_key=following.business_key,
                is_alone=False,
            )
        except Refused as refused:
            resources.tell_chain_failure(following.definition_id, refused.reason)
            if resources.rules.durable_chains:
                continue
        resources.store.next_workflows.remove(seq)
    return len(due)


def get_instance(resources: Resources, instance_id: str) -> Instance:
    found = resources.store.instances.find(instance_id)
    if found is None:
        is_told_once = resources.rules.one_reason_for_unknown_instance
        raise not_found(_UNKNOWN if is_told_once else f'instance "{instance_id}" not found')
    return found


def get_history(resources: Resources, instance_id: str) -> list[StepExecution]:
    """The executions by start; none for an instance that is not there."""
    return resources.store.executions.history(instance_id)


def list_instances(
    resources: Resources, filters: Mapping[str, str], *, page: int, page_size: int
) -> tuple[list[Instance], int]:
    """One page, newest first, and the total."""
    if page < 0:
        raise negative_page("list instances: rows: ")
    return resources.store.instances.search(filters, limit=page_size, offset=page * page_size)


def cancel_instance(resources: Resources, instance_id: str, reason: str) -> Instance:
    instance = resources.store.instances.find(instance_id)
    if instance is None:
        raise internal_error("cancel: no rows in result set")
    outcome = transitions.cancel(
        resources.definition_of(instance), instance, reason, inputs=resources.inputs()
    )
    # A cancellation has no effects besides the instance itself.
    resources.store.instances.save(outcome.instance)
    return outcome.instance


def signal_instance(resources: Resources, instance_id: str, *, step_id: str, changes: Changes) -> None:
    instance = _find_for_completion(resources, instance_id)
    running = resources.store.executions.running(instance_id, step_id)
    event = partial(transitions.signal, resources.definition_of(instance), instance, step_id, running=running)
    outcome = _decided(resources, instance, step_id=step_id, found=running, changes=changes, event=event)
    write_outcome(resources, outcome)


def complete_user_task(resources: Resources, instance_id: str, *, step_id: str, changes: Changes) -> None:
    instance = _find_for_completion(resources, instance_id)
    definition = resources.definition_of(instance)
    step = transitions.find_user_task_step(definition, instance, step_id)
    if not resources.store.user_tasks.is_open(instance_id, step_id):
        raise not_found("user task not found")
    running = resources.store.executions.running(instance_id, step_id)
    event = partial(transitions.complete_user_task, definition, instance, step, running=running)
    outcome = _decided(resources, instance, step_id=step_id, found=running, changes=changes, event=event)
    write_outcome(resources, outcome)


def retry_step(resources: Resources, instance_id: str, *, step_id: str, changes: Changes) -> Instance:
    """Run a failed step of a failed instance again; the instance as it is then."""
    instance = _find_for_completion(resources, instance_id)
    latest = resources.store.executions.latest_status(instance_id, step_id)
    event = partial(transitions.retry, resources.definition_of(instance), instance, step_id, latest=latest)
    outcome = _decided(resources, instance, step_id=step_id, found=latest, changes=changes, event=event)
    _check_key(resources, instance.definition_id, instance.business_key)
    write_outcome(resources, outcome)
    return outcome.instance


def _decided(
    resources: Resources,
    instance: Instance,
    *,
    step_id: str,
    found: object,
    changes: Changes,
    event: Callable[..., Outcome],
) -> Outcome:
    """What comes of an event at a step. `found` is what the database holds of the step."""
    return decide(
        instance,
        step_id,
        found,
        changes,
        decision=lambda: event(changes=_without_nul(changes), inputs=resources.inputs()),
        is_large=instance.variables.is_large or Variables(values=changes).is_large,
    )


def _find_for_completion(resources: Resources, instance_id: str) -> Instance:
    instance = resources.store.instances.find(instance_id)
    if instance is None:
        raise not_found(_UNKNOWN)
    return instance


def _without_nul(changes: Changes) -> Changes:
    if changes and holds_nul(dict(changes)):
        raise internal_error(_NUL)
    return changes
