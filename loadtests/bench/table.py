"""The benchmark's results as Markdown tables, as they stand in docs/benchmarks.md.  Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def as_markdown(document: Mapping[str, Any]) -> str:
    """Host and versions, a table per direction and size, one of whole runs, of `weir decide`, of the observer."""
    parts = [_environment(document)]
    clients: Sequence[Row] = document["clients"]
    for direction, event_bytes in dict.fromkeys((row["direction"], row["event_bytes"]) for row in clients):
        rows = [row for row in clients if (row["direction"], row["event_bytes"]) == (direction, event_bytes)]
        parts.append(f"**{direction.capitalize()}, {event_bytes} B**\n\n" + _clients(rows))
    if document["end_to_end"]:
        parts.append("**End to end, 200 B**\n\n" + _end_to_end(document["end_to_end"]))
    if document.get("decide"):
        parts.append("**`weir decide`**\n\n" + _decide(document["decide"]))
    if document.get("tick"):
        parts.append("**A look of the observer**\n\n" + _tick(document["tick"]))
    return "\n\n".join(parts) + "\n"


def _environment(document: Mapping[str, Any]) -> str:
    host, versions = document["host"], document["versions"]
    names = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"Measured {document['measured_at']} by `weir bench` ({document['effort']['rounds']} rounds, medians) on "
        f"{host['cores']} cores of {host['cpu']}, {host['memory_bytes'] / 2**30:.0f} GiB, {host['system']}, "
        f"{host['python']}, load average before {host['load_average'][0]}; Weir {document['weir_version']}, {names}."
    )


def _clients(rows: Iterable[Row]) -> str:
    head = ("client", "events/s", "lowest to highest", "MB/s", "CPU s per million", "peak memory", "per event")
    return _table(
        head,
        [
            (
                row["client"],
                f"{row['events_per_second']:,.0f}",
                f"{row['events_per_second_min']:,.0f} to {row['events_per_second_max']:,.0f}",
                f"{row['megabytes_per_second']:.0f}",
                _number(row["cpu_seconds_per_million_events"], "{:.2f}"),
                _number(row["rss_bytes_max"], "{:.0f} MB", 1e-6),
                row["work"],
            )
            for row in rows
        ],
    )


def _end_to_end(summaries: Iterable[Row]) -> str:
    head = (
        "planned/s", "partitions", "workers", "linger", "produced", "processed", "p50", "p99", "p99.9", "max", "lost",
        "cores: producer", "workers", "broker", "memory: producer", "workers",
    )  # fmt: skip
    return _table(head, [tuple(_run_cells(summary)) for summary in summaries])


def _decide(rows: Iterable[Row]) -> str:
    head = ("policy and states", "lines/s", "lowest to highest", "lines")
    names = ("lines_per_second", "lines_per_second_min", "lines_per_second_max", "lines")
    figures = [(row["policy"], *(f"{row[name]:,.0f}" for name in names)) for row in rows]
    return _table(head, [(name, median, f"{low} to {high}", lines) for name, median, low, high, lines in figures])


def _tick(rows: Iterable[Row]) -> str:
    head = ("partitions", "workers", "median", "p99", "CPU, median", "journal line", "to write it", "looks")
    times = ("seconds_median", "seconds_p99", "cpu_seconds_median")
    return _table(
        head,
        [
            (
                f"{row['partitions']:,}",
                str(row["workers"]),
                *(f"{row[t] * 1e3:.0f} ms" for t in times),
                f"{row['journal_bytes_median'] / 1e3:.0f} kB",
                f"{row['journal_seconds_median'] * 1e3:.1f} ms",
                str(row["looks"]),
            )
            for row in rows
        ],
    )


def _run_cells(run: Row) -> Iterable[str]:
    yield _number(run["planned_rate"], "{:,.0f}")
    setting = run["setting"]
    yield from (str(setting["partitions"]), str(setting["workers"]), f"{setting['linger_seconds'] * 1e3:g} ms")
    yield _number(run["produced_ratio"], "{:.2%}")
    yield _number(run["processed_ratio"], "{:.2%}")
    for name in ("p50", "p99", "p99.9", "max"):
        yield _number(run["latencies"]["end_to_end"][name], "{:.1f} ms", 1e3)
    yield f"{run['ledger']['lost']:,} of {run['ledger']['acknowledged']:,}"
    for role in ("producer", "workers", "broker"):
        yield _number(run["costs"][role]["cores"], "{:.2f}")
    for role in ("producer", "workers"):
        yield _number(run["costs"][role]["rss_bytes_max"], "{:.0f} MB", 1e-6)


def _number(value: float | None, form: str, scale: float = 1.0) -> str:
    return "not told" if value is None else form.format(value * scale)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
