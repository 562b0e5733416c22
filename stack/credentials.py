"""Which files of secrets a stack has to have, by role.  Pure: what is there, the date and a source of chance go in.

Its one rule: what is there is kept, unless it does not fit the mode, is empty or is about to expire.
"""

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from broker.properties import properties_text
from contract.errors import SettingsError
from contract.settings import FOLDER_MOUNTED
from stack.certificates import expires_at, issue
from stack.server_properties import KEYSTORE, MECHANISM, server_properties

CLIENTS = ("producer", "worker", "autoscaler", "loadtest")
RENEW_DAYS = 30
AUTHORITY = "ca.pem"
CLIENT_SETTINGS = ("security_protocol", "sasl_mechanism", "sasl_username", "sasl_password", "ssl_cafile")

Files = Mapping[str, str]
"""`role/name` to its text, written in this order."""
Draw = Callable[[int], bytes]
"""So many bytes that nobody can guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be written, and what to be removed as it belongs to the other mode."""

    written: Files
    removed: frozenset[str]


def plan(present: Files, *, secure: bool, now: dt.datetime, draw: Draw) -> Plan:
    """What makes `present` what this mode needs."""
    made = {
        "kafka/cluster-id": _cluster_id(draw),
        "autoscaler/api-token": _password(draw),
        "loadtest/api-token": _password(draw),
        "grafana/admin-password": _password(draw),
    }
    written = {name: text for name, text in made.items() if not present.get(name)}
    if secure:
        written |= _secured(present, now, draw)
    properties = properties_text(server_properties(secure=secure))
    if present.get("kafka/server.properties") != properties:
        written["kafka/server.properties"] = properties
    return Plan(written=written, removed=frozenset() if secure else frozenset(present) & _client_files())


def days_left(present: Files, now: dt.datetime) -> float | None:
    """Until the broker's certificate expires; None without one.  Raises SettingsError for what is no certificate."""
    name = f"kafka/{KEYSTORE}"
    if not present.get(name):
        return None
    try:
        return (expires_at(present[name]) - now) / dt.timedelta(days=1)
    except ValueError as error:
        raise SettingsError(f"{name} holds no PEM certificate: remove it, and setup makes one ({error})") from error


def is_secure(present: Files) -> bool:
    """Whether Kafka asks for TLS and credentials."""
    return any(name in present for name in _client_files())


def _secured(present: Files, now: dt.datetime, draw: Draw) -> dict[str, str]:
    files: dict[str, str] = {}
    left = days_left(present, now)
    if left is None or left < RENEW_DAYS or any(not present.get(f"{role}/{AUTHORITY}") for role in CLIENTS):
        issued = issue(["kafka", "localhost"], now)
        files |= {f"{role}/{AUTHORITY}": issued.authority for role in CLIENTS}
        # Last, as its age tells whether all this is to be done: a setup that is interrupted before it does it again
        files[f"kafka/{KEYSTORE}"] = issued.keystore
    for role in CLIENTS:
        files |= _client(role, present, draw)
    return files


def _client(role: str, present: Files, draw: Draw) -> dict[str, str]:
    """How that role reaches Kafka, and its password once more for those who tell Kafka of it."""
    password = present.get(f"{role}/weir_kafka_sasl_password") or _password(draw)
    values = ("SASL_SSL", MECHANISM, role, password, f"{FOLDER_MOUNTED}/{AUTHORITY}")
    files = {f"{role}/weir_kafka_{name}": value for name, value in zip(CLIENT_SETTINGS, values, strict=True)}
    files[f"kafka-admin/{role}.scram"] = f"{MECHANISM}=iterations=8192,password={password}\n"
    return {name: text for name, text in files.items() if present.get(name) != text}


def _client_files() -> frozenset[str]:
    return frozenset(
        f"{role}/{name}" for role in CLIENTS for name in (AUTHORITY, *(f"weir_kafka_{s}" for s in CLIENT_SETTINGS))
    )


def _password(draw: Draw) -> str:
    """192 bits in letters, digits, - and _."""
    return base64.urlsafe_b64encode(draw(24)).decode()


def _cluster_id(draw: Draw) -> str:
    """As Kafka writes one: 16 bytes in 22 characters.  One that begins with - would be taken for an option."""
    return "W" + base64.urlsafe_b64encode(draw(16)).decode().rstrip("=")[1:]
