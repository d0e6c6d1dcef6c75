"""TLS contexts that follow their files: a renewed certificate counts from the next connection on."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from workflow_sdk.errors import InvalidConnectionError

log = logging.getLogger("workflow_sdk.client")


class FollowingContext(ssl.SSLContext):
    """A client's context that is built again when one of its files has changed.

    Both HTTP ways ask a context for each new connection's TLS, and that is where it looks. While new
    files cannot be used (half written, key and certificate of different age), the former ones count.
    """

    def __new__(cls, *_: object) -> Self:
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, build: Callable[[], ssl.SSLContext], files: Sequence[str]) -> None:
        self._build = build
        self._files = files
        self._state = _state_of(files)
        self._current = build()

    def set_alpn_protocols(self, _protocols: Any) -> None:
        """Of no use: every context that is built offers HTTP/1.1, the one version that we speak."""

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        return self._present().wrap_socket(*arguments, **options)

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        return self._present().wrap_bio(*arguments, **options)

    def _present(self) -> ssl.SSLContext:
        state = _state_of(self._files)
        if state != self._state:
            self._state = state
            try:
                self._current = self._build()
            except InvalidConnectionError as error:
                log.warning("%s; new connections go on with what the file held before", error)
        return self._current


def tls_context(
    *, ca_file: str | None, client_cert: str | None = None, client_key: str | None = None
) -> FollowingContext:
    """Trust in `ca_file` alone, or in the system's CAs without one; a certificate to show, if given."""
    ca, cert, key = _expanded(ca_file), _expanded(client_cert), _expanded(client_key)

    def build() -> ssl.SSLContext:
        context = _trusting(ca)
        if cert is not None:
            _show_certificate(context, cert, key=key)
        return context

    return FollowingContext(build, [file for file in (ca, cert, key) if file is not None])


def proxy_tls_context(*, ca_file: str | None) -> FollowingContext:
    """For a proxy reached by https: the system's CAs and `ca_file`, and no certificate of ours."""
    ca = _expanded(ca_file)

    def build() -> ssl.SSLContext:
        context = _trusting(None)
        if ca is not None:
            _trust_also(context, ca)
        return context

    return FollowingContext(build, [] if ca is None else [ca])


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise InvalidConnectionError(f"cannot use the CA file {ca_file}: {_reason(error)}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _trust_also(context: ssl.SSLContext, ca_file: str) -> None:
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise InvalidConnectionError(f"cannot use the CA file {ca_file}: {_reason(error)}") from None


def _show_certificate(context: ssl.SSLContext, certificate: str, *, key: str | None) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_unasked)
    except _EncryptedKeyError:
        raise InvalidConnectionError(
            f"the key of the client certificate in {key or certificate} is encrypted, and nobody is asked for its"
            " passphrase: `openssl pkey -in FILE` writes it without one"
        ) from None
    except (OSError, ssl.SSLError) as error:
        with_key = f" with key {key}" if key else ""
        raise InvalidConnectionError(
            f"cannot use the client certificate {certificate}{with_key}: {_reason(error)}"
        ) from None


class _EncryptedKeyError(Exception):
    """Apart from what else may be wrong with a key."""


def _unasked() -> str:
    """OpenSSL would ask whoever sits at the terminal, at any time, and wait for the answer."""
    raise _EncryptedKeyError


def _state_of(files: Sequence[str]) -> list[tuple[int, int, int]]:
    """What tells a changed file: a mounted secret is replaced by a link to another inode."""
    return [_state(file) for file in files]


def _state(file: str) -> tuple[int, int, int]:
    try:
        found = os.stat(file)
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _expanded(path: str | None) -> str | None:
    return None if path is None else str(Path(path).expanduser())


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
