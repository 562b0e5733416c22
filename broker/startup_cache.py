"""Java's own start-up cache (ahead-of-time cache, JEP 483 and 515): classes loaded and linked in advance.

Measured here (2 cores): a broker answers after 1.1 s with it and 2.5 s without.  It is made once per machine, by a
short life of a broker (`training`), and belongs to one Java and one set of jars and flags: all are part of its
name, and Java itself does without it, silently, when something does not fit.
"""

import hashlib
from pathlib import Path

from broker.jars import KAFKA_VERSION, LOCK_FILE, cache_folder
from broker.java import SERVER_FLAGS, java_version

FIRST_JAVA = 25  # the first that makes the cache in one step


def is_supported(java: Path) -> bool:
    """Whether this Java can make and use one."""
    return java_version(java) >= FIRST_JAVA


def cache_path(java: Path) -> Path:
    """Where the cache of this Java and the locked jars belongs, whether it exists or not."""
    home = java.resolve().parent.parent
    release = home / "release"
    identity = release.read_bytes() if release.exists() else b""
    parts = (identity, str(home).encode(), LOCK_FILE.read_bytes(), " ".join(SERVER_FLAGS).encode())
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    return cache_folder() / f"kafka-{KAFKA_VERSION}" / f"startup-{key}.aot"
