"""What Kafka mode counts, read from the sources when Prometheus asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from workflow_sdk.runner.kafka.source import KafkaSource

_PARTITION_LABELS = ["topic", "partition"]

Sources = Callable[[], Iterable[KafkaSource]]


class KafkaCollector(Collector):
    """The `workflow_sdk_kafka_*` series of all runners that share one registry."""

    def __init__(self) -> None:
        self._runs: list[Sources] = []

    def add(self, sources: Sources) -> None:
        """Begin to show the sources of one run."""
        self._runs = [*self._runs, sources]

    def remove(self, sources: Sources) -> None:
        """Show them no longer."""
        self._runs = [run for run in self._runs if run is not sources]

    def collect(self) -> Iterator[Metric]:
        """Yield the series as they are now."""
        sources = [source for run in self._runs for source in run()]
        yield from _partition_gauges(sources)
        yield _counter("records", "Records consumed.", sources=sources, read=lambda source: source.records)
        yield _counter(
            "poison_records",
            "Records that could not be read.",
            sources=sources,
            read=lambda source: source.poison,
        )
        yield _counter(
            "lost_records",
            "Records removed before they were read.",
            sources=sources,
            read=lambda source: source.lost,
        )
        yield _counter(
            "duplicates",
            "Records that were done already.",
            sources=sources,
            read=lambda source: source.duplicates,
        )
        yield _counter(
            "commits",
            "Commits the brokers have answered.",
            sources=sources,
            read=lambda source: source.commits.done,
        )
        yield _counter(
            "commit_errors",
            "Commits that failed.",
            sources=sources,
            read=lambda source: source.commits.failed,
        )
        yield _counter(
            "rebalances", "Assignments received.", sources=sources, read=lambda source: source.rebalances
        )


_collectors: WeakKeyDictionary[CollectorRegistry, KafkaCollector] = WeakKeyDictionary()


def kafka_collector(registry: CollectorRegistry) -> KafkaCollector:
    """The collector of this registry, registered on first use: a registry takes each series once."""
    found = _collectors.get(registry)
    if found is None:
        found = _collectors[registry] = KafkaCollector()
        registry.register(found)
    return found


def _partition_gauges(sources: Iterable[KafkaSource]) -> Iterator[Metric]:
    lag = _gauge("lag", "Records above the last one below which all are reported.")
    in_flight = _gauge("in_flight", "Jobs that run or wait to be reported.")
    paused = _gauge("paused", "1 while the partition is held back.")
    for source in sources:
        for state in source.snapshot():
            labels = [state.topic, str(state.partition)]
            if state.lag is not None:
                lag.add_metric(labels, state.lag)
            in_flight.add_metric(labels, state.running)
            paused.add_metric(labels, float(state.paused))
    yield from (lag, in_flight, paused)


def _gauge(name: str, about: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"workflow_sdk_kafka_{name}", about, labels=_PARTITION_LABELS)


def _counter(
    name: str, about: str, *, sources: Iterable[KafkaSource], read: Callable[[KafkaSource], int]
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"workflow_sdk_kafka_{name}", about, labels=["topic"])
    totals: dict[str, int] = {}
    for source in sources:
        totals[source.topic] = totals.get(source.topic, 0) + read(source)
    for topic, total in totals.items():
        family.add_metric([topic], total)
    return family
