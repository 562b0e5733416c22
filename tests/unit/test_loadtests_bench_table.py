"""The benchmark's table."""

from typing import Any

from loadtests.bench.contestants import CONSUMERS, PRODUCERS, Figures
from loadtests.bench.measure import Effort
from loadtests.bench.table import as_markdown

ROW: dict[str, Any] = {
    "direction": "produce",
    "event_bytes": 100,
    "client": "somebody",
    "work": "fresh JSON each",
    "events_per_second": 1_234_567.8,
    "events_per_second_min": 1_000_000.0,
    "events_per_second_max": 2_000_000.0,
    "megabytes_per_second": 123.4,
    "cpu_seconds_per_million_events": None,
    "rss_bytes_max": 50_000_000,
    "rounds": 3,
}
DOCUMENT: dict[str, Any] = {
    "measured_at": "2026-01-01T00:00:00+00:00",
    "weir_version": "1",
    "host": {
        "cores": 2,
        "cpu": "some CPU",
        "memory_bytes": 8 << 30,
        "system": "Linux",
        "python": "CPython 3",
        "load_average": [0.1, 0, 0],
    },
    "versions": {"aiokafka": "0.14.0"},
    "effort": {"rounds": 3, "seconds_each": 5.0},
    "clients": [ROW, {**ROW, "event_bytes": 1000}],
    "end_to_end": [],
    "decide": [
        {
            "policy": "hpa",
            "lines": 5_000,
            "lines_per_second": 20_000.4,
            "lines_per_second_min": 1e4,
            "lines_per_second_max": 3e4,
        }
    ],
    "tick": [
        {
            "partitions": 1_000,
            "workers": 100,
            "looks": 30,
            "seconds_median": 0.0476,
            "seconds_p99": 0.129,
            "cpu_seconds_median": 0.0234,
            "journal_seconds_median": 0.00154,
            "journal_bytes_median": 212_000,
        }
    ],
}


def test_the_table_names_host_versions_and_every_row() -> None:
    """One table per direction and size; what a tool does not tell is said so, not shown as 0."""
    text = as_markdown(DOCUMENT)
    assert "2 cores of some CPU, 8 GiB" in text
    assert "aiokafka 0.14.0" in text
    assert text.count("| somebody | 1,234,568 |") == 2
    assert "| not told | 50 MB |" in text
    assert "**Produce, 1000 B**" in text
    assert "| hpa | 20,000 | 10,000 to 30,000 | 5,000 |" in text
    assert "| 1,000 | 100 | 48 ms | 129 ms | 23 ms | 212 kB | 1.5 ms | 30 |" in text


def test_a_rate_is_events_over_seconds() -> None:
    """The one formula of the benchmark."""
    assert Figures(events=10, seconds=4.0).rate == 2.5


def test_every_contestant_runs_about_as_long() -> None:
    """Faster clients and smaller events get more events."""
    effort = Effort(rounds=1, seconds_each=2.0, end_to_end_seconds=1.0)
    for contestant in (*PRODUCERS, *CONSUMERS):
        assert effort.events(contestant, 100) == contestant.pace * 2_000
        assert effort.events(contestant, 1_000) < effort.events(contestant, 100)
