"""Prometheus' HTTP service discovery: who has metrics now, where, and what they are."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request

from autoscaler.api.desk import DeskHere
from autoscaler.api.reads import too_early
from autoscaler.board.documents import Document, WorkerDocument, example
from autoscaler.board.facts import Facts
from contract.addresses import host_port

PREFIX = "__meta_weir_"

router = APIRouter(prefix="/api/v1/prometheus", tags=["metrics"])


class TargetGroup(Document):
    """A worker or a load test's producer, as Prometheus asks for it.  Its labels are there for relabelling."""

    model_config = example(
        targets=["127.0.0.1:40123"],
        labels={
            "__meta_weir_role": "worker",
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
async def targets(desk: DeskHere, request: Request) -> list[TargetGroup]:
    """Every worker that has told where it listens, and in a load test its producer while it sends.

    503 before the first tick: Prometheus keeps the targets that it has when it is not given a list, and drops them all
    when it is given an empty one.
    """
    if desk.board.report is None:
        raise too_early()
    facts = desk.board.facts
    workers = [_worker(worker, worker.url, facts) for worker in desk.board.workers() if worker.url]
    port = desk.producer_port()
    return workers if port is None else [*workers, _producer(request.url.hostname or "", port, facts)]


def _producer(host: str, port: int, facts: Facts) -> TargetGroup:
    """It listens where the API does, so it is reached by the name by which the API was."""
    labels = {f"{PREFIX}role": "producer", f"{PREFIX}topic": facts.topic}
    return TargetGroup(targets=[host_port(host, port)], labels=labels)


def _worker(worker: WorkerDocument, url: str, facts: Facts) -> TargetGroup:
    labels = {
        "role": "worker",
        "worker": worker.name,
        "group": facts.group,
        "topic": facts.topic,
        "backend": facts.backend,
        "revision": worker.revision,
    }
    return TargetGroup(targets=[urlsplit(url).netloc], labels={PREFIX + name: value for name, value in labels.items()})
