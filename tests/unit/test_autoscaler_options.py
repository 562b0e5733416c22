"""Where workers run, as the options of several commands say it."""

import pytest
from pydantic import SecretStr

from autoscaler.options import BackendName, Containers, read_containers, refuse_told_password
from contract.errors import SettingsError
from contract.kafka import KafkaSettings


@pytest.mark.parametrize(
    ("backend", "image", "network", "kafka", "expected"),
    [
        pytest.param(BackendName.PROCESS, None, None, "127.0.0.1:9092", None, id="processes"),
        pytest.param(BackendName.DOCKER, None, None, None, Containers(), id="containers on a Kafka of the run's own"),
        pytest.param(
            BackendName.DOCKER,
            "mine:1",
            "shop",
            "kafka:9092",
            Containers(image="mine:1", network="shop"),
            id="containers on another's Kafka",
        ),
    ],
)
def test_what_options_ask_for(
    backend: BackendName, image: str | None, network: str | None, kafka: str | None, expected: Containers | None
) -> None:
    assert read_containers(backend, image, network, kafka=kafka) == expected


@pytest.mark.parametrize(
    ("backend", "image", "network", "kafka", "message"),
    [
        pytest.param(BackendName.PROCESS, "a:1", "b", None, "--image and --network: only containers", id="processes"),
        pytest.param(BackendName.DOCKER, None, None, "kafka:9092", "needs --network", id="which network?"),
        pytest.param(BackendName.DOCKER, None, "n", "127.0.0.1:1", "the container itself", id="loopback"),
        pytest.param(BackendName.DOCKER, None, "n", "kafka:1,[::1]:2", "the container itself", id="one of several"),
        pytest.param(BackendName.DOCKER, None, "n", "localhost:1", "the container itself", id="loopback by name"),
    ],
)
def test_what_cannot_be_is_refused(
    backend: BackendName, image: str | None, network: str | None, kafka: str | None, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        read_containers(backend, image, network, kafka=kafka)


def test_labels_and_secrets_are_those_of_the_options_and_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An option counts for more than what is preset; labels are put together."""
    monkeypatch.setenv("WEIR_CONTAINER_LABELS", "a=1,b=2")
    monkeypatch.setenv("WEIR_SECRETS_VOLUME", "preset")
    preset = read_containers(BackendName.DOCKER, None, None, kafka=None)
    asked = read_containers(BackendName.DOCKER, None, None, kafka=None, labels=["b=3"], secrets="mine")
    assert preset == Containers(labels={"a": "1", "b": "2"}, secrets="preset")
    assert asked == Containers(labels={"a": "1", "b": "3"}, secrets="mine")


@pytest.mark.parametrize("label", ["weir.owner=x", "=x", "x"])
def test_a_label_of_our_own_or_half_a_label_is_refused(label: str) -> None:
    with pytest.raises(SettingsError, match="expected KEY=VALUE, KEY not one of our own"):
        read_containers(BackendName.DOCKER, None, None, kafka=None, labels=[label])


OPEN = KafkaSettings()
CLOSED = KafkaSettings(security_protocol="SASL_SSL", sasl_username="u", sasl_password=SecretStr("hush"))


def test_a_password_that_everybody_could_inspect_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match=r"WEIR_KAFKA_SASL_PASSWORD.*--secrets VOLUME") as refused:
        refuse_told_password(Containers(), CLOSED)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("where", "kafka"),
    [
        pytest.param(None, CLOSED, id="processes, whose environment is their user's"),
        pytest.param(Containers(secrets="v"), CLOSED, id="a volume that has it"),
        pytest.param(Containers(), OPEN, id="a Kafka without a password"),
        pytest.param(Containers(), None, id="a Kafka of the run's own"),
    ],
)
def test_no_password_is_told_to(where: Containers | None, kafka: KafkaSettings | None) -> None:
    refuse_told_password(where, kafka)
