"""ULIDs: 26 characters, in the order of their making, from a given clock and source of randomness."""

from __future__ import annotations

from random import Random

from rochallor_cli.dev_engine.clock import Clock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Two characters at a time: ten bits.
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_RANDOM_BITS = 80


class Ulids:
    """Within one millisecond each id is the one before it plus a random step."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._last_ms = -1
        self._value = 0
        # All that ids have in common that are made one after the other, and the high half of the value in it.
        self._prefix = ""
        self._high = -1

    def __call__(self) -> str:
        now_ms = self._clock.now_ns() // 1_000_000
        if now_ms > self._last_ms:
            self._last_ms = now_ms
            self._high = -1
            # The top bit stays free, so that steps do not overflow within the millisecond.
            self._value = self._random.getrandbits(_RANDOM_BITS - 1)
        else:
            self._value += 1 + self._random.getrandbits(32)
        value = self._value
        if value >> 40 != self._high:
            self._high = value >> 40
            self._prefix = _encode(self._last_ms, 5) + _encode(self._high, 4)
        last, before = _PAIRS[value & 1023], _PAIRS[value >> 10 & 1023]
        return f"{self._prefix}{_PAIRS[value >> 30 & 1023]}{_PAIRS[value >> 20 & 1023]}{before}{last}"


def _encode(number: int, pairs: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(10 * (pairs - 1), -1, -10)])
