"""What `weir stack setup` makes of what is there, and what it lets be."""

import datetime as dt
import itertools
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from contract.errors import SettingsError
from contract.kafka import KafkaSettings
from stack.certificates import expires_at, issue
from stack.cli import app
from stack.credentials import CLIENTS, Draw, Files, days_left, is_secure, plan
from stack.server_properties import server_properties

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RUN = CliRunner()


def counting() -> Draw:
    """Not chance at all: each draw is another one."""
    numbers = itertools.count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


def after(present: Files, *, secure: bool, now: dt.datetime = NOW, draw: Draw | None = None) -> dict[str, str]:
    """What there is once the plan was carried out."""
    planned = plan(present, secure=secure, now=now, draw=draw or counting())
    return {name: text for name, text in {**present, **planned.written}.items() if name not in planned.removed}


PLAIN = after({}, secure=False)
SECURE = after({}, secure=True)


def test_a_plain_stack_has_an_id_tokens_a_password_and_brokers_properties() -> None:
    tokens = {"autoscaler/api-token", "loadtest/api-token"}
    assert set(PLAIN) == {"kafka/cluster-id", "kafka/server.properties", "grafana/admin-password", *tokens}


def test_each_role_finds_in_its_folder_how_it_reaches_kafka(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in CLIENTS:
        folder = tmp_path / role
        folder.mkdir()
        for name, text in SECURE.items():
            if name.startswith(f"{role}/"):
                (folder / name.partition("/")[2]).write_text(text)
        monkeypatch.setenv("WEIR_SETTINGS_FOLDER", str(folder))
        settings = KafkaSettings.read()
        assert (settings.security_protocol, settings.sasl_username) == ("SASL_SSL", role)
        assert settings.sasl_password is not None
        assert settings.sasl_password.get_secret_value() in SECURE[f"kafka-admin/{role}.scram"]


def test_no_two_roles_have_one_password() -> None:
    assert len({SECURE[f"{role}/weir_kafka_sasl_password"] for role in CLIENTS}) == len(CLIENTS)


@pytest.mark.parametrize(
    ("present", "secure", "now", "renewed"),
    [
        pytest.param(PLAIN, False, NOW, set(), id="plain again: nothing"),
        pytest.param(SECURE, True, NOW, set(), id="secure again: nothing"),
        pytest.param(SECURE, True, NOW + dt.timedelta(days=334), set(), id="31 days before the end: nothing"),
        pytest.param(
            SECURE,
            True,
            NOW + dt.timedelta(days=336),
            {"kafka/keystore.pem", *(f"{role}/ca.pem" for role in CLIENTS)},
            id="29 days before the end: certificate and authority, and no password",
        ),
    ],
)
def test_a_second_setup_renews(present: Mapping[str, str], secure: bool, now: dt.datetime, renewed: set[str]) -> None:
    assert set(plan(present, secure=secure, now=now, draw=counting()).written) == renewed


@pytest.mark.parametrize(
    ("present", "now"),
    [
        pytest.param({}, NOW, id="at the first start"),
        pytest.param(SECURE, NOW + dt.timedelta(days=340), id="at a renewal"),
    ],
)
def test_a_setup_that_was_interrupted_is_mended_by_the_next(present: Mapping[str, str], now: dt.datetime) -> None:
    planned = list(plan(present, secure=True, now=now, draw=counting()).written.items())
    for done in range(len(planned)):
        mended = after({**present, **dict(planned[:done])}, secure=True, now=now)
        assert {mended[f"{role}/ca.pem"] in mended["kafka/keystore.pem"] for role in CLIENTS} == {True}


@pytest.mark.parametrize(
    "name",
    ["kafka/cluster-id", "autoscaler/api-token", "loadtest/api-token", "grafana/admin-password", "kafka/keystore.pem",
     "worker/ca.pem", "worker/weir_kafka_sasl_password"],
)  # fmt: skip
def test_an_empty_file_is_as_good_as_none(name: str) -> None:
    assert after({**SECURE, name: ""}, secure=True)[name]


def test_a_lost_authority_brings_a_new_certificate() -> None:
    lost = {name: text for name, text in SECURE.items() if name != "worker/ca.pem"}
    assert {"kafka/keystore.pem", "worker/ca.pem"} <= set(plan(lost, secure=True, now=NOW, draw=counting()).written)


def test_from_secure_to_plain_and_back_clients_go_with_the_broker() -> None:
    plain = after(SECURE, secure=False)
    assert not is_secure(plain)
    assert "SASL" not in plain["kafka/server.properties"]
    assert plain["kafka/cluster-id"] == SECURE["kafka/cluster-id"]
    assert is_secure(after(plain, secure=True))


def test_the_brokers_certificate_is_signed_by_what_clients_trust() -> None:
    issued = issue(["kafka"], NOW)
    server, authority = x509.load_pem_x509_certificates(issued.keystore.encode())
    server.verify_directly_issued_by(authority)
    assert issued.authority.encode() in issued.keystore.encode()
    assert "PRIVATE KEY" not in issued.authority
    assert expires_at(issued.keystore) == NOW + dt.timedelta(days=365)


def test_days_left_are_those_of_the_brokers_certificate() -> None:
    assert days_left(PLAIN, NOW) is None
    assert days_left(SECURE, NOW + dt.timedelta(days=100)) == 265


@pytest.mark.parametrize("secure", [pytest.param(False, id="plain"), pytest.param(True, id="secure")])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("log.dirs", "/var/lib/kafka/data", id="what is to last is in the volume"),
        pytest.param("auto.create.topics.enable", "false", id="a misspelt topic is an error"),
        pytest.param("offsets.topic.replication.factor", "1", id="one node keeps offsets"),
        pytest.param("transaction.state.log.min.isr", "1", id="one node keeps transactions"),
        pytest.param("group.initial.rebalance.delay.ms", "0", id="the first member does not wait"),
        pytest.param("log.retention.ms", "3600000", id="events are kept for an hour"),
        pytest.param("log.retention.bytes", "536870912", id="and half a gigabyte of a partition"),
    ],
)
def test_a_broker_of_one_node_whose_disk_ends(secure: bool, name: str, value: str) -> None:
    assert server_properties(secure=secure)[name] == value


