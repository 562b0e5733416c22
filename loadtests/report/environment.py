"""Where and with what the figures were measured: without this they mean nothing to anybody else."""

from datetime import datetime
from typing import Any

import yaml

from loadtests.report.records import RunRecords
from loadtests.report.units import duration, show


def facts(records: RunRecords) -> list[str]:
    """The line below the title: when, how long, on what."""
    host, kafka, summary = _part(records.run, "host"), _part(records.run, "kafka"), records.summary
    return [
        *([_moment(records.run["started_at"])] if records.run.get("started_at") else []),
        f"{duration(summary.measured_seconds)} measured after {duration(summary.warmup_seconds)} warm-up",
        *([f"Kafka {kafka['version']}, {kafka.get('kind', '')}".rstrip(", ")] if kafka.get("version") else []),
        *([f"{host['cores']} cores, {show(host.get('memory_bytes'), 'bytes')}"] if host.get("cores") else []),
    ]


def environment(run: dict[str, Any]) -> list[tuple[str, str]]:
    """Where and with what the figures were measured, as pairs of term and value; unknown ones are left out."""
    host, kafka = _part(run, "host"), _part(run, "kafka")
    load = host.get("load_average")
    pairs = {
        "Run": run.get("id"),
        "Started": run.get("started_at"),
        "Ended": run.get("ended_at"),
        "Seed": run.get("seed"),
        "Command": run.get("command"),
        "Processor": host.get("cpu"),
        "Cores": host.get("cores"),
        "Memory": show(host.get("memory_bytes"), "bytes") if host.get("memory_bytes") else None,
        "System": host.get("system"),
        "Load before": " ".join(f"{value:.2f}" for value in load) if load else None,
        "Kafka": " ".join(str(kafka[n]) for n in ("kind", "version", "bootstrap_servers") if kafka.get(n)) or None,
        "Workers": _workers(_part(run, "workers")),
        "Python": host.get("python"),
        "Weir": run.get("weir_version"),
    }
    return [(name, str(value)) for name, value in pairs.items() if value is not None]


def versions(run: dict[str, Any]) -> list[tuple[str, str]]:
    """Packages that the figures depend on, with their versions."""
    return [(name, str(version)) for name, version in _part(run, "versions").items()]


def scenario_yaml(run: dict[str, Any]) -> str:
    """The scenario, as it can be run again."""
    return yaml.safe_dump(run.get("scenario") or {}, sort_keys=False, allow_unicode=True)


def _workers(workers: dict[str, Any]) -> str | None:
    """Where they ran, if it was not as everywhere: as processes of the machine above."""
    if workers.get("backend") != "docker":
        return None
    return f"containers of {workers.get('image')} ({str(workers.get('image_id'))[:19]})"


def _moment(iso: Any) -> str:
    try:
        return datetime.fromisoformat(str(iso)).strftime("%-d %B %Y, %H:%M")
    except ValueError:
        return str(iso)


def _part(run: dict[str, Any], name: str) -> dict[str, Any]:
    part = run.get(name)
    return part if isinstance(part, dict) else {}
