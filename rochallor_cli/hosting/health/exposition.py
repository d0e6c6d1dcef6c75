"""Metrics of several processes as one page in Prometheus' text format."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from prometheus_client import REGISTRY, CollectorRegistry, ProcessCollector

log = logging.getLogger("rochallor.host")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]


@dataclass
class MetricFamily:
    """One metric: its samples by (sample name, labels)."""

    name: str
    kind: str
    meaning: str
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)

    def add(self, name: str, labels: Labels, value: float) -> None:
        """Add to a sample, so that processes add up."""
        self.samples[name, labels] = self.samples.get((name, labels), 0.0) + value


def families_of_handlers() -> list[MetricFamily]:
    """What handlers have registered with prometheus-client themselves."""
    try:
        found = families_of(REGISTRY)
    except BaseException as error:  # noqa: BLE001 - a collector of the user's own
        log.debug("metrics of handlers cannot be collected: %s", error)
        return []
    return [family for family in found if not family.name.startswith(("python_", "process_"))]


def process_families() -> list[MetricFamily]:
    """CPU time, memory, descriptors and start of this process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return families_of(registry)


def new_registry() -> CollectorRegistry:
    """An empty registry: one for each process, so that nothing is counted twice."""
    return CollectorRegistry()


def families_of(registry: CollectorRegistry) -> list[MetricFamily]:
    """What a prometheus-client registry holds now; the times at which counters began are left out."""
    families = []
    for metric in registry.collect():
        family = MetricFamily(metric.name, metric.type, metric.documentation)
        for sample in metric.samples:
            if not sample.name.endswith("_created"):
                family.add(sample.name, tuple(sorted(sample.labels.items())), sample.value)
        families.append(family)
    return families


def merged(pages: Iterable[Sequence[MetricFamily]]) -> list[MetricFamily]:
    """One page of several: samples with the same labels are added."""
    result: dict[str, MetricFamily] = {}
    for page in pages:
        for family in page:
            target = result.setdefault(family.name, MetricFamily(family.name, family.kind, family.meaning))
            for (name, labels), value in family.samples.items():
                target.add(name, labels, value)
    return list(result.values())


def counted_only(page: Iterable[MetricFamily]) -> list[MetricFamily]:
    """What stays true of a process that has gone: counters and histograms, but no gauges."""
    return [family for family in page if family.kind in ("counter", "histogram", "summary")]


# Kinds as this format writes them: a suffix of the name, and the kind.
_OLDER_KINDS = {
    "counter": ("_total", "counter"),
    "info": ("_info", "gauge"),
    "stateset": ("", "gauge"),
    "gaugehistogram": ("", "histogram"),
    "unknown": ("", "untyped"),
}


def text_page(families: Iterable[MetricFamily]) -> str:
    lines: list[str] = []
    for family in families:
        # In this format a counter's family is called like its samples.
        suffix, kind = _OLDER_KINDS.get(family.kind, ("", family.kind))
        name = family.name + suffix
        lines.append(f"# HELP {name} {_escaped(family.meaning)}")
        lines.append(f"# TYPE {name} {kind}")
        lines += [
            f"{sample}{_label_text(labels)} {_number(value)}"
            for (sample, labels), value in family.samples.items()
        ]
    return "".join(f"{line}\n" for line in lines)


def _label_text(labels: Labels) -> str:
    if not labels:
        return ""
    inner = ",".join(f'{name}="{_escaped(value, quotes=True)}"' for name, value in labels)
    return f"{{{inner}}}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    escaped = text.replace("\\", r"\\").replace("\n", r"\n")
    return escaped.replace('"', r"\"") if quotes else escaped


def _number(value: float) -> str:
    return f"{int(value)}" if value == int(value) and abs(value) < 1e15 else repr(value)
