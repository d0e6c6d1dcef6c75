"""Which record may run next: one of each key at a time, job types in turn."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_sdk.runner.kafka.assignment import Assignment, KafkaRecord
from workflow_sdk.runner.kafka.backlog import Backlog, Ordering
from workflow_sdk.runner.kafka.dispatch_event import DispatchEvent


class Key:
    """Of a message, only the key matters here."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    def key(self) -> bytes | None:
        return self._key


def a_record(
    key: str | None, job_id: str, *, job_type: str = "a", offset: int = 0, retries: int = 0
) -> KafkaRecord:
    event = DispatchEvent(f"d-{job_id}", job_id, key or "", f"step of {job_id}", job_type, retries, {}, 0)
    message = Key(None if key is None else key.encode())
    return KafkaRecord(Assignment(f"workflow.jobs.{job_type}", 0), offset, event, message)  # type: ignore[arg-type]


def any_type(_: str) -> bool:
    return True


def take_all(backlog: Backlog) -> list[KafkaRecord]:
    taken = []
    while (record := backlog.take(any_type)) is not None:
        taken.append(record)
    return taken


def test_records_of_one_key_run_one_after_another() -> None:
    backlog = Backlog()
    first, second = a_record("i1", "j1"), a_record("i1", "j2")
    backlog.add(first)
    backlog.add(second)
    assert take_all(backlog) == [first]
    backlog.free(first)
    assert take_all(backlog) == [second]


@pytest.mark.parametrize("ordering", ["key", "none"])
def test_copies_of_a_dispatch_are_taken_from_behind_it_and_nothing_else_is(ordering: Ordering) -> None:
    backlog = Backlog(ordering)
    out, copies = a_record("i1", "j1"), [a_record("i1", "j1") for _ in range(3)]
    other, of_another = a_record("i1", "j2"), a_record("i2", "j3")
    for record in (out, copies[0], other, of_another, *copies[1:]):
        backlog.add(record)
    assert backlog.take(any_type) is out
    assert backlog.take_copies(out) == copies
    assert backlog.take_copies(out) == []
    backlog.free(out)
    assert take_all(backlog) == ([of_another, other] if ordering == "key" else [other, of_another])
    for record in (other, of_another):
        backlog.free(record)
    assert len(backlog) == 0


def test_records_of_different_keys_run_side_by_side() -> None:
    backlog = Backlog()
    records = [a_record(f"i{number}", f"j{number}") for number in range(3)]
    for record in records:
        backlog.add(record)
    assert take_all(backlog) == records


@pytest.mark.parametrize("ordering", ["key", "none"])
def test_an_attempt_is_overtaken_by_a_later_one_of_the_same_job_only(ordering: Ordering) -> None:
    backlog = Backlog(ordering)
    first, other, later = (
        a_record("i", "j", retries=2),
        a_record("i", "k", retries=0),
        a_record("i", "j", retries=1),
    )
    backlog.add(first)
    backlog.add(other)
    backlog.add(a_record("i", "j", retries=2))
    assert not backlog.is_overtaken(first)
    backlog.add(later)
    assert backlog.is_overtaken(first)
    assert not backlog.is_overtaken(later)


def test_without_order_jobs_of_one_instance_overlap() -> None:
    backlog = Backlog("none")
    records = [a_record("i1", "j1"), a_record("i1", "j2")]
    for record in records:
        backlog.add(record)
    assert take_all(backlog) == records


def test_the_same_job_never_overlaps_itself_even_without_order() -> None:
    backlog = Backlog("none")
    first, again = a_record("i1", "j1"), a_record("i1", "j1", offset=1)
    backlog.add(first)
    backlog.add(again)
    assert take_all(backlog) == [first]
    backlog.free(first)
    assert take_all(backlog) == [again]


def test_records_without_a_key_do_not_wait_for_each_other() -> None:
    backlog = Backlog()
    records = [a_record(None, "j1"), a_record(None, "j2")]
    for record in records:
        backlog.add(record)
    assert take_all(backlog) == records


def test_job_types_take_turns() -> None:
    backlog = Backlog()
    for number in range(3):
        backlog.add(a_record(f"i{number}", f"a{number}"))
    backlog.add(a_record("i9", "b0", job_type="b"))
    assert [record.event.job_id for record in take_all(backlog)] == ["a0", "b0", "a1", "a2"]


def test_a_job_type_without_room_is_passed_over() -> None:
    backlog = Backlog()
    backlog.add(a_record("i1", "a0"))
    backlog.add(a_record("i2", "b0", job_type="b"))
    taken = backlog.take(lambda job_type: job_type == "b")
    assert taken is not None
    assert taken.event.job_id == "b0"
    assert backlog.take(lambda job_type: job_type == "b") is None


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.booleans()), max_size=60))
def test_every_record_has_its_turn_in_the_order_of_its_key(steps: list[tuple[str, bool]]) -> None:
    backlog, out, seen = Backlog(), [], []
    for number, (key, ends) in enumerate(steps):
        backlog.add(a_record(key, f"j{number}", offset=number))
        out += take_all(backlog)
        assert max(Counter(record.key for record in out).values()) == 1
        if ends:
            seen.append(out.pop(0))
            backlog.free(seen[-1])
    while out or len(backlog):
        out += take_all(backlog)
        seen.append(out.pop(0))
        backlog.free(seen[-1])
    assert len(seen) == len(steps)
    for key in "xyz":
        offsets = [record.offset for record in seen if record.key == key.encode()]
        assert offsets == sorted(offsets)
