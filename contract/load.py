"""The schema of a load: how many events are due when, and what they look like.  Settings only, no behaviour."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contract.settings import Strict

Rate = Annotated[float, Field(ge=0, le=10_000_000, description="events/s")]
Seconds = Annotated[float, Field(gt=0, le=31_536_000)]


class Constant(Strict):
    """The same rate all the time."""

    kind: Literal["constant"] = "constant"
    rate: Rate


class Step(Strict):
    """From `at_seconds` on, `rate`."""

    at_seconds: float = Field(ge=0)
    rate: Rate


class Steps(Strict):
    """Piecewise constant; 0 before the first step."""

    kind: Literal["steps"]
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [step.at_seconds for step in self.steps]
        if times != sorted(set(times)):
            raise ValueError("at_seconds must rise from step to step")
        return self


class Ramp(Strict):
    """From one rate to another in a straight line, the last one held afterwards."""

    kind: Literal["ramp"]
    from_rate: Rate
    to_rate: Rate
    seconds: Seconds
    at_seconds: float = Field(0.0, ge=0)


class Sine(Strict):
    """Day and night: mean + amplitude * sin(2 pi (t / period + phase)), never below 0."""

    kind: Literal["sine"]
    mean_rate: Rate
    amplitude_rate: Rate
    period_seconds: Seconds
    phase: float = Field(0.0, ge=0, le=1, description="share of a period; 0.75 starts at the lowest point")


class Spike(Strict):
    """A base rate with one spike: up in a straight line, held, down again."""

    kind: Literal["spike"]
    base_rate: Rate
    peak_rate: Rate
    at_seconds: float = Field(ge=0)
    rise_seconds: float = Field(0.0, ge=0)
    hold_seconds: float = Field(ge=0)
    fall_seconds: float = Field(0.0, ge=0)


class Trace(Strict):
    """Recorded arrivals: a CSV with the columns seconds, events_per_second; linear in between.

    `time_scale` 60 plays an hour in a minute.  Height: either `rate_scale`, or `peak_rate` for the highest sample
    within the stretch played.  `from_seconds` and `to_seconds` are times of the recording.
    """

    kind: Literal["trace"]
    file: Path
    from_seconds: float = Field(0.0, ge=0)
    to_seconds: float | None = None
    time_scale: float = Field(1.0, gt=0)
    rate_scale: float | None = Field(None, gt=0)
    peak_rate: Rate | None = None

    @model_validator(mode="after")
    def _one_height(self) -> Self:
        if self.rate_scale is not None and self.peak_rate is not None:
            raise ValueError("give rate_scale or peak_rate, not both")
        return self


class Poisson(Strict):
    """Random arrivals around another shape: the count of each millisecond is Poisson with that shape's mean."""

    kind: Literal["poisson"]
    of: "Shape"


class Sum(Strict):
    """Several shapes on top of each other."""

    kind: Literal["sum"]
    shapes: tuple["Shape", ...] = Field(min_length=1)


Shape = Annotated[Constant | Steps | Ramp | Sine | Spike | Trace | Poisson | Sum, Field(discriminator="kind")]


class Keys(Strict):
    """Which keys events carry.  Kafka's default partitioner maps them to partitions, so skew here is skew there."""

    kind: Literal["uniform", "zipf", "hot"] = "uniform"
    count: int = Field(10_000, ge=1, le=10_000_000)
    exponent: float = Field(
        1.1, gt=0, le=10, description="zipf: key number n is drawn in proportion to 1 / n**exponent"
    )
    hot_share: float = Field(0.5, ge=0, le=1, description="hot: share of all events that carry the first key")


class SizeShare(Strict):
    """`share` of the events are `bytes` long."""

    bytes: int = Field(ge=64, le=1 << 20)
    share: float = Field(gt=0)


class Load(Strict):
    """What the producer sends.  Sizes are those of the record's value."""

    shape: Shape = Constant(rate=200_000)
    event_bytes: int | tuple[SizeShare, ...] = Field(200, description="one size, or a list of {bytes, share}")
    keys: Keys = Keys()
    types: tuple[str, ...] = Field(("view", "click", "cart", "order"), min_length=1)
    replay: Path | None = Field(
        None, description="a JSON Lines file whose lines are sent in turn instead of made-up events"
    )
    replay_key: str | None = Field(None, description="replay: the field that is the record's key")

    @model_validator(mode="after")
    def _sizes(self) -> Self:
        if isinstance(self.event_bytes, int) and not 64 <= self.event_bytes <= 1 << 20:  # noqa: PLR2004
            raise ValueError("event_bytes must be 64 to 1,048,576")
        return self


Poisson.model_rebuild()
Sum.model_rebuild()
