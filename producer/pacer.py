"""When events are due: counts for each millisecond of a run, from the shape and the seed alone.

Apart from the sender, so that a sender that falls behind cannot change what was planned.  The one rule: no clock,
no state; the same shape, seed and second always give the same counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.load import Poisson, Shape, Sum
from producer.shapes import Curve, Recordings, curve_of

MS_PER_SECOND = 1000
ROUNDING = 1e-6  # events; far above the rounding of a double, far below anything that a schedule could mean
PEAK_SAMPLES_MAX = 100_000

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pacer:
    """A whole shape: one deterministic curve, and the random parts on top of it.

    Attributes:
        curve: Expected events from the start until a second, random parts included.
        smooth: The deterministic part of it; None when all is random.
        noisy: Curves whose counts are drawn from Poisson distributions, each with the seed of its own stream.
    """

    curve: Curve
    smooth: Curve | None
    noisy: tuple[tuple[Curve, tuple[int, ...]], ...]

    def counts(self, second: int) -> Counts:
        """Events due in each of the 1000 milliseconds of that second of the run."""
        total = np.zeros(MS_PER_SECOND, np.int64)
        if self.smooth is not None:
            total += _whole_events(self.smooth, second)
        for curve, seed in self.noisy:
            means = np.maximum(np.diff(curve(_grid(second))), 0.0)
            total += np.random.default_rng([*seed, second]).poisson(means)
        return total

    def peak_rate(self, seconds: float) -> float:
        """Highest expected events/s within the first `seconds`, averaged over a second (or more, in a long run)."""
        steps = int(min(max(np.ceil(seconds), 1), PEAK_SAMPLES_MAX))
        at = np.linspace(0.0, max(np.ceil(seconds), 1.0), steps + 1)
        return float((np.diff(self.curve(at)) / np.diff(at)).max())


def pacer_of(shape: Shape, *, seed: int, recordings: Recordings | None = None) -> Pacer:
    """The pacer of a shape.  `recordings` holds what the files of its traces contain."""
    known = recordings or {}
    parts = list(_parts(shape, (seed,)))
    smooth = [part for part, _ in parts if not isinstance(part, Poisson)]
    noisy = [(curve_of(part.of, known), path) for part, path in parts if isinstance(part, Poisson)]
    return Pacer(
        curve=curve_of(shape, known),
        smooth=curve_of(Sum(kind="sum", shapes=tuple(smooth)), known) if smooth else None,
        noisy=tuple(noisy),
    )


def _parts(shape: Shape, path: tuple[int, ...]) -> Iterator[tuple[Shape, tuple[int, ...]]]:
    """The addends of a shape, each with its place in the tree: the seed of its own stream of chance."""
    if isinstance(shape, Sum):
        for number, part in enumerate(shape.shapes):
            yield from _parts(part, (*path, number))
    else:
        yield shape, path


def _whole_events(curve: Curve, second: int) -> Counts:
    """Differences of the curve rounded down: they add up to the curve itself, wherever the run is cut."""
    until = np.floor(curve(_grid(second)) + ROUNDING).astype(np.int64)
    return np.maximum(np.diff(until), 0)


def _grid(second: int) -> NDArray[np.float64]:
    grid: NDArray[np.float64] = np.arange(second * MS_PER_SECOND, (second + 1) * MS_PER_SECOND + 1) / MS_PER_SECOND
    return grid
