"""The table of problem codes: the dev engine's, and those only the command line can find (text, files, handlers)."""

from __future__ import annotations

from rochallor_cli.definitions.verification_codes import VERIFICATION_CODES
from rochallor_cli.dev_engine import CODES, Code, codes

# What only several files, a text or handlers show.
UNREADABLE = "E001"
TWICE = "E002"
EMPTIED = "W701"
NO_HANDLER = "W702"
NOT_KNOWN = "W703"
CHAIN_CIRCLE = "W704"
JOB_TYPE_SPELLING = "W705"
# What the engine says of steps that nothing it knows leads to.
OF_WAYS = frozenset({codes.STEP_NOT_REACHED, codes.NO_END_REACHED})

_OURS = (
    Code(
        UNREADABLE,
        "a text that is neither JSON nor YAML",
        "Nothing in the file can be read, so nothing else in it was checked.",
        "Mend what the message names; then check again.",
    ),
    Code(
        TWICE,
        "one id in two definitions",
        "An engine keeps one definition of an id: the second would be its next version. `defs upload` refuses both.",
        "Give one of them another id, or check and upload them apart.",
    ),
    Code(
        EMPTIED,
        "a value or a condition that is a comment",
        "In YAML everything after a # that follows a blank is a comment: `#amount > 100: approve` is nothing at all.",
        'Put expressions in quotes: "#amount > 100": approve.',
    ),
    Code(
        NO_HANDLER,
        "a job type that no handler serves",
        "Its jobs wait for ever, and so do their instances. Job types are compared exactly, case included.",
        "Register a handler for it, or mend the name.",
        is_final=True,
    ),
    Code(
        NOT_KNOWN,
        "a field or step type that is not known",
        "It is not known up to the version of the engine that is assumed. A later one may know it: the engine decides, "
        "and what hangs on it is not checked here.",
        "Name the engine's version with --engine-version, where it is one of those known here; else try an upload.",
    ),
    Code(
        CHAIN_CIRCLE,
        "workflows that start each other in a circle",
        "When one ends the engine starts the next, and so on for ever: instances without end, and no way to stop them "
        "but an upload.",
        "Drop autoStartNextWorkflow of one of them; to go round within an instance lead a step back.",
    ),
    Code(
        JOB_TYPE_SPELLING,
        "job types that differ by case or blanks",
        "Job types are compared exactly: the jobs of one of them wait for ever where handlers know only the other.",
        "Write them alike.",
    ),
)
PROBLEM_CODES = {**CODES, **{entry.code: entry for entry in (*_OURS, *VERIFICATION_CODES)}}
