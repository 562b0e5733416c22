"""A broker that asks its clients who they are, and clients that say so as users will: through KafkaSettings."""

from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka.producer import AIOKafkaProducer

from broker import BrokerSecurity, BrokerSettings, running_broker
from contract.errors import KafkaError
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from tests.certificates import Authority, make_authority
from tests.integration.conftest import TEST_HEAP_MIB, quiet

pytestmark = pytest.mark.integration

USER, PASSWORD = "weir-test", 'a "quoted" \\ pass=word, with [everything]; é'
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")


def plain_text(_authority: Authority) -> BrokerSecurity:
    return BrokerSecurity(mechanisms=("PLAIN", *SCRAM), users={USER: PASSWORD, "other": "secret"})


def over_tls(authority: Authority) -> BrokerSecurity:
    return BrokerSecurity(mechanisms=SCRAM, users={USER: PASSWORD}, keystore=authority.issue("broker"))


def mutual_tls(authority: Authority) -> BrokerSecurity:
    return BrokerSecurity(keystore=authority.issue("broker"), truststore=authority.path)


def sasl_client(address: str, authority: Authority, mechanism: str, *, tls: bool, password: str) -> KafkaSettings:
    return KafkaSettings.model_validate(
        {
            "bootstrap_servers": address,
            "security_protocol": "SASL_SSL" if tls else "SASL_PLAINTEXT",
            "sasl_mechanism": mechanism,
            "sasl_username": USER,
            "sasl_password": password,
            "ssl_cafile": authority.path if tls else None,
        }
    )


async def use(settings: KafkaSettings, topic: str) -> None:
    """Administer and produce with these settings."""
    async with admin_client(settings) as admin:
        await create_topics(admin, [TopicSpec.model_validate({"name": topic, "partitions": 1})])
    async with AIOKafkaProducer(**settings.client_options()) as producer:
        await producer.send_and_wait(topic, b"secured")


@pytest.mark.parametrize(
    ("security", "mechanisms"),
    [
        pytest.param(plain_text, ("PLAIN", *SCRAM), id="PLAIN and both SCRAMs on one plain-text listener"),
        pytest.param(over_tls, SCRAM, id="both SCRAMs over TLS"),
    ],
)
async def test_sasl_lets_in_who_knows_the_password_and_nobody_else(
    tmp_path: Path, security: Callable[[Authority], BrokerSecurity], mechanisms: tuple[str, ...]
) -> None:
    """Every mechanism takes the right password, however odd, refuses a wrong one, and does so after a restart too."""
    authority = make_authority(tmp_path)
    chosen = security(authority)
    settings = BrokerSettings(data=tmp_path / "kafka", heap_mib=TEST_HEAP_MIB, security=chosen)
    async with running_broker(settings, say=quiet) as broker:
        for again in range(2):
            for mechanism in mechanisms:
                client = {
                    word: sasl_client(
                        broker.bootstrap_servers, authority, mechanism, tls=chosen.keystore is not None, password=word
                    )
                    for word in (PASSWORD, "wrong")
                }
                await use(client[PASSWORD], f"{mechanism}-{again}")
                with pytest.raises(KafkaError):
                    await use(client["wrong"], f"{mechanism}-{again}")
            await broker.restart()


async def test_mutual_tls_lets_in_certificates_of_the_authority_only(tmp_path: Path) -> None:
    """A client proves itself with a certificate; none, or one that somebody else signed, does not do."""
    authority = make_authority(tmp_path)
    (tmp_path / "strange").mkdir()
    stranger = make_authority(tmp_path / "strange", "stranger")
    settings = BrokerSettings(data=tmp_path / "kafka", heap_mib=TEST_HEAP_MIB, security=mutual_tls(authority))
    async with running_broker(settings, say=quiet) as broker:

        def client(certificate: Path | None) -> KafkaSettings:
            return KafkaSettings.model_validate(
                {
                    "bootstrap_servers": broker.bootstrap_servers,
                    "security_protocol": "SSL",
                    "ssl_cafile": authority.path,
                    "ssl_certfile": certificate,
                }
            )

        await use(client(authority.issue("client")), "mutual")
        for refused in (None, stranger.issue("client")):
            with pytest.raises(KafkaError):
                await use(client(refused), "mutual")
