"""Kafka settings: which combinations can connect, and what the client is given."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import contract.kafka
from contract.errors import KafkaError, SettingsError
from contract.kafka import KafkaSettings, TopicSpec, create_topics, unreachable


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, Path]:
    """A certificate, its key, and the same key under the password `kp`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = {name: tmp_path / f"{name}.pem" for name in ("cert", "key", "locked")}
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files["cert"].write_bytes(certificate.public_bytes(pem))
    files["key"].write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    files["locked"].write_bytes(key.private_bytes(pem, pkcs8, serialization.BestAvailableEncryption(b"kp")))
    return files


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(
            {"security_protocol": "SASL_PLAINTEXT"},
            "needs sasl_username and sasl_password",
            id="SASL without credentials",
        ),
        pytest.param(
            {"security_protocol": "SASL_SSL", "sasl_username": "u"},
            "needs sasl_username and",
            id="SASL without a password",
        ),
        pytest.param(
            {"security_protocol": "SASL_SSL", "sasl_username": "", "sasl_password": "p"},
            "needs sasl_username",
            id="an empty user",
        ),
        pytest.param({"ssl_keyfile": "/k.pem"}, "ssl_keyfile needs ssl_certfile", id="a key without its certificate"),
        pytest.param(
            {"security_protocol": "TLS"}, "security_protocol: Input should be 'PLAINTEXT', 'SSL'", id="unknown protocol"
        ),
        pytest.param(
            {"sasl_mechanism": "GSSAPI"}, "sasl_mechanism: Input should be 'PLAIN'", id="Kerberos is not offered"
        ),
        pytest.param(
            {"request_timeout_seconds": 0},
            "request_timeout_seconds: Input should be greater than 0",
            id="no time at all",
        ),
        pytest.param(
            {"bootstrap": "h:1"},
            "bootstrap: there is no such field; known: bootstrap_servers, ",
            id="an option that does not exist",
        ),
    ],
)
def test_settings_that_cannot_connect_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        KafkaSettings.read(**given)
    assert told in str(refused.value)


def test_plain_text_needs_an_address_only() -> None:
    options = KafkaSettings.read(bootstrap_servers="a:1,b:2", request_timeout_seconds=1.5).client_options()
    assert options == {
        "bootstrap_servers": "a:1,b:2",
        "client_id": "weir",
        "security_protocol": "PLAINTEXT",
        "request_timeout_ms": 1500,
    }


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_sasl_hands_the_client_the_secret_in_clear(mechanism: str) -> None:
    options = KafkaSettings.read(
        security_protocol="SASL_PLAINTEXT", sasl_mechanism=mechanism, sasl_username="u", sasl_password="p"
    ).client_options()
    assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
        mechanism,
        "u",
        "p",
    )
    assert "ssl_context" not in options


def test_tls_checks_the_broker_unless_told_otherwise(tls: dict[str, Path]) -> None:
    strict = KafkaSettings.read(security_protocol="SSL", ssl_cafile=tls["cert"]).client_options()["ssl_context"]
    loose = KafkaSettings.read(
        security_protocol="SSL", ssl_cafile=tls["cert"], ssl_check_hostname=False
    ).client_options()["ssl_context"]
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (loose.verify_mode, loose.check_hostname) == (ssl.CERT_REQUIRED, False)


@pytest.mark.parametrize(
    ("key", "password"),
    [pytest.param("key", None, id="an open key"), pytest.param("locked", "kp", id="a key under a password")],
)
def test_mutual_tls_loads_the_clients_certificate(tls: dict[str, Path], key: str, password: str | None) -> None:
    settings = KafkaSettings.read(
        security_protocol="SSL",
        ssl_cafile=tls["cert"],
        ssl_certfile=tls["cert"],
        ssl_keyfile=tls[key],
        ssl_key_password=password,
    )
    assert isinstance(settings.client_options()["ssl_context"], ssl.SSLContext)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"ssl_cafile": "/nowhere/ca.pem"}, id="no such authority file"),
        pytest.param({"ssl_cafile": "key"}, id="an authority file without a certificate"),
        pytest.param({"ssl_certfile": "cert", "ssl_keyfile": "cert"}, id="a key file without a key"),
        pytest.param(
            {"ssl_certfile": "cert", "ssl_keyfile": "locked"},
            id="a locked key without its password: no question is asked",
        ),
        pytest.param(
            {"ssl_certfile": "cert", "ssl_keyfile": "locked", "ssl_key_password": "no"}, id="the wrong password"
        ),
    ],
)
def test_tls_files_that_cannot_be_used_are_refused(tls: dict[str, Path], wrong: dict[str, str]) -> None:
    given = {name: tls.get(value, value) for name, value in wrong.items()}
    with pytest.raises(SettingsError, match="TLS files in WEIR_KAFKA_SSL"):
        KafkaSettings.read(security_protocol="SSL", **given).client_options()


@pytest.mark.parametrize("name", ["", "with space", "ä", "x" * 250])
def test_topic_names_are_those_that_kafka_takes(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        TopicSpec(name=name)


def test_an_unreachable_cluster_is_told_with_address_and_remedy() -> None:
    message = str(unreachable(KafkaSettings(bootstrap_servers="h:9"), TimeoutError()))
    assert message == (
        "no Kafka at h:9 (PLAINTEXT): TimeoutError. "
        "Is it running, and are address, security_protocol and credentials (WEIR_KAFKA_*) right?"
    )


class SlowToTell:
    """An admin client whose broker lists a new topic only after it was asked `looks` times."""

    def __init__(self, looks: int, code: int = 0) -> None:
        self.looks, self.code, self.made = looks, code, [""]

    async def create_topics(self, topics: list[Any]) -> Any:
        """As the controller answers: decided, not yet spread."""
        self.made = [topic.name for topic in topics]
        return SimpleNamespace(topic_errors=[(name, self.code, None) for name in self.made])

    async def list_topics(self) -> list[str]:
        """What the broker knows by now."""
        self.looks -= 1
        return self.made if self.looks < 0 else []


@pytest.mark.parametrize(
    ("code", "existed"),
    [pytest.param(0, set(), id="a new topic"), pytest.param(36, {"events"}, id="one that existed already")],
)
def test_a_topic_that_was_created_can_be_used_at_once(code: int, existed: set[str]) -> None:
    """The controller answers before the broker knows of it; whoever asks next must not be told that it is missing."""
    admin: Any = SlowToTell(looks=2, code=code)
    assert asyncio.run(create_topics(admin, [TopicSpec(name="events")])) == existed
    assert admin.looks == -1


def test_a_topic_that_is_never_listed_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience ends with what is missing and what may be the reason."""
    monkeypatch.setattr(contract.kafka, "TOLD_SECONDS_MAX", 0.1)
    admin: Any = SlowToTell(looks=1_000)
    with pytest.raises(KafkaError, match=r"events were created, but the broker does not list them after 0\.1 s"):
        asyncio.run(create_topics(admin, [TopicSpec(name="events")]))
