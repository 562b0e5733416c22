"""What makes an init storm: far more asked for than needed, because of the starts, and with harm.

So neither a policy that is generous, nor one that jumps once because of a backlog, is called a storm.
"""

from collections.abc import Iterator
from typing import Protocol

AMPLIFICATION_MIN = 2.0  # catching up with a backlog, or a tolerance, explains half as many again, not twice as many
INIT_CPU_SHARE_MIN = 0.5  # more CPU for starting than for working: whoever reads CPU as load reads starts
THROUGHPUT_RATIO_MAX = 0.9  # more workers asked for, yet a tenth less done: beyond what sampling explains
LOOKBACK_SECONDS = 15.0  # what a policy's CPU figures are means of, where nobody says
BEFORE_SECONDS = 60.0  # a minute of work is what the throughput of a growth is held against
AFTERMATH_SECONDS = 30.0  # after the peak: until workers asked for last have taken CPU from those that work


class Figures(Protocol):
    """What is known of a growth of desired replicas; None = could not be measured."""

    @property
    def desired_replicas_max(self) -> int:
        """The most that was asked for."""

    @property
    def needed_replicas_max(self) -> int | None:
        """The most that was needed until then."""

    @property
    def amplification(self) -> float | None:
        """Asked for, in multiples of what was needed."""

    @property
    def init_cpu_share(self) -> float | None:
        """Of the workers' CPU, while more were asked for: the part of those that start."""

    @property
    def throughput_ratio(self) -> float | None:
        """What was processed then, in multiples of what was processed before."""

    @property
    def probe_kills(self) -> int | None:
        """Workers that probes have killed meanwhile."""


def is_storm(figures: Figures) -> bool:
    """All three questions: far too many, because of starts, and with harm.  Unknown is no."""
    return (
        (figures.amplification or 0.0) >= AMPLIFICATION_MIN
        and (figures.init_cpu_share or 0.0) >= INIT_CPU_SHARE_MIN
        and ((figures.probe_kills or 0) > 0 or less_done(figures))
    )


def less_done(figures: Figures) -> bool:
    """Whether clearly less was processed than before."""
    return figures.throughput_ratio is not None and figures.throughput_ratio <= THROUGHPUT_RATIO_MAX


def size_words(figures: Figures, saturated: str = "") -> str:
    """How many were asked for and how many needed; `saturated` says in words that there could not be more."""
    reached = f"desired replicas rose to {figures.desired_replicas_max}{saturated}"
    if figures.amplification is None:
        return reached
    return f"{reached}, {figures.amplification:.1f} times the {figures.needed_replicas_max} needed"


def evidence_words(figures: Figures) -> Iterator[str]:
    """The cause and the harm; what is not known is left out."""
    if figures.init_cpu_share is not None:
        yield f"{figures.init_cpu_share:.0%} of the workers' CPU went into starting"
    if less_done(figures):
        yield f"throughput fell to {figures.throughput_ratio:.0%}"
    if figures.probe_kills:
        yield f"probes killed {counted(figures.probe_kills, 'worker')}"


def counted(number: int, thing: str) -> str:
    """`1 worker`, `2 workers`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
