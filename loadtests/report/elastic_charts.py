"""The charts of an autoscaled run: replicas against the need, time lag, what starts cost, what stood still.

Apart from the other charts because older runs and fixed crews have none of these columns.
"""

from collections.abc import Sequence
from itertools import pairwise

from contract.record import Sample
from loadtests.report.drawing import Chart, Point, gauge, line, make_chart, slopes
from loadtests.report.thinning import thin_points


def replicas(needed: Sequence[Point], samples: Sequence[Sample]) -> Chart:
    """Needed, desired, alive and ready workers, and how many are still starting; what is asked for lies above."""
    lines = [
        line("starting", "starting", gauge(samples, "workers_initialising")) | {"step": True, "area": True},
        line("alive", "neutral", gauge(samples, "workers_alive")) | {"step": True},
        line("desired", "desired", gauge(samples, "desired_replicas")) | {"step": True},
        line("ready", "processed", gauge(samples, "workers_ready")) | {"step": True},
        line("needed", "needed", thin_points(needed)) | {"step": True, "dash": True},
    ]
    caption = "Desired is what the policy asks for, needed the least that keeps up with what arrives."
    return make_chart("replicas", "Replicas", caption, "", lines, events=True, whole=True, wide=True)


def time_lag(samples: Sequence[Sample], limit: float) -> Chart:
    """How old the oldest event is, with the limit of the SLO."""
    lines = [line("time lag", "lag", gauge(samples, "time_lag_seconds")) | {"area": True}]
    return make_chart(
        "time-lag", "Time lag", "Age of the oldest event that is not processed yet.", "s", lines, limit=limit
    )


def worker_cpu(samples: Sequence[Sample]) -> Chart:
    """Cores that all workers use, and those of them that starting workers use."""
    lines = [
        line("all workers", "processed", slopes(samples, "worker_cpu_seconds")) | {"area": True},
        line("starting", "starting", slopes(samples, "worker_init_cpu_seconds")) | {"area": True},
    ]
    caption = "Cores in use by the workers, and the part that starting takes of them."
    measured = lines if lines[1]["data"] else []
    return make_chart("worker-cpu", "CPU of starts", caption, "cores", measured)


def disturbances(samples: Sequence[Sample]) -> Chart:
    """What nobody consumes, and the workers that were started again or killed, second by second."""
    lines = [
        line("stopped", "stopped", gauge(samples, "partitions_stopped")) | {"step": True, "area": True},
        line("restarts", "neutral", _rises(samples, "worker_restarts")) | {"step": True},
        line("probe kills", "failed", _rises(samples, "probe_kills")) | {"step": True},
    ]
    caption = "Partitions that nobody consumes; restarts and kills a second."
    return make_chart("disturbances", "Disturbances", caption, "", lines, whole=True)


def _rises(samples: Sequence[Sample], field: str) -> list[Point]:
    known = gauge(samples, field)
    return [(after[0], max(0.0, after[1] - before[1])) for before, after in pairwise(known)]
