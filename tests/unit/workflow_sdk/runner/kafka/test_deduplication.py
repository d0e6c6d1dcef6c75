"""An acknowledged dispatch is recognised within the window, in bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workflow_sdk.runner.kafka.deduplication import AcknowledgedIds


class Hand:
    """A clock moved by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_an_acknowledged_id_is_known_until_the_window_ends() -> None:
    clock = Hand()
    known = AcknowledgedIds(10.0, clock=clock)
    known.add("a")
    clock.now += 9.9
    assert "a" in known
    clock.now += 0.1
    assert "a" not in known


def test_an_id_never_acknowledged_is_unknown() -> None:
    assert "a" not in AcknowledgedIds()


def test_acknowledging_again_starts_the_window_again() -> None:
    clock = Hand()
    known = AcknowledgedIds(10.0, clock=clock)
    known.add("a")
    clock.now += 8
    known.add("a")
    clock.now += 8
    assert "a" in known


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    known = AcknowledgedIds(10.0, capacity=3)
    for dedup_id in "abcd":
        known.add(dedup_id)
    assert len(known) == 3
    assert [dedup_id in known for dedup_id in "abcd"] == [False, True, True, True]


def test_expired_ids_give_their_memory_back() -> None:
    clock = Hand()
    known = AcknowledgedIds(10.0, clock=clock)
    for number in range(100):
        known.add(str(number))
    clock.now += 11
    known.add("new")
    assert len(known) == 1


def test_no_window_remembers_nothing() -> None:
    known = AcknowledgedIds(0.0)
    known.add("a")
    assert "a" not in known


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 5)), max_size=40))
def test_it_knows_exactly_what_was_acknowledged_within_the_window(steps: list[tuple[str, float]]) -> None:
    clock, last = Hand(), {}
    known = AcknowledgedIds(7.0, clock=clock)
    for dedup_id, pause in steps:
        known.add(dedup_id)
        last[dedup_id] = clock.now + 7.0
        clock.now += pause
        assert {name for name in "abcdef" if name in known} == {
            name for name, expiry in last.items() if clock.now < expiry
        }
