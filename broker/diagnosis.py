"""What went wrong, read from what Kafka and Java left behind.  Pure: text in, one finding out.

Kafka reports its own failures as stack traces between hundreds of lines; here each kind that a user can act on has one
pattern, its meaning and its remedy.  A new kind costs one line in the table and one row in its test.
"""

import re
from dataclasses import dataclass

LINE_LENGTH_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The decisive line, what it means and whether another port could cure it."""

    line: str
    meaning: str
    port_taken: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to fail: what its line looks like, and what to tell the user."""

    pattern: str
    meaning: str


PORT_TAKEN = Kind(r"Address already in use", "a port was taken: stop whoever listens there or choose another")
KINDS = (
    PORT_TAKEN,
    Kind(r"Cannot assign requested address", "the host is not an address of this machine"),
    Kind(
        r"No space left on device|Disk quota exceeded", "the disk is full: make room, or use a folder on another disk"
    ),
    Kind(r"Failed to acquire lock on file", "another broker is running on the same data folder"),
    Kind(
        r"INCONSISTENT_CLUSTER_ID|Inconsistent cluster ?id|[Cc]luster\.?\s?id .* (doesn't|does not) match",
        "the data folder holds parts of two different clusters: use a new one",
    ),
    Kind(r"Stored node id", "the data folder belongs to another node: use one that Weir made"),
    Kind(
        r"only supports versions|No MetadataVersion with feature level",
        "the data was written by a newer Kafka: use that version, or another folder",
    ),
    Kind(
        r"Error while reading meta\.properties|(node ID|cluster ID|cluster\.id) not found in",
        "the data folder is damaged (kafka/meta.properties): use a new one",
    ),
    Kind(
        r"Permission denied|AccessDeniedException|Read-only file system|ReadOnlyFileSystemException|is not writable",
        "the broker may not write to its data folder",
    ),
    Kind(r"java\.lang\.OutOfMemoryError", "the broker ran out of heap: give it more with --heap-mib"),
    Kind(r"insufficient memory|Could not reserve enough space", "the machine has too little memory for this heap"),
    Kind(r"Too many open files", "the limit of open files is too low: raise it (ulimit -n)"),
    Kind(r"Unrecognized VM option|Could not create the Java Virtual Machine", "this Java does not know our options"),
    Kind(r"ConfigException: (.*)", "a property has a value that Kafka does not accept"),
)


def diagnose(text: str) -> Finding | None:
    """The first line that matches a kind, in the order of the text; else the last error; None for neither."""
    lines = [line for line in text.splitlines() if not re.match(r"\[[^]]*\] (INFO|DEBUG|TRACE) ", line)]
    for line in lines:
        for kind in KINDS:
            if re.search(kind.pattern, line):
                return Finding(line=shortened(line), meaning=kind.meaning, port_taken=kind is PORT_TAKEN)
    return last_error(lines)


def last_error(lines: list[str]) -> Finding | None:
    """Kafka's own last word, when no kind fits."""
    for line in reversed(lines):
        if re.search(r"\b(ERROR|FATAL)\b|Exception\b|^Error", line):
            return Finding(line=shortened(line), meaning="Kafka gave up")
    return None


def shortened(line: str) -> str:
    """Without the date in front, and of a length that fits a message."""
    bare = re.sub(r"^\[[\d\-:, ]+\] ", "", line.strip())
    return bare if len(bare) <= LINE_LENGTH_MAX else f"{bare[:LINE_LENGTH_MAX]}…"
