"""Descriptors that code which closes everything does not reach."""

import os
import resource

import pytest

from rochallor_cli.hosting.high_descriptors import kept_for_the_host, lowered_limit, out_of_reach
from rochallor_cli.hosting.self_pipe import Waker, readable


@pytest.fixture(params=[200, 1024, None], ids=str)
def limits(request):
    """As hosts find them: a soft limit below the hard one, or (None) at it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = request.param or before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    yield soft
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_a_module_closes_ends_below_the_hosts_own(limits) -> None:
    read_end, write_end = os.pipe()
    moved = out_of_reach(write_end)
    with lowered_limit():
        assert moved >= os.sysconf("SC_OPEN_MAX")
    os.write(moved, b"x")
    assert (os.read(read_end, 2), resource.getrlimit(resource.RLIMIT_NOFILE)[0]) == (b"x", limits)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(write_end)
    os.close(read_end)
    os.close(moved)


def test_without_room_a_descriptor_stays_where_it_is(monkeypatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (16, 16))
    read_end, write_end = os.pipe()
    assert out_of_reach(write_end) == write_end
    os.close(read_end)
    os.close(write_end)


def test_a_waker_wakes_once_for_each_burst_by_descriptors_above_the_limit(limits) -> None:
    waker = Waker()
    own = {waker._read_end, waker._write_end}
    assert own <= kept_for_the_host()
    with lowered_limit():
        assert min(own) >= os.sysconf("SC_OPEN_MAX")
    assert readable(own, 0) == set()
    waker.wake()
    waker.wake()
    [read_end] = readable(own, 60)
    waker.wait(60)
    assert readable(own, 0) == set(), "the bytes of a burst are read together"
    waker.wake()
    assert readable(own, 60) == {read_end}
    waker.close()
