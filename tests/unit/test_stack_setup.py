"""What `weir stack setup` makes of what is there, and what it lets be."""

import datetime as dt
import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

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


def test_the_plain_setup_after_the_secure_one_leaves_all_as_it_is(tmp_path: Path) -> None:
    """The compose profile adds the secure one before the plain one, which always runs."""
    RUN.invoke(app, ["setup", "--folder", str(tmp_path), "--secure"])
    assert "all is there" in RUN.invoke(app, ["setup", "--folder", str(tmp_path)]).output
    assert (tmp_path / "worker/weir_kafka_sasl_password").exists()
    RUN.invoke(app, ["setup", "--folder", str(tmp_path)])
    assert not (tmp_path / "worker/weir_kafka_sasl_password").exists()


def test_people_are_shown_what_they_need(tmp_path: Path) -> None:
    RUN.invoke(app, ["setup", "--folder", str(tmp_path)])
    shown = RUN.invoke(app, ["show", "--folder", str(tmp_path)])
    assert (tmp_path / "grafana/admin-password").read_text() in shown.output
    assert (tmp_path / "autoscaler/api-token").read_text() in shown.output
    assert "without security" in shown.output


def test_files_can_be_read_by_the_services_that_mount_them(tmp_path: Path) -> None:
    RUN.invoke(app, ["setup", "--folder", str(tmp_path)])
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()} == {0o644}
