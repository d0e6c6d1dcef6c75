"""Kinds of worlds: the flow that runs in them, what befalls each, and what is particular about its workers."""

from __future__ import annotations

from dataclasses import dataclass

from support.workflows import document, gateway, join, service

# Two jobs of one instance and type side by side, after another.
FLOW = document(
    service("a", "both", retryCount=3),
    gateway("both", ["b", "c"]),
    service("b", "meet", retryCount=3),
    service("c", "meet", job_type="b", retryCount=3),
    join(),
    id_="flow",
)


@dataclass(frozen=True)
class Kind:
    """`troubles` befall everybody. Handlers are async (those of one type, with a time-out), some run for long, some
    give their jobs back. Workers have a retry delay, limits of one type's parallelism and rate, or buffers of a few
    records; `insists_on_leases`: no job begins before an extension was accepted.
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

    @property
    def is_calm(self) -> bool:
        """Whether nothing happens for which a job may run twice."""
        return not self.troubles and not self.has_long_handlers


def _kafka(*troubles: str, **settings: bool) -> Kind:
    return Kind(troubles, has_kafka=True, **settings)


_ANYTHING = ("faults", "kills", "pauses", "outages")

# A world's kind is told by its seed: new ones come last, so that the seeds of the others stay.
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
}
