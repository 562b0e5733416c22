"""What people do to a rollout: begin, start another version, go back, and go on after a restart."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from autoscaler.errors import RolloutError
from autoscaler.rollout.model import REVISIONS_MAX, Phase, Revision, Rollout
from contract.pods import PodSpec
from contract.rollout import RolloutStrategy

FIRST_NUMBER = 1


def begin(worker: PodSpec, image: str | None = None, strategy: RolloutStrategy | None = None) -> Rollout:
    """The first version, which has nobody to replace."""
    first = Revision(number=FIRST_NUMBER, worker=worker, image=image)
    return Rollout(revisions=(first,), last_number=FIRST_NUMBER, given=first, strategy=strategy or RolloutStrategy())


def start(
    rollout: Rollout, worker: PodSpec, image: str | None, strategy: RolloutStrategy | None, *, now: float
) -> Rollout:
    """Want this version from now on, also in the middle of another rollout: the newer one replaces it.

    Settings that a known revision has make that one wanted again, as a Deployment finds the ReplicaSet of its template.
    `strategy` None = as before.  Raises RolloutError when it is wanted already.
    """
    known = next((one for one in rollout.revisions if _same(one, worker, image)), None)
    strategy = strategy or rollout.strategy
    if known is rollout.current:
        raise RolloutError(
            f"these settings are those of revision {known.number}, which is {'wanted' if rollout.moving else 'running'}"
            " already: change the worker's settings or the image"
        )
    if known is None:
        number = rollout.last_number + 1
        known = Revision(number=number, worker=worker, image=image, made_at=now)
        rollout = replace(rollout, last_number=number)
    return replace(_towards(rollout, known, now), strategy=strategy)


def undo(rollout: Rollout, to: int | None = None, *, now: float) -> Rollout:
    """Go back to revision `to`; None = the one that was wanted before.  Raises RolloutError when there is none such."""
    earlier = rollout.revisions[:-1]
    if not earlier:
        raise RolloutError(f"there is nothing to go back to: revision {rollout.current.number} is the only one")
    if to is None:
        return replace(_towards(rollout, earlier[-1], now), undoing=True)
    found = next((revision for revision in earlier if revision.number == to), None)
    if found is None:
        known = ", ".join(str(revision.number) for revision in earlier)
        wanted = " is the one that is wanted" if to == rollout.current.number else " is not kept"
        raise RolloutError(f"revision {to}{wanted}: go back to one of {known}")
    return replace(_towards(rollout, found, now), undoing=True)


def resumed(
    saved: Rollout, worker: PodSpec, image: str | None, strategy: RolloutStrategy | None, *, now: float
) -> Rollout:
    """The rollout of an autoscaler before this one, which was started with these settings.

    The same settings as then: it goes on where it was, also with a version that was rolled out meanwhile.  Others: they
    are what its user wants now, so they are rolled out, as an applied manifest is.
    """
    kept = replace(saved, strategy=strategy or saved.strategy)
    if _same(saved.given, worker, image):
        return kept
    if not _same(kept.current, worker, image):
        kept = start(kept, worker, image, strategy, now=now)
    return replace(kept, given=kept.current)


def settled(rollout: Rollout, in_use: Mapping[str, int]) -> Rollout:
    """Without the least lately wanted revisions that are too many; one that still has workers is kept."""
    spare = len(rollout.revisions) - REVISIONS_MAX
    kept = []
    for revision in rollout.revisions:
        if spare > 0 and not in_use.get(revision.name) and revision is not rollout.current:
            spare -= 1
        else:
            kept.append(revision)
    return rollout if len(kept) == len(rollout.revisions) else replace(rollout, revisions=tuple(kept))


def met(rollout: Rollout, names: Iterable[str]) -> Rollout:
    """The rollout after workers of these revisions were found, which an autoscaler before this one may have made."""
    highest = max([rollout.last_number, *(int(name) for name in names if name.isdecimal())])
    return rollout if highest == rollout.last_number else replace(rollout, last_number=highest)


def _towards(rollout: Rollout, wanted: Revision, now: float) -> Rollout:
    others = tuple(revision for revision in rollout.revisions if revision.number != wanted.number)
    return replace(
        rollout,
        revisions=(*others, wanted),
        phase=Phase.PROGRESSING,
        undoing=False,
        reason=None,
        started_at=now,
        progressed_at=now,
        ended_at=None,
        marks=None,
        counts=replace(rollout.counts, updated=0, old=rollout.counts.updated + rollout.counts.old),
    )


def _same(revision: Revision, worker: PodSpec, image: str | None) -> bool:
    return (revision.image, revision.worker) == (image, worker)
