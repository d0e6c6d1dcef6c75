"""What the engine refuses at an upload."""

from __future__ import annotations

from typing import Final

from rochallor_cli.dev_engine.codes.code import Code

_REFUSED: Final = "The engine answers the upload with 400."


def _refused(code: str, title: str, instead: str, since: str = "") -> Code:
    return Code(code, title, _REFUSED, instead, since)


REFUSALS: Final = (
    _refused("E100", "the document has another shape", "Mend the field that the text names."),
    _refused("E101", "the definition has no id", "Give it one: letters, digits and _ : -"),
    _refused("E102", "the id is not allowed", "Use 1 to 256 letters, digits and _ : -"),
    _refused("E103", "the definition has no name", "Give it one."),
    _refused("E104", "there are no steps", "Write at least one step of type END."),
    _refused("E105", "no next workflow is named", "Set nextWorkflowId, or drop autoStartNextWorkflow."),
    _refused("E110", "a step has no id", "Give it one."),
    _refused("E111", "two steps have one id", "Rename one, and the references to it."),
    _refused("E112", "a step has no name", "Give it one."),
    _refused("E113", "a step's type is not known", "Use one of the step types that the text names."),
    _refused(
        "E114", "a SERVICE_TASK has no jobType", "Name the job type that its handler is registered for."
    ),
    _refused("E115", "a DECISION has no branches", "Write conditionalNextSteps."),
    _refused("E116", "a gateway has fewer than two branches", "Write two or more parallelNextSteps."),
    _refused("E117", "a gateway has no joinStep", "Name the JOIN_GATEWAY where its branches meet."),
    _refused("E118", "a step has no nextStep", "Name the step that follows."),
    _refused("E119", "a TRANSFORMATION sets nothing", "Write at least one entry."),
    _refused("E120", "a boundary event is no TIMER", "Use the type TIMER."),
    _refused("E121", "a timer has no duration", "Write one, such as PT15M."),
    _refused("E122", "a timer has no target", "Set targetStepId."),
    _refused("E130", "a reference names no step", "Mend the name, or add the step."),
    _refused("E140", "a step cannot be reached", "Lead a step to it, or remove it."),
    _refused(
        "E150",
        "a DECISION_TABLE has no table",
        "Write decisionTable with its rules.",
        since="decision_tables",
    ),
    _refused("E151", "a decision table has no rules", "Write at least one rule.", since="decision_tables"),
    _refused(
        "E152",
        "a hit policy is not known",
        "Use one of U, F, A, R, C, C+, C#, C>, C<, or leave it out for U.",
        since="decision_tables",
    ),
    _refused(
        "E153",
        "a field does not belong to the step's type",
        "Remove it, or move it to a step that takes it.",
        since="decision_tables",
    ),
    _refused(
        "E160",
        "a schema has no properties",
        "List the variables with their types, or drop the schema.",
        since="schemas",
    ),
    _refused(
        "E161", "a schema's type is not known", "Use string, number, integer or boolean.", since="schemas"
    ),
    _refused(
        "E162",
        "a schema requires what it does not list",
        "Add the name to properties, or drop it from required.",
        since="schemas",
    ),
    _refused(
        "E163", "a schema of outputs on a step without a job", "Move it to a SERVICE_TASK.", since="schemas"
    ),
    _refused("E141", "no END can be reached", "Lead the last step to a step of type END."),
)
