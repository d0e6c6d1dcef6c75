"""Latency over Kafka: from an instance's start through the engine's relay and a topic to its completion.

What the relay and the broker take is the same for every worker: a consumer that does nothing else reads along,
and when it has a record is shown apart from the rest. Engine and harness must share a clock for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack

from benchmarks.arrivals import start_at_random
from benchmarks.bench import Bench
from benchmarks.brokers import Broker, Reader, broker_at
from benchmarks.cases.latency import Meter, latencies, wait_until_done
from benchmarks.contenders import Contender
from benchmarks.engines import Engine, Times, dev_engine
from benchmarks.results import Result, Sample, percentile
from benchmarks.wire import WireError
from benchmarks.workflows import chain, job_types, start_many, upload
from rochallor_cli.dev_engine.kafka.dispatch_record import topic_of

RATE = 20
# The published SDK takes some two records a second from a partition.
SLOW_RATE = 1
PARTITIONS = 6
# Joining a group takes seconds, and the published SDK's first jobs as well.
WARM_UP_JOBS, READY_S = 6, 60.0


def latency(bench: Bench) -> Iterator[Result]:
    """20 starts a second for those that can follow, and 1 a second for all."""
    if bench.engine_url and not bench.brokers:
        raise WireError("kafka-latency needs the engine's own brokers: --brokers HOST:PORT")
    all_kinds = bench.fastest()
    quick_kinds = bench.of_this_repository()
    yield _at_rate(bench, quick_kinds, rate=RATE, duration_s=bench.pick(quick=6.0, full=20.0))
    if len(all_kinds) > len(quick_kinds):
        yield _at_rate(bench, all_kinds, rate=SLOW_RATE, duration_s=bench.pick(quick=6.0, full=20.0))


def _at_rate(bench: Bench, contenders: Sequence[Contender], *, rate: int, duration_s: float) -> Result:
    engine_kind = "url" if bench.engine_url else "dev"
    title = f"Start to completion over Kafka, {rate} starts/s, {PARTITIONS} partitions"
    result = Result("kafka-latency", engine_kind, title, load={"starts_per_s": rate, "steps": 1})
    with ExitStack() as stack:
        broker = stack.enter_context(broker_at(bench.brokers))
        engine = stack.enter_context(_dispatching_engine(bench, broker))
        result.notes.append(f"On a {broker.name}. relay: until a bare consumer has the record.")
        for round_number in range(bench.rounds_of(quick=1, full=2)):
            for contender in contenders:
                values = _one_run(
                    engine, broker, contender=contender, rate=rate, duration_s=duration_s, seed=round_number
                )
                result.samples.append(Sample(contender.name.removesuffix(" 10 ms"), values))
    return result


def _dispatching_engine(bench: Bench, broker: Broker) -> AbstractContextManager[Engine]:
    if bench.engine_url:
        return bench.engine("url")
    return dev_engine("--dispatch", "kafka", "--brokers", broker.address)


def _one_run(
    engine: Engine, broker: Broker, *, contender: Contender, rate: int, duration_s: float, seed: int
) -> dict[str, float]:
    definition = chain(1, "kafka-latency")
    definition_id, job_type = definition["id"], job_types(definition)
    broker.create_topics([topic_of(job_type)], partitions=PARTITIONS)
    upload(engine, definition)
    with (
        Reader(broker, topic_of(job_type), partitions=PARTITIONS) as reader,
        contender.worker(engine.url, f"--job-types={job_type}", *broker.worker_arguments) as worker,
    ):
        start_many(engine, definition_id, WARM_UP_JOBS)
        wait_until_done(engine, definition_id, READY_S)
        skip = len(engine.times(definition_id))
        meter = Meter(engine, worker)
        count = start_at_random(engine, definition_id, rate_per_s=rate, duration_s=duration_s, seed=seed)
        used = meter.since()
        unfinished = wait_until_done(engine, definition_id, READY_S)
    times = sorted(engine.times(definition_id), key=lambda each: each.started_s)[skip:]
    found = latencies([each.latency_ms for each in times]) | parts(times, reader.seen_s)
    return found | {"core_percent": used["core_percent"], "unfinished": unfinished, "starts": count}


def parts(times: Sequence[Times], seen_s: Mapping[str, float]) -> dict[str, float]:
    """The relay's part of each latency and what came after it."""
    known = [(each, seen_s[each.instance_id]) for each in times if each.instance_id in seen_s]
    relay_ms = [(at_s - each.started_s) * 1000 for each, at_s in known]
    after_ms = [(each.completed_s - at_s) * 1000 for each, at_s in known]
    return {
        "relay_p50_ms": percentile(relay_ms, 0.5),
        "relay_p99_ms": percentile(relay_ms, 0.99),
        "after_relay_p50_ms": percentile(after_ms, 0.5),
        "after_relay_p99_ms": percentile(after_ms, 0.99),
    }
