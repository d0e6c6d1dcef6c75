"""What the engine refuses at an upload."""

from __future__ import annotations

from typing import Final

from rochallor_cli.dev_engine.codes.code import Code

_REFUSED: Final = "The engine answers the upload with 400."


def _refused(code: str, title: str, *, instead: str, since: str = "") -> Code:
    return Code(code, title, _REFUSED, instead, since)


REFUSALS: Final = (
    _refused("E100", "the document has another shape", instead="Mend the field that the text names."),
    _refused("E101", "the definition has no id", instead="Give it one: letters, digits and _ : -"),
    _refused("E102", "the id is not allowed", instead="Use 1 to 256 letters, digits and _ : -"),
    _refused("E103", "the definition has no name", instead="Give it one."),
    _refused("E104", "there are no steps", instead="Write at least one step of type END."),
    _refused(
        "E105", "no next workflow is named", instead="Set nextWorkflowId, or drop autoStartNextWorkflow."
    ),
    _refused("E110", "a step has no id", instead="Give it one."),
    _refused("E111", "two steps have one id", instead="Rename one, and the references to it."),
    _refused("E112", "a step has no name", instead="Give it one."),
    _refused("E113", "a step's type is not known", instead="Use one of the step types that the text names."),
    _refused(
        "E114",
        "a SERVICE_TASK has no jobType",
        instead="Name the job type that its handler is registered for.",
    ),
    _refused("E115", "a DECISION has no branches", instead="Write conditionalNextSteps."),
    _refused("E116", "a gateway has fewer than two branches", instead="Write two or more parallelNextSteps."),
    _refused("E117", "a gateway has no joinStep", instead="Name the JOIN_GATEWAY where its branches meet."),
    _refused("E118", "a step has no nextStep", instead="Name the step that follows."),
    _refused("E119", "a TRANSFORMATION sets nothing", instead="Write at least one entry."),
    _refused("E120", "a boundary event is no TIMER", instead="Use the type TIMER."),
    _refused("E121", "a timer has no duration", instead="Write one, such as PT15M."),
    _refused("E122", "a timer has no target", instead="Set targetStepId."),
    _refused("E130", "a reference names no step", instead="Mend the name, or add the step."),
    _refused("E140", "a step cannot be reached", instead="Lead a step to it, or remove it."),
    _refused(
        "E150",
        "a DECISION_TABLE has no table",
        instead="Write decisionTable with its rules.",
        since="decision_tables",
    ),
    _refused(
        "E151", "a decision table has no rules", instead="Write at least one rule.", since="decision_tables"
    ),
    _refused(
        "E152",
        "a hit policy is not known",
        instead="Use one of U, F, A, R, C, C+, C#, C>, C<, or leave it out for U.",
        since="decision_tables",
    ),
    _refused(
        "E153",
        "a field does not belong to the step's type",
        instead="Remove it, or move it to a step that takes it.",
        since="decision_tables",
    ),
    _refused(
        "E160",
        "a schema has no properties",
        instead="List the variables with their types, or drop the schema.",
        since="schemas",
    ),
    _refused(
        "E161",
        "a schema's type is not known",
        instead="Use string, number, integer or boolean.",
        since="schemas",
    ),
    _refused(
        "E162",
        "a schema requires what it does not list",
        instead="Add the name to properties, or drop it from required.",
        since="schemas",
    ),
    _refused(
        "E163",
        "a schema of outputs on a step without a job",
        instead="Move it to a SERVICE_TASK.",
        since="schemas",
    ),
    _refused("E141", "no END can be reached", instead="Lead the last step to a step of type END."),
)
