"""The curves of a load: for every kind of shape, how many events are due from the start until a moment.

Each curve is the exact integral of its rate, so counts on any grid add up to the same total, however the run is
cut up.  The one rule: pure functions of time.  A new shape is one class here and one line in `SHAPES`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.load import Constant, Poisson, Ramp, Shape, Sine, Spike, Steps, Sum, Trace

JUMP_SECONDS = 1e-9  # a rise shorter than this is a jump

Times = NDArray[np.float64]
Curve = Callable[[Times], NDArray[np.float64]]
Recording = tuple[Times, NDArray[np.float64]]
Recordings = Mapping[Path, Recording]


def curve_of(shape: Shape, recordings: Recordings) -> Curve:
    """Expected events from second 0 until each of the given seconds.  Noise (poisson) has its inner shape's curve."""
    return SHAPES[shape.kind](shape, recordings)


def piecewise_linear(times: Times, rates: NDArray[np.float64]) -> Curve:
    """Integral of a rate that is linear between `times` (which may repeat for a jump) and level outside."""
    starts = np.concatenate(([0.0], times))
    heights = np.concatenate((rates[:1], rates))
    widths = np.diff(starts)
    slopes = np.append(np.divide(np.diff(heights), widths, out=np.zeros_like(widths), where=widths > JUMP_SECONDS), 0.0)
    areas = np.concatenate(([0.0], np.cumsum(widths * (heights[:-1] + heights[1:]) / 2)))

    def until(at: Times) -> NDArray[np.float64]:
        piece = np.searchsorted(starts, at, side="right") - 1
        inside = at - starts[piece]
        events: NDArray[np.float64] = areas[piece] + inside * (heights[piece] + slopes[piece] * inside / 2)
        return events

    return until


@dataclass(frozen=True, slots=True)
class ClippedSine:
    """Integral of max(0, mean + amplitude * sin(2 pi (t / period + phase))).

    Where amplitude > mean the curve stands still while the sine is below -mean / amplitude.  In angles, with
    x = 2 pi (t / period + phase): within each turn that begins at `rises`, the rate is positive up to `falls`.
    """

    sine: Sine

    def __call__(self, at: Times) -> NDArray[np.float64]:
        """Events until `at`."""
        turn = 2 * np.pi
        begin = turn * self.sine.phase
        angles = turn * (at / self.sine.period_seconds) + begin
        events = (self._until(angles) - self._until(np.array([begin]))) * self.sine.period_seconds / turn
        rising: NDArray[np.float64] = np.maximum(events, 0.0)
        return rising

    def _until(self, angles: NDArray[np.float64]) -> NDArray[np.float64]:
        mean, amplitude = self.sine.mean_rate, self.sine.amplitude_rate
        low = float(np.arcsin(min(mean / amplitude, 1.0))) if amplitude else np.pi / 2
        rises, falls = -low, np.pi + low
        turns = np.floor((angles - rises) / (2 * np.pi))
        inside = np.minimum(angles - 2 * np.pi * turns, falls)
        whole = float(mean * (falls - rises) - amplitude * (np.cos(falls) - np.cos(rises)))
        part: NDArray[np.float64] = mean * (inside - rises) - amplitude * (np.cos(inside) - np.cos(rises))
        return turns * whole + part


def _constant(shape: Constant, _: Recordings) -> Curve:
    return lambda at: at * shape.rate


def _steps(shape: Steps, _: Recordings) -> Curve:
    times = [at for step in shape.steps for at in (step.at_seconds, step.at_seconds)]
    befores = [0.0, *(step.rate for step in shape.steps[:-1])]
    rates = [rate for pair in zip(befores, (step.rate for step in shape.steps), strict=True) for rate in pair]
    return piecewise_linear(np.array(times), np.array(rates))


def _ramp(shape: Ramp, _: Recordings) -> Curve:
    times = [shape.at_seconds, shape.at_seconds + shape.seconds]
    return piecewise_linear(np.array(times), np.array([shape.from_rate, shape.to_rate]))


def _sine(shape: Sine, _: Recordings) -> Curve:
    return ClippedSine(shape)


def _spike(shape: Spike, _: Recordings) -> Curve:
    times = np.cumsum([shape.at_seconds, shape.rise_seconds, shape.hold_seconds, shape.fall_seconds])
    return piecewise_linear(times, np.array([shape.base_rate, shape.peak_rate, shape.peak_rate, shape.base_rate]))


def _trace(shape: Trace, recordings: Recordings) -> Curve:
    times, rates = _stretch(*recordings[shape.file], shape)
    highest = float(rates.max(initial=0.0))
    scale = shape.rate_scale if shape.rate_scale is not None else 1.0
    if shape.peak_rate is not None:
        scale = shape.peak_rate / highest if highest else 0.0
    return piecewise_linear((times - shape.from_seconds) / shape.time_scale, rates * scale)


def _stretch(times: Times, rates: NDArray[np.float64], shape: Trace) -> Recording:
    """The part of a recording that is played, its ends interpolated."""
    end = shape.to_seconds if shape.to_seconds is not None else max(float(times[-1]), shape.from_seconds)
    inner = (times > shape.from_seconds) & (times < end)
    ends = np.interp([shape.from_seconds, end], times, rates)
    return (
        np.concatenate(([shape.from_seconds], times[inner], [end])),
        np.concatenate((ends[:1], rates[inner], ends[1:])),
    )


def _poisson(shape: Poisson, recordings: Recordings) -> Curve:
    return curve_of(shape.of, recordings)


def _sum(shape: Sum, recordings: Recordings) -> Curve:
    curves = [curve_of(part, recordings) for part in shape.shapes]

    def until(at: Times) -> NDArray[np.float64]:
        events: NDArray[np.float64] = np.sum([curve(at) for curve in curves], axis=0)
        return events

    return until


SHAPES: dict[str, Callable[[Any, Recordings], Curve]] = {
    "constant": _constant,
    "steps": _steps,
    "ramp": _ramp,
    "sine": _sine,
    "spike": _spike,
    "trace": _trace,
    "poisson": _poisson,
    "sum": _sum,
}
