"""A private CA with a server's and a client's certificate, made by the openssl program."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256"
BOTH = "server-both.pem"
# What Python 3.13 and later insist on.
STRICT = """basicConstraints=CA:FALSE
keyUsage=digitalSignature,keyEncipherment
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""


@dataclass(frozen=True)
class Certificates:
    """PEM files. `server` and `client` are signed by `ca`, `foreign_client` by `other_ca`.

    `server_both` has key and certificate in one file, as Kafka wants them.
    """

    ca: Path
    other_ca: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path
    foreign_client: Path
    foreign_client_key: Path
    server_both: Path


def make_certificates(folder: Path) -> Certificates:
    """Certificates for 127.0.0.1 and a client called `worker`; skips where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl program to make certificates")
    for name in ("ca", "other-ca"):
        _openssl(
            folder,
            f"req -x509 {KEY} -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem "
            "-addext keyUsage=critical,keyCertSign,cRLSign",
        )
    for name, authority, extension in (
        ("server", "ca", "subjectAltName=IP:127.0.0.1"),
        ("client", "ca", "subjectAltName=DNS:worker"),
        ("foreign-client", "other-ca", "subjectAltName=DNS:worker"),
    ):
        (folder / f"{name}.ext").write_text(f"{extension}\n{STRICT}")
        _openssl(folder, f"req {KEY} -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr")
        _openssl(
            folder,
            f"x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 2 "
            f"-extfile {name}.ext -out {name}.pem",
        )
    made = certificates_in(folder)
    made.server_both.write_bytes(made.server_key.read_bytes() + made.server.read_bytes())
    return made


def certificates_in(folder: Path) -> Certificates:
    """Those that were made in this folder."""
    names = ("ca", "other-ca", "server", "client", "foreign-client")
    ca, other_ca, *signed = (folder / f"{name}.pem" for name in names)
    pairs = [path for certificate in signed for path in (certificate, certificate.with_suffix(".key"))]
    return Certificates(ca, other_ca, *pairs, folder / BOTH)


def _openssl(folder: Path, command: str) -> None:
    subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
