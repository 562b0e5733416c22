"""The broker's data folder: what is in it, whether it can be used, and what is remembered between starts.

    DATA/weir-broker.json    Kafka version, last port and process id; also the mark of a folder that is ours
    DATA/server.properties   written anew at each start
    DATA/kafka/              Kafka's own log directory
    DATA/logs/               broker.log (Kafka's log), console.log (what Java itself prints)

Its one rule: look before Java starts, since Kafka's own answer to a bad folder comes seconds later and as a
stack trace.
"""

import base64
import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from broker.errors import BrokerError
from broker.jars import KAFKA_VERSION

FREE_MIB_MIN = 256  # an empty broker takes some 60 MiB (indexes are allocated ahead); less room fails within seconds


@dataclass(frozen=True, slots=True)
class Folder:
    """The places inside one data folder."""

    data: Path

    @property
    def state(self) -> Path:
        """What is remembered between starts."""
        return self.data / "weir-broker.json"

    @property
    def properties(self) -> Path:
        """Kafka's settings."""
        return self.data / "server.properties"

    @property
    def kafka(self) -> Path:
        """Kafka's own log directory."""
        return self.data / "kafka"

    @property
    def log(self) -> Path:
        """Kafka's log."""
        return self.data / "logs" / "broker.log"

    @property
    def console(self) -> Path:
        """What Java prints: crashes, flags it does not know, no memory."""
        return self.data / "logs" / "console.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a folder remembers."""

    kafka_version: str = KAFKA_VERSION
    port: int = 0
    pid: int = 0


def open_folder(data: Path) -> Folder:
    """Make the folder ready for a start.

    Raises:
        BrokerError: Not a folder, somebody else's, not writable, full, in use, or of a newer Kafka.
    """
    folder = Folder(data.absolute())
    with writing_to(folder.data):
        make(folder)
        refuse_foreign(folder)
        refuse_newer(folder)
        refuse_full(folder)
        refuse_in_use(folder)
        write_state(folder, read_state(folder))
    return folder


def make(folder: Folder) -> None:
    """Create what is missing, and see that it can be written to."""
    folder.data.mkdir(parents=True, exist_ok=True)
    probe = folder.data / ".weir-writable"
    probe.touch()
    probe.unlink()


@contextmanager
def writing_to(data: Path) -> Iterator[None]:
    """Turn what the disk answers into what the user can do."""
    try:
        yield
    except OSError as error:
        raise BrokerError(
            f"the broker cannot keep its data in {data}: {error.strerror}. "
            "Give a folder that exists or can be made, that this user can write to, and that has room."
        ) from error


def refuse_foreign(folder: Folder) -> None:
    """A folder with other things in it was probably a slip; Kafka would mix its files with them."""
    if not folder.state.exists() and any(folder.data.iterdir()):
        raise BrokerError(
            f"{folder.data} is not empty and holds no broker of Weir ({folder.state.name} is missing): "
            "give an empty or a new folder"
        )
    folder.log.parent.mkdir(exist_ok=True)
    folder.kafka.mkdir(exist_ok=True)


def refuse_newer(folder: Folder) -> None:
    """Kafka reads the data of older versions, never of newer ones."""
    found = read_state(folder).kafka_version
    if version_key(found) > version_key(KAFKA_VERSION):
        raise BrokerError(
            f"{folder.data} was last used by Kafka {found}, and Kafka {KAFKA_VERSION} cannot read newer data: "
            "use the newer Weir, or another folder"
        )


def refuse_full(folder: Folder) -> None:
    """Too little room fails in the middle of a run instead."""
    free_mib = shutil.disk_usage(folder.data).free // (1024 * 1024)
    if free_mib < FREE_MIB_MIN:
        raise BrokerError(
            f"the disk under {folder.data} is full: {free_mib} MiB free, the broker needs at least {FREE_MIB_MIN} MiB"
        )


def refuse_in_use(folder: Folder) -> None:
    """Kafka holds a lock on `.lock` while it runs; ask for the same one."""
    with (folder.kafka / ".lock").open("a") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BrokerError(
                f"another broker is running on {folder.data} (last started with pid {read_state(folder).pid}): "
                "stop that one, or use another folder"
            ) from None


def read_state(folder: Folder) -> State:
    """What the folder remembers; a fresh state for a new folder."""
    try:
        return State(**json.loads(folder.state.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return State()
    except (ValueError, TypeError) as error:
        raise BrokerError(
            f"{folder.state} cannot be read ({error}): it is written by Weir; "
            "delete it if the rest of the folder is sound"
        ) from error


def write_state(folder: Folder, state: State) -> None:
    """Remember, in one step: a crash leaves the old state or the new one."""
    draft = folder.state.with_suffix(".new")
    draft.write_text(json.dumps(asdict(state)), encoding="utf-8")
    draft.replace(folder.state)


def is_formatted(folder: Folder) -> bool:
    """Whether Kafka has been prepared to run here."""
    return (folder.kafka / "meta.properties").exists()


def write_identity(folder: Folder) -> None:
    """What Kafka's storage tool writes: a cluster of our own, one node, one directory."""
    text = f"version=1\nnode.id=1\ncluster.id={random_id()}\ndirectory.id={random_id()}\n"
    (folder.kafka / "meta.properties").write_text(text, encoding="ascii")


def random_id() -> str:
    """A random id as Kafka writes them: 16 bytes in URL-safe base 64; never with a leading dash, as Kafka sees to."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read: passwords may be in it."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)


def version_key(version: str) -> tuple[int, ...]:
    """4.10.0 is newer than 4.9.1."""
    return tuple(int(part) for part in version.split("."))
