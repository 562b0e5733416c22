"""Prometheus' HTTP service discovery: the workers that run now, where their metrics are, and what they are."""

from urllib.parse import urlsplit

from fastapi import APIRouter

from autoscaler.api.desk import DeskHere
from autoscaler.api.reads import too_early
from autoscaler.board.documents import Document, WorkerDocument, example
from autoscaler.board.facts import Facts

PREFIX = "__meta_weir_"

router = APIRouter(prefix="/api/v1/prometheus", tags=["metrics"])


class TargetGroup(Document):
    """One worker, in the form that Prometheus asks for.  Its labels are there for relabelling."""

    model_config = example(
        targets=["127.0.0.1:40123"],
        labels={
            "__meta_weir_worker": "worker-3",
            "__meta_weir_group": "billing",
            "__meta_weir_topic": "orders",
            "__meta_weir_backend": "process",
            "__meta_weir_revision": "1",
        },
    )

    targets: list[str]
    labels: dict[str, str]


@router.get("/targets", summary="Targets for Prometheus' http_sd_configs")
async def targets(desk: DeskHere) -> list[TargetGroup]:
    """Every worker that has told where it listens.

    503 before the first tick: Prometheus keeps the targets that it has when it is not given a list, and drops them all
    when it is given an empty one.
    """
    if desk.board.report is None:
        raise too_early()
    return [_group(worker, worker.url, desk.board.facts) for worker in desk.board.workers() if worker.url]


def _group(worker: WorkerDocument, url: str, facts: Facts) -> TargetGroup:
    labels = {
        "worker": worker.name,
        "group": facts.group,
        "topic": facts.topic,
        "backend": facts.backend,
        "revision": worker.revision,
    }
    return TargetGroup(targets=[urlsplit(url).netloc], labels={PREFIX + name: value for name, value in labels.items()})
