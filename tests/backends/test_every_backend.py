"""What every backend promises to the reconciler above it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from autoscaler.backends.base import Backend
from autoscaler.backends.memory import MIB, Script
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Exit, Found
from contract.pods import PodSpec, ResourceAmounts, Resources
from tests.backends.rigs import BARE_BYTES, IMPATIENT, OBEDIENT, Rig


@asynccontextmanager
async def open_backend(rig: Rig, script: Script = OBEDIENT, spec: PodSpec = IMPATIENT) -> AsyncIterator[Backend]:
    """A backend that is closed in the end, whatever happened."""
    backend = rig.backend(script, spec)
    try:
        yield backend
    finally:
        await backend.close()


async def workers(backend: Backend) -> Mapping[str, Found]:
    """By name."""
    return {found.name: found for found in await backend.list()}


async def until(rig: Rig, backend: Backend, name: str, holds: Callable[[Found], object]) -> Found:
    """Wait until a worker is so."""

    async def so() -> bool:
        return bool(holds((await workers(backend))[name]))

    await rig.until(so)
    return (await workers(backend))[name]


async def launched(rig: Rig, backend: Backend, *names: str) -> None:
    """Launch workers and wait until they have told their urls: from then on they follow their scripts."""
    for name in names:
        await backend.launch(name, 0, rig.template)
    for name in names:
        await until(rig, backend, name, lambda found: found.url)


async def exit_of(rig: Rig, backend: Backend, name: str) -> Exit:
    """Wait for a worker's end."""
    found = await until(rig, backend, name, lambda found: found.exit)
    assert found.exit is not None
    return found.exit


async def test_what_is_launched_runs_and_what_is_stopped_goes(rig: Rig) -> None:
    async with open_backend(rig) as backend:
        await launched(rig, backend, "a", "b", "c")
        found = await workers(backend)
        assert found.keys() == {"a", "b", "c"}
        assert {(f.generation, f.revision, f.exit, f.stopping) for f in found.values()} == {(0, "1", None, False)}
        assert all((f.url or "").startswith("http://") for f in await backend.list())
        await backend.stop("b")
        ended = await exit_of(rig, backend, "b")
        assert (ended.code, ended.signal, ended.oom_killed) == (0, None, False)
        assert (await workers(backend))["b"].stopping
        assert (await backend.usage()).keys() == {"a", "c"}
        await backend.remove("b")
        assert (await workers(backend)).keys() == {"a", "c"}


async def test_a_worker_shows_the_version_that_it_was_made_from_also_to_a_successor(rig: Rig) -> None:
    """Two versions side by side, and another one under the name of a worker that ended."""
    before = rig.backend()
    second = replace(rig.template, revision="2")
    await launched(rig, before, "a")
    await before.launch("b", 0, second)
    await until(rig, before, "b", lambda found: found.url)
    await before.kill("a")
    await exit_of(rig, before, "a")
    assert {name: found.revision for name, found in (await workers(before)).items()} == {"a": "1", "b": "2"}
    await before.remove("a")
    await before.launch("a", 1, second)
    await until(rig, before, "a", lambda found: found.url)
    async with open_backend(rig) as after:
        assert {name: found.revision for name, found in (await workers(after)).items()} == {"a": "2", "b": "2"}


async def test_it_tells_where_workers_can_run(rig: Rig) -> None:
    """One node at least, each under a name of its own."""
    async with open_backend(rig) as backend:
        names = [node.name for node in await backend.nodes()]
    assert names
    assert len(set(names)) == len(names)
    assert all(names)


async def test_everything_may_be_asked_twice(rig: Rig) -> None:
    async with open_backend(rig, Script(stop_seconds=0.1)) as backend:
        await launched(rig, backend, "a")
        first = await workers(backend)
        await backend.launch("a", 0, rig.template)
        assert await workers(backend) == first
        for _ in range(2):
            await backend.stop("a")
        await exit_of(rig, backend, "a")
        for ask in (backend.stop, backend.kill, backend.freeze, backend.thaw, backend.remove, backend.remove):
            await ask("a")
        assert await backend.list() == []
        await backend.close()


