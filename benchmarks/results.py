"""What the cases hand back: samples by subject, their medians, and ratios between subjects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One run of one subject: measure (its unit in its name) to value."""

    subject: str
    values: dict[str, float]


@dataclass
class Result:
    """A case on an engine: the samples of its interleaved runs, in the order they were taken.

    ``load`` says what was put on it, where that is what the case varies.
    """

    case: str
    engine: str
    title: str
    samples: list[Sample] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load: dict[str, float] = field(default_factory=dict)

    def subjects(self) -> list[str]:
        return list(dict.fromkeys(sample.subject for sample in self.samples))

    def measures(self) -> list[str]:
        return list(dict.fromkeys(name for sample in self.samples for name in sample.values))

    def values(self, subject: str, measure: str) -> list[float]:
        return [
            sample.values[measure]
            for sample in self.samples
            if sample.subject == subject and measure in sample.values
        ]

    def median(self, subject: str, measure: str) -> float | None:
        """The median of the runs; None when the subject has none of them."""
        values = [value for value in self.values(subject, measure) if not math.isnan(value)]
        return median(values) if values else None

    def ratio(self, subject: str, base: str, measure: str) -> float | None:
        """The median over the rounds of subject/base: neighbours in time saw the same machine."""
        pairs = zip(self.values(subject, measure), self.values(base, measure), strict=False)
        ratios = [mine / other for mine, other in pairs if other]
        return median(ratios) if ratios else None

    def as_json(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "engine": self.engine,
            "title": self.title,
            "load": self.load,
            "medians": {
                subject: {name: self.median(subject, name) for name in self.measures()}
                for subject in self.subjects()
            },
            "runs": [{"subject": sample.subject, **_without_nan(sample.values)} for sample in self.samples],
            "notes": self.notes,
        }


def _without_nan(values: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; ``share`` 0.99 is the 99th. NaN when there are no values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
