"""A board and the control of an autoscaler in virtual time, for tests of what shows and changes it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from autoscaler.api.server import ApiAddress, serve_api
from autoscaler.backends.memory import MemoryBackend, World
from autoscaler.board.board import Board
from autoscaler.board.facts import Facts
from autoscaler.control import Control
from autoscaler.controller import Controller, Report
from autoscaler.model import Observation, Partition, Plan, PodPhase, Worker
from autoscaler.observer.observer import Look, Observer
from autoscaler.panel import Panel, Seat
from autoscaler.policies.fixed import fixed_plan
from autoscaler.reconciler.model import Pods
from autoscaler.releases import Releases
from autoscaler.scaler import read_scaler
from contract.pods import PodSpec
from contract.scenario import FixedScaler
from tests.controllers import Nods, look_of
from tests.templates import template_of

BEGAN_AT = 1_000_000.0
HPA = """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: by-lag}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: orders}
  minReplicas: 1
  maxReplicas: 4
  metrics:
    - type: External
      external: {metric: {name: total_lag}, target: {type: AverageValue, averageValue: "300"}}
"""
BAD_HPA = HPA.replace("maxReplicas: 4", "maxReplicas: none").replace("minReplicas", "leastReplicas")


class ScriptedEyes(Observer):
    """Sees the pods, and otherwise what the test says: fields of the observation, and of the look."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.seen: dict[str, Any] = {}
        self.look_fields: dict[str, Any] = {}

    async def look(self, *, now: float, pods: Pods, spec_replicas: int) -> Look:
        if self.fault:
            raise self.fault
        workers = tuple(
            Worker(name=name, pod_phase=PodPhase.RUNNING, ready=pod.ready, deleted=pod.deleted_at is not None)
            for name, pod in pods.items()
        )
        observation: dict[str, Any] = {
            "at_seconds": now,
            "spec_replicas": spec_replicas,
            "status_replicas": len(pods),
            "workers": workers,
        } | self.seen
        return look_of(Observation(**observation), **self.look_fields)


def lags(*events: int | None) -> tuple[Partition, ...]:
    """A partition for each lag; None = not known."""
    return tuple(
        Partition(topic="orders", partition=number, start_offset=0, end_offset=10_000, committed_offset=10_000 - lag)
        if lag is not None
        else Partition(topic="orders", partition=number)
        for number, lag in enumerate(events)
    )


@dataclass
class Console:
    """One autoscaler with its board; `tick` is the only clock."""

    plan: Plan = field(default_factory=lambda: fixed_plan(2))
    desired: int = 2
    shadows: Sequence[Seat] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    leader: Mapping[str, Any] | None = None
    dry_run: bool = False
    releases: Releases = field(default_factory=lambda: Releases.only(template_of(PodSpec())))

    def __post_init__(self) -> None:
        self.backend, self.eyes = MemoryBackend(world=World(at_seconds=BEGAN_AT)), ScriptedEyes()
        self.read_seat = read_scaler(FixedScaler(replicas=2), "orders").read_seat
        self.controller = Controller(
            observer=self.eyes,
            backend=self.backend,
            prober=Nods(),
            releases=self.releases,
            panel=Panel(
                acting=Seat(name="start", kind="FixedPolicy", plan=self.plan, manifest="kind: FixedPolicy\n"),
                desired=self.desired,
                shadows=self.shadows,
            ),
            dry_run=self.dry_run,
        )
        self.control = Control(
            controller=self.controller, read_seat=self.read_seat, leader=lambda: self.leader, clock=lambda: self.now
        )
        facts: dict[str, Any] = {"group": "billing", "topic": "orders", "backend": "memory", **self.facts}
        self.board = Board(facts=Facts(dry_run=self.dry_run, **facts), control=self.control)

    @property
    def now(self) -> float:
        """On the world's clock."""
        return self.backend.world.at_seconds

    async def tick(self, seconds: float = 1.0) -> Report:
        """Let time pass, and tell the board."""
        self.backend.advance(seconds)
        report = await self.controller.tick(self.now)
        self.board.add(report)
        return report

    async def ticks(self, count: int) -> list[Report]:
        """As many, a second each."""
        return [await self.tick() for _ in range(count)]


TOKEN = "a-token-that-nobody-guesses"


@dataclass
class Caller:
    """A client of the console's API, and what the audit was told."""

    http: httpx.AsyncClient
    url: str
    audit: list[str]

    @property
    def bearer(self) -> dict[str, str]:
        """The header that lets in."""
        return {"Authorization": f"Bearer {TOKEN}"}

    async def order(self, method: str, path: str, **what: Any) -> httpx.Response:
        """A change, with the token."""
        return await self.http.request(method, path, headers={**self.bearer, **what.pop("headers", {})}, **what)


@asynccontextmanager
async def calling(
    console: Console, folder: Path, producer_port: Callable[[], int | None] = lambda: None
) -> AsyncIterator[Caller]:
    """The console's API on a free port, its token in `folder`."""
    token = folder / "token"
    token.write_text(TOKEN + "\n", encoding="utf-8")
    said: list[str] = []
    address = ApiAddress(host="127.0.0.1", port=0, token_file=token)
    async with (
        serve_api(console.board, address, folder=folder, say=said.append, producer_port=producer_port) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as http,
    ):
        said.clear()
        yield Caller(http, url, said)
