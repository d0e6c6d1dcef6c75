"""The SDK's errors turned into what they mean for a person at a terminal."""

from __future__ import annotations

import re

from rochallor_cli.configuration.masking import url_text
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.engine_client.version_evidence import UNKNOWN_PARTS
from rochallor_cli.errors import (
    CliError,
    ConflictError,
    EngineAwayError,
    EngineRefusedError,
    NotAuthorisedError,
    NotFoundError,
    UsageError,
)
from workflow_sdk.client.judgement import (
    SCHEMA_VIOLATION,
    is_from_engine,
    may_be_of_later_engine,
    was_not_forwarded,
)
from workflow_sdk.engine_versions import since
from workflow_sdk.errors import (
    EngineClientError,
    EngineTimeoutError,
    EngineUnreachableError,
    InvalidConnectionError,
    WorkflowSDKError,
)
from workflow_sdk.known_secrets import beginning

START_OR_NAME_ONE = (
    "start one with `rochallor dev`, or name yours with --engine-url, ROCHALLOR_ENGINE_URL "
    "or `rochallor config use`"
)
_GATEWAY = "is there a gateway or another server in front of the engine? -vv shows the answer"
_PROXY = "the environment names that proxy: http_proxy, https_proxy or all_proxy; no_proxy leaves hosts out"
_LONGEST_MESSAGE = 400
# The address of an engine, where a route of it was asked for and another address was named.
_REDIRECTED = re.compile(r"redirected to (https?://[^\s?#]+?)/v1/")


def meaning(error: WorkflowSDKError, settings: Settings) -> CliError:
    """The error to show for one that the SDK raised."""
    if isinstance(error, InvalidConnectionError):
        return UsageError(str(error), hint="`rochallor config show` says where each setting comes from")
    if isinstance(error, EngineTimeoutError):
        spent = f"{settings.access.timeout_s:g} s"
        if error.kind == "together":
            hint = "--request-timeout gives them longer; the engine may have done what was asked"
            return EngineAwayError(f"{settings.where} answers too slowly: {error.message}", hint=hint)
        hint = "--request-timeout gives it longer; the engine may have done what was asked"
        return EngineAwayError(f"no answer from {settings.where} within {spent}", hint=hint)
    if isinstance(error, EngineUnreachableError):
        return _unreachable(error, settings)
    if isinstance(error, EngineClientError):
        return _answered(error, settings)
    return EngineRefusedError(str(error))


def may_be_done(error: WorkflowSDKError) -> bool:
    """Whether the engine may have done what was asked, though no answer of its own came."""
    if isinstance(error, EngineUnreachableError):
        return error.was_sent
    is_lost = isinstance(error, EngineClientError) and error.status_code in (502, 504)
    return is_lost and not is_from_engine(error) and not was_not_forwarded(error)


def _unreachable(error: EngineUnreachableError, settings: Settings) -> CliError:
    if error.kind in ("not-engine", "doubtful"):
        return EngineAwayError(
            beginning(f"{settings.where}: {error.message}", _LONGEST_MESSAGE), hint=_GATEWAY
        )
    hint = START_OR_NAME_ONE
    if error.kind in ("certificate", "tls"):
        hint = "--ca-file names the certificates to trust, --client-cert the one to present"
    if error.proxy:
        hint = _PROXY
    if error.kind == "shortage":
        hint = "`ulimit -n` says how many files a process may open"
    return EngineAwayError(
        beginning(f"cannot reach {settings.where}: {error.message}", _LONGEST_MESSAGE), hint=hint
    )


def _answered(error: EngineClientError, settings: Settings) -> CliError:
    status, text = error.status_code, beginning(error.message, _LONGEST_MESSAGE)
    if status in (401, 403):
        return _not_authorised(status, settings, reason=beginning(error.reason, _LONGEST_MESSAGE))
    if status == 404 and "page not found" in error.body_text:
        hint = "is the URL right? An engine's paths begin with /v1"
        if settings.access.url.endswith("/v1"):
            hint = f"leave /v1 off the URL: {url_text(settings.access.url.removesuffix('/v1'))}"
        return EngineRefusedError(f"{settings.where} has no such path (404)", hint=hint)
    if status in (429, 502, 503, 504):
        wait = f"in {error.retry_after_s:g} s" if error.retry_after_s else "in a moment"
        return EngineAwayError(f"{settings.where} answered {status}: {text}", hint=f"try again {wait}")
    is_later = may_be_of_later_engine(error)
    if 300 <= status < 400 or not (is_from_engine(error) or is_later):
        kind = EngineAwayError if status >= 500 or status < 400 else EngineRefusedError
        hint = _redirect_hint(text) or _GATEWAY
        return kind(f"{settings.where} answered {status}: {text}", hint=hint)
    # A code that is not known here is shown: it may say more than the reason.
    text = f"{error.code}: {text}" if is_later else text
    if status == 404:
        return NotFoundError(f"{text} ({settings.where})")
    if status == 409:
        return ConflictError(text)
    advice = "the engine cannot store the character NUL (\\u0000)" if "22P05" in text else None
    return EngineRefusedError(f"the engine refused it ({status}): {text}", hint=advice)


def _redirect_hint(text: str) -> str | None:
    """The URL to set, where the redirect leads to the same route elsewhere; not of a login page."""
    elsewhere = _REDIRECTED.search(text)
    return f"set the URL to {url_text(elsewhere[1])}" if elsewhere else None


def _not_authorised(status: int, settings: Settings, *, reason: str) -> CliError:
    sent = [name for name in ("token", "token_command", "token_file") if getattr(settings.access, name)]
    if settings.dropped:
        hint = f"{settings.dropped[0]} was not sent: it belongs to another URL; give --token as well"
    elif sent:
        hint = f"the token is from {settings.origins[sent[0]]}; is it still good?"
    else:
        hint = "no token was sent: --token, --token-command, ROCHALLOR_TOKEN, or a context with one"
    word = "does not know who you are" if status == 401 else "does not allow this"
    because = f": {reason}" if reason else ""
    return NotAuthorisedError(f"{settings.where} {word} ({status}){because}", hint=hint)


def hint_of_refused_start(reason: str) -> str:
    """Whether the variables or the definition are to blame."""
    if reason.startswith(SCHEMA_VIOLATION):
        return "the definition's input_schema says which variables it takes; `rochallor defs get` shows it"
    return "the definition asks for something the engine cannot do; `rochallor defs lint` may say what"


def refused_upload(reason: str) -> EngineRefusedError:
    """The error for a definition that the engine refuses: its problems as details, one a line, without prefixes."""
    text = reason
    for prefix in ("validation error: ", "validation errors:", "parse error: ", "parse: "):
        text = text.removeprefix(prefix)
    problems = [line.strip() for line in text.splitlines() if line.strip()] or [reason]
    hint = "refused by the engine, in its own words"
    if feature := next((part for words, part in UNKNOWN_PARTS.items() if words in reason), None):
        hint = f"this engine is too old for it: engines know that from {since(feature)} on"
    return EngineRefusedError("the engine refused the definition", details=problems, hint=hint)