def test_a_secure_broker_has_no_open_door() -> None:
    properties = server_properties(secure=True)
    assert properties["listener.security.protocol.map"].startswith("CLIENTS:SASL_SSL,")
    opened = [entry for entry in properties["listeners"].split(",") if "127.0.0.1" not in entry]
    assert opened == ["CLIENTS://0.0.0.0:9092"]
    assert properties["allow.everyone.if.no.acl.found"] == "false"


def test_the_command_says_what_it_made_and_never_a_secret(tmp_path: Path) -> None:
    first = RUN.invoke(app, ["setup", "--folder", str(tmp_path), "--secure"])
    assert first.exit_code == 0, first.output
    assert "made     worker/weir_kafka_sasl_password" in first.output
    secrets = [path.read_text() for name in ("*password", "api-token") for path in tmp_path.rglob(name)]
    assert len(secrets) == 7
    assert not [secret for secret in secrets if secret in first.output]


def test_a_secure_stack_stays_secure_until_somebody_says_plain(tmp_path: Path) -> None:
    """Any `docker compose run` starts `setup` again, mostly without the profile: that must not open Kafka to all."""
    password = tmp_path / "worker/weir_kafka_sasl_password"
    RUN.invoke(app, ["setup", "--folder", str(tmp_path), "--secure"])
    made = password.read_text()
    again = RUN.invoke(app, ["setup", "--folder", str(tmp_path)])
    assert (password.read_text(), "Kafka is secure" in again.output) == (made, True)
    assert "SASL_SSL" in (tmp_path / "kafka/server.properties").read_text()
    plain = RUN.invoke(app, ["setup", "--folder", str(tmp_path), "--plain"])
    assert (password.exists(), "without security" in plain.output) == (False, True)


def test_people_are_shown_what_they_need(tmp_path: Path) -> None:
    RUN.invoke(app, ["setup", "--folder", str(tmp_path)])
    shown = RUN.invoke(app, ["show", "--folder", str(tmp_path)])
    assert (tmp_path / "grafana/admin-password").read_text() in shown.output
    assert (tmp_path / "autoscaler/api-token").read_text() in shown.output
    assert "without security" in shown.output


@pytest.mark.parametrize(
    ("days", "exit_code"),
    [
        pytest.param(8, 0, id="eight days are enough"),
        pytest.param(6, 1, id="six are told to scripts as well"),
    ],
)
def test_who_is_shown_a_certificate_that_expires_is_warned(tmp_path: Path, days: int, exit_code: int) -> None:
    RUN.invoke(app, ["setup", "--folder", str(tmp_path), "--secure"])
    ending = issue(["kafka"], dt.datetime.now(dt.UTC) - dt.timedelta(days=365 - days, minutes=-1))
    (tmp_path / "kafka/keystore.pem").write_text(ending.keystore)
    shown = RUN.invoke(app, ["show", "--folder", str(tmp_path)])
    assert f"expires in {days} days" in shown.output
    assert shown.exit_code == exit_code


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("kafka/keystore.pem", b"rubbish", r"keystore\.pem.*no PEM certificate", id="no certificate"),
        pytest.param("kafka/keystore.pem", b"\xff\xfe", r"keystore\.pem.*UTF-8", id="not even text"),
        pytest.param(
            "kafka-admin", b"", r"kafka-admin cannot be written: File exists", id="a file where a role's folder belongs"
        ),
    ],
)
def test_what_setup_cannot_use_is_told_by_name(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    failed = RUN.invoke(app, ["setup", "--folder", str(tmp_path), "--secure"])
    assert isinstance(failed.exception, SettingsError)
    assert re.search(said, str(failed.exception))


def test_files_can_be_read_by_the_services_that_mount_them(tmp_path: Path) -> None:
    RUN.invoke(app, ["setup", "--folder", str(tmp_path)])
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()} == {0o644}
