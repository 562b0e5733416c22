"""What the reconciler speaks in: workers as a backend finds them, workers as they are kept, and what is to be done.

A *pod* outlives its process: it keeps its name, age and restarts while processes of it come and go, as in Kubernetes.
Times are seconds since the epoch, on the clock of the tick.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from autoscaler.rollout.model import Rollout
from contract.pods import PodSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How a process ended.  `code` is None when a signal ended it."""

    at_seconds: float
    code: int | None = None
    signal: int | None = None
    oom_killed: bool = False
    last_words: str = ""
    """The end of its log; the reason why it could not be started."""
    started: bool = True
    """False = there never was a process: no image, no memory, no network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One worker as the backend has it.  `generation` counts the launches of that name, from 0."""

    name: str
    generation: int
    launched_at: float
    revision: str = ""
    """Of the template that it was made from; empty = not known."""
    exit: Exit | None = None
    """None while it runs."""
    url: str | None = None
    """Where its status page is, `http://host:port`; None until it has told."""
    stopping: bool = False
    """It was told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A machine that workers can run on.  Its labels are what a worker's `node_selector` asks for."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


class ProbeKind(StrEnum):
    """Kubernetes' three probes."""

    STARTUP = "startup"
    LIVENESS = "liveness"
    READINESS = "readiness"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOrder:
    """A probe that is due: to be asked at `url` and given `timeout_seconds`."""

    name: str
    generation: int
    kind: ProbeKind
    url: str
    timeout_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What came of a probe.  `detail` says why it failed: the answer, or that there was none in time."""

    name: str
    generation: int
    kind: ProbeKind
    at_seconds: float
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeState:
    """How one probe of one process stands."""

    asked_at: float | None = None
    outstanding: bool = False
    """It was asked, and no answer has come yet."""
    successes: int = 0
    """In a row; a failure sets it back."""
    failures: int = 0
    passed: bool = False
    """The success threshold was reached, and since then not the failure threshold."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One worker as it is kept.  `generation`, `launched_at` and the probes are those of its present process."""

    name: str
    created_at: float
    revision: str = ""
    """Of the template that it is made from, also when it is restarted."""
    spec: PodSpec = field(default_factory=PodSpec)
    """The settings of that revision."""
    generation: int = 0
    launched_at: float | None = None
    """When the present process was started; None while it waits (pending, or backing off)."""
    url: str | None = None
    seen: bool = False
    """The backend has shown its present process; False from the launch until then."""
    ready: bool = False
    ready_once: bool = False
    """Its present process has been ready, so it was healthy at least once."""
    ready_changed_at: float | None = None
    probes: Mapping[ProbeKind, ProbeState] = field(default_factory=dict)
    restarts: int = 0
    back_off_seconds: float = 0.0
    """What the next restart waits; 0 = it has not failed of late, and would be started again at once."""
    start_at: float | None = None
    """When it may be started (again); None while it runs."""
    last_exit: Exit | None = None
    deleted_at: float | None = None
    """Since when it has been told to go."""
    stop_asked_at: float | None = None
    """When its present process was last told to end, for whichever reason."""
    kill_at: float | None = None
    """When its grace is over, which began when it was first told to end."""
    kill_asked_at: float | None = None
    """When its present process was last killed for not ending in time."""
    kill_reason: str | None = None
    """Why its present process was told to end although the pod stays: a failed probe."""
    pending_reason: str | None = None
    """Why it has no process now: no node matches, or it backs off."""

    @property
    def running(self) -> bool:
        """Whether it has a process."""
        return self.launched_at is not None


Pods = Mapping[str, Pod]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All pods, and how many names were given out: a name is never used for a second pod."""

    pods: Pods = field(default_factory=dict)
    names_given: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Start a process for this pod."""

    name: str
    generation: int
    revision: str = ""
    """Of the template that it is to be made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Ask it to finish (SIGTERM)."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """End it at once (SIGKILL)."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Forget what is left of an ended process whose pod is gone."""

    name: str


Action = Launch | Stop | Kill | Remove


@dataclass(frozen=True, slots=True)
class Scaled:
    """From how many workers to how many, and why."""

    before: int
    after: int
    why: str

    def __str__(self) -> str:
        return f"{self.before} → {self.after}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something worth telling.

    `kind` is one of: launch, pending, ready, unready, probe-failed, probe-kill, exit, oom-kill, back-off, stop,
    grace-kill, gone, adopt, rollout.  A failed probe is told once a row of failures, and not while the process only
    starts.  The detail of a probe-kill ends with "it had been ready" or "it had never been ready".
    """

    at_seconds: float
    kind: str
    subject: str
    detail: str = ""
    scaled: Scaled | None = None
    """What the detail of a `scale` says, for machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """Pods and rollout after this tick, what a backend has to do, which probes are due, and what there is to tell.

    Actions on one name are to be carried out one after the other, in this order: an ended process is removed before
    its name is launched again.
    """

    fleet: Fleet
    rollout: Rollout
    actions: tuple[Action, ...] = ()
    probes: tuple[ProbeOrder, ...] = ()
    happenings: tuple[Happening, ...] = ()