async def test_a_worker_that_never_was_is_no_error(rig: Rig) -> None:
    async with open_backend(rig) as backend:
        for ask in (backend.stop, backend.kill, backend.freeze, backend.thaw, backend.remove):
            await ask("nobody")
        assert (await backend.list(), await backend.usage()) == ([], {})


async def test_a_worker_that_dies_by_itself_is_found_with_its_code_and_words_and_can_be_launched_again(
    rig: Rig,
) -> None:
    script = Script(url_seconds=None, ends_seconds=0.05, exit_code=3, last_words="no such topic\n")
    async with open_backend(rig, script) as backend:
        await backend.launch("a", 0, rig.template)
        ended = await exit_of(rig, backend, "a")
        assert (ended.code, ended.signal, ended.last_words.strip()) == (3, None, "no such topic")
        assert "a" not in await backend.usage()
        await backend.launch("a", 0, rig.template)
        assert (await workers(backend))["a"].exit == ended, "a generation lives once"
        await backend.launch("a", 1, rig.template)
        again = (await workers(backend))["a"]
        assert again.generation == 1
        assert again.exit is None or again.exit.at_seconds > ended.at_seconds, "if it has ended too, then by itself"
        assert again.launched_at >= ended.at_seconds


async def test_a_kill_ends_a_worker_by_signal(rig: Rig) -> None:
    async with open_backend(rig) as backend:
        await launched(rig, backend, "a")
        await backend.kill("a")
        ended = await exit_of(rig, backend, "a")
        assert (ended.code, ended.signal, ended.oom_killed) == (None, 9, False)


async def test_a_slow_start_is_a_worker_without_url(rig: Rig) -> None:
    async with open_backend(rig, Script(url_seconds=0.5)) as backend:
        await backend.launch("a", 0, rig.template)
        early = (await workers(backend))["a"]
        assert (early.url, early.exit) == (None, None)
        await until(rig, backend, "a", lambda found: found.url)


async def test_a_worker_that_will_not_stop_runs_until_it_is_killed(rig: Rig) -> None:
    async with open_backend(rig, Script(ignores_stop=True)) as backend:
        await launched(rig, backend, "a")
        await backend.stop("a")
        await rig.wait(0.2)
        found = (await workers(backend))["a"]
        assert (found.stopping, found.exit) == (True, None)
        await backend.kill("a")
        assert (await exit_of(rig, backend, "a")).signal == 9


async def test_a_backend_after_a_restart_adopts_what_it_finds(rig: Rig) -> None:
    script = Script(stop_seconds=0.3, last_words="as it was told\n")
    before = rig.backend(script)
    await launched(rig, before, "runs", "stops", "ended")
    await before.kill("ended")
    await exit_of(rig, before, "ended")
    await before.stop("stops")
    known = await workers(before)
    async with open_backend(rig, script) as after:
        found = await workers(after)
        assert found["runs"] == known["runs"]
        assert found["ended"] == known["ended"]
        assert found["stops"].stopping
        assert "runs" in await after.usage()
        assert (await exit_of(rig, after, "stops")).code == 0
        await after.launch("runs", 0, rig.template)
        assert (await workers(after))["runs"] == known["runs"], "it runs already"
        await after.stop("runs")
        assert (await exit_of(rig, after, "runs")).code == 0


async def test_workers_of_another_owner_are_not_touched(rig: Rig) -> None:
    other = rig.backend(owner="some/body else")
    async with open_backend(rig) as backend:
        await launched(rig, other, "a")
        assert await backend.list() == []
        await backend.kill("a")
        await backend.close()
        assert (await workers(other))["a"].exit is None
    await other.close()
    assert await rig.remains() == []


async def test_close_leaves_nothing_behind(rig: Rig) -> None:
    """Neither a worker that stops, nor one that will not, is frozen or has ended, nor any note about them."""
    deaf = rig.backend(Script(ignores_stop=True))
    await launched(rig, deaf, "deaf")
    backend = rig.backend()
    await launched(rig, backend, "willing", "frozen", "ended")
    await backend.kill("ended")
    await backend.freeze("frozen")
    await backend.launch("newborn", 0, rig.template)
    for _ in range(2):
        await backend.close()
        assert await rig.remains() == []
        assert await backend.list() == []
    with pytest.raises(BackendError, match="closed"):
        await backend.launch("late", 0, rig.template)


