"""Brings missing jars into the cache, by way of jgo and its pure-Python downloader.

Apart from `jars` because it is needed once per machine and its libraries are slow to load.  Its one rule: the cache
only ever holds whole, verified files: each jar is downloaded beside the cache, checked, then moved in.
"""

import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.maven import MavenContext, PythonResolver

from broker.errors import BrokerError
from broker.jars import KAFKA_VERSION, LockedJar, Say, verified

DOWNLOADS_AT_ONCE = 4
ANSWER_SECONDS = 60  # silence of a server, not the length of a download
TELL_EVERY_SECONDS = 1.0
JAR_TIME = (
    1_577_836_800  # a start-up cache is void when a jar's time changes, so that a jar fetched again gets the same
)


def fetch(jars: Sequence[LockedJar], folder: Path, *, say: Say, stopped: threading.Event) -> None:
    """Download each jar, check it and move it into `folder`.

    Raises:
        BrokerError: No connection, no such jar, wrong content, or no room.
    """
    logging.getLogger("jgo").addHandler(logging.NullHandler())  # our errors say it, with the remedy
    progress = Progress(jars, say, stopped)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as scratch:
            download_all(jars, Path(scratch), folder, progress)
    except OSError as error:
        raise BrokerError(f"could not keep Kafka's jars in {folder}: {error}") from error
    progress.tell(final=True)


def download_all(jars: Sequence[LockedJar], scratch: Path, folder: Path, progress: "Progress") -> None:
    """A few downloads side by side; the first failure ends the others."""
    resolver = PythonResolver(progress_callback=progress.of_file)
    context = MavenContext(
        resolver=resolver,
        repo_cache=scratch,
        remote_repos=GlobalSettings.load().repositories or None,  # a mirror set up for jgo serves us too
        timeout=ANSWER_SECONDS,
    )
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE, thread_name_prefix="fetch") as pool:
        running = [pool.submit(download, jar, context, folder) for jar in jars]
        try:
            for done in as_completed(running):
                done.result()
                progress.count_jar()
        except BaseException:  # Ctrl-C as well: nobody waits for the rest of 47 MB
            progress.stopped.set()
            pool.shutdown(cancel_futures=True)
            raise


def download(jar: LockedJar, context: MavenContext, folder: Path) -> None:
    """One jar, from nowhere to its place in the cache."""
    artifact = context.create_dependency(jar.coordinate).artifact
    try:
        path = context.resolver.download(artifact)
    except (OSError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk's, told by `fetch`; the network's come wrapped, without a number
        raise BrokerError(
            f"could not fetch {jar.coordinate} for Kafka {KAFKA_VERSION}: {error}. This needs a connection once; "
            "behind a proxy set HTTPS_PROXY, or run `weir kafka fetch` on a machine that has a connection and copy "
            f"{folder} from there."
        ) from error
    assert path is not None  # this resolver raises when it finds nothing
    verified(jar, path)
    os.utime(path, (JAR_TIME, JAR_TIME))
    path.replace(folder / jar.name)


class Progress:
    """Counts what has arrived and says so about once a second; also the place where a fetch is stopped."""

    def __init__(self, jars: Sequence[LockedJar], say: Say, stopped: threading.Event) -> None:
        self.stopped = stopped
        self._say = say
        self._jars, self._jars_done = len(jars), 0
        self._bytes, self._bytes_done = sum(jar.size_bytes for jar in jars), 0
        self._told_at = 0.0
        self._guard = threading.Lock()

    @contextmanager
    def of_file(self, _name: str, _size: int) -> Iterator["Progress"]:
        """What jgo asks for: a context that yields something to call with each chunk's length."""
        yield self

    def __call__(self, length: int) -> None:
        """Count one chunk.  Called from the downloading threads."""
        if self.stopped.is_set():
            raise BrokerError("the download of Kafka was stopped")
        with self._guard:
            self._bytes_done += length
        self.tell()

    def count_jar(self) -> None:
        """Count one jar that is verified and in its place."""
        self._jars_done += 1

    def tell(self, *, final: bool = False) -> None:
        """Say where we are, unless that was said a moment ago."""
        now = time.monotonic()
        with self._guard:
            if not final and now - self._told_at < TELL_EVERY_SECONDS:
                return
            self._told_at = now
        done, total = self._bytes_done / 1e6, self._bytes / 1e6
        self._say(f"fetching Kafka {KAFKA_VERSION}: {self._jars_done}/{self._jars} jars, {done:.1f}/{total:.1f} MB")
