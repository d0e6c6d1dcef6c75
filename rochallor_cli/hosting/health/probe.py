"""`rochallor work health`: ask a running host how it is. Imports next to nothing: probes run every few seconds."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping, Sequence

DONE, USAGE, UNREACHABLE = 0, 2, 5
TIMEOUT_S = 5.0


def probe(host: str, port: str | None, *, live: bool = False) -> int:
    """Print what the host answers; 0 when it is ready (or live), 5 when it is not or does not answer."""
    if not port or not port.isdigit():
        sys.stderr.write("error: which port?\nhint:  --health-port, ROCHALLOR_HEALTH_PORT, or --config\n")
        return USAGE
    path = "/livez" if live else "/readyz"
    try:
        status, body = _ask(host, int(port), path)
    except (OSError, ValueError, IndexError) as error:
        reason = getattr(error, "strerror", None) or error or "it broke off"
        sys.stderr.write(f"error: no answer from http://{host}:{port}{path}: {str(reason).lower()}\n")
        return UNREACHABLE
    sys.stdout.write(body if body.endswith("\n") else body + "\n")
    return DONE if status == 200 else UNREACHABLE


def probe_from_arguments(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """The exit status, or None for arguments that only the full command line understands."""
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name == "--live" and not equals:
            given[name] = "yes"
        elif name in ("--health-port", "--health-host") and (equals or rest):
            given[name] = value if equals else rest.pop(0)
        else:
            return None
    named = "--health-port" in given or environ.get("ROCHALLOR_HEALTH_PORT")
    if environ.get("ROCHALLOR_CONFIG") and not named:
        return None  # the port stands in a file: reading that takes more than a probe should load
    return probe_from_options(
        host=given.get("--health-host"),
        port=given.get("--health-port"),
        environ=environ,
        live="--live" in given,
    )


def probe_from_options(
    *, host: str | None, port: str | None, environ: Mapping[str, str], live: bool = False
) -> int:
    """`probe` with what is not given taken from the environment."""
    return probe(*host_and_port(host=host, port=port, environ=environ), live=live)


def host_and_port(
    *, host: str | None, port: str | None, environ: Mapping[str, str]
) -> tuple[str, str | None]:
    """Where a host answers: what is not given is taken from the environment."""
    host = host or environ.get("ROCHALLOR_HEALTH_HOST") or "127.0.0.1"
    # A host that listens everywhere is asked on the loopback.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return host, port or environ.get("ROCHALLOR_HEALTH_PORT")


def ask(host: str, port: int, path: str) -> tuple[int, str]:
    """Status and body of a page.

    Raises OSError, ValueError or IndexError for what is no answer.
    """
    # Bare sockets: an HTTP client takes longer to import than a probe may last.
    return _ask(host, port, path)


def _ask(host: str, port: int, path: str) -> tuple[int, str]:
    # As bytes: a text would be encoded as an international name, and the tables for that take longer than the rest.
    family, kind, protocol, _, address = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.connect(address)
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode("utf-8", "replace")
