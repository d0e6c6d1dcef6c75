"""How certain a finding is: in every run, in some order of events, or only for some values nobody knows."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from enum import StrEnum

from rochallor_cli.verification.search import SearchMove, SearchResult


class Grade(StrEnum):
    """ALWAYS: no run escapes it. SOME_ORDER: whatever the variables, some order of events leads there."""

    ALWAYS = "always"
    SOME_ORDER = "some-order"
    POSSIBLE = "possible"


class Grades:
    """Judges findings, each given by the moves that show it and the situations that are it."""

    def __init__(self, found: SearchResult) -> None:
        self._found = found
        self._into: dict[int, list[int]] = defaultdict(list)
        self._size: dict[int, int] = defaultdict(int)
        self._source: dict[int, int | None] = {}
        for number, move in enumerate(found.moves):
            self._into[move.target].append(number)
            self._size[move.group] += 1
            self._source[move.group] = move.source

    def grade(self, moves: Collection[int], situations: Collection[int]) -> Grade:
        if not moves and not situations:
            return Grade.ALWAYS
        if self._found.is_complete and not self._can_be_avoided(set(moves), set(situations)):
            return Grade.ALWAYS
        return Grade.SOME_ORDER if self._is_in_some_order(moves, situations) else Grade.POSSIBLE

    def _can_be_avoided(self, moves: set[int], situations: set[int]) -> bool:
        """Whether a run comes to its end without it, no job failing for good."""
        all_moves = self._found.moves

        def goes_on(number: int) -> bool:
            move = all_moves[number]
            return not (move.is_failure or move.is_refused or number in moves or move.target in situations)

        waiting = [all_moves[number].target for number in self._found.start_moves if goes_on(number)]
        seen = set(waiting)
        while waiting:
            situation = self._found.situations[waiting.pop()]
            ways = [number for number in situation.moves if not all_moves[number].is_failure]
            if not ways:
                return True
            for target in (all_moves[number].target for number in ways if goes_on(number)):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return False

    def _is_in_some_order(self, moves: Iterable[int], situations: Iterable[int]) -> bool:
        """Whether some events lead there however every condition nobody knows comes out.

        Of the moves of one group, which differ by such conditions, all must; of groups one is enough.
        """
        left = dict(self._size)
        led: set[int] = set()
        showing = set(situations)
        waiting = deque(showing)

        def lead(number: int) -> bool:
            """Count a move that leads there; True when the start does."""
            move: SearchMove = self._found.moves[number]
            if number in led:
                return False
            led.add(number)
            left[move.group] -= 1
            if left[move.group]:
                return False
            if move.source is None:
                return True
            if move.source not in showing:
                showing.add(move.source)
                waiting.append(move.source)
            return False

        leads_from_start = [lead(number) for number in moves]
        while waiting and True not in leads_from_start:
            leads_from_start = [lead(number) for number in self._into[waiting.popleft()]]
        return True in leads_from_start
