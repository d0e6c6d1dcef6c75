"""What can go wrong in the engine.

DevEngineError               the caller of the door can do something about it
  DevEngineSettingsError     a setting cannot be taken
  DatabaseFileError          the file cannot be used: in use, newer, no database
Refused                      a request is answered with this status, code and reason
  WorkflowStuck              the workflow cannot go on: a 500, and everything is undone
  SchemaViolated             a start's variables are not what the definition asks for: nothing is started
"""

from __future__ import annotations


class DevEngineError(Exception):
    """The dev engine cannot be started or used as asked; the text is for its user."""


class DevEngineSettingsError(DevEngineError):
    """A setting cannot be taken; the text names it."""


class DatabaseFileError(DevEngineError):
    """The database file cannot be used."""


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The request is answered with an error; what it has written is undone."""

    # Why, in the table of problem codes; empty where it has no row.
    problem = ""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code
        self.reason = reason


class WorkflowStuck(Refused):
    """The definition does not let the workflow go on from this request, by the problem of this code, if it has one."""

    def __init__(self, reason: str, *, problem: str = "") -> None:
        super().__init__(500, "internal-error", reason)
        self.problem = problem


class SchemaViolated(Refused):
    """The variables of a start violate the definition's input_schema."""

    def __init__(self, reason: str) -> None:
        super().__init__(500, "internal-error", reason)


def bad_request(reason: str) -> Refused:
    return Refused(400, "bad-request", reason)


def not_found(reason: str) -> Refused:
    return Refused(404, "not-found", reason)


def conflict(reason: str) -> Refused:
    return Refused(409, "conflict", reason)


def internal_error(reason: str) -> Refused:
    return Refused(500, "internal-error", reason)
