"""Which steps of a trail made the number what it is."""

from collections.abc import Iterator, Sequence

from autoscaler.model import Step


def moving_steps(trail: Sequence[Step], before: int) -> Iterator[Step]:
    """The steps that changed the number, starting from the one asked for before."""
    replicas = before
    for step in trail:
        if step.replicas != replicas:
            yield step
        replicas = step.replicas


def binding_step(trail: Sequence[Step], before: int) -> Step:
    """The step that decided: the last one that changed the number; if none did, the policy's first."""
    return [trail[0], *moving_steps(trail, before)][-1]


def why_of(step: Step) -> str:
    """A step in words, with its rule unless the words begin with it."""
    return step.why if step.why.startswith(step.rule) else f"{step.rule}: {step.why}"
