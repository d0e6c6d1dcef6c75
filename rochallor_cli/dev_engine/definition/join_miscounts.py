"""Why a join counts otherwise than its branches come, which differs by the engine's version."""

from __future__ import annotations

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition, Step
from rochallor_cli.dev_engine.definition.validation import reachable_ids, ways_on


def miscount_code(definition: Definition, gateway: Step, *, passes: bool) -> str:
    """The code that says it best. passes: whether the gateway's join is passed too early, not too late or never."""
    if not definition.rules.joins_within_request:
        return codes.JOIN_MISCOUNTS
    branches = gateway.parallel_next_steps
    if not passes:
        return codes.BRANCH_LISTED_TWICE if len(set(branches)) < len(branches) else codes.WAY_PAST_GATEWAY
    if any(set(ways_on(definition.by_id[branch])) - {gateway.join_step, ""} for branch in branches):
        return codes.LONG_BRANCH
    join = definition.by_id[gateway.join_step]
    is_in_loop = gateway.id in reachable_ids(definition, [join.next_step])
    return codes.GATEWAY_IN_LOOP if is_in_loop else codes.WAY_PAST_GATEWAY
