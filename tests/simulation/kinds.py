"""Kinds of worlds: the flow that runs in them, and what befalls each."""

from __future__ import annotations

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

# What befalls a world of each kind.
TROUBLES: dict[str, tuple[str, ...]] = {
    "calm": (),
    "network": ("faults",),
    "kills": ("kills",),
    "pauses": ("pauses",),
    "outages": ("outages",),
    "long handlers": (),
    "everything": ("faults", "kills", "pauses", "outages"),
    "restarts": ("restarts",),
    "kafka: calm": (),
    "kafka: network": ("faults",),
    "kafka: kills": ("kills",),
    "kafka: pauses": ("pauses",),
    "kafka: brokers": ("brokers", "cuts"),
    "kafka: long handlers": ("restarts",),
    "kafka: everything": ("faults", "kills", "pauses", "outages", "brokers", "cuts"),
    "kafka: restarts": ("restarts",),
    "async handlers": ("faults",),
    "async handlers die": ("kills", "outages"),
    "suspends": ("suspends",),
    "suspends and faults": ("suspends", "faults"),
    "kafka: async handlers": ("faults",),
    "kafka: suspends": ("suspends",),
    "kafka: suspends and faults": ("suspends", "faults", "brokers"),
    "kafka: async handlers die": ("kills", "brokers"),
    "reloads": ("reloads",),
    "kafka: reloads": ("reloads",),
    "long handlers, leases are extended": ("faults", "pauses"),
    "kafka: poison": ("poison", "brokers"),
    "kafka: retention": ("retention", "cuts"),
    "the last commit is lost": ("forgetting",),
}
