"""Bodies that a gateway has packed, though nobody asked for it: undone once, up to a bound, on both HTTP ways."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

_CODINGS = ("gzip", "x-gzip", "deflate")


def unpacked(body: bytes, headers: Mapping[str, str], *, longest: int) -> bytes | None:
    """What a gzip or deflate holds; None where that is longer. Any other body, packed twice for one, as it is.

    Raises ValueError where the packing cannot be undone.
    """
    if not body or headers.get("content-encoding", "").lower() not in _CODINGS:
        return body
    reason = ""
    # A deflate may come with or without its own head.
    for wbits in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        unpacking = zlib.decompressobj(wbits=wbits)
        try:
            plain = unpacking.decompress(body, longest)
        except zlib.error as error:
            reason = str(error)
            continue
        if unpacking.unconsumed_tail:
            return None
        if unpacking.eof:
            return plain
        reason = "it is not whole"
    raise ValueError(f"the answer's compression cannot be undone: {reason}")
