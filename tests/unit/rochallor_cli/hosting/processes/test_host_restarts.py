"""When a dead child is started again."""

from rochallor_cli.hosting.processes.restart_policy import RestartHistory, RestartPolicy

POLICY = RestartPolicy(first_delay_s=0.5, longest_delay_s=4, proven_after_s=30, deaths_allowed=5)


def test_the_delay_doubles_with_each_death_in_a_row_up_to_its_limit() -> None:
    history = RestartHistory(POLICY)
    delays = []
    for _ in range(6):
        history.died(ready_for_s=1)
        delays.append(history.delay_s)
    assert delays == [0.5, 1, 2, 4, 4, 4]


def test_a_child_that_keeps_dying_is_a_crash_loop() -> None:
    history = RestartHistory(POLICY)
    loops = []
    for _ in range(5):
        history.died(ready_for_s=0)
        loops.append(history.is_crash_loop)
    assert loops == [False, False, False, False, True]


def test_a_child_that_served_long_enough_starts_a_new_count() -> None:
    history = RestartHistory(POLICY)
    for _ in range(4):
        history.died(ready_for_s=0)
    history.died(ready_for_s=31)
    assert (history.deaths_in_a_row, history.delay_s, history.is_crash_loop) == (1, 0.5, False)


def test_before_the_first_death_nothing_is_waited_for() -> None:
    assert RestartHistory(POLICY).delay_s == 0
