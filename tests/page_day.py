"""A day of samples for the live page, made at once: what a server that has run for long would still have."""

from typing import Any

import numpy as np

from tests.page_crew import WORK_CORES, WORKER_RATE


def day_columns(until: float, *, seconds: int = 86_400, replicas_max: int = 100) -> dict[str, list[float | None]]:
    """A day before `until`, a column a series and `at`: load comes and goes, three storms, an hour of unknown lag."""
    chance = np.random.default_rng(11)
    second = np.arange(seconds, dtype=float)
    load = WORKER_RATE * replicas_max * (0.16 - 0.1 * np.cos(2 * np.pi * second / seconds)) + chance.normal(
        0, 120, seconds
    )
    needed = np.ceil(load / WORKER_RATE)
    storm = sum(np.exp(-(((second - seconds * at) / 240) ** 2)) for at in (0.28, 0.61, 0.9))
    desired = np.minimum(replicas_max, np.round(needed * (1.15 + 4.0 * storm)))
    ready = np.round(np.minimum(desired, needed * (1.12 - 0.4 * storm)))
    lag = 600 + load * 40 * storm
    columns: dict[str, Any] = {
        "at": until - seconds + second,
        "arrival_rate": load,
        "processing_rate": load * (1 - 0.35 * storm),
        "lag_events": lag,
        "lag_seconds": 0.3 + 38 * storm,
        "replicas_desired": desired,
        "replicas_current": desired,
        "replicas_ready": ready,
        "replicas_needed": needed,
        "cpu_init_cores": 7 * storm,
        "cpu_work_cores": load / WORKER_RATE * WORK_CORES * (1 - 0.3 * storm),
        "host_cpu_ratio": np.clip(0.25 + 0.75 * storm, 0, 1),
        "shadow:weir": needed + 1,
        "shadow:keda-lag": np.minimum(replicas_max, needed + np.round(lag / 4_000)),
    }
    listed: dict[str, list[float | None]] = {name: np.round(column, 3).tolist() for name, column in columns.items()}
    for name in ("lag_events", "lag_seconds"):
        listed[name][seconds // 3 : seconds // 3 + 3_600] = [None] * len(
            listed[name][seconds // 3 : seconds // 3 + 3_600]
        )
    return listed
