"""BearerToken: a token given as text, in a file, or by a command, read again when it was refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from workflow_sdk.client.header_values import checked_token
from workflow_sdk.errors import InvalidConnectionError
from workflow_sdk.known_secrets import beginning, keep_secret

COMMAND_TIMEOUT_S = 30.0


class BearerToken:
    """Where requests get their token. Thread-safe; reading a file or running a command blocks."""

    def __init__(self, read: Callable[[], str], *, renewable: bool) -> None:
        self._read = read
        self._renewable = renewable
        self._lock = threading.Lock()
        self._token: str | None = None

    @property
    def is_read(self) -> bool:
        """Whether `current()` answers without blocking."""
        return self._token is not None

    def current(self) -> str:
        """The token, read at the first call. Once there is one it never waits, not even for a newer one to be read."""
        if (token := self._token) is not None:
            return token
        with self._lock:
            if self._token is None:
                self._token = self._read()
            return self._token

    def renewed(self, refused: str) -> str | None:
        """A token to try in place of `refused`, or None where there is no other."""
        if not self._renewable:
            return None
        with self._lock:
            if self._token == refused:
                self._token = self._read()
            return None if self._token == refused else self._token


def bearer_token(
    token: str | None, token_file: str | None, token_command: str | Sequence[str] | None
) -> BearerToken | None:
    """The one source that was named; naming two is an InvalidConnectionError."""
    if sum(source is not None for source in (token, token_file, token_command)) > 1:
        raise InvalidConnectionError("give one of token, token_file and token_command, not several")
    if token is not None:
        given = _remembered(checked_token(token, "the token"))
        return BearerToken(lambda: given, renewable=False)
    if token_file is not None:
        return BearerToken(lambda: _token_from_file(token_file), renewable=True)
    if token_command is not None:
        return BearerToken(lambda: _token_from_command(token_command), renewable=True)
    return None


def _token_from_file(path: str) -> str:
    try:
        text = Path(path).expanduser().read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise InvalidConnectionError(f"cannot read the token file {path}: {error.strerror}") from None
    return _remembered(checked_token(text, f"the token file {path}"))


def _token_from_command(command: str | Sequence[str]) -> str:
    # Loaded where there is a command: most are started without.
    import shlex
    import subprocess

    try:
        words = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError as error:
        raise InvalidConnectionError(f"the token command cannot be read: {error}") from None
    shown = shlex.join(words)
    try:
        # The command is the user's own setting.
        done = subprocess.run(  # noqa: S603
            words,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=COMMAND_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise InvalidConnectionError(
            f"the token command `{shown}` gave no answer in {COMMAND_TIMEOUT_S:.0f} s"
        ) from None
    except (OSError, IndexError) as error:
        raise InvalidConnectionError(f"the token command `{shown}` cannot be run: {error}") from None
    if done.returncode != 0:
        said = [f": {beginning(line, 200)}" for line in done.stderr.strip().splitlines()[-1:]]
        raise InvalidConnectionError(
            f"the token command `{shown}` ended with status {done.returncode}{''.join(said)}"
        )
    return _remembered(checked_token(done.stdout, f"the output of `{shown}`"))


def _remembered(token: str) -> str:
    keep_secret(token)
    return token
