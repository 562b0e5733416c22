"""What only the process backend promises: processes of the operating system, files, and an end together."""

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from autoscaler.backends.base import Template
from autoscaler.backends.child import Output
from autoscaler.backends.process import ProcessBackend
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Found
from contract.pods import PodSpec, ResourceAmounts, Resources
from tests.backends.rigs import PATIENCE_SECONDS
from tests.processes import ended as process_ended
from tests.templates import template_of
from tests.workers import ROOT

MODULE = "own_worker"
OBEDIENT = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(0)); print('{\"status_port\": 1}'); "
FOR_EVER = "\nimport time\nwhile True: time.sleep(60)\n"

Make = Callable[..., ProcessBackend]
MakeTemplate = Callable[..., Template]


@pytest.fixture
def template(tmp_path: Path) -> MakeTemplate:
    """What workers of the test's own program are made from."""

    def one(spec: PodSpec | None = None) -> Template:
        return template_of(
            spec or PodSpec(grace_seconds=0.5), lambda worker: {"PYTHONPATH": str(tmp_path), "WORKER": worker}
        )

    return one


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Backends whose workers run a program of the test's own; all are closed."""
    made: list[ProcessBackend] = []

    def one(program: str, arguments: Sequence[str] = ()) -> ProcessBackend:
        (tmp_path / f"{MODULE}.py").write_text(program)
        backend = ProcessBackend(owner="tests", folder=tmp_path, module=MODULE, arguments=arguments)
        made.append(backend)
        return backend

    yield one
    for backend in made:
        await backend.close()


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait in real time."""
    limit = time.monotonic() + PATIENCE_SECONDS
    while not await holds():
        assert time.monotonic() < limit, "waited in vain"
        await asyncio.sleep(0.02)


async def until(backend: ProcessBackend, holds: Callable[[Found], object]) -> Found:
    """The only worker, as soon as it is so."""

    async def so() -> bool:
        return bool(holds((await backend.list())[0]))

    await eventually(so)
    return (await backend.list())[0]


async def test_a_worker_is_told_its_id_its_arguments_and_the_environment(
    make: Make, template: MakeTemplate, tmp_path: Path
) -> None:
    """Its own output goes to files named after it, and only what stands on stderr is its log."""
    program = "import os, sys; print(os.environ['WORKER'], *sys.argv[1:], file=sys.stderr); print('by the way')"
    backend = make(program, arguments=("--quiet", "x"))
    await backend.launch("w", 0, template())
    await until(backend, lambda found: found.exit)
    await backend.launch("w", 1, template())
    found = await until(backend, lambda found: found.exit)
    assert (tmp_path / "logs" / "w.log").read_text() == "w --quiet x\n"
    assert (tmp_path / "logs" / "w.1.log").read_text() == "w.1 --quiet x\n"
    assert found.exit
    assert found.exit.last_words == "w.1 --quiet x"


async def test_a_worker_runs_in_a_session_of_its_own_with_its_nice_value(make: Make, template: MakeTemplate) -> None:
    backend = make(OBEDIENT + FOR_EVER)
    await backend.launch("w", 0, template(PodSpec(nice=7)))
    await until(backend, lambda found: found.url)
    worker = next(child for child in psutil.Process().children() if MODULE in child.cmdline())
    assert (os.getsid(worker.pid), worker.nice()) == (worker.pid, min(19, psutil.Process().nice() + 7))


async def test_the_children_of_a_worker_count_and_end_with_it(make: Make, template: MakeTemplate) -> None:
    program = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'while True: pass'])\n"
    backend = make(program + OBEDIENT + FOR_EVER)
    await backend.launch("w", 0, template())
    await until(backend, lambda found: found.url)
    worker = next(child for child in psutil.Process().children() if MODULE in child.cmdline())
    (busy,) = worker.children()

    async def used() -> bool:
        usage = await backend.usage()
        return usage["w"].cpu_seconds >= 0.2 and usage["w"].memory_bytes > worker.memory_info().rss

    await eventually(used)
    await backend.stop("w")
    await until(backend, lambda found: found.exit)

    async def gone() -> bool:
        return process_ended(busy.pid)

    await eventually(gone)


async def test_no_limit_on_memory_means_none(make: Make, template: MakeTemplate) -> None:
    backend = make(OBEDIENT + "held = b'x' * (150 << 20)" + FOR_EVER)
    await backend.launch("w", 0, template())

    async def holds_much() -> bool:
        usage = await backend.usage()
        return usage["w"].memory_bytes > 150 << 20

    await eventually(holds_much)
    assert (await backend.list())[0].exit is None


async def test_memory_is_watched_by_list_alone_too(make: Make, template: MakeTemplate) -> None:
    """A policy that needs no usage must not switch the limit off."""
    limits = Resources(limits=ResourceAmounts(memory=100 << 20))
    backend = make(OBEDIENT + "held = b'x' * (150 << 20)" + FOR_EVER)
    await backend.launch("w", 0, template(PodSpec(resources=limits)))
    found = await until(backend, lambda found: found.exit)
    assert found.exit
    assert found.exit.oom_killed


@pytest.mark.parametrize(
    ("spec", "notes"),
    [
        pytest.param(PodSpec(), (), id="nothing is limited"),
        pytest.param(PodSpec(resources=Resources(limits=ResourceAmounts(memory=1e9))), (), id="memory is enforced"),
        pytest.param(
            PodSpec(resources=Resources(limits=ResourceAmounts(cpu=0.5))),
            ("limits.cpu (0.5) is not enforced for processes: a worker may use all cores of this machine",),
            id="cpu is not",
        ),
    ],
)
def test_what_cannot_be_honoured_is_told(spec: PodSpec, notes: tuple[str, ...]) -> None:
    assert ProcessBackend.notes(template_of(spec)) == notes


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(errno.EAGAIN, r"w cannot be launched: .*; no more processes are allowed here", id="too many"),
        pytest.param(errno.ENOMEM, r"w cannot be launched: .*; there is too little memory", id="no memory"),
        pytest.param(errno.ENOENT, r"w cannot be launched: No such file or directory$", id="anything else"),
    ],
)
async def test_a_launch_that_is_impossible_is_an_error_and_leaves_nothing(
    make: Make, template: MakeTemplate, monkeypatch: pytest.MonkeyPatch, error: int, message: str
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(error, os.strerror(error))

    backend = make("")
    monkeypatch.setattr(os, "posix_spawn", refuse)
    with pytest.raises(BackendError, match=message):
        await backend.launch("w", 0, template())
    assert await backend.list() == []


async def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackendError, match="cannot be made"):
        ProcessBackend(owner="o", folder=tmp_path / "file")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param('{"status_port": 81}\n', "http://127.0.0.1:81", id="the line as it should be"),
        pytest.param('hello\n{"status_port": 81}\nmore\n', "http://127.0.0.1:81", id="handlers may print, too"),
        pytest.param('{"status_port": 8', None, id="half a line is not read yet"),
        pytest.param('{"status_port": 81}', None, id="a line without its end is not read yet"),
        pytest.param('[1]\n"status_port"\n{"port": 1}\n{"status_port": "x"}\n', None, id="other JSON"),
        pytest.param("", None, id="nothing was said"),
    ],
)
def test_where_the_status_page_is(tmp_path: Path, text: str, url: str | None) -> None:
    output = Output.of(tmp_path, "w")
    assert output.url() is None, "no file yet"
    output.stdout.write_text(text)
    assert output.url() == url


def test_last_words_are_the_last_eight_lines(tmp_path: Path) -> None:
    output = Output.of(tmp_path, "w")
    assert output.last_words() == ""
    output.stderr.write_bytes(b"x" * 20_000 + b"\n" + b"".join(b"line %d \xff\n" % n for n in range(10)))
    assert output.last_words().splitlines() == [f"line {n} \N{REPLACEMENT CHARACTER}" for n in range(2, 10)]


LAUNCHER = """
import asyncio, sys
from contextlib import suppress
from pathlib import Path
from autoscaler.backends.base import Template
from autoscaler.backends.process import ProcessBackend
from contract.pods import PodSpec

