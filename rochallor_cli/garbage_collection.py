"""The garbage collector keeps out of the way while a command starts.

Importing makes tens of thousands of objects, all of which stay; looking through them for garbage again and
again is a tenth of a short command's time.
"""

from __future__ import annotations

import gc
import sys

# For the command itself; by default every 700th new object has the collector look.
COLLECT_AFTER = 10_000


def postpone_collection() -> None:
    """Collect nothing until `resume_collection`; called by processes of our own only."""
    gc.disable()


def resume_collection() -> None:
    """Collect again, what was imported left aside; nothing where collection was not postponed."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
        gc.enable()


def leave_garbage() -> None:
    """Look for no more garbage, not even at the end of the process, which looks at all that it has loaded.

    Handlers were not written for that: where some may be loaded, nothing is left.
    """
    if "rochallor_cli.handler_modules" not in sys.modules:
        gc.freeze()
