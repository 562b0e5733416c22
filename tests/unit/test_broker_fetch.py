"""Fetching jars, from a small Maven repository on this machine that the tests fill as they like."""

import gc
import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from broker import jars
from broker.errors import BrokerError
from broker.jars import LockedJar, jar_folder, lock_line, read_lock, resolve_jars

CONTENT = {"alpha": b"first jar " * 1000, "beta": b"second jar " * 1000}


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without logging each."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def locked(name: str) -> LockedJar:
    content = CONTENT[name]
    digest = hashlib.sha256(content).hexdigest()
    return LockedJar(
        name=f"{name}-1.0.jar", sha256=digest, size_bytes=len(content), coordinate=f"org.example:{name}:1.0"
    )


def served(repository: Path, name: str) -> Path:
    return repository / "org" / "example" / name / "1.0" / f"{name}-1.0.jar"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served as the only repository, with both jars in it; cache and lock file are the test's own."""
    root = tmp_path / "repository"
    for name, content in CONTENT.items():
        served(root, name).parent.mkdir(parents=True)
        served(root, name).write_bytes(content)
    lock = tmp_path / "jars.lock"
    lock.write_text("".join(lock_line(locked(name)) for name in CONTENT))
    monkeypatch.setattr(jars, "LOCK_FILE", lock)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "jgo.conf"))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root)) as server:
        (tmp_path / "jgo.conf").write_text(f"[repositories]\nlocal = http://127.0.0.1:{server.server_port}\n")
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield root
        server.shutdown()
        serving.join()


def empty(repository: Path) -> None:
    """The repository without its jars: stands for a machine without a connection."""
    for name in CONTENT:
        served(repository, name).unlink()


def test_missing_jars_are_fetched_once_and_then_used_without_a_connection(repository: Path) -> None:
    """Lock order is kept, progress is told, and the second time the repository is not needed."""
    told: list[str] = []
    first = resolve_jars(told.append)
    assert [path.read_bytes() for path in first] == list(CONTENT.values())
    assert "2/2 jars" in told[-1]
    empty(repository)
    told.clear()
    assert resolve_jars(told.append) == first
    assert told == []


def test_only_what_is_missing_is_fetched(repository: Path) -> None:
    """A deleted jar is fetched again, with the time of the first fetch; the others stay."""
    alpha, beta = resolve_jars(print)
    time_before = beta.stat().st_mtime
    beta.unlink()
    served(repository, "alpha").unlink()
    resolve_jars(print)
    assert alpha.exists()
    assert beta.stat().st_mtime == time_before


def test_another_jar_than_the_locked_one_is_refused_and_not_kept(repository: Path) -> None:
    """A wrong hash names the jar and both hashes, and leaves nothing in the cache."""
    served(repository, "beta").write_bytes(b"something else")
    with pytest.raises(BrokerError, match=r"beta-1\.0\.jar is not the jar") as failed:
        resolve_jars(print)
    assert locked("beta").sha256 in str(failed.value)
    assert not (jar_folder() / "beta-1.0.jar").exists()
    assert not list(jar_folder().glob(".fetching-*"))


def test_a_jar_that_changed_in_the_cache_is_refused(repository: Path) -> None:
    """Verified at every start, not only when fetched."""
    assert repository.exists()
    alpha, _ = resolve_jars(print)
    alpha.write_bytes(b"tampered with")
    with pytest.raises(BrokerError, match=rf"found [0-9a-f]{{64}} in {alpha}"):
        resolve_jars(print)


def test_a_jar_that_cannot_be_had_is_named_with_the_remedy(repository: Path) -> None:
    """No such file on the server, or no server: the coordinate, and how to prepare a machine without a connection."""
    empty(repository)
    with pytest.raises(BrokerError, match=r"could not fetch org\.example:(alpha|beta):1\.0.*weir kafka fetch"):
        resolve_jars(print)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_fetch_can_be_stopped(repository: Path) -> None:
    """Ctrl-C does not wait for the rest of the download (whose connections jgo leaves to the garbage collector)."""
    assert repository.exists()
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(BrokerError, match="was stopped"):
        resolve_jars(print, stopped=stopped)
    assert not list(jar_folder().glob("*.jar"))
    gc.collect()  # here, where the warning is expected, and not in the middle of some other test


def test_an_unusable_cache_folder_is_an_error_that_names_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where the cache should be."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(served(repository, "alpha")))
    with pytest.raises(BrokerError, match="could not keep Kafka's jars in"):
        resolve_jars(print)


def test_the_committed_lock_holds_one_kafka_and_what_it_needs() -> None:
    """Every Kafka jar has our version, the logging binding and the benchmark tools are there, no address is."""
    lock = read_lock(jars.LOCK_FILE)
    kafka = {jar.coordinate.rsplit(":", 1)[-1] for jar in lock if jar.coordinate.startswith("org.apache.kafka:")}
    assert kafka == {jars.KAFKA_VERSION}
    names = {jar.coordinate.split(":")[1] for jar in lock}
    assert {"kafka_2.13", "kafka-clients", "kafka-tools", "log4j-slf4j-impl", "zstd-jni", "lz4-java"} <= names
    assert all(len(jar.sha256) == 64 and jar.size_bytes > 0 for jar in lock)
    assert "://" not in jars.LOCK_FILE.read_text()


def test_the_cache_follows_the_platforms_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`$XDG_CACHE_HOME/weir`, else `~/.cache/weir`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert jars.cache_folder() == tmp_path / "weir"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert jars.cache_folder() == tmp_path / ".cache" / "weir"
