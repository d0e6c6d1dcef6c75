"""A first definition with its handlers and a test: what `defs new` writes."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Final

from rochallor_cli.definitions.written_yaml import SCHEMA_LINE
from rochallor_cli.errors import UsageError, did_you_mean

_TYPES: Final[Mapping[str, str]] = {"job": "SERVICE_TASK", "user": "USER_TASK", "wait": "WAIT"}
_ID: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class NewStep:
    """One step of the new definition, in the order they follow each other."""

    id: str
    type: str

    @property
    def function(self) -> str:
        """The handler's name in Python."""
        name = _word(self.id)
        return f"do_{name}" if name[:1].isdigit() or keyword.iskeyword(name) or name == "registry" else name


def steps_from(text: str) -> list[NewStep]:
    """`score,approve:user,paid:wait` as steps; what says nothing is a job. Raises UsageError."""
    steps: list[NewStep] = []
    for word in (each.strip() for each in text.split(",") if each.strip()):
        step_id, _, kind = word.partition(":")
        if not _ID.fullmatch(step_id):
            raise UsageError(f"--steps: {step_id!r} is no id", hint="letters, digits, _ and -")
        if (kind or "job") not in _TYPES:
            hint = did_you_mean(kind, list(_TYPES)) or f"write ID:TYPE with {', '.join(_TYPES)}"
            raise UsageError(f"--steps: {word}: no type {kind!r}", hint=hint)
        if step_id == "end" or any(step_id == other.id for other in steps):
            raise UsageError(f"--steps: {step_id} is there twice; an end is added by itself")
        steps.append(NewStep(step_id, _TYPES[kind or "job"]))
    if not steps:
        raise UsageError("--steps: name one at least, as in --steps score,approve:user")
    return steps


def new_files(name: str, steps: Sequence[NewStep], folder: Path) -> dict[Path, str]:
    """The texts by their paths: definition, handlers where there are jobs, and a test."""
    if not _ID.fullmatch(name):
        raise UsageError(f"{name!r} is no id for a definition", hint="letters, digits, _ and -")
    module = _word(name)
    files = {folder / f"{name}.yaml": _definition(name, steps)}
    if any(step.type == "SERVICE_TASK" for step in steps):
        files[folder / f"{_handlers_module(name)}.py"] = "\n".join(_handlers(name, steps))
    files[folder / f"test_{module}.py"] = "\n".join(_test(name, module=module, steps=steps))
    return files


def _definition(name: str, steps: Sequence[NewStep]) -> str:
    from rochallor_cli.documents.json_yaml import dump

    following = [*(step.id for step in steps[1:]), "end"]
    written = [_step(step, after) for step, after in zip(steps, following, strict=True)]
    head = dump({"id": name, "name": _title(name)})
    # What dumps a list begins each entry at the margin; a person indents it.
    listed = indent(dump([*written, {"id": "end", "name": "End", "type": "END"}]), "  ")
    return f"{SCHEMA_LINE}\n{head}steps:\n{listed}"


def _step(step: NewStep, after: str) -> dict[str, object]:
    job = {"jobType": step.id, "retryCount": 2} if step.type == "SERVICE_TASK" else {}
    return {"id": step.id, "name": _title(step.id), "type": step.type, **job, "nextStep": after}


def _word(text: str) -> str:
    return re.sub(r"\W", "_", text)


def _handlers_module(name: str) -> str:
    """The handlers' module: a name that an import statement can say."""
    word = _word(name)
    return f"flow_{word}_handlers" if word[0].isdigit() else f"{word}_handlers"


def _title(word: str) -> str:
    return re.sub(r"[_-]+", " ", word).strip().capitalize() or word


def _handlers(name: str, steps: Sequence[NewStep]) -> Iterator[str]:
    yield f'"""The handlers of {name}."""'
    yield from (
        "",
        "from workflow_sdk.handler.registry import HandlerRegistry",
        "",
        "registry = HandlerRegistry()",
    )
    for step in steps:
        if step.type == "SERVICE_TASK":
            yield from ("", "", f'@registry.handler("{step.id}")', f"def {step.function}(job):")
            yield f'    """Do the job of step {step.id}: what is returned is merged into the variables."""'
            yield "    return {}"
    yield ""


def _test(name: str, *, module: str, steps: Sequence[NewStep]) -> Iterator[str]:
    has_jobs = any(step.type == "SERVICE_TASK" for step in steps)
    yield f'"""{_title(name)} on the embedded engine; run it with pytest."""'
    yield from ("", "from pathlib import Path", "")
    if has_jobs:
        yield f"from {_handlers_module(name)} import registry"
    else:
        yield from (
            "from workflow_sdk.handler.registry import HandlerRegistry",
            "",
            "registry = HandlerRegistry()",
        )
    yield from ("", f'FLOW = Path(__file__).with_name("{name}.yaml")', "", "")
    yield f"def test_{module}_comes_to_its_end(run_workflow):"
    yield "    run = run_workflow("
    yield "        FLOW,"
    yield "        registry,"
    yield "        {},"
    for option, kind in (("user_tasks", "USER_TASK"), ("signals", "WAIT")):
        answered = ", ".join(f'"{step.id}": {{}}' for step in steps if step.type == kind)
        if answered:
            yield f"        {option}={{{answered}}},"
    yield "    )"
    yield '    assert run.status == "COMPLETED"'
    ids = ", ".join(f'"{each}"' for each in [*(step.id for step in steps), "end"])
    yield f"    assert run.steps == [{ids}]"
    yield ""
