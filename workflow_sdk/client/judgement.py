"""What an answer is: the engine's acknowledgement, its refusal, something else's answer, or doubtful.

The one place that decides. Between a client and its engine stand gateways, meshes, login proxies and default
backends, which answer in the engine's place with any status and any body. So an answer is the engine's only
by the engine's own shape; docs/answers.md shows the table, with its sources.
"""

from __future__ import annotations

import enum
import re

from workflow_sdk.errors import EngineClientError, EngineUnreachableError, LeaseLostError

# The engine's codes, each with the one status that it is sent with.
ENGINE_CODES = {
    "bad-request": 400,
    "not-found": 404,
    "conflict": 409,
    "unsupported-format": 415,
    "internal-error": 500,
}
# What a missing route may be answered with; many proxies say the same of anything.
NO_SUCH_ROUTE = (404, 405, 501)
# Said before anything was passed on: by those who let nobody through, or not so many.
_NOT_FORWARDED = (401, 403, 407, 429)
# Said by those who passed it on and got nothing they could use.
_GATEWAYS_OWN = (502, 503, 504)
# The engine's codes are of this form; a later version may have more of them.
_CODE = re.compile(r"[a-z]+(-[a-z]+)*")
SCHEMA_VIOLATION = "schema violation"


class Judgement(enum.Enum):
    """What came of a request that changes something."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused by the engine"
    DOUBTFUL = "doubtful"  # only the history can tell whether the engine has taken it
    NOT_ENGINE = "not the engine"  # something else answered, or nothing did


def judgement_of(error: BaseException | None) -> Judgement:
    """The judgement on a report: on the error it raised, or on its coming back without one."""
    if error is None:
        return Judgement.ACKNOWLEDGED
    if isinstance(error, LeaseLostError) or is_refusal(error):
        return Judgement.REFUSED
    if isinstance(error, EngineUnreachableError) and error.kind == "doubtful":
        return Judgement.DOUBTFUL
    return Judgement.NOT_ENGINE


def is_refusal(error: BaseException) -> bool:
    """Whether the engine itself refused: by a code that it knows, at that code's status, with its reason."""
    if not isinstance(error, EngineClientError):
        return False
    return bool(error.reason) and ENGINE_CODES.get(error.code) == error.status_code


def is_schema_violation(error: BaseException) -> bool:
    """Whether the engine took a completion, and ended the step over it: nothing is to be sent again."""
    return (
        isinstance(error, EngineClientError)
        and is_refusal(error)
        and error.status_code == 500
        and error.reason.startswith(SCHEMA_VIOLATION)
    )


def dispatches_otherwise(error: BaseException) -> bool:
    """Whether the engine itself says that it takes no polls."""
    return isinstance(error, EngineClientError) and error.status_code == 410 and bool(error.dispatch_mode)


def is_from_engine(error: BaseException) -> bool:
    """Whether the engine itself is what answered."""
    return is_refusal(error) or dispatches_otherwise(error)


def may_be_of_later_engine(error: BaseException) -> bool:
    """Whether an engine of a later version may have refused, by a code that is not known here.

    For showing it and going on with something else; whoever acts on an answer goes by `is_refusal`.
    """
    return (
        isinstance(error, EngineClientError)
        and bool(error.reason)
        and error.code not in ENGINE_CODES
        and _CODE.fullmatch(error.code) is not None
        and error.status_code >= 400
        and error.status_code not in (*_NOT_FORWARDED, *_GATEWAYS_OWN)
    )


def may_lack_route(error: BaseException) -> bool:
    """Whether the engine may have no such route, should it be the engine that answers."""
    return (
        isinstance(error, EngineClientError) and error.status_code in NO_SUCH_ROUTE and not is_refusal(error)
    )


def was_not_forwarded(error: BaseException) -> bool:
    """Whether the engine certainly has not seen the request."""
    if isinstance(error, EngineClientError):
        return error.status_code in _NOT_FORWARDED and not is_refusal(error)
    return isinstance(error, EngineUnreachableError) and not error.was_sent
