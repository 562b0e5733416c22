"""The jars of the broker: which, where, and whether they are what they should be.

Fetched once into the user's cache folder, checked by SHA-256 at every start (about 0.05 s for 47 MB), used without
any network afterwards.  Its one rule: no jar reaches a class path unless its hash is the locked one.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from broker.errors import BrokerError

KAFKA_VERSION = "4.3.1"
LOCK_FILE = Path(__file__).with_name("jars.lock")

Say = Callable[[str], None]


def resolve_jars(say: Say, *, stopped: threading.Event | None = None) -> list[Path]:
    """The broker's class path, complete and verified; fetches what the cache lacks.

    `stopped` ends a fetch early, for callers that run this in a thread.

    Raises:
        BrokerError: A jar could not be fetched, or is not the one that was locked.
    """
    jars, folder = read_lock(LOCK_FILE), jar_folder()
    missing = [jar for jar in jars if not (folder / jar.name).is_file()]
    if missing:
        # Imported when needed: requests and jgo take longer to load than a cached start takes altogether.
        from broker.fetch import fetch  # noqa: PLC0415

        fetch(missing, folder, say=say, stopped=stopped or threading.Event())
    return [verified(jar, folder / jar.name) for jar in jars]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedJar:
    """One line of the lock file."""

    name: str
    sha256: str
    size_bytes: int
    coordinate: str


def read_lock(path: Path) -> list[LockedJar]:
    """The locked jars, in class path order."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [LockedJar(name=n, sha256=h, size_bytes=int(s), coordinate=c) for n, h, s, c in rows]


def lock_line(jar: LockedJar) -> str:
    """The inverse of one step of `read_lock`."""
    return f"{jar.name} {jar.sha256} {jar.size_bytes} {jar.coordinate}\n"


def cache_folder() -> Path:
    """Where everything is kept that can be made again: `$XDG_CACHE_HOME/weir`, else `~/.cache/weir`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "weir"


def jar_folder() -> Path:
    """The jars' place in the cache."""
    return cache_folder() / f"kafka-{KAFKA_VERSION}" / "jars"


def verified(jar: LockedJar, path: Path) -> Path:
    """The path itself, once its content has the locked hash."""
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != jar.sha256:
        raise BrokerError(
            f"{jar.name} is not the jar that this version of Weir was built with: expected SHA-256 {jar.sha256}, "
            f"found {found} in {path}. Delete that file and start again; if the hash is wrong again, the place it "
            "comes from (a mirror, a proxy) is handing out something else."
        )
    return path
