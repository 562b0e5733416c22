"""Data folders: which are taken, which are refused and why; ports and Java likewise, all before Kafka starts."""

import os
import re
import socket
import stat
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from broker.cli import parsed
from broker.errors import BrokerError
from broker.folder import State, open_folder, random_id, read_state, version_key, write_private, write_state
from broker.java import java_command, java_version, quiet_flags
from broker.ports import FIRST_PORT, LAST_PORT, free_port, is_free, require_free

LOCKER = (
    "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True); input()"
)
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - shaped like shutil's own answer


def test_a_new_folder_is_made_and_remembered(tmp_path: Path) -> None:
    """What is written into it is there the next time."""
    folder = open_folder(tmp_path / "deep" / "data")
    write_state(folder, State(port=4242, pid=7))
    assert read_state(open_folder(folder.data)).port == 4242


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("/dev/null", "cannot keep its data in /dev/null: File exists", id="a file"),
        pytest.param("/proc/weir/data", "cannot keep its data in /proc/weir/data", id="a place where nothing can be"),
    ],
)
def test_a_folder_that_cannot_be_written_to_is_refused(path: str, message: str) -> None:
    """With the system's reason."""
    with pytest.raises(BrokerError, match=message):
        open_folder(Path(path))


def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    """Kafka's files do not get mixed with a user's."""
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(BrokerError, match="is not empty and holds no broker"):
        open_folder(tmp_path)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        pytest.param('{"kafka_version": "4.10.0", "port": 1, "pid": 1}', r"last used by Kafka 4\.10\.0", id="newer"),
        pytest.param("not JSON", "cannot be read", id="damaged"),
        pytest.param('{"colour": "red"}', "cannot be read", id="of another shape"),
    ],
)
def test_a_folder_with_a_bad_memory_is_refused(tmp_path: Path, state: str, message: str) -> None:
    """Newer data, and a state file that is not ours."""
    folder = open_folder(tmp_path)
    folder.state.write_text(state)
    with pytest.raises(BrokerError, match=message):
        open_folder(tmp_path)


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before Kafka finds out in the middle of a run."""
    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage(10**12, 10**12, 50 * 2**20))
    with pytest.raises(BrokerError, match="is full: 50 MiB free"):
        open_folder(tmp_path)


def test_a_folder_in_use_is_refused_and_free_again_afterwards(tmp_path: Path) -> None:
    """By the lock that Kafka itself holds."""
    folder = open_folder(tmp_path)
    command = [sys.executable, "-c", LOCKER, str(folder.kafka / ".lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BrokerError, match="another broker is running"):
            open_folder(tmp_path)
        holder.communicate(b"\n")
    assert open_folder(tmp_path) == folder


def test_properties_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    """They may hold passwords; also when the file was there before with other rights."""
    path = tmp_path / "server.properties"
    path.touch(mode=0o644)
    write_private(path, "a=b\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_ids_are_as_kafka_writes_them() -> None:
    """22 characters of URL-safe base 64, no dash in front."""
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", random_id()) for _ in range(500))


def test_versions_compare_by_number() -> None:
    """4.10 is newer than 4.9."""
    assert version_key("4.10.0") > version_key("4.9.1") > version_key("4.9")


def test_a_taken_port_is_refused_naming_who_has_it() -> None:
    """And is not offered as free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free("127.0.0.1", port)
        with pytest.raises(BrokerError, match=rf"port {port} on 127\.0\.0\.1 is taken by .*pid {os.getpid()}"):
            require_free("127.0.0.1", port)
    assert is_free("127.0.0.1", port)


def test_free_ports_lie_below_those_of_outgoing_connections() -> None:
    """So that no client gets one in between."""
    assert all(FIRST_PORT <= free_port("127.0.0.1") <= LAST_PORT for _ in range(20))


def fake_java(folder: Path, says: str, code: int = 0) -> Path:
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {code}\n")
    program.chmod(0o755)
    return program


def test_the_bundled_java_is_used_unless_another_is_given(tmp_path: Path) -> None:
    """Another one is asked for its version; a Java home does as well as the program."""
    assert java_version(java_command()) >= 25
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    program = fake_java(home / "bin", 'openjdk version "17.0.15" 2025-04-15')
    assert java_command(home) == java_command(program) == program
    assert quiet_flags(program) == []


@pytest.mark.parametrize(
    ("says", "code", "message"),
    [
        pytest.param('java version "1.8.0_402"', 0, "needs Java 17 or newer; .* is Java 8", id="Java 8"),
        pytest.param('openjdk version "11.0.2"', 0, "is Java 11", id="Java 11"),
        pytest.param("hello", 0, "it says 'hello", id="no Java at all"),
        pytest.param("no JVM found", 1, "did not answer", id="a Java that does not run"),
    ],
)
def test_an_unusable_java_is_refused(tmp_path: Path, says: str, code: int, message: str) -> None:
    """With what was found."""
    with pytest.raises(BrokerError, match=message):
        java_command(fake_java(tmp_path, says, code))


def test_a_java_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(BrokerError, match=f"expected a Java program at {tmp_path}/nothing"):
        java_command(tmp_path / "nothing")


def test_set_options_are_read() -> None:
    """`key=value`; the value may hold further equals signs."""
    assert parsed(["a=b", "c.d = e=f"]) == {"a": "b", "c.d": " e=f"}
    with pytest.raises(BrokerError, match="expected --set KEY=VALUE, found 'oops'"):
        parsed(["a=b", "oops"])
