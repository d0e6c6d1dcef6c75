"""Who serves a job type, as far as anybody can tell: its Kafka group's members, the handlers of a configuration."""

from __future__ import annotations

from dataclasses import dataclass

from rochallor_cli.counting import count_text


@dataclass(frozen=True)
class ServedJobType:
    """What is known of one job type; None for what is not.

    workers: the members of its Kafka group. waiting: records not yet committed. has_topic: whether Kafka has one for
    it. has_handler: whether the configuration that was named has a handler for it.
    """

    workers: int | None = None
    waiting: int | None = None
    has_topic: bool | None = None
    has_handler: bool | None = None

    @property
    def by_nobody(self) -> bool:
        return self.workers == 0 or self.has_topic is False

    @property
    def text(self) -> str:
        """`nobody serves it: its Kafka group has no member, 5 records wait`; "" where nothing is known."""
        parts = []
        if self.has_topic is False:
            parts.append("Kafka has no topic for it")
        elif self.workers == 0:
            parts.append(f"nobody serves it: its Kafka group has no member{self._records}")
        elif self.workers is not None:
            serve = "serves" if self.workers == 1 else "serve"
            parts.append(f"{count_text(self.workers, 'worker')} {serve} it over Kafka{self._records}")
        elif self.waiting:
            # A broker that does not tell who is in a group.
            parts.append(f"in Kafka{self._records.removeprefix(',')} for it")
        if self.has_handler is False:
            parts.append("this configuration has no handler for it")
        return "; ".join(parts)

    @property
    def _records(self) -> str:
        if not self.waiting:
            return ""
        return f", {count_text(self.waiting, 'record')} {'waits' if self.waiting == 1 else 'wait'}"


UNKNOWN = ServedJobType()
