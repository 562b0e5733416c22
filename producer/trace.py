"""Reading the recordings that `kind: trace` replays.  Apart from the shapes, because those never touch a file."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from contract.load import Poisson, Shape, Sum, Trace
from producer.errors import ProducerError
from producer.shapes import Recording

COLUMNS = ["seconds", "events_per_second"]


def read_recordings(shape: Shape) -> dict[Path, Recording]:
    """Every file that a trace somewhere in `shape` names.  Raises ProducerError with file and line."""
    return {trace.file: _checked(trace, read_trace(trace.file)) for trace in _traces(shape)}


def read_trace(file: Path) -> Recording:
    """Times and rates of one CSV.  Raises ProducerError naming file, line and what was found there."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            _check_header(file, next(rows, []))
            samples = list(_samples(file, rows))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ProducerError(f"the trace {file} cannot be read: {error}") from error
    if not samples:
        raise ProducerError(f"the trace {file} has no samples below its header")
    times, rates = np.array(samples).T
    return times, rates


def _check_header(file: Path, header: list[str]) -> None:
    if [name.strip() for name in header] != COLUMNS:
        raise ProducerError(f"{file}, line 1: expected the header {','.join(COLUMNS)!r}, found {','.join(header)!r}")


def _samples(file: Path, rows: Iterator[list[str]]) -> Iterator[tuple[float, float]]:
    before = -math.inf
    for number, row in enumerate(rows, start=2):
        try:
            at, rate = map(float, row)
        except ValueError:
            raise ProducerError(f"{file}, line {number}: expected two numbers, found {','.join(row)!r}") from None
        if not (math.isfinite(at) and at > before and at >= 0):
            raise ProducerError(f"{file}, line {number}: seconds must rise from line to line, found {row[0]}")
        if not (math.isfinite(rate) and rate >= 0):
            raise ProducerError(f"{file}, line {number}: events_per_second must be 0 or more, found {row[1]}")
        before = at
        yield at, rate


def _checked(trace: Trace, recording: Recording) -> Recording:
    """A stretch that is empty, or lies behind the recording, would silently send nothing."""
    first, last = float(recording[0][0]), float(recording[0][-1])
    end = last if trace.to_seconds is None else trace.to_seconds
    if not first <= trace.from_seconds < end <= last:
        raise ProducerError(
            f"the trace {trace.file} spans {first:g} to {last:g} s: "
            f"from_seconds {trace.from_seconds:g} to to_seconds {end:g} is not a part of that"
        )
    return recording


def _traces(shape: Shape) -> Iterator[Trace]:
    match shape:
        case Trace():
            yield shape
        case Poisson():
            yield from _traces(shape.of)
        case Sum():
            for part in shape.shapes:
                yield from _traces(part)