async def main(folder: str, marker: str, module: str) -> None:
    backend = ProcessBackend(owner="tests", folder=Path(folder), module=module, arguments=(marker,))
    template = Template(revision="1", spec=PodSpec(), environment=lambda _: {})
    for number in range(5):
        await backend.launch(f"w-{number}", 0, template)
        print("launched", flush=True)
    await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


def launcher(folder: Path, marker: str) -> "subprocess.Popen[str]":
    """An autoscaler that launches five workers, in a process of its own."""
    (folder / "forever.py").write_text(FOR_EVER)
    command = [sys.executable, "-c", LAUNCHER, str(folder), marker, "forever"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{folder}"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True, cwd=folder)


def notes(folder: Path) -> list[Path]:
    """What is written down about workers."""
    return list(folder.glob("workers/**/*.json"))


def marked(marker: str) -> list[int]:
    """Living processes that have this among their arguments."""
    found = psutil.process_iter(["pid", "cmdline", "status"])
    return [p.pid for p in found if marker in (p.info["cmdline"] or ()) and p.info["status"] != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("launches", [1, 3, 5], ids=["one is launched", "three are launched", "all are launched"])
def test_a_parent_killed_in_the_middle_of_launching_leaves_no_orphan(tmp_path: Path, launches: int) -> None:
    """SIGKILL gives it no chance to say goodbye; the youngest child has not even put on its leash."""
    marker = uuid.uuid4().hex
    with launcher(tmp_path, marker) as parent:
        assert parent.stdout is not None
        for _ in range(launches):
            assert parent.stdout.readline() == "launched\n"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    limit = time.monotonic() + PATIENCE_SECONDS
    while marked(marker):
        assert time.monotonic() < limit, "there are orphans"
        time.sleep(0.02)


async def test_notes_of_a_dead_predecessor_are_cleaned_and_those_of_a_living_one_are_respected(
    make: Make, tmp_path: Path
) -> None:
    """Two autoscalers over one folder would fight; after the end of one its workers are gone, and so are its notes."""
    with launcher(tmp_path, marker := uuid.uuid4().hex) as parent:
        assert parent.stdout is not None
        for _ in range(5):
            assert parent.stdout.readline() == "launched\n"
        with pytest.raises(BackendError, match=rf"belong to process {parent.pid}, which still runs"):
            make("")
        parent.kill()
    assert {json.loads(note.read_text())["parent_pid"] for note in notes(tmp_path)} == {parent.pid}
    backend = make("")
    assert await backend.list() == []
    assert notes(tmp_path) == []

    async def gone() -> bool:
        return not marked(marker)

    await eventually(gone)


async def test_damaged_notes_are_thrown_away(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "workers" / "tests"
    folder.mkdir(parents=True)
    (folder / "half.json").write_text('{"name": "half", "gen')
    (folder / "strange.json").write_text('{"name": "strange", "exit": null}')
    assert await make("").list() == []
    assert notes(tmp_path) == []


async def test_a_cancelled_close_still_kills(make: Make, template: MakeTemplate) -> None:
    backend = make(
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{\"status_port\": 1}')" + FOR_EVER
    )
    await backend.launch("w", 0, template(PodSpec(grace_seconds=20)))
    await until(backend, lambda found: found.url)
    closing = asyncio.create_task(backend.close())
    await asyncio.sleep(0.05)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert not [child for child in psutil.Process().children() if MODULE in child.cmdline()]


def fill_disk(folder: Path) -> None:
    """Let nothing be written down any more: drafts cannot be made where folders have their names."""
    for name in ("told", "dead"):
        (folder / "workers" / "tests" / f"{name}.draft").mkdir(parents=True)


async def test_a_full_disk_keeps_nobody_from_hearing_that_it_is_to_stop(
    make: Make, template: MakeTemplate, tmp_path: Path
) -> None:
    backend = make(OBEDIENT + FOR_EVER)
    await backend.launch("told", 0, template())
    await until(backend, lambda found: found.url)
    fill_disk(tmp_path)
    with pytest.raises(BackendError, match="cannot be written down"):
        await backend.stop("told")
    await eventually(lambda: ended(backend, "told"))
    (found,) = await backend.list()
    assert found.exit is not None
    assert found.exit.code == 0


async def test_a_full_disk_keeps_close_from_nothing(make: Make, template: MakeTemplate, tmp_path: Path) -> None:
    """Neither the end that it sees first nor those that follow."""
    backend = make(OBEDIENT + FOR_EVER)
    await backend.launch("told", 0, template())
    await until(backend, lambda found: found.url)
    await backend.launch("dead", 0, template())
    fill_disk(tmp_path)
    await backend.kill("dead")
    await asyncio.sleep(0.1)
    await backend.close()
    assert not [child for child in psutil.Process().children() if MODULE in child.cmdline()]


async def ended(backend: ProcessBackend, name: str) -> bool:
    """The first look at an end cannot write it down."""
    with suppress(BackendError):
        return any(found.name == name and found.exit for found in await backend.list())
    return False
