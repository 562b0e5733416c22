"""A rollout as the API shows it, and in words as `kubectl rollout status` has them."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from autoscaler.rollout.model import Revision, Rollout


def summary(rollout: Rollout) -> dict[str, Any]:
    """What belongs into every answer about the autoscaler's state."""
    return {
        "revision": rollout.current.number,
        "image": rollout.current.image,
        "phase": str(rollout.phase),
        "reason": rollout.reason,
        **asdict(rollout.counts),
        "started_at": rollout.started_at,
        "deadline_at": rollout.deadline_at,
        "ended_at": rollout.ended_at,
    }


def whole(rollout: Rollout) -> dict[str, Any]:
    """The summary with the strategy, and every revision that can be gone back to, newest number last."""
    revisions = sorted(rollout.revisions, key=lambda revision: revision.number)
    return summary(rollout) | {
        "undoing": rollout.undoing,
        "strategy": rollout.strategy.model_dump(mode="json"),
        "revisions": [_revision(revision, rollout) for revision in revisions],
    }


def in_words(state: Mapping[str, Any]) -> str:
    """One line about a summary."""
    name, desired = f"revision {state['revision']}", state["desired"]
    if state["phase"] in {"complete", "undone"}:
        return f"{name}: {state['phase']}, {state['available']} of {desired} workers are available"
    if state["phase"] == "stalled":
        return f"{name}: stalled: {state['reason']}"
    if state["updated"] < desired:
        progress = f"{state['updated']} of {desired} workers are of the new version"
    elif state["old"]:
        progress = f"all workers are new, old ones still there: {state['old']}"
    else:
        progress = f"{state['available']} of {state['updated']} new workers are available"
    return f"{name}: waiting, {progress}" + (f"; {state['reason']}" if state["reason"] else "")


def _revision(revision: Revision, rollout: Rollout) -> dict[str, Any]:
    return {
        "revision": revision.number,
        "image": revision.image,
        "made_at": revision.made_at,
        "current": revision is rollout.current,
        "worker": revision.worker.model_dump(mode="json", exclude_unset=True),
    }
