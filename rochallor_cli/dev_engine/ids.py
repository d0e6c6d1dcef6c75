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
        self._prefix = ""

    def __call__(self) -> str:
        now_ms = self._clock.now_ns() // 1_000_000
        if now_ms > self._last_ms:
            self._last_ms = now_ms
            # The top bit stays free, so that steps do not overflow within the millisecond.
            self._value = self._random.getrandbits(_RANDOM_BITS - 1)
            self._prefix = _encode(now_ms, 5)
        else:
            self._value += 1 + self._random.getrandbits(32)
        return self._prefix + _encode(self._value, 8)


def _encode(number: int, pairs: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(10 * (pairs - 1), -1, -10)])
