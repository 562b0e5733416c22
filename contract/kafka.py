"""How every Weir process reaches Kafka: address, security, topics.  Only this file knows aiokafka's option names."""

import asyncio
import ssl
import time
from collections.abc import Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError as ClientError
from aiokafka.errors import TopicAlreadyExistsError, for_code
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from contract.errors import KafkaError, SettingsError
from contract.settings import EnvironmentSettings, Strict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOLD_SECONDS_MAX = 10.0
TOLD_POLL_SECONDS = 0.05

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class KafkaSettings(EnvironmentSettings):
    """Address and credentials of a cluster, from `WEIR_KAFKA_*`; names follow Kafka's own client settings."""

    model_config = SettingsConfigDict(env_prefix="WEIR_KAFKA_")

    bootstrap_servers: str = Field("127.0.0.1:9092", description="host:port, several separated by commas")
    client_id: str = "weir"
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_cafile: Path | None = Field(None, description="PEM file of the authority that signed the brokers")
    ssl_certfile: Path | None = Field(None, description="PEM file of this client's certificate, for mutual TLS")
    ssl_keyfile: Path | None = None
    ssl_key_password: SecretStr | None = None
    ssl_check_hostname: bool = True
    request_timeout_seconds: float = Field(30.0, gt=0)

    @model_validator(mode="after")
    def _credentials_fit_protocol(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError(f"{self.security_protocol} needs sasl_username and sasl_password")
        if self.ssl_keyfile and not self.ssl_certfile:
            raise ValueError("ssl_keyfile needs ssl_certfile beside it")
        return self

    def client_options(self) -> dict[str, Any]:
        """Keyword arguments that aiokafka's producer, consumer and admin client all take."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "client_id": self.client_id,
            "security_protocol": self.security_protocol,
            "request_timeout_ms": round(self.request_timeout_seconds * 1000),
        }
        if self.security_protocol.endswith("SSL"):
            options["ssl_context"] = self._ssl_context()
        if self.security_protocol.startswith("SASL"):
            assert self.sasl_password is not None  # the validator saw to it
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password.get_secret_value(),
            }
        return options

    def to_environment(self) -> dict[str, str]:
        """The variables that give another process these settings, secrets included."""
        values = super().to_environment()
        for name in ("sasl_password", "ssl_key_password"):
            if secret := getattr(self, name):
                values[f"WEIR_KAFKA_{name.upper()}"] = secret.get_secret_value()
        return values

    def _ssl_context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile)
            context.check_hostname = self.ssl_check_hostname
            if self.ssl_certfile:
                # Never None: OpenSSL would ask the terminal for the password of an encrypted key, and wait.
                password = self.ssl_key_password.get_secret_value() if self.ssl_key_password else ""
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile, password)
        except OSError as error:
            raise SettingsError(f"the TLS files in WEIR_KAFKA_SSL_* cannot be used: {error}") from error
        return context


class TopicSpec(Strict):
    """A topic as a scenario wants it."""

    name: str = Field("events", pattern=r"^[A-Za-z0-9._-]{1,249}$")
    partitions: int = Field(12, ge=1, le=10_000)
    replication_factor: int = Field(1, ge=1, le=32767)
    configs: dict[str, str] = Field({}, description="topic settings as Kafka names them, e.g. retention.ms")


@asynccontextmanager
async def admin_client(settings: KafkaSettings) -> "AsyncIterator[AIOKafkaAdminClient]":
    """A connected admin client; raises KafkaError when the cluster does not answer."""
    admin = AIOKafkaAdminClient(**settings.client_options())
    try:
        await admin.start()
    except (ClientError, OSError) as error:
        await admin.close()
        raise unreachable(settings, error) from error
    try:
        yield admin
    finally:
        await admin.close()


async def cluster_id(settings: KafkaSettings) -> str:
    """What the cluster calls itself, which no other does.  Raises KafkaError when it does not answer."""
    async with admin_client(settings) as admin:
        described = await admin.describe_cluster()
    return str(described["cluster_id"])


async def create_topics(admin: AIOKafkaAdminClient, specs: Iterable[TopicSpec]) -> set[str]:
    """Create what does not exist yet, wait until it can be used, and return the names that did exist.

    Raises KafkaError when Kafka refuses one, or does not tell of it in time.
    """
    topics = [NewTopic(s.name, s.partitions, s.replication_factor, topic_configs=s.configs) for s in specs]
    answer = await admin.create_topics(topics)
    existed = set()
    for name, code, *message in answer.topic_errors:
        if code == TopicAlreadyExistsError.errno:
            existed.add(name)
        elif code:
            raise KafkaError(f"topic {name} was not created: {for_code(code).__name__} {message}")
    await until_told(admin, {topic.name for topic in topics})
    return existed


async def until_told(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait for the brokers to know of new topics: the controller answers as soon as it has decided on them."""
    until = time.monotonic() + TOLD_SECONDS_MAX
    while missing := names.difference(await admin.list_topics()):
        if time.monotonic() > until:
            raise KafkaError(
                f"topics {', '.join(sorted(missing))} were created, but the broker does not list them after "
                f"{TOLD_SECONDS_MAX:g} s: is it overloaded, or may this user not describe them?"
            )
        await asyncio.sleep(TOLD_POLL_SECONDS)


def unreachable(settings: KafkaSettings, error: Exception) -> KafkaError:
    """One message for every way in which a cluster does not answer."""
    return KafkaError(
        f"no Kafka at {settings.bootstrap_servers} ({settings.security_protocol}): "
        f"{str(error) or type(error).__name__}. "
        "Is it running, and are address, security_protocol and credentials (WEIR_KAFKA_*) right?"
    )
