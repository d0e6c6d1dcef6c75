"""What is known of one problem code."""

from __future__ import annotations

from dataclasses import dataclass

from rochallor_cli.dev_engine.versions import ENGINE_VERSIONS, FEATURES, EngineRules


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of problem: its name, why it matters, what to do instead."""

    code: str
    title: str
    why: str
    instead: str
    since: str = ""
    """The feature that an engine must have for this to matter (a name of `EngineRules`); empty: none."""
    until: str = ""
    """The feature that does away with it; empty: none."""
    is_final: bool = False
    """The engine accepts it, and an instance that comes there can certainly not go on: lint calls it an error."""

    @property
    def severity(self) -> str:
        return "error" if self.code.startswith("E") else "warning"

    @property
    def lint_severity(self) -> str:
        """As lint judges it: besides what is refused, what certainly cannot run is an error."""
        return "error" if self.is_final else self.severity

    def holds_for(self, rules: EngineRules) -> bool:
        """Whether it matters to an engine of these rules."""
        if self.since and not getattr(rules, self.since):
            return False
        return not (self.until and getattr(rules, self.until))

    @property
    def versions(self) -> str:
        """For which versions of the engine it holds, in words: ``1.0.0 to next``, ``0``, ``all``."""
        first = FEATURES[self.since] if self.since else ENGINE_VERSIONS[0]
        last = ENGINE_VERSIONS[ENGINE_VERSIONS.index(FEATURES[self.until]) - 1] if self.until else ""
        if not last:
            return "all" if first == ENGINE_VERSIONS[0] else f"{first} and later"
        return first if first == last else f"{first} to {last}"