async def test_who_holds_more_memory_than_it_may_is_killed_for_it(rig: Rig) -> None:
    """The others stay; what killed it is told, and a later kill for another reason is not mistaken for it."""
    spec = PodSpec(grace_seconds=0.2, resources=Resources(limits=ResourceAmounts(memory=2 * BARE_BYTES)))
    async with open_backend(rig, Script(memory_bytes_per_second=500 * MIB), spec) as backend:
        await backend.launch("greedy", 0, rig.template)
        ended = await exit_of(rig, backend, "greedy")
        assert (ended.signal, ended.oom_killed) == (9, True)
    async with open_backend(rig, Script(), spec) as backend:
        await launched(rig, backend, "modest")
        assert 0 < (await backend.usage())["modest"].memory_bytes < BARE_BYTES
        await rig.wait(0.05)
        assert (await workers(backend))["modest"].exit is None
        await backend.kill("modest")
        assert not (await exit_of(rig, backend, "modest")).oom_killed


async def test_a_frozen_worker_does_nothing_until_it_is_thawed(rig: Rig) -> None:
    async with open_backend(rig, Script(cpu_cores=0.9)) as backend:
        await launched(rig, backend, "a")
        await backend.freeze("a")
        await rig.wait(0.05)
        before = (await backend.usage())["a"].cpu_seconds
        await backend.stop("a")
        await rig.wait(0.2)
        assert (await backend.usage())["a"].cpu_seconds == before
        assert (await workers(backend))["a"].exit is None
        await backend.thaw("a")
        assert (await exit_of(rig, backend, "a")).code == 0


async def test_a_frozen_worker_can_be_killed(rig: Rig) -> None:
    async with open_backend(rig) as backend:
        await launched(rig, backend, "a")
        await backend.freeze("a")
        await backend.kill("a")
        assert (await exit_of(rig, backend, "a")).signal == 9


async def test_cpu_grows_and_never_falls_within_one_generation(rig: Rig) -> None:
    """What a worker after a restart of its own has used starts anew, under its own generation."""
    async with open_backend(rig, Script(cpu_cores=0.5)) as backend:
        await launched(rig, backend, "a")
        seen = [(await backend.usage())["a"]]
        while seen[-1].cpu_seconds < seen[0].cpu_seconds + 0.1:
            await rig.wait(0.02)
            seen.append((await backend.usage())["a"])
            assert len(seen) < 500, "a busy worker used no CPU"
        used, times = [s.cpu_seconds for s in seen], [s.at_seconds for s in seen]
        assert (used, times) == (sorted(used), sorted(times))
        await backend.kill("a")
        await exit_of(rig, backend, "a")
        await backend.launch("a", 1, rig.template)
        anew = (await backend.usage())["a"]
        assert anew.generation == 1
        assert anew.cpu_seconds < used[-1]


async def test_what_would_lose_a_running_worker_is_refused(rig: Rig) -> None:
    async with open_backend(rig) as backend:
        await launched(rig, backend, "a")
        with pytest.raises(BackendError, match="a cannot be removed: it still runs"):
            await backend.remove("a")
        with pytest.raises(BackendError, match="a cannot be launched again"):
            await backend.launch("a", 1, rig.template)
        assert (await workers(backend))["a"].generation == 0


async def test_what_it_lets_go_is_there_for_the_next_one_or_gone(rig: Rig) -> None:
    """Workers that another autoscaler can adopt go on; nobody is left whom no one can find."""
    first = rig.backend()
    await launched(rig, first, "a")
    await first.detach()
    with pytest.raises(BackendError, match="closed"):
        await first.launch("b", 0, rig.template)
    async with open_backend(rig) as second:
        assert set(await workers(second)) == ({"a"} if first.adoptable else set())
    assert await rig.remains() == []
