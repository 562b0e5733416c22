"""A stack's workers as its filter knows them: the rules, and what the SDK sends to make one."""

import copy
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from docker import APIClient

from autoscaler.backends.docker.recipe import Host, Place, recipe
from contract.pods import PodSpec
from stack.filter.rules import Rules
from tests.templates import template_of

LABELS = {"com.docker.compose.project": "p", "com.docker.compose.service": "worker"}
RULES = Rules(
    image="weir:1", network="p_events", labels=LABELS, secrets="p_worker", cores_max=2, memory_bytes_max=1 << 30
)
WORKER, OTHER = "a" * 64, "b" * 64


def body(*, secrets: str | None = None, limits: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the SDK sends for a worker that the backend makes."""
    spec = PodSpec.model_validate({"resources": {"limits": limits or {"cpu": "500m", "memory": "256Mi"}}})
    arguments = recipe(
        "worker-1",
        0,
        template_of(spec, lambda _: {"WEIR_WORKER_GROUP": "g", "WEIR_KAFKA_SASL_PASSWORD": "x" if secrets else ""}),
        place=Place(
            owner="g.c", image="weir:1", network="p_events", command=["process"], labels=LABELS, secrets=secrets
        ),
        host=Host(api_version="1.41", cores=2, has_init=True),
        launched_at=1.0,
    )
    if not secrets:
        arguments["environment"].pop("WEIR_KAFKA_SASL_PASSWORD")
    return sent_by_the_sdk(arguments)


def sent_by_the_sdk(arguments: dict[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {}

    class Client(APIClient):
        def _post_json(self, _url: str, data: dict[str, Any], **_: Any) -> None:
            sent.update(data)

        def _result(self, *_: Any, **__: Any) -> dict[str, Any]:
            return {}

    with closing(Client(version="1.41")) as client:
        client.create_container(**arguments)
    told: dict[str, Any] = json.loads(json.dumps(sent))
    return told


def changed(path: str, value: Any) -> dict[str, Any]:
    """A worker's body with one thing changed."""
    made = copy.deepcopy(body())
    *parents, last = path.split(".")
    section = made
    for name in parents:
        section = section[name]
    section[last] = value
    return made
