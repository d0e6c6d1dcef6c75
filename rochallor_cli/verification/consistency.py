"""Whether the branches that one event takes go together: the same condition comes out the same on the same values."""

from __future__ import annotations

from rochallor_cli.dev_engine.explore import ChoiceTaken, Definition, Reaction

_CHANGES_VARIABLES = ("TRANSFORMATION", "DECISION_TABLE")


def is_consistent(definition: Definition, reaction: Reaction) -> bool:
    """False where a condition held at one step and did not at another, with nothing between to change variables."""
    if len(reaction.choices) < 2:
        return True
    if any(entry.step_type in _CHANGES_VARIABLES for entry in reaction.entries):
        return True
    known: dict[str, bool] = {}
    return all(_agrees(definition, choice, known) for choice in reaction.choices)


def _agrees(definition: Definition, choice: ChoiceTaken, known: dict[str, bool]) -> bool:
    """Whether a choice agrees with what is known of conditions, which it adds to."""
    step = definition.step(choice.step_id)
    branches = {} if step is None else step.conditional_next_steps
    if choice.taken not in branches:
        return True
    target = branches[choice.taken]
    found = {choice.taken: True}
    if definition.rules.ordered_branches:
        # Those before the taken one did not hold; of branches to one target it is not known which did.
        for condition in branches:
            if condition == choice.taken:
                break
            if branches[condition] != target:
                found[condition] = False
    if list(branches.values()).count(target) > 1:
        del found[choice.taken]
    if any(known.get(condition, holds) != holds for condition, holds in found.items()):
        return False
    known |= found
    return True
