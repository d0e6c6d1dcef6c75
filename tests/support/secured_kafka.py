"""An Apache Kafka that asks who is there: one broker with a listener for each way to be secured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.apache_kafka import ApacheKafka, Security
from support.certificates import Certificates

USER, PASSWORD = "worker", "correct-horse:battery=staple"
# Known to the broker, and allowed nothing.
STRANGER, STRANGERS_PASSWORD = "stranger", "stranger-secret"

_LISTENERS = {"SASLPLAIN": "SASL_PLAINTEXT", "TLS": "SSL", "MTLS": "SSL", "SASLTLS": "SASL_SSL"}
_PLAIN_LOGIN = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required"
    f' user_{USER}="{PASSWORD}" user_{STRANGER}="{STRANGERS_PASSWORD}";'
)
_SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


@dataclass(frozen=True)
class Door:
    """One way in: where, and the settings of a client that is let in. `secrets` must never be shown."""

    brokers: str
    config: Mapping[str, str]
    secrets: tuple[str, ...] = ()

    def with_config(self, **changes: str) -> Door:
        """The same with other settings, named with underscores for dots."""
        renamed = {name.replace("_", "."): value for name, value in changes.items()}
        return Door(self.brokers, {**self.config, **renamed}, self.secrets)


class SecuredKafka:
    """The broker and its doors; start and kill it as `broker`."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self._certificates = certificates
        self.broker = ApacheKafka(folder, _security(certificates))

    def scram(self) -> Door:
        """SASL_PLAINTEXT with SCRAM-SHA-512."""
        return self._door("SASLPLAIN", _login("SASL_PLAINTEXT", "SCRAM-SHA-512"))

    def plain(self) -> Door:
        """SASL_PLAINTEXT with PLAIN."""
        return self._door("SASLPLAIN", _login("SASL_PLAINTEXT", "PLAIN"))

    def tls(self) -> Door:
        """SSL, the broker's certificate from a private CA."""
        return self._door("TLS", {"security.protocol": "SSL", **self._ca()})

    def mtls(self) -> Door:
        """SSL with a certificate of the client's too."""
        own = {
            "ssl.certificate.location": str(self._certificates.client),
            "ssl.key.location": str(self._certificates.client_key),
        }
        return self._door("MTLS", {"security.protocol": "SSL", **self._ca(), **own})

    def sasl_tls(self) -> Door:
        """SASL_SSL with SCRAM-SHA-512."""
        return self._door("SASLTLS", {**_login("SASL_SSL", "SCRAM-SHA-512"), **self._ca()})

    def _door(self, listener: str, config: Mapping[str, str]) -> Door:
        secrets = (PASSWORD,) if "sasl.password" in config else ()
        return Door(self.broker.address_of(listener), config, secrets)

    def _ca(self) -> dict[str, str]:
        return {"ssl.ca.location": str(self._certificates.ca)}


def _login(protocol: str, mechanism: str) -> dict[str, str]:
    return {
        "security.protocol": protocol,
        "sasl.mechanism": mechanism,
        "sasl.username": USER,
        "sasl.password": PASSWORD,
    }


def _security(certificates: Certificates) -> Security:
    settings = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:ANONYMOUS;User:CN=client;User:{USER}",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        "listener.name.mtls.ssl.client.auth": "required",
        # A client that was refused is told at once; the default makes it wait for a tenth of a second.
        "connection.failed.authentication.delay.ms": "0",
    }
    for listener in ("saslplain", "sasltls"):
        settings |= {
            f"listener.name.{listener}.plain.sasl.jaas.config": _PLAIN_LOGIN,
            f"listener.name.{listener}.scram-sha-512.sasl.jaas.config": _SCRAM_LOGIN,
        }
    for listener in ("tls", "mtls", "sasltls"):
        settings |= _server_certificate(certificates, f"listener.name.{listener}.ssl.")
    users = {USER: PASSWORD, STRANGER: STRANGERS_PASSWORD}
    scram = [f"SCRAM-SHA-512=[name={name},password={password}]" for name, password in users.items()]
    arguments = [part for one in scram for part in ("--add-scram", one)]
    return Security(_LISTENERS, settings, arguments)


def _server_certificate(certificates: Certificates, prefix: str) -> dict[str, str]:
    return {
        f"{prefix}keystore.type": "PEM",
        f"{prefix}keystore.location": str(certificates.server_both),
        f"{prefix}truststore.type": "PEM",
        f"{prefix}truststore.location": str(certificates.ca),
    }
