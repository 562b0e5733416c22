"""Writes jars.lock: which jars make the broker, by Maven coordinate, SHA-256 and size.

Run by a maintainer (`python -m broker.lock`) when the Kafka version changes, never at a user's start: what is locked
is what is fetched, so that no resolution happens on a user's machine and a changed upstream cannot slip in.

Three traps are dealt with here.  Naming kafka_2.13 alone lets another dependency pull kafka-clients down to 3.9, with
which the broker dies of NoSuchMethodError; so kafka-clients is named too and every Kafka jar must have our version.
The Log4j binding that the Kafka download brings is no dependency of its Maven artefact; it is named with a `!`
so that Log4j's parent POM does not manage the versions of everybody else.  And kafka-tools drags in the whole of Kafka
Connect with its web server; its two jars are added without what they depend on, which is all there already.
"""

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Any

from jgo.maven import MavenContext

from broker.errors import BrokerError
from broker.jars import KAFKA_VERSION, LOCK_FILE, LockedJar, lock_line

RESOLVED = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    f"org.apache.kafka:kafka-clients:{KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!",
)
ALONE = (
    f"org.apache.kafka:kafka-tools:{KAFKA_VERSION}",
    f"org.apache.kafka:kafka-tools-api:{KAFKA_VERSION}",
)


def write_lock(target: Path) -> int:
    """Resolve, download, hash and write; returns the number of jars.

    Raises:
        BrokerError: A Kafka jar of another version than ours was chosen.
    """
    with tempfile.TemporaryDirectory(prefix="weir-lock-") as scratch:
        jars = locked_jars(MavenContext(repo_cache=Path(scratch)))
    refuse_mixed_versions(jars)
    target.write_text("".join(lock_line(jar) for jar in jars), encoding="utf-8")
    return len(jars)


def locked_jars(context: MavenContext) -> list[LockedJar]:
    """Every jar of the broker's class path, sorted by file name."""
    named, transitive = context.resolver.resolve([context.create_dependency(c) for c in RESOLVED])
    alone = [context.create_dependency(coordinate) for coordinate in ALONE]
    artifacts = {dep.artifact.filename: dep.artifact for dep in [*named, *transitive, *alone]}
    return [locked_jar(artifacts[name]) for name in sorted(artifacts)]


def locked_jar(artifact: Any) -> LockedJar:
    """One line of the lock, from an artifact of jgo."""
    path = Path(artifact.resolve())
    coordinate = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
    content = path.read_bytes()
    return LockedJar(
        name=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        coordinate=coordinate,
    )


def refuse_mixed_versions(jars: list[LockedJar]) -> None:
    """Kafka's jars must all have one version: mixed ones fail at run time, long after the start."""
    mixed = [
        jar.coordinate
        for jar in jars
        if jar.coordinate.startswith("org.apache.kafka:") and not jar.coordinate.endswith(f":{KAFKA_VERSION}")
    ]
    if mixed:
        raise BrokerError(
            f"expected every Kafka jar to be {KAFKA_VERSION}, found {', '.join(mixed)}: "
            "name those in broker/lock.py too"
        )


if __name__ == "__main__":
    sys.stdout.write(f"{write_lock(LOCK_FILE)} jars written to {LOCK_FILE}\n")
