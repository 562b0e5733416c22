"""What the process backend writes down about each worker, so that a second one in the same process can take over.

One small JSON file a worker, replaced as a whole.  Workers die with the process that started them, so only a backend
within that very process can adopt them.  Files of a process that is gone are those of workers that are gone as well:
they are deleted without a word.  Files of another process that still runs are an error: two would fight over a folder.
"""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from autoscaler.backends.base import Template
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Exit

THIS_PROCESS = uuid.uuid4().hex
"""Process ids come again, above all in containers; this does not."""
CLOCK_SLACK_SECONDS = 1.0
"""psutil computes start times from the wall clock, which may be set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One worker as it is written down.  `parent` is the process that started it; it leads a session of its own."""

    name: str
    generation: int
    pid: int
    created_at: float
    launched_at: float
    parent: str
    parent_pid: int
    parent_created_at: float
    revision: str
    memory_limit_bytes: float | None
    grace_seconds: float
    stopping: bool = False
    over_limit: bool = False
    """It was killed because it used more memory than it may."""
    exit: Exit | None = None

    @classmethod
    def of_child(cls, name: str, generation: int, pid: int, template: Template, *, launched_at: float) -> "Record":
        """A worker that this process has just started."""
        own, spec = os.getpid(), template.spec
        return cls(
            name=name,
            generation=generation,
            pid=pid,
            created_at=psutil.Process(pid).create_time(),
            launched_at=launched_at,
            parent=THIS_PROCESS,
            parent_pid=own,
            parent_created_at=psutil.Process(own).create_time(),
            revision=template.revision,
            memory_limit_bytes=spec.resources.limits.memory,
            grace_seconds=spec.grace_seconds,
        )


class RecordFolder:
    """The records of one owner."""

    def __init__(self, folder: Path, owner: str) -> None:
        """Raises BackendError when there can be no such folder."""
        self._folder = made(folder / "workers" / quote(owner, safe=""))

    def adopt(self) -> Iterator[Record]:
        """The records of this process; those of dead ones are deleted.  BackendError if another one still runs."""
        for path in sorted(self._folder.glob("*.json")):
            record = _read(path)
            if record and record.parent == THIS_PROCESS and (record.exit or _exists(record.pid, record.created_at)):
                yield record
            elif record and record.parent != THIS_PROCESS and _runs(record.parent_pid, record.parent_created_at):
                raise BackendError(
                    f"the workers in {self._folder} belong to process {record.parent_pid}, which still runs: "
                    "end it, or choose another folder or owner"
                )
            else:
                path.unlink(missing_ok=True)

    def write(self, record: Record) -> None:
        """Replace what is written about this worker, or nothing.  Raises BackendError, as when the disk is full."""
        draft = self._folder / f"{record.name}.draft"
        try:
            draft.write_text(json.dumps(asdict(record)), encoding="utf-8")
            draft.replace(self._path(record.name))
        except OSError as error:
            raise BackendError(f"{record.name} cannot be written down in {self._folder}: {error.strerror}") from error

    def delete(self, name: str) -> None:
        """Forget a worker."""
        self._path(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Leave no folder behind that holds nothing; one that others use stays."""
        for folder in (self._folder, self._folder.parent):
            try:
                folder.rmdir()
            except OSError:
                return

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def made(folder: Path) -> Path:
    """The folder, which exists now.  Raises BackendError when it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackendError(f"the folder {folder} cannot be made: {error.strerror}") from error
    return folder


def _exists(pid: int, created_at: float) -> bool:
    """Whether there is a process of this id that was started at this time, be it a zombie."""
    try:
        return abs(psutil.Process(pid).create_time() - created_at) <= CLOCK_SLACK_SECONDS
    except psutil.Error:
        return False


def _runs(pid: int, created_at: float) -> bool:
    try:
        return _exists(pid, created_at) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _read(path: Path) -> Record | None:
    """None for a file of another version or a damaged one: nobody can say which worker that was."""
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        ended = document.pop("exit")
        return Record(**document, exit=Exit(**ended) if ended else None)
    except (OSError, ValueError, TypeError, KeyError):
        return None
