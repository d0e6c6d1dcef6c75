"""What only several definitions show together: ids, chains and job types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rochallor_cli.definitions.finding import DocumentFinding, fields_of, finding_at, steps_of
from rochallor_cli.definitions.problem_codes import CHAIN_CIRCLE, JOB_TYPE_SPELLING, TWICE
from rochallor_cli.dev_engine import CODES, EngineRules, codes
from rochallor_cli.documents.document import Document


@dataclass
class DefinitionSet:
    """The definitions of one check, as each other sees them."""

    documents: Sequence[Document]
    rules: EngineRules
    _first: dict[str, Document] = field(default_factory=dict)
    _starts: dict[str, str] = field(default_factory=dict)
    _job_types: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        for document in self.documents:
            self._first.setdefault(_id(document), document)
            if following := started_by(document):
                self._starts[_id(document)] = following
            for index, step in steps_of(document):
                job_type = step.get("jobType")
                if isinstance(job_type, str) and job_type.strip():
                    where = document.at(("steps", index, "jobType"))
                    self._job_types[_folded(job_type)].setdefault(job_type, where)

    def findings(self, document: Document) -> Iterator[DocumentFinding]:
        """What the others have to do with this one."""
        yield from self._twice(document)
        yield from self._circle(document)
        yield from self._shared_chain(document)
        yield from self._spelling(document)

    def _twice(self, document: Document) -> Iterator[DocumentFinding]:
        first = self._first[_id(document)]
        if _id(document) and first is not document:
            text = f'the id "{_id(document)}" is in {first.at(("id",))} as well; both cannot be uploaded'
            yield finding_at(document, ("id",), code=TWICE, text=text)

    def _circle(self, document: Document) -> Iterator[DocumentFinding]:
        chain = [_id(document)]
        while (following := self._starts.get(chain[-1])) is not None and following not in chain:
            chain.append(following)
        if following is not None and following == chain[0]:
            around = ", then ".join(f'"{each}"' for each in [*chain[1:], following])
            text = f"starts {around} again: each end starts the next instance, for ever"
            yield finding_at(document, ("nextWorkflowId",), code=CHAIN_CIRCLE, text=text)

    def _shared_chain(self, document: Document) -> Iterator[DocumentFinding]:
        """Another that starts the same next workflow: with one business key only one of them gets through."""
        following = started_by(document)
        if following is None or not CODES[codes.CHAIN_KEY].holds_for(self.rules):
            return
        others = [id_ for id_, starts in self._starts.items() if starts == following and id_ != _id(document)]
        if others:
            text = (
                f'"{others[0]}" starts "{following}" as well: of two with one business key at the same time '
                "the second is silently not started"
            )
            yield finding_at(document, ("nextWorkflowId",), code=codes.CHAIN_KEY, text=text)

    def _spelling(self, document: Document) -> Iterator[DocumentFinding]:
        for index, step in steps_of(document):
            job_type = step.get("jobType")
            spellings: Mapping[str, str] = (
                self._job_types.get(_folded(job_type), {}) if isinstance(job_type, str) else {}
            )
            other = next((each for each in spellings if each != job_type), None)
            # Told at the later of two spellings.
            if other is not None and other == next(iter(spellings)):
                text = (
                    f'the job type "{job_type}" differs from "{other}" ({spellings[other]}) by case or blanks only: '
                    "they are two, each for a handler of its own"
                )
                yield finding_at(document, ("steps", index, "jobType"), code=JOB_TYPE_SPELLING, text=text)


def started_by(document: Document) -> str | None:
    """The workflow that an engine starts at the end of this one."""
    fields = fields_of(document)
    following = fields.get("nextWorkflowId")
    return str(following) if following and fields.get("autoStartNextWorkflow") else None


def _id(document: Document) -> str:
    return str(fields_of(document).get("id") or "")


def _folded(job_type: str) -> str:
    return "".join(job_type.split()).casefold()
