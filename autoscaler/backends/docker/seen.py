"""A worker as the engine shows it: labels, state and address from its list, the end from its inspection.  Pure.

Labels hold what never changes.  That a worker was told to stop does change, and has to outlive the autoscaler that told
it, so it is written into the container's name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from autoscaler.backends.docker.stats import read_time
from autoscaler.reconciler.model import Exit

OWNER, GROUP, RUN = "weir.owner", "weir.group", "weir.run"
WORKER, GENERATION, REVISION = "weir.worker", "weir.generation", "weir.revision"
LAUNCHED_AT, GRACE_SECONDS = "weir.launched-at", "weir.grace-seconds"
STOPPING_MARK = ".stopping"

SIGNALS = range(129, 129 + 64)
"""Exit codes that stand for signals, as in a shell: 128 and the signal's number."""
SIGKILL_CODE = 137
OWNER_CHARACTERS_MAX = 60


class State(StrEnum):
    """What a container is doing, in the engine's words."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One container of ours in one answer of the engine.  `address` is that on its network, while it runs."""

    id: str
    container: str
    """Its name on the engine."""
    name: str
    generation: int
    revision: str
    launched_at: float
    grace_seconds: float
    state: State
    address: str | None

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self.container.endswith(STOPPING_MARK)

    @property
    def running(self) -> bool:
        """Whether its process is alive, be it frozen."""
        return self.state in {State.RUNNING, State.PAUSED, State.RESTARTING}

    @property
    def ended(self) -> bool:
        """Whether its process has lived and is no more."""
        return self.state in {State.EXITED, State.DEAD}


def container_name(owner: str, name: str) -> str:
    """`weir-OWNER-NAME`: the engine itself refuses a second one.

    An owner with characters that the engine does not take, or too many of them, gets a part of its hash, so that two
    owners never share a name.
    """
    plain = re.sub(r"[^A-Za-z0-9_.-]", "-", owner)[:OWNER_CHARACTERS_MAX]
    told = plain if plain == owner else f"{plain}-{sha256(owner.encode()).hexdigest()[:8]}"
    return f"weir-{told}-{name}"


def read_container(entry: Mapping[str, Any], owner: str) -> Seen | None:
    """One entry of the engine's list; None for a container that is not this owner's, whatever was asked for."""
    labels = entry.get("Labels") or {}
    if labels.get(OWNER) != owner:
        return None
    try:
        return Seen(
            id=entry["Id"],
            container=next(iter(entry.get("Names") or ()), "").removeprefix("/"),
            name=labels[WORKER],
            generation=int(labels[GENERATION]),
            revision=labels.get(REVISION, ""),
            launched_at=float(labels[LAUNCHED_AT]),
            grace_seconds=float(labels.get(GRACE_SECONDS, 0.0)),
            state=State(entry["State"]),
            address=_address(entry),
        )
    except (KeyError, ValueError):
        return None


def read_exit(state: Mapping[str, Any], last_words: str) -> Exit:
    """How it ended, from `State` of the engine's inspection."""
    code, at = int(state.get("ExitCode", 0)), read_time(state.get("FinishedAt", ""))
    words = "\n".join(text for text in (last_words, state.get("Error", "")) if text)
    if code not in SIGNALS:
        return Exit(at_seconds=at, code=code, last_words=words)
    oom_killed = bool(state.get("OOMKilled")) and code == SIGKILL_CODE
    return Exit(at_seconds=at, signal=code - 128, oom_killed=oom_killed, last_words=words)


def _address(entry: Mapping[str, Any]) -> str | None:
    """That on its only network, as it stands in a URL."""
    networks = (entry.get("NetworkSettings") or {}).get("Networks") or {}
    addresses = (network.get("IPAddress") or network.get("GlobalIPv6Address") for network in networks.values())
    known = next((address for address in addresses if address), None)
    return f"[{known}]" if known and ":" in known else known
