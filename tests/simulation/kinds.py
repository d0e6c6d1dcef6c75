"""Kinds of worlds: the flow that runs in them, what befalls each, and what is particular about its workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from simulation.refusals import SCHEMA
from support.workflows import Document, document, gateway, join, service

VERSIONS = ("0", "next", "leases")


def flow(*, has_schemas: bool) -> Document:
    """Two jobs of one instance and type side by side, after another."""
    schema = {"outputs_schema": SCHEMA} if has_schemas else {}
    return document(
        service("a", "both", retryCount=3),
        gateway("both", ["b", "c"]),
        service("b", "meet", retryCount=3, **schema),
        service("c", "meet", job_type="b", retryCount=3, **schema),
        join(),
        id_="flow",
    )


@dataclass(frozen=True)
class Kind:
    """`troubles` befall everybody. Handlers are async (those of one type, with a time-out), some run for long, some
    give their jobs back, and of some the results are not taken. Workers have a retry delay, limits of one type's
    parallelism and rate, or buffers of a few records; `insists_on_leases`: no job begins before an extension was
    accepted; drains that run out end amid jobs. Where records have any order, an instance's jobs may overlap.
    """

    troubles: tuple[str, ...] = ()
    has_kafka: bool = False
    has_async_handlers: bool = False
    has_long_handlers: bool = False
    gives_jobs_back: bool = False
    holds_failures: bool = False
    has_limits: bool = False
    has_little_room: bool = False
    extends_leases: bool = False
    insists_on_leases: bool = False
    refuses_results: bool = False
    drains_run_out: bool = False
    has_any_order: bool = False
    workers: int = 2

    @property
    def takes_all_results(self) -> bool:
        """Whether the engine knows each job, and takes each result."""
        return not self.refuses_results and not {"forgetting", "strangers"} & set(self.troubles)

    @property
    def is_calm(self) -> bool:
        """Whether nothing happens for which a job may run twice."""
        return not (self.troubles or self.has_long_handlers or self.refuses_results)


def _kafka(*troubles: str, **settings: bool) -> Kind:
    return Kind(troubles, has_kafka=True, **settings)


_ANYTHING = ("faults", "kills", "pauses", "outages")

KINDS: dict[str, Kind] = {
    "calm": Kind(),
    "network": Kind(("faults",)),
    "kills": Kind(("kills",)),
    "pauses": Kind(("pauses",)),
    "outages": Kind(("outages",)),
    "long handlers": Kind(has_long_handlers=True),
    "everything": Kind(_ANYTHING, has_long_handlers=True),
    "restarts": Kind(("restarts",)),
    "kafka: calm": _kafka(),
    "kafka: network": _kafka("faults"),
    "kafka: kills": _kafka("kills"),
    "kafka: pauses": _kafka("pauses"),
    "kafka: brokers": _kafka("brokers", "cuts"),
    "kafka: long handlers": _kafka("restarts", has_long_handlers=True),
    "kafka: everything": _kafka(*_ANYTHING, "brokers", "cuts", has_long_handlers=True),
    "kafka: restarts": _kafka("restarts"),
    "async handlers": Kind(("faults",), has_async_handlers=True),
    "async handlers die": Kind(("kills", "outages"), has_async_handlers=True),
    "suspends": Kind(("suspends",)),
    "suspends and faults": Kind(("suspends", "faults")),
    "kafka: async handlers": _kafka("faults", has_async_handlers=True),
    "kafka: suspends": _kafka("suspends"),
    "kafka: suspends and faults": _kafka("suspends", "faults", "brokers"),
    "kafka: async handlers die": _kafka("kills", "brokers", has_async_handlers=True),
    "reloads": Kind(("reloads",)),
    "kafka: reloads": _kafka("reloads"),
    "long handlers, leases are extended": Kind(
        ("faults", "pauses"), has_long_handlers=True, extends_leases=True
    ),
    "kafka: poison": _kafka("poison", "brokers"),
    "kafka: retention": _kafka("retention", "cuts"),
    "the last commit is lost": Kind(("forgetting",)),
    "jobs are given back": Kind(gives_jobs_back=True),
    "jobs are given back amid restarts": Kind(
        ("restarts",), gives_jobs_back=True, has_async_handlers=True, extends_leases=True
    ),
    "kafka: jobs are given back": _kafka(gives_jobs_back=True),
    "kafka: jobs are given back amid reloads": _kafka("reloads", "brokers", gives_jobs_back=True),
    "failures are held": Kind(("restarts", "quiets"), holds_failures=True, has_limits=True),
    "kafka: failures are held": _kafka("pauses", "quiets", holds_failures=True, has_limits=True),
    "leases must be extended": Kind(
        ("faults",), has_long_handlers=True, extends_leases=True, insists_on_leases=True
    ),
    "kafka: little room": _kafka("brokers", has_long_handlers=True, has_little_room=True),
    "results are refused": Kind(("gates",), refuses_results=True),
    "results are refused amid faults": Kind(("faults", "kills"), refuses_results=True),
    "kafka: results are refused": _kafka("gates", refuses_results=True),
    "kafka: results are refused amid faults": _kafka("faults", "kills", "brokers", refuses_results=True),
    "kafka: strangers": _kafka("strangers", "brokers"),
    "kafka: topics are made anew": _kafka("remakes"),
    "kafka: topics are made anew amid restarts": _kafka("remakes_amid_moves", "restarts", "brokers"),
    "kafka: consumers fail": _kafka("consumer_errors"),
    "kafka: consumers fail amid faults": _kafka("consumer_errors", "faults", "cuts"),
    "kafka: the last commit is lost": _kafka("forgetting"),
    "kafka: any order": _kafka("faults", "kills", has_any_order=True),
    "drains run out": Kind(("interrupts",), has_long_handlers=True, drains_run_out=True),
    "kafka: drains run out": _kafka("interrupts", has_long_handlers=True, drains_run_out=True),
    "many workers": Kind(("kills", "restarts"), workers=6),
    "kafka: many workers": _kafka("kills", "restarts", workers=5),
    "threads are short": Kind(("shortages", "faults"), has_long_handlers=True),
    "kafka: threads are short": _kafka("shortages"),
    "leases are extended": Kind(has_long_handlers=True, extends_leases=True),
    "kafka: pauses of about a session": _kafka("session_pauses", has_long_handlers=True),
}


class Seed(NamedTuple):
    """What makes a world: a number for all that is drawn in it, its kind, and the engine's version."""

    number: int
    kind: str
    version: str

    def __str__(self) -> str:
        return f"{self.number} ({self.kind}, engine {self.version})"


def seed_of(number: int, *, kind: str = "", version: str = "") -> Seed:
    """Kinds and versions come in turn, unless they are named. A turn is longer when there are more of them: who means
    one world for good names it whole.
    """
    turn, of_version = divmod(number, len(VERSIONS))
    return Seed(number, kind or list(KINDS)[turn % len(KINDS)], version or VERSIONS[of_version])
