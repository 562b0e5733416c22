"""SASL and TLS on the clients' listener, in the words of server.properties and of Kafka's storage tool.

Pure.  Its one rule: no password is ever part of a command line, where every user of the machine could read it.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator

from broker.errors import BrokerError
from broker.settings import MECHANISMS, SCRAM_MECHANISMS, BrokerSecurity

LISTENER = "listener.name.clients"
JAAS = "org.apache.kafka.common.security"
USER_NAME = re.compile(r"[A-Za-z0-9_-]+")
SCRAM_ITERATIONS = 4096


def security_properties(security: BrokerSecurity | None) -> dict[str, str]:
    """Properties of the clients' listener; none when there is no security.

    Raises:
        BrokerError: Unknown mechanism, no users, or a user name that Kafka's files cannot hold.
    """
    if security is None:
        return {}
    refuse_unusable(security)
    return {**dict(sasl(security)), **dict(tls(security))}


def sasl(security: BrokerSecurity) -> Iterator[tuple[str, str]]:
    """One login module for each mechanism."""
    if security.mechanisms:
        yield f"{LISTENER}.sasl.enabled.mechanisms", ",".join(security.mechanisms)
    for mechanism in security.mechanisms:
        module = (
            f"{JAAS}.plain.PlainLoginModule required{plain_users(security)};"
            if mechanism == "PLAIN"
            else f"{JAAS}.scram.ScramLoginModule required;"
        )
        yield f"{LISTENER}.{mechanism.lower()}.sasl.jaas.config", module


def plain_users(security: BrokerSecurity) -> str:
    """The users as options of the PLAIN login module."""
    return "".join(f' user_{name}="{quoted(password)}"' for name, password in security.users.items())


def quoted(password: str) -> str:
    """The inside of a quoted string in a JAAS configuration."""
    return password.replace("\\", "\\\\").replace('"', '\\"')


def tls(security: BrokerSecurity) -> Iterator[tuple[str, str]]:
    """Key and certificates, straight from PEM files."""
    if security.keystore:
        yield f"{LISTENER}.ssl.keystore.type", "PEM"
        yield f"{LISTENER}.ssl.keystore.location", str(security.keystore.resolve())
    if security.truststore:
        yield f"{LISTENER}.ssl.truststore.type", "PEM"
        yield f"{LISTENER}.ssl.truststore.location", str(security.truststore.resolve())
        yield f"{LISTENER}.ssl.client.auth", "required"


def scram_arguments(security: BrokerSecurity | None) -> list[str]:
    """Arguments with which the storage tool puts SCRAM users into a new data folder.

    Salted here, so that the passwords themselves never stand on a command line.
    """
    if security is None:
        return []
    wanted = [m for m in security.mechanisms if m in SCRAM_MECHANISMS]
    return [
        argument
        for mechanism in wanted
        for name, password in security.users.items()
        for argument in ("--add-scram", scram_argument(mechanism, name, password))
    ]


def scram_argument(mechanism: str, name: str, password: str) -> str:
    """One user's credential as RFC 5802 derives it from the password."""
    salt = secrets.token_bytes(16)
    digest = mechanism.removeprefix("SCRAM-").replace("-", "").lower()
    salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, SCRAM_ITERATIONS)
    values = f"name={name},salt={b64(salt)},saltedpassword={b64(salted)},iterations={SCRAM_ITERATIONS}"
    return f"{mechanism}=[{values}]"


def b64(octets: bytes) -> str:
    """Base 64, as text."""
    return base64.b64encode(octets).decode()


def refuse_unusable(security: BrokerSecurity) -> None:
    """Say everything that is wrong at once, before Java starts."""
    faults = [f"mechanism {m!r} (expected {', '.join(MECHANISMS)})" for m in security.mechanisms if m not in MECHANISMS]
    faults += [f"user name {n!r} (expected {USER_NAME.pattern})" for n in security.users if not USER_NAME.fullmatch(n)]
    faults += ["SASL without any user"] if security.mechanisms and not security.users else []
    faults += ["users without a SASL mechanism"] if security.users and not security.mechanisms else []
    faults += [f"no such file: {p}" for p in (security.keystore, security.truststore) if p and not p.is_file()]
    faults += ["a truststore without a keystore"] if security.truststore and not security.keystore else []
    if faults:
        raise BrokerError(f"the broker's security settings cannot be used: {'; '.join(faults)}")
