"""What a worker's container is made of, and everything that it may not do.  Pure.

Its one rule: no setting of a user loosens it.  Whatever image is named, its process runs as a user without privileges,
on a file system that it cannot change, with nothing of the host but the CPU and the memory that it was given.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docker.types import HostConfig, LogConfig, Mount

from autoscaler.backends.base import Template, worker_id
from autoscaler.backends.docker.seen import (
    GENERATION,
    GRACE_SECONDS,
    LAUNCHED_AT,
    OWNER,
    REVISION,
    WORKER,
    container_name,
)
from autoscaler.backends.machine import node
from autoscaler.reconciler.model import Node
from contract.pods import ResourceAmounts, Resources
from contract.settings import FOLDER_MOUNTED, FOLDER_VARIABLE

USER = "10001:10001"
"""Of the worker's process, whatever the image says: a number that means nobody on the host."""
TMP = "rw,noexec,nosuid,nodev,size=16m,mode=1777"
PIDS_MAX = 256
LOG = {"max-size": "8m", "max-file": "3"}
NANO = 1_000_000_000
NANO_CPUS_MIN = NANO // 100  # what the engine accepts
SHARES_OF_CORE = 1024  # as the kubelet counts
SHARES_MIN = 2
IN_CONTAINER = {"WEIR_WORKER_STATUS_HOST": "0.0.0.0", "PYTHONUNBUFFERED": "1"}  # noqa: S104  # the container's own addresses
"""What every worker is told beside its own: only its network reaches the status page."""
SECRET_SETTINGS = ("WEIR_KAFKA_SECURITY_PROTOCOL", "WEIR_KAFKA_SASL_", "WEIR_KAFKA_SSL_")
"""What stands in that volume instead of in the environment: there everybody reads it who may ask the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What an engine is able to do."""

    api_version: str
    cores: int
    has_init: bool
    """It can put a small process before the worker's, which passes signals on before Python listens to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the workers of one backend have in common."""

    owner: str
    image: str
    network: str
    command: Sequence[str]
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: str | None = None
    """A volume with files of settings, which every worker mounts read-only."""
    default_limits: ResourceAmounts = field(default_factory=ResourceAmounts)
    """Of workers without, as a LimitRange has them."""


def recipe(
    name: str, generation: int, template: Template, *, place: Place, host: Host, launched_at: float
) -> dict[str, Any]:
    """The arguments of the SDK's `create_container`."""
    spec, called = template.spec, worker_id(name, generation)
    return {
        "image": template.image or place.image,
        "command": list(place.command),
        "name": container_name(place.owner, name),
        "environment": _told(template.environment(called), place.secrets),
        "user": USER,
        "labels": {
            **place.labels,
            OWNER: place.owner,
            WORKER: name,
            GENERATION: str(generation),
            REVISION: template.revision,
            LAUNCHED_AT: repr(launched_at),
            GRACE_SECONDS: repr(spec.grace_seconds),
        },
        "healthcheck": {"test": ["NONE"]},  # probes are the reconciler's: an image's own check would only cost CPU
        "use_config_proxy": False,  # what this user's Docker client is set up for is not for workers to know
        "host_config": HostConfig(
            version=host.api_version,
            network_mode=place.network,
            **CONFINED,
            **limits(spec.resources, host.cores, place.default_limits),
            init=host.has_init or None,
            mounts=[Mount(FOLDER_MOUNTED, place.secrets, type="volume", read_only=True)] if place.secrets else None,
        ),
    }


def _told(environment: Mapping[str, str], secrets: str | None) -> dict[str, str]:
    """What a worker is told by its environment: how it is let into Kafka only where there is no volume that says so."""
    if secrets is None:
        return {**environment, **IN_CONTAINER}
    open_ones = {name: value for name, value in environment.items() if not name.startswith(SECRET_SETTINGS)}
    return {**open_ones, **IN_CONTAINER, FOLDER_VARIABLE: FOLDER_MOUNTED}


CONFINED: Mapping[str, Any] = {
    "read_only": True,
    "tmpfs": {"/tmp": TMP},  # noqa: S108  # the container's own
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "ipc_mode": "private",
    "pids_limit": PIDS_MAX,
    "restart_policy": {"Name": "no"},  # the reconciler restarts, with a back-off and a reason
    "log_config": LogConfig(type=LogConfig.types.JSON, config=LOG),
}


NO_DEFAULTS = ResourceAmounts()


def limits(resources: Resources, cores: int, default: ResourceAmounts = NO_DEFAULTS) -> dict[str, Any]:
    """Limits are hard: CPU by quota, memory without swap.  A request is a share of the CPU when all want some.

    A limit above the machine's cores is no limit; the engine would refuse it, a cluster does not.
    """
    cpu, memory = resources.limits.cpu or default.cpu, resources.limits.memory or default.memory
    share = resources.requests.cpu
    bounds: dict[str, Any] = {}
    if cpu is not None:
        bounds["nano_cpus"] = max(NANO_CPUS_MIN, round(min(cpu, cores) * NANO))
    if memory is not None:
        bounds["mem_limit"] = bounds["memswap_limit"] = math.ceil(memory)
    if share is not None:
        bounds["cpu_shares"] = max(SHARES_MIN, round(share * SHARES_OF_CORE))
    return bounds


def read_host(info: Mapping[str, Any], api_version: str) -> Host:
    """What the engine says about itself in its answer to `info`."""
    init = info.get("InitBinary") and (info.get("InitCommit") or {}).get("ID") != "N/A"
    return Host(api_version=api_version, cores=int(info.get("NCPU") or 1), has_init=bool(init))


def read_node(info: Mapping[str, Any], further: Mapping[str, str]) -> Node:
    """The engine's machine.  A label of its daemon without a value has an empty one, as in Kubernetes."""
    labels = dict(label.partition("=")[::2] for label in info.get("Labels") or ())
    return node(info.get("Name", ""), info.get("OSType", ""), info.get("Architecture", ""), {**labels, **further})
