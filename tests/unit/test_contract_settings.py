"""Settings come from options, environment and files; a fault in any of them is told before anything starts."""

import re
from pathlib import Path

import pytest

from contract.errors import SettingsError
from contract.kafka import KafkaSettings
from contract.load import Constant, Load, SizeShare, Sum, Trace
from contract.producer import ProducerSettings
from contract.settings import EnvironmentSettings
from contract.worker import HandlerSpec, InitCost, WorkerSettings


def put(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_a_variable_sets_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """NAME in the environment is the field of that name; two underscores reach into a section."""
    put(
        monkeypatch,
        {"WEIR_WORKER_GROUP": "g1", "WEIR_WORKER_HANDLER__NAME": "burn", "WEIR_WORKER_INIT__MEMORY_MIB": "7"},
    )
    settings = WorkerSettings.read()
    assert (settings.group, settings.handler.name, settings.init.memory_mib) == ("g1", "burn", 7)


def test_an_option_wins_over_the_environment_and_none_is_no_option(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"WEIR_WORKER_GROUP": "from-environment", "WEIR_WORKER_TOPIC": "kept"})
    settings = WorkerSettings.read(group="from-option", topic=None)
    assert (settings.group, settings.topic) == ("from-option", "kept")


def test_a_file_gives_a_secret_without_its_line_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """NAME_FILE is read like NAME, as Docker and Kubernetes mount secrets."""
    secret = tmp_path / "password"
    secret.write_text("s3cret\n", encoding="utf-8")
    put(monkeypatch, {"WEIR_KAFKA_SASL_PASSWORD_FILE": str(secret)})
    password = KafkaSettings.read().sasl_password
    assert password is not None
    assert password.get_secret_value() == "s3cret"


def test_the_environment_wins_over_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = tmp_path / "group"
    named.write_text("from-file", encoding="utf-8")
    put(monkeypatch, {"WEIR_WORKER_GROUP_FILE": str(named), "WEIR_WORKER_GROUP": "direct"})
    assert WorkerSettings.read().group == "direct"


def test_a_setting_whose_own_name_ends_in_file_is_not_read_as_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = tmp_path / "account.json"
    put(monkeypatch, {"WEIR_PRODUCER_ACCOUNT_FILE": str(account)})
    assert ProducerSettings.read().account_file == account


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"WEIR_PRODUCER_SECONDS": "-3", "WEIR_PRODUCER_ACKS": "2", "WEIR_PRODUCER_LINGER_SECONDS": "soon"})
    with pytest.raises(SettingsError) as told:
        ProducerSettings.read()
    assert [line.split(":")[0].strip() for line in str(told.value).splitlines()] == [
        "3 fault(s) in settings (environment WEIR_PRODUCER_* or options)",
        "seconds",
        "acks",
        "linger_seconds",
    ]
    assert "found '-3'" in str(told.value)


@pytest.mark.parametrize(
    ("kind", "variable", "value", "told"),
    [
        pytest.param(
            WorkerSettings, "WEIR_WORKER_GROUPP", "g", "did you mean WEIR_WORKER_GROUP?", id="a slip of the pen"
        ),
        pytest.param(
            WorkerSettings,
            "WEIR_WORKER_XYZZY_PLUGH",
            "g",
            "known: WEIR_WORKER_* with AUTO_OFFSET_RESET, BATCH",
            id="nothing near: all are named",
        ),
        pytest.param(
            WorkerSettings,
            "WEIR_WORKER_INIT__CPU",
            "1",
            "init.cpu: there is no such field; known: cpu_s",
            id="an unknown field in a section",
        ),
        pytest.param(
            WorkerSettings, "WEIR_WORKER_INIT", "{bad", "nested settings are written as JSON", id="broken JSON"
        ),
        pytest.param(
            WorkerSettings, "WEIR_WORKER_GROUP_FILE", "/nowhere/at/all", "No such file", id="a file that is not there"
        ),
        pytest.param(WorkerSettings, "WEIR_WORKER_FETCH_WAIT_SECONDS", "nan", "finite number", id="not a number"),
        pytest.param(ProducerSettings, "WEIR_PRODUCER_SECONDS", "inf", "finite number", id="without end"),
    ],
)
def test_a_wrong_variable_is_refused(
    monkeypatch: pytest.MonkeyPatch, kind: type[EnvironmentSettings], variable: str, value: str, told: str
) -> None:
    """Nothing that is set is passed over: it takes effect or it is refused by name."""
    put(monkeypatch, {variable: value})
    with pytest.raises(SettingsError, match=re.escape(told)):
        kind.read()


