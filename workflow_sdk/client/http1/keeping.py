"""How long connections are kept for the next request, and a look at whether one still can be used."""

from __future__ import annotations

import select
from typing import Any

# Below what gateways keep idle connections for (60 s and more), so that we are the first to close them.
KEEP_ALIVE_S = 20.0
# The engine's name may stand for another address by now: only a new connection finds out.
MAX_AGE_S = 180.0


def has_news(sock: Any) -> bool:
    """Whether something came while nothing was asked: the other side's closing, mostly.

    A request that goes out on a connection that is being closed is in doubt, and this costs a system call.
    """
    if hasattr(select, "poll"):
        poller = select.poll()
        poller.register(sock.fileno(), select.POLLIN)
        return bool(poller.poll(0))
    return bool(select.select([sock], [], [], 0)[0])
