"""What people read of a producer: a line a second, and a summary at the end."""

import sys

import typer
from rich.console import Console
from rich.table import Table

from contract.histogram import LatencyHistogram
from contract.ledger import ProducerAccount
from producer.figures import Figures


def progress_line(before: Figures, now: Figures) -> str:
    """Rates since `before`, delay of the last seconds, and what went wrong so far."""
    seconds = max(now.elapsed_seconds - before.elapsed_seconds, 1e-3)

    def rate(name: str) -> str:
        return f"{name} {(getattr(now, name) - getattr(before, name)) / seconds:,.0f}/s"

    delay = now.delay.recent.seconds_at(99.0)
    parts = [f"{now.elapsed_seconds:5.0f} s", *map(rate, ("planned", "sent", "acknowledged"))]
    parts.append(f"delay p99 {_ms(delay)}")
    parts += [f"{name} {getattr(now, name):,}" for name in ("late", "failed") if getattr(now, name)]
    return "  ".join(parts)


def progress_keys(before: Figures, now: Figures) -> dict[str, float | None]:
    """The same for machines."""
    seconds = max(now.elapsed_seconds - before.elapsed_seconds, 1e-3)
    rates = {
        f"{name}_rate": round((getattr(now, name) - getattr(before, name)) / seconds, 1)
        for name in ("planned", "sent", "acknowledged")
    }
    delay = now.delay.recent.seconds_at(99.0)
    return rates | {"delay_p99_seconds": delay, "late_events": now.late, "failed_events": now.failed}


def print_summary(account: ProducerAccount) -> None:
    """A table on a terminal, lines of `name value` otherwise; on standard output."""
    rows = summary_rows(account)
    if not sys.stdout.isatty():
        typer.echo("\n".join(f"{name}\t{value}" for name, value in rows))
        return
    table = Table(title=f"Producer, topic {account.topic}", show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def summary_rows(account: ProducerAccount) -> list[tuple[str, str]]:
    """Name and value of everything worth knowing."""
    seconds = max((account.ended_us - account.started_us) / 1e6, 1e-6)
    delay, publish = map(LatencyHistogram.decode, (account.schedule_delay, account.publish_latency))
    counts = ("planned", "sent", "acknowledged", "failed", "unknown", "unsent", "late")
    return [
        ("topic", account.topic),
        ("complete", "yes" if account.complete else "no"),
        *((name, f"{getattr(account, name):,}") for name in counts),
        *((f"failed: {error}", f"{events:,}") for error, events in account.errors.items()),
        ("seconds", f"{seconds:.2f}"),
        ("acknowledged rate", f"{account.acknowledged / seconds:,.0f} events/s"),
        ("value rate", f"{account.value_bytes / seconds / 1e6:,.1f} MB/s"),
        ("schedule delay p50 / p99 / max", _three(delay)),
        ("publish latency p50 / p99 / max", _three(publish)),
        ("CPU", f"{account.cpu_seconds:.2f} s"),
        ("memory, highest", f"{account.rss_bytes_max / (1 << 20):,.0f} MiB"),
    ]


def _three(histogram: LatencyHistogram) -> str:
    return " / ".join(_ms(histogram.seconds_at(percentile)) for percentile in (50.0, 99.0, 100.0))


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:,.1f} ms"
