"""From settings to server.properties: what Kafka is told, and what is refused before it starts."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from broker.errors import BrokerError
from broker.preflight import check
from broker.properties import Ports, server_properties
from broker.security import quoted, scram_arguments, security_properties
from broker.settings import BrokerSecurity, BrokerSettings
from contract.addresses import from_here

PORTS = Ports(clients=9092, controller=9093, internal=9094, mark="mark")
SECURED = BrokerSecurity(mechanisms=("PLAIN", "SCRAM-SHA-512"), users={"ann": "secret"})


def told(**settings: object) -> dict[str, str]:
    """The properties of these settings."""
    return server_properties(BrokerSettings(data=Path("data"), **settings), PORTS, Path("/logs"))  # type: ignore[arg-type]  # a table's row


def test_a_plain_broker_listens_twice() -> None:
    """Clients and controller; the controller's is on loopback."""
    properties = told(host="192.0.2.1")
    assert properties["listeners"] == "CLIENTS://192.0.2.1:9092,CONTROLLER://127.0.0.1:9093"
    assert properties["advertised.listeners"] == "CLIENTS://192.0.2.1:9092"
    assert "CLIENTS:PLAINTEXT" in properties["listener.security.protocol.map"]


def test_a_secured_broker_keeps_a_loopback_listener_for_itself() -> None:
    """The clients' listener asks for credentials, the broker's own does not and is not reachable from outside."""
    properties = told(security=SECURED)
    assert "INTERNAL://127.0.0.1:9094" in properties["listeners"]
    assert properties["inter.broker.listener.name"] == "INTERNAL"
    assert "CLIENTS:SASL_PLAINTEXT,INTERNAL:PLAINTEXT" in properties["listener.security.protocol.map"]


def test_a_second_address_is_listened_on_and_told_with_the_same_security() -> None:
    """Whoever connects to it must be led on to it, not to the first address."""
    ports = Ports(clients=9092, controller=9093, internal=9094, mark="mark", also=9095)
    settings = BrokerSettings(data=Path("data"), also_host="198.51.100.1", security=SECURED)
    properties = server_properties(settings, ports, Path("/logs"))
    assert "ALSO://198.51.100.1:9095" in properties["listeners"].split(",")
    assert "ALSO://198.51.100.1:9095" in properties["advertised.listeners"].split(",")
    assert "ALSO:SASL_PLAINTEXT" in properties["listener.security.protocol.map"]


def test_the_users_properties_win() -> None:
    """Over our own values, and beside them."""
    properties = told(properties={"num.io.threads": "9", "delete.topic.enable": "false"})
    assert (properties["num.io.threads"], properties["delete.topic.enable"]) == ("9", "false")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"properties": {"log.dirs": "/x"}}, r"log\.dirs \(use --data\)", id="a folder of its own"),
        pytest.param({"properties": {"listeners": "x"}}, "use --host and --port", id="listeners of its own"),
        pytest.param({"host": "0.0.0.0"}, "clients cannot connect to", id="a wildcard without an address for clients"),  # noqa: S104
        pytest.param({"also_host": "0.0.0.0"}, "give the second address", id="a wildcard as the second address"),  # noqa: S104
        pytest.param({"heap_mib": 64}, "at least 128", id="too little heap"),
        pytest.param({"host": "203.0.113.7", "port": 9092}, "not an address of this machine", id="a foreign address"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_java_starts(
    tmp_path: Path, settings: dict[str, object], message: str
) -> None:
    """With what to change."""
    with pytest.raises(BrokerError, match=message):
        check(BrokerSettings(data=tmp_path / "data", **settings))  # type: ignore[arg-type]  # a table's row


def test_a_wildcard_with_an_address_for_clients_is_reached_through_loopback() -> None:
    """Listening everywhere works once clients are told where."""
    wildcard = "0.0.0.0"  # noqa: S104 - not bound to
    assert told(host=wildcard, properties={"advertised.listeners": "CLIENTS://kafka.example:9092"})
    assert from_here(wildcard) == "127.0.0.1"


@pytest.mark.parametrize(
    ("security", "fault"),
    [
        pytest.param(BrokerSecurity(mechanisms=("GSSAPI",), users={"a": "b"}), "mechanism 'GSSAPI'", id="Kerberos"),
        pytest.param(BrokerSecurity(mechanisms=("PLAIN",)), "SASL without any user", id="nobody may come in"),
        pytest.param(BrokerSecurity(users={"a": "b"}), "users without a SASL mechanism", id="users for nothing"),
        pytest.param(
            BrokerSecurity(mechanisms=("PLAIN",), users={"a b,c": "x"}), "user name 'a b,c'", id="a name with a comma"
        ),
        pytest.param(BrokerSecurity(keystore=Path("/nowhere.pem")), "no such file: /nowhere.pem", id="no key file"),
        pytest.param(BrokerSecurity(truststore=Path(__file__)), "truststore without a keystore", id="only half of TLS"),
    ],
)
def test_unusable_security_is_refused(security: BrokerSecurity, fault: str) -> None:
    """Each fault is named."""
    with pytest.raises(BrokerError, match=re.escape(fault)):
        security_properties(security)


def test_all_faults_of_the_security_settings_are_named_at_once() -> None:
    """Nobody has to start a broker four times to learn of four mistakes."""
    with pytest.raises(BrokerError, match=r"GSSAPI.*user name.*no such file"):
        security_properties(BrokerSecurity(mechanisms=("GSSAPI",), users={"a,b": "c"}, keystore=Path("/nowhere")))


def test_passwords_are_quoted_for_jaas() -> None:
    """Quotes and backslashes do not end the string."""
    assert quoted('a"b\\c') == 'a\\"b\\\\c'
    module = security_properties(SECURED)["listener.name.clients.plain.sasl.jaas.config"]
    assert module.endswith('PlainLoginModule required user_ann="secret";')


def test_scram_credentials_hold_the_salted_password_only() -> None:
    """The storage tool gets what RFC 5802 derives; the password itself is on no command line and in no repr."""
    arguments = scram_arguments(SECURED)
    assert "secret" not in " ".join(arguments) + repr(SECURED)
    (credential,) = (a for a in arguments if a.startswith("SCRAM-SHA-512="))
    match = re.search(r"name=ann,salt=(.*),saltedpassword=(.*),iterations=4096]", credential)
    assert match is not None
    salt, salted = map(base64.b64decode, match.groups())
    assert salted == hashlib.pbkdf2_hmac("sha512", b"secret", salt, 4096)
