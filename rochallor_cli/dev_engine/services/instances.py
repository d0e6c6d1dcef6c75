"""Starting, reading, moving and cancelling instances."""

from __future__ import annotations

from collections.abc import Mapping

from rochallor_cli.dev_engine.errors import Refused, internal_error, not_found
from rochallor_cli.dev_engine.records import Execution, Instance, Variables
from rochallor_cli.dev_engine.services.apply_effects import write_outcome
from rochallor_cli.dev_engine.services.definitions import MAX_INT4, negative_page, too_large_version
from rochallor_cli.dev_engine.services.resources import Core
from rochallor_cli.dev_engine.state_machine import transitions

_NUL = "ERROR: unsupported Unicode escape sequence (SQLSTATE 22P05)"

Changes = Mapping[str, object]


def start_instance(
    core: Core,
    definition_id: str,
    *,
    version: int,
    variables: Variables,
    business_key: str | None,
) -> Instance:
    """Start a definition's version; one below 1 is the latest."""
    try:
        return _start(core, definition_id, version, variables, business_key)
    except Refused as refused:
        raise Refused(refused.status, refused.code, f"start: {refused.reason}") from None


def _start(
    core: Core, definition_id: str, version: int, variables: Variables, business_key: str | None
) -> Instance:
    if version < 1:
        version = core.store.definitions.latest_version(definition_id)
    if version > MAX_INT4:
        raise internal_error(f'load definition "{definition_id}": {too_large_version(version)}')
    definition = core.definition(definition_id, version)
    if definition is None:
        raise internal_error(f'load definition "{definition_id}": definition not found')
    if variables.holds_nul() or "\0" in (business_key or ""):
        raise internal_error(f"insert instance: {_NUL}")
    circumstances = core.circumstances()
    instance = transitions.new_instance(
        definition,
        version,
        instance_id=core.new_id(),
        variables=variables,
        business_key=business_key or None,
        now_ns=circumstances.now_ns,
    )
    outcome = transitions.start(definition, instance, circumstances)
    write_outcome(core, outcome, is_new=True)
    return outcome.instance


def start_next_workflows(core: Core) -> int:
    """Start what is due after workflows that have ended; the number. What cannot start is dropped."""
    core.next_workflows_due = False
    due = core.store.next_workflows.all()
    for seq, definition_id, variables in due:
        core.store.next_workflows.remove(seq)
        try:
            start_instance(core, definition_id, version=0, variables=variables, business_key=None)
        except Refused as refused:
            core.tell_chain_failure(definition_id, refused.reason)
    return len(due)


def get_instance(core: Core, instance_id: str) -> Instance:
    found = core.store.instances.find(instance_id)
    if found is None:
        raise not_found(f'instance "{instance_id}" not found')
    return found


def get_history(core: Core, instance_id: str) -> list[Execution]:
    """The executions by start; none for an instance that is not there."""
    return core.store.executions.history(instance_id)


def list_instances(
    core: Core, filters: Mapping[str, str], *, page: int, page_size: int
) -> tuple[list[Instance], int]:
    """One page, newest first, and the total."""
    if page < 0:
        raise negative_page("list instances: rows: ")
    return core.store.instances.search(filters, limit=page_size, offset=page * page_size)


def cancel_instance(core: Core, instance_id: str, reason: str) -> Instance:
    instance = core.store.instances.find(instance_id)
    if instance is None:
        raise internal_error("cancel: no rows in result set")
    outcome = transitions.cancel(
        core.definition_of(instance), instance, reason, circumstances=core.circumstances()
    )
    # A cancellation has no effects beside the instance itself.
    core.store.instances.save(outcome.instance)
    return outcome.instance


def signal_instance(core: Core, instance_id: str, step_id: str, changes: Changes) -> None:
    instance = _find_for_completion(core, instance_id)
    outcome = transitions.signal(
        core.definition_of(instance),
        instance,
        step_id,
        changes=_without_nul(changes),
        circumstances=core.circumstances(),
    )
    write_outcome(core, outcome)


def complete_user_task(core: Core, instance_id: str, step_id: str, changes: Changes) -> None:
    instance = _find_for_completion(core, instance_id)
    definition = core.definition_of(instance)
    transitions.find_user_task_step(definition, instance, step_id)
    task = core.store.user_tasks.first_open(instance_id, step_id)
    if task is None:
        raise not_found("user task not found")
    outcome = transitions.complete_user_task(
        definition,
        instance,
        task,
        step_status=core.store.executions.status(instance_id, step_id, task.attempt),
        changes=_without_nul(changes),
        circumstances=core.circumstances(),
    )
    write_outcome(core, outcome)


def _find_for_completion(core: Core, instance_id: str) -> Instance:
    instance = core.store.instances.find(instance_id)
    if instance is None:
        raise not_found("workflow instance not found")
    return instance


def _without_nul(changes: Changes) -> Changes:
    if changes and Variables(values=changes).holds_nul():
        raise internal_error(_NUL)
    return changes