def test_every_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"WEIR_WORKER_GROUPP": "a", "WEIR_WORKER_TOPICC": "b"})
    with pytest.raises(SettingsError, match=r"(?s)GROUPP is set.*TOPICC is set"):
        WorkerSettings.read()


def test_a_secret_file_that_is_not_text_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary = tmp_path / "key"
    binary.write_bytes(b"\xff\xfe\x00")
    put(monkeypatch, {"WEIR_KAFKA_SASL_PASSWORD_FILE": str(binary)})
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        KafkaSettings.read()


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(WorkerSettings(), id="defaults need no variable"),
        pytest.param(
            WorkerSettings(
                group="g",
                handler=HandlerSpec(name="burn", cpu_micros=12.5),
                init=InitCost(memory_mib=3),
                status_port=8080,
            ),
            id="a worker with sections",
        ),
        pytest.param(
            ProducerSettings(
                load=Load(
                    shape=Sum(kind="sum", shapes=(Constant(rate=5), Trace(kind="trace", file=Path("a b.csv")))),
                    event_bytes=(SizeShare(bytes=100, share=0.25), SizeShare(bytes=1000, share=0.75)),
                    types=("ä", "b"),
                ),
                idempotence=True,
                account_file=Path("/tmp/an account.json"),  # noqa: S108  # never opened
                start_us=1_700_000_000_000_000,
                seed=0,
            ),
            id="a producer with a nested load, a flag and paths",
        ),
        pytest.param(
            KafkaSettings.model_validate(
                {
                    "security_protocol": "SASL_SSL",
                    "sasl_username": "u",
                    "sasl_password": ' p"=ü ',
                    "ssl_certfile": "/c",
                    "ssl_keyfile": "/k",
                    "ssl_key_password": "kp",
                    "ssl_check_hostname": False,
                }
            ),
            id="credentials, secrets included",
        ),
    ],
)
def test_another_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch, settings: EnvironmentSettings) -> None:
    """read() under to_environment() gives what was written."""
    put(monkeypatch, settings.to_environment())
    assert type(settings).read() == settings


def test_no_message_shows_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"WEIR_KAFKA_SASL_PASSWORD": "hunter2", "WEIR_KAFKA_SSL_KEYFILE": "/k"})
    with pytest.raises(SettingsError, match="ssl_keyfile needs ssl_certfile") as told:
        KafkaSettings.read()
    assert "hunter2" not in str(told.value)
    monkeypatch.delenv("WEIR_KAFKA_SSL_KEYFILE")
    assert "hunter2" not in repr(KafkaSettings.read())


def test_the_settings_folder_gives_what_nothing_else_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files are named after variables, in lower case; what is not there is not given."""
    (tmp_path / "weir_worker_group").write_text("from-folder\n", encoding="utf-8")
    (tmp_path / "weir_worker_topic").write_text("from-folder", encoding="utf-8")
    (tmp_path / "ca.pem").write_text("no setting", encoding="utf-8")
    put(monkeypatch, {"WEIR_SETTINGS_FOLDER": str(tmp_path), "WEIR_WORKER_TOPIC": "from-environment"})
    settings = WorkerSettings.read()
    assert (settings.group, settings.topic) == ("from-folder", "from-environment")


def test_a_file_in_the_settings_folder_that_is_no_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "weir_worker_grop").write_text("x", encoding="utf-8")
    monkeypatch.setenv("WEIR_SETTINGS_FOLDER", str(tmp_path))
    with pytest.raises(SettingsError, match=r"weir_worker_grop.*no such setting"):
        WorkerSettings.read()


def test_a_settings_folder_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WEIR_SETTINGS_FOLDER", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match=r"WEIR_SETTINGS_FOLDER=.*No such file"):
        WorkerSettings.read()
