"""Nothing at or above an unreported record is ever committed, in whatever order jobs end."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from workflow_sdk.runner.kafka.offsets import OffsetTracker

WINDOW = 20


class TrackerAgainstModel(RuleBasedStateMachine):
    """The model keeps every offset and whether it is settled; the tracker must never claim more."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = OffsetTracker(window=WINDOW)
        self.received: list[int] = []
        self.settled: set[int] = set()
        self.committed: int | None = None

    def open_offsets(self) -> list[int]:
        return [offset for offset in self.received if offset not in self.settled]

    @rule(gap=st.integers(0, 50))
    def receive(self, gap: int) -> None:
        offset = gap if not self.received else self.received[-1] + 1 + gap
        assert self.tracker.receive(offset)
        self.received.append(offset)

    @precondition(lambda self: self.received)
    @rule(back=st.integers(0, 60))
    def refuse_what_lies_behind(self, back: int) -> None:
        assert not self.tracker.receive(self.received[-1] - back)

    @precondition(lambda self: self.open_offsets())
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(self.open_offsets()))
        self.tracker.settle(offset)
        self.settled.add(offset)

    @precondition(lambda self: self.settled)
    @rule(data=st.data())
    def settle_again(self, data: st.DataObject) -> None:
        self.tracker.settle(data.draw(st.sampled_from(sorted(self.settled))))

    @rule()
    def take_commit(self) -> None:
        taken = self.tracker.take_commit()
        if taken is None:
            return
        assert all(offset in self.settled for offset in self.received if offset < taken)
        assert self.committed is None or taken > self.committed
        self.committed = taken

    @invariant()
    def the_watermark_is_the_first_open_offset(self) -> None:
        still_open = self.open_offsets()
        end = self.received[-1] + 1 if self.received else None
        assert self.tracker.watermark == (still_open[0] if still_open else end)
        assert self.tracker.unsettled == len(still_open)

    @invariant()
    def the_room_is_counted_from_the_first_open_record(self) -> None:
        still_open = self.open_offsets()
        above = [offset for offset in self.received if still_open and offset >= still_open[0]]
        assert self.tracker.room == max(WINDOW - len(above), 0)


TrackerAgainstModel.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_the_tracker_agrees_with_the_model = TrackerAgainstModel.TestCase


def received(*offsets: int, window: int = WINDOW) -> OffsetTracker:
    tracker = OffsetTracker(window=window)
    for offset in offsets:
        assert tracker.receive(offset)
    return tracker


def test_an_early_end_waits_for_the_records_before_it() -> None:
    tracker = received(5, 6, 7)
    tracker.settle(7)
    tracker.settle(6)
    assert tracker.take_commit() is None
    tracker.settle(5)
    assert tracker.take_commit() == 8


def test_a_watermark_is_taken_once() -> None:
    tracker = received(5, 6)
    tracker.settle(5)
    assert [tracker.take_commit(), tracker.take_commit()] == [6, None]


def test_nothing_is_committed_before_the_first_record_is_settled() -> None:
    assert OffsetTracker().take_commit() is None
    assert received(5, 6).take_commit() is None


def test_a_gap_wider_than_the_window_does_not_stop_the_partition() -> None:
    tracker = received(5)
    tracker.settle(5)
    assert tracker.receive(5_000)
    assert tracker.room == WINDOW - 1
    tracker.settle(5_000)
    assert tracker.take_commit() == 5_001


def test_one_slow_job_bounds_how_far_others_run_ahead() -> None:
    tracker = received(*range(5, 5 + WINDOW))
    for done in range(6, 5 + WINDOW):
        tracker.settle(done)
    assert tracker.room == 0
    tracker.settle(5)
    assert tracker.room == WINDOW
