"""The exit statuses, the same for every command."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """What the shell is told. Scripts rely on these numbers: they never change their meaning."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    INVALID = 3
    REFUSED = 4
    UNREACHABLE = 5
    NOT_FOUND = 6
    CONFLICT = 7
    NOT_AUTHORISED = 8
    FAILED = 9
    WAIT_RAN_OUT = 10
    ABANDONED = 11
    CRASH_LOOP = 12
    NOT_KNOWN = 13
    HUNG_UP = 129
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One line for help and reference."""
        return MEANINGS[self]


MEANINGS = {
    ExitStatus.DONE: "done",
    ExitStatus.UNEXPECTED: "unexpected: a bug; -v shows the traceback to report (`defs diff`: the definitions differ)",
    ExitStatus.USAGE: "usage: unknown option, missing argument, unusable setting",
    ExitStatus.INVALID: "invalid document or handlers",
    ExitStatus.REFUSED: "the engine refused the request",
    ExitStatus.UNREACHABLE: "engine unreachable, or it did not answer in time",
    ExitStatus.NOT_FOUND: "not found",
    ExitStatus.CONFLICT: "conflict: not possible in the present state",
    ExitStatus.NOT_AUTHORISED: "not authorised",
    ExitStatus.FAILED: "the instance waited for ended FAILED or CANCELLED, or the handler failed",
    ExitStatus.WAIT_RAN_OUT: "the wait ran out",
    ExitStatus.ABANDONED: "drained with jobs abandoned",
    ExitStatus.CRASH_LOOP: "worker processes crash in a loop",
    ExitStatus.NOT_KNOWN: "only things not known up to the engine version assumed",
    ExitStatus.HUNG_UP: "`work`, drained after SIGHUP without a terminal: whoever sent it wants a restart",
    ExitStatus.INTERRUPTED: "interrupted (never a running `work`: a clean drain after Ctrl-C is 0)",
}
