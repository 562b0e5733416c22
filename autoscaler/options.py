"""Options that several commands have: what a metric's name stands for, how a cluster is set up, where workers run."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from autoscaler.cluster import HpaClusterSettings
from autoscaler.signals import USUAL_NAMES, Signal
from contract.addresses import is_loopback
from contract.errors import SettingsError
from contract.pods import ResourceAmounts, label_fault
from contract.rollout import RolloutStrategy
from contract.settings import explain

if TYPE_CHECKING:
    from contract.kafka import KafkaSettings  # at run time it would load a Kafka client for every command

MetricNames = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=SIGNAL", help=f"What a metric's name stands for: {', '.join(Signal)}."),
]
ClusterSettings = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help=f"A cluster's setting: {', '.join(HpaClusterSettings.model_fields)}."),
]
StrategySettings = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help=f"How to roll out: {', '.join(RolloutStrategy.model_fields)}."),
]
NodeLabels = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="A label of this machine, for workers with a node_selector."),
]
ApiOption = Annotated[
    str,
    typer.Option("--api", metavar="HOST:PORT", help="Serve the live page and the API here; none = off, port 0 = any."),
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The token that orders need.", show_default="made, in the workers' folder"),
]


class BackendName(StrEnum):
    """Where workers can run."""

    PROCESS = "process"
    DOCKER = "docker"


Backend = Annotated[
    BackendName, typer.Option(envvar="WEIR_BACKEND", help="Where workers run: child processes, or containers.")
]
Image = Annotated[
    str | None,
    typer.Option(metavar="NAME:TAG", help="docker: the workers' image.", show_default="weir:VERSION, by make image"),
]
Network = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="docker: the workers' network; with --kafka, one on which they reach it."),
]


ContainerLabels = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="docker: a label that every worker's container bears."),
]
Secrets = Annotated[
    str | None,
    typer.Option(
        "--secrets",
        metavar="VOLUME",
        help="docker: a volume of settings, for what nobody may inspect (docs/docker.md).",
    ),
]
OWN_LABELS = "weir."


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """Workers are to be containers.  None = the usual image, a network of the run's own, no secrets."""

    image: str | None = None
    network: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: str | None = None
    default_limits: ResourceAmounts = field(default_factory=ResourceAmounts)
    """Of workers that have none of their own, as a LimitRange gives them in a cluster."""


def read_containers(
    backend: BackendName,
    image: str | None,
    network: str | None,
    *,
    kafka: str | None,
    labels: Iterable[str] = (),
    secrets: str | None = None,
) -> Containers | None:
    """What these options ask for; None for processes.  `kafka` is that of the user's own.  Raises SettingsError.

    What they leave open is as WEIR_IMAGE, WEIR_NETWORK, WEIR_CONTAINER_LABELS, WEIR_SECRETS_VOLUME and
    WEIR_DEFAULT_LIMITS say, with which a compose file presets them; workers that are processes need none of it.
    """
    if backend is BackendName.PROCESS:
        options = {"--image": image, "--network": network, "--container-label": [*labels] or None, "--secrets": secrets}
        if given := [name for name, value in options.items() if value is not None]:
            raise SettingsError(f"{' and '.join(given)}: only containers have one; add --backend docker")
        return None
    image, network = image or os.environ.get("WEIR_IMAGE"), network or os.environ.get("WEIR_NETWORK")
    if kafka is not None and network is None:
        raise SettingsError(
            f"--backend docker with the Kafka at {kafka} needs --network, the network on which containers reach it;"
            " docker network ls lists them"
        )
    if kafka is not None and (near := [address for address in kafka.split(",") if _is_near(address)]):
        raise SettingsError(
            f"--kafka {near[0]}: in a container that is the container itself; give an address at which both this"
            f" machine and containers on {network} reach Kafka"
        )
    preset = [pair for pair in os.environ.get("WEIR_CONTAINER_LABELS", "").split(",") if pair]
    return Containers(
        image=image,
        network=network,
        labels=_container_labels([*preset, *labels]),
        secrets=secrets or os.environ.get("WEIR_SECRETS_VOLUME"),
        default_limits=_limits(os.environ.get("WEIR_DEFAULT_LIMITS", "")),
    )


def refuse_told_password(where: Containers | None, kafka: "KafkaSettings | None") -> None:
    """Raises SettingsError if workers would be told a password by a container's environment."""
    if where is None or where.secrets is not None or kafka is None:
        return
    if given := [name for name in ("sasl_password", "ssl_key_password") if getattr(kafka, name) is not None]:
        names = " and ".join(f"WEIR_KAFKA_{name.upper()}" for name in given)
        raise SettingsError(
            f"{names}: in a container's environment everybody reads it who may ask the engine (docker inspect);"
            " put Kafka's settings into a volume, a file each, and name it with --secrets VOLUME (docs/docker.md)"
        )


def _limits(text: str) -> ResourceAmounts:
    given = dict(pair.partition("=")[::2] for pair in text.split(",") if pair)
    try:
        return ResourceAmounts.model_validate(given)
    except ValidationError as error:
        raise SettingsError(
            explain(error, "WEIR_DEFAULT_LIMITS (cpu=1,memory=256Mi)", model=ResourceAmounts)
        ) from error


def _container_labels(pairs: Iterable[str]) -> dict[str, str]:
    labels = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key or key.startswith(OWN_LABELS):
            raise SettingsError(
                f"--container-label {pair!r}: expected KEY=VALUE, KEY not one of our own ({OWN_LABELS}…)"
            )
        labels[key] = value
    return labels


def _is_near(address: str) -> bool:
    return is_loopback(address.strip().rpartition(":")[0].strip("[]"))


Leased = Annotated[
    bool,
    typer.Option(
        "--lease/--no-lease", help="Let only one of several autoscalers on the group act, by a lease in Kafka."
    ),
]
LeaveWorkers = Annotated[
    bool, typer.Option("--leave-workers", help="When told to end, leave containers to the next autoscaler.")
]
LeaseSeconds = Annotated[
    float, typer.Option(min=2, max=300, help="How long a leader may be silent before another one takes over.")
]


def read_names(pairs: Iterable[str]) -> dict[str, Signal]:
    """The usual names and the user's own.  Raises SettingsError."""
    names = dict(USUAL_NAMES)
    for pair in pairs:
        name, sign, signal = pair.partition("=")
        if not sign or not name or signal not in set(Signal):
            raise SettingsError(f"--metric {pair!r}: expected NAME=SIGNAL with SIGNAL one of {', '.join(Signal)}")
        names[name] = Signal(signal)
    return names


def read_labels(pairs: Iterable[str]) -> dict[str, str]:
    """Labels of a node.  Raises SettingsError."""
    labels = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise SettingsError(f"--node-label {pair!r}: expected KEY=VALUE, for example gpu=true")
        if fault := label_fault(key, value):
            raise SettingsError(f"--node-label {pair!r}: {fault}")
        labels[key] = value
    return labels


def read_cluster(pairs: Iterable[str]) -> HpaClusterSettings:
    """Kubernetes' defaults with the user's changes.  Raises SettingsError."""
    given = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise SettingsError(f"--cluster {pair!r}: expected KEY=VALUE, for example tolerance=0.05")
        given[key.replace("-", "_")] = value
    try:
        return HpaClusterSettings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(explain(error, "--cluster", model=HpaClusterSettings)) from error
