"""A private CA with a server's and a client's certificate, made by the openssl program."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

# What Python 3.13 and later insist on.
STRICT = """basicConstraints=CA:FALSE
keyUsage=digitalSignature,keyEncipherment
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""


@dataclass(frozen=True)
class Certificates:
    """PEM files. `server` and `client` are signed by `ca`, `foreign_client` by `other_ca`."""

    ca: Path
    other_ca: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path
    foreign_client: Path
    foreign_client_key: Path


def make_certificates(folder: Path) -> Certificates:
    """Certificates for 127.0.0.1 and a client called `worker`; skips where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl program to make certificates")
    for name in ("ca", "other-ca"):
        _openssl(
            folder,
            f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem "
            "-addext keyUsage=critical,keyCertSign,cRLSign",
        )
    for name, authority, extension in (
        ("server", "ca", "subjectAltName=IP:127.0.0.1"),
        ("client", "ca", "subjectAltName=DNS:worker"),
        ("foreign-client", "other-ca", "subjectAltName=DNS:worker"),
    ):
        (folder / f"{name}.ext").write_text(f"{extension}\n{STRICT}")
        _openssl(folder, f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr")
        _openssl(
            folder,
            f"x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 2 "
            f"-extfile {name}.ext -out {name}.pem",
        )
    return Certificates(
        folder / "ca.pem",
        folder / "other-ca.pem",
        folder / "server.pem",
        folder / "server.key",
        folder / "client.pem",
        folder / "client.key",
        folder / "foreign-client.pem",
        folder / "foreign-client.key",
    )


def _openssl(folder: Path, command: str) -> None:
    subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
