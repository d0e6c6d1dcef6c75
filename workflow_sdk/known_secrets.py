"""Secrets in what the SDK says: what stands in their place, and cuts that leave them whole for whoever masks them."""

from __future__ import annotations

import json
from collections import deque

# The command line's `rochallor_cli.configuration.masking` has the same; a test holds the two together.
MASK = "***"

# The latest of this process: tokens are renewed for as long as it lives.
_KEPT = 300
# Headers are kept as secrets, and some hold names, as of a tenant.
_NO_WORD = 16
_secrets: deque[str] = deque(maxlen=_KEPT)


def keep_secret(secret: str) -> None:
    """From now on no cut parts it, as it is or as it stands within a JSON text."""
    within = [json.dumps(secret, ensure_ascii=escaped)[1:-1] for escaped in (True, False)]
    _secrets.extend(each for each in dict.fromkeys((secret, *within)) if each and each not in _secrets)


def kept_secrets() -> tuple[str, ...]:
    """All of them, for those who keep them out of what they show."""
    return tuple(_secrets)


def without_secrets(text: str) -> str:
    """The text as it may be kept elsewhere: what is long enough to be no word of it is taken out of it."""
    for secret in sorted(kept_secrets(), key=len, reverse=True):
        if len(secret) >= _NO_WORD:
            text = text.replace(secret, MASK)
    return text


def forget_secrets() -> None:
    """As if none had been met in this process; for tests."""
    _secrets.clear()


def beginning(text: str, longest: int) -> str:
    """At most so many characters of it, fewer where a secret would be cut in two: half of one is not recognised."""
    if len(text) <= longest:
        return text
    cut, before = longest, -1
    while cut != before:
        before = cut
        for secret in kept_secrets():
            begin = text.find(secret, max(0, cut - len(secret) + 1), cut + len(secret) - 1)
            cut = cut if begin < 0 else begin
    return text[:cut]
