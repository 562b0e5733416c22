"""Everything that can be set about our own policy.  Values only."""

from dataclasses import dataclass

MEMORY_SECONDS_MIN = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeirSpec:
    """The knobs.  What is assumed of workers counts only until it was measured."""

    replicas_min: int = 1
    replicas_max: int = 100
    time_lag_seconds: float = 2.0
    """What is aimed at: lag up to this many seconds of arrivals is no backlog.  Keep it above the commit interval."""
    catch_up_seconds: float = 10.0
    """Within this time of its workers being ready a backlog is to be gone."""
    utilisation: float = 0.85
    """The share of its true rate that the busiest worker is to be given."""
    utilisation_max: float = 0.95
    """Above this share more workers are asked for: the band up to here keeps the number still."""
    down_window_seconds: float = 20.0
    """The number goes down to the largest need of this window, once within it.  Slow starts make it longer."""
    start_seconds: float = 10.0
    """How long a start takes, until one was measured."""
    overdue_factor: float = 2.0
    """A worker that starts for longer than this many start times is overdue, and counts no more."""
    rebalance_seconds: float = 2.0
    """How long a rebalance stops the group, until one was measured."""
    look_ahead: bool = True
    """Whether the arrival rate's trend counts."""
    growth_max: float = 0.5
    """The trend may add at most this share to the arrival rate."""
    starts_per_core: float = 3.0
    """How many workers may initialise at once for each free core of the host; one may always."""
    storm_calm_seconds: float = 10.0
    """The init-storm breaker closes after this long without a sign of the storm."""

    @property
    def memory_seconds(self) -> float:
        """How long recommendations are kept: no window for going down is longer."""
        return max(MEMORY_SECONDS_MIN, self.down_window_seconds)
