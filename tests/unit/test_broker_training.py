"""The start-up cache and the lock file: what happens when they cannot be made as wished."""

import os
from pathlib import Path

import pytest

from broker import training
from broker.errors import BrokerError
from broker.jars import KAFKA_VERSION, LockedJar
from broker.lock import refuse_mixed_versions
from broker.runtime import Runtime, cache_held
from broker.training import CACHES_MAX, forget_oldest, train


def runtime(tmp_path: Path) -> Runtime:
    return Runtime(java=tmp_path / "java", jars=(), record_cache=tmp_path / "cache.aot")


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_cache_that_cannot_be_made_costs_one_line_and_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start goes on without it, now and later; nothing half-made is left."""
    tries: list[Path] = []
    told: list[str] = []

    async def fails(_runtime: Runtime, data: Path) -> None:
        tries.append(data)
        raise BrokerError("no room")

    monkeypatch.setattr(training, "live", fails)
    for _ in range(2):
        ready = await train(runtime(tmp_path), say=told.append)
        assert (ready.startup_cache, ready.record_cache) == (None, None)
    assert len(tries) == 1
    assert "could not be made" in told[-1]
    assert names_in(tmp_path) == ["cache.failed"]


async def test_a_cache_is_complete_when_it_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Java writes it elsewhere; it is moved to its place when it is whole."""

    async def lives(recording: Runtime, _data: Path) -> None:
        assert recording.record_cache is not None
        assert not (tmp_path / "cache.aot").exists()
        recording.record_cache.write_bytes(b"whole")

    monkeypatch.setattr(training, "live", lives)
    ready = await train(runtime(tmp_path), say=print)
    assert ready.startup_cache == tmp_path / "cache.aot"
    assert ready.startup_cache.read_bytes() == b"whole"


def test_only_the_caches_used_last_are_kept(tmp_path: Path) -> None:
    """Old virtual environments do not fill the disk."""
    for age in range(CACHES_MAX + 2):
        cache = tmp_path / f"startup-{age}.aot"
        cache.touch()
        os.utime(cache, (1_000_000 - age, 1_000_000 - age))
    forget_oldest(tmp_path)
    assert sorted(names_in(tmp_path)) == [f"startup-{age}.aot" for age in range(CACHES_MAX)]


async def test_a_machine_without_need_of_a_cache_is_left_alone(tmp_path: Path) -> None:
    """An older Java, or a cache that exists: nothing to do, nothing to say."""
    told: list[str] = []
    have = Runtime(java=tmp_path / "java", jars=(), startup_cache=tmp_path / "cache.aot")
    assert await train(have, say=told.append) == have
    assert told == []


async def test_the_cache_folder_can_be_held_again_after_it_was_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the holder failed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        with pytest.raises(BrokerError):
            async with cache_held(print):
                raise BrokerError("preparing failed")


def test_a_lock_with_two_kafkas_is_refused() -> None:
    """The known trap: one dependency pulls kafka-clients down to another version."""

    def jar(coordinate: str) -> LockedJar:
        return LockedJar(name="x.jar", sha256="0" * 64, size_bytes=1, coordinate=coordinate)

    sound = [jar(f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"), jar("org.scala-lang:scala-library:2.13.18")]
    refuse_mixed_versions(sound)
    with pytest.raises(BrokerError, match=r"kafka-clients:3\.9\.1"):
        refuse_mixed_versions([*sound, jar("org.apache.kafka:kafka-clients:3.9.1")])
