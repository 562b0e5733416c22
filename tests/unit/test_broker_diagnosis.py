"""Kafka's last words, as it really writes them, and what a user is told."""

import pytest

from broker.diagnosis import LINE_LENGTH_MAX, diagnose

NOISE = """[2026-11-22 21:36:49,338] INFO KafkaConfig values: ... java.lang.OutOfMemoryError Permission denied (x)
[2026-11-22 21:36:49,339] WARN [QuorumController id=1] Performing controller activation. (x)
"""


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        pytest.param(
            "org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:9092: "
            "Address already in use.",
            "a port was taken",
            id="port taken",
        ),
        pytest.param(
            "Caused by: java.net.BindException: Cannot assign requested address",
            "not an address of this machine",
            id="a foreign address",
        ),
        pytest.param("Caused by: java.io.IOException: No space left on device", "the disk is full", id="disk full"),
        pytest.param(
            "org.apache.kafka.common.KafkaException: Failed to acquire lock on file .lock in /d/kafka. A Kafka "
            "instance in another process or thread is using this directory.",
            "another broker is running",
            id="folder in use",
        ),
        pytest.param(
            "java.lang.RuntimeException: Stored node id 7 doesn't match previous node id 1 in /d/meta.properties.",
            "belongs to another node",
            id="another node's folder",
        ),
        pytest.param(
            "[2026-11-22 22:00:00,000] ERROR [RaftManager id=1] received INCONSISTENT_CLUSTER_ID (x)",
            "two different clusters",
            id="cluster id mismatch",
        ),
        pytest.param(
            "java.lang.RuntimeException: Tried to apply FeatureLevelRecord FeatureLevelRecord("
            "name='metadata.version', featureLevel=31), but this controller only supports versions 7-30",
            "written by a newer Kafka",
            id="newer data",
        ),
        pytest.param(
            "[2026-11-22 22:00:00,000] ERROR Error while reading meta.properties file /d/meta.properties (x)",
            "is damaged",
            id="unreadable meta.properties",
        ),
        pytest.param(
            "java.nio.file.AccessDeniedException: /d/kafka/.lock", "may not write", id="a folder without permission"
        ),
        pytest.param(
            "Terminating due to java.lang.OutOfMemoryError: Java heap space", "give it more with --heap-mib", id="heap"
        ),
        pytest.param(
            "# There is insufficient memory for the Java Runtime Environment to continue.",
            "too little memory",
            id="a heap larger than the machine",
        ),
        pytest.param("java.io.IOException: Too many open files", "ulimit -n", id="too many files"),
        pytest.param("Unrecognized VM option 'UseG2GC'", "does not know our options", id="an unknown Java option"),
        pytest.param(
            "org.apache.kafka.common.config.ConfigException: Invalid value x for configuration num.io.threads",
            "does not accept",
            id="a wrong property",
        ),
        pytest.param("java.lang.IllegalStateException: something else", "Kafka gave up", id="an unknown kind"),
    ],
)
def test_each_failure_has_its_line_and_its_meaning(line: str, meaning: str) -> None:
    """Found among other lines; lines that only inform are never the cause."""
    finding = diagnose(f"{NOISE}{line}\n\tat kafka.Kafka.main(Kafka.scala)\n")
    assert finding is not None
    assert meaning in finding.meaning
    assert line.removeprefix("[2026-11-22 22:00:00,000] ") == finding.line
    assert finding.port_taken == ("Address already in use" in line)


def test_the_first_cause_counts_not_what_follows_from_it() -> None:
    """A full disk makes later writes fail in other ways."""
    finding = diagnose("java.io.IOException: No space left on device\njava.nio.file.AccessDeniedException: /x\n")
    assert finding is not None
    assert "disk is full" in finding.meaning


def test_a_log_without_errors_has_no_finding() -> None:
    """Then the caller says that no reason was found, rather than making one up."""
    assert diagnose(NOISE) is None


def test_a_long_line_is_cut() -> None:
    """A message stays readable."""
    finding = diagnose("java.lang.RuntimeException: " + "x" * 10_000)
    assert finding is not None
    assert len(finding.line) <= LINE_LENGTH_MAX + 1
