"""When certificates end: the engine's as it presents it, and those in the files of the settings."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from rochallor_cli.configuration.engine_access import EngineAccess

_TIMEOUT_S = 5.0
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_SEQUENCE, _VERSION, _UTC_TIME = 0x30, 0xA0, 0x17


def certificate_ends(access: EngineAccess) -> Iterator[tuple[str, datetime]]:
    """What each certificate is, and its end. Says nothing of what cannot be read: connecting tells that better."""
    url = urlsplit(access.url)
    if url.scheme == "https" and url.hostname:
        address = url.hostname, url.port or 443
        try:
            text = ssl.get_server_certificate(address, timeout=_TIMEOUT_S)
        except OSError:
            text = ""
        yield from _ends(text, f"the engine's certificate ({url.hostname})")
    for what, name in (
        ("the client certificate", access.client_cert),
        ("the authority's certificate", access.ca_file),
    ):
        if name:
            try:
                yield from _ends(Path(name).read_text("ascii", errors="replace"), f"{what} ({name})")
            except OSError:
                continue


def _ends(text: str, what: str) -> Iterator[tuple[str, datetime]]:
    """The first end of all certificates in the text."""
    ends = []
    for part in text.split(_BEGIN)[1:]:
        body = part.partition(_END)[0]
        try:
            ends.append(end_of(ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{body}{_END}")))
        except (ValueError, IndexError):
            continue
    if ends:
        yield what, min(ends)


def end_of(der: bytes) -> datetime:
    """`notAfter` of a certificate (RFC 5280, 4.1): the standard library reads it of verified peers alone.

    ValueError or IndexError for what is none.
    """
    _, certificate, _ = _element(der)
    _, signed, _ = _element(certificate)
    tag, _, rest = _element(signed)
    # Version, which may be left out, then serial number, algorithm and issuer.
    for _ in range(3 if tag == _VERSION else 2):
        _, _, rest = _element(rest)
    tag, validity, _ = _element(rest)
    if tag != _SEQUENCE:
        raise ValueError("no validity where one is due")
    _, _, rest = _element(validity)
    tag, time, _ = _element(rest)
    pattern = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(time.decode("ascii"), pattern).replace(tzinfo=UTC)


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first element of DER, and what follows it."""
    tag, length, start = data[0], data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return tag, data[start : start + length], data[start + length :]
