"""What events carry: key, type, value and size of event number n, from the seed alone.

Numbered over the whole run and all partitions, so that neither timing nor the number of processes changes what is
sent: each process draws the same sequence and keeps the events of its own partitions.  Drawn in chunks by NumPy, each
chunk from its own stream, which makes any stretch of the sequence available at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contract.load import Keys, Load
from producer.partitioner import partitions_of

CHUNK_EVENTS = 1 << 14
VALUE_MIN, VALUE_MAX = 100, 999  # always three digits
STREAM = 1  # tells these draws from those of the pacer, which start with the same seed


@dataclass(frozen=True, slots=True)
class Drawn:
    """A stretch of the sequence, one row an event; `key`, `type` and `size` are places in the source's tables."""

    partition: NDArray[np.uint16]
    key: NDArray[np.uint32]
    type: NDArray[np.uint8]
    value: NDArray[np.uint16]
    size: NDArray[np.uint8]

    def rows(self, chosen: slice | NDArray[np.int64]) -> "Drawn":
        """Some of them, in the order given."""
        return Drawn(self.partition[chosen], self.key[chosen], self.type[chosen], self.value[chosen], self.size[chosen])

    @classmethod
    def joined(cls, pieces: Sequence["Drawn"]) -> "Drawn":
        """One after the other."""
        if len(pieces) == 1:
            return pieces[0]
        return cls(*(np.concatenate([getattr(piece, column) for piece in pieces]) for column in cls.__slots__))


class Source(Protocol):
    """A sequence of events without end."""

    def draw(self, first: int, count: int) -> Drawn:
        """Events number `first` to `first + count - 1`."""


class SeededSource:
    """Made-up events.

    Attributes:
        keys: All keys, equally long: `k` and a number with leading zeros.
        sizes: Bytes of the value; one, or the several of a distribution.
    """

    def __init__(self, load: Load, *, partitions: int, seed: int) -> None:
        shares = load.event_bytes
        self.keys = key_names(load.keys.count)
        self.sizes: Sequence[int] = [shares] if isinstance(shares, int) else [share.bytes for share in shares]
        self.types = load.types
        self._size_ends = _ends(np.ones(1) if isinstance(shares, int) else np.array([s.share for s in shares]))
        self._partition_of_key = partitions_of(self.keys, partitions)
        self._draw_keys = _KeyDraw(load.keys)
        self._seed = seed
        self._chunk = lru_cache(maxsize=4)(self._draw_chunk)

    def draw(self, first: int, count: int) -> Drawn:
        """Pieces of as many chunks as it takes."""
        chunks = range(first // CHUNK_EVENTS, (first + max(count, 1) - 1) // CHUNK_EVENTS + 1)
        begin = first % CHUNK_EVENTS
        return Drawn.joined([self._chunk(number) for number in chunks]).rows(slice(begin, begin + count))

    def _draw_chunk(self, number: int) -> Drawn:
        rng = np.random.default_rng([self._seed, STREAM, number])
        key = self._draw_keys(rng)
        types = rng.integers(0, len(self.types), CHUNK_EVENTS, np.uint8)
        value = rng.integers(VALUE_MIN, VALUE_MAX + 1, CHUNK_EVENTS, np.uint16)
        size = np.zeros(CHUNK_EVENTS, np.uint8)
        if len(self.sizes) > 1:
            size = np.searchsorted(self._size_ends, rng.random(CHUNK_EVENTS), side="right").astype(np.uint8)
        return Drawn(self._partition_of_key[key], key, types, value, size)


def key_names(count: int) -> NDArray[np.bytes_]:
    """`k0` to `k9`, `k00` to `k99` and so on: all equally long, which lets a batch be written column by column."""
    width = len(str(count - 1))
    numbers = np.arange(count)
    letters = np.full((count, width + 1), ord("k"), np.uint8)
    for place in range(width):
        letters[:, width - place] = numbers // 10**place % 10 + ord("0")
    return letters.view(f"S{width + 1}").ravel()


class _KeyDraw:
    """A chunk of key numbers: uniform, Zipf by inversion of its distribution, or uniform with one hot key."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        if keys.kind == "zipf":
            self._ends = _ends(np.arange(1.0, keys.count + 1) ** -keys.exponent)

    def __call__(self, rng: np.random.Generator) -> NDArray[np.uint32]:
        count = self._keys.count
        if self._keys.kind == "zipf":
            return np.searchsorted(self._ends, rng.random(CHUNK_EVENTS), side="right").astype(np.uint32)
        if self._keys.kind == "hot" and count > 1:
            others = rng.integers(1, count, CHUNK_EVENTS, np.uint32)
            return np.where(rng.random(CHUNK_EVENTS) < self._keys.hot_share, np.uint32(0), others)
        return rng.integers(0, count, CHUNK_EVENTS, np.uint32)


def _ends(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Upper ends of each choice's share of 0 to 1; the last is beyond any random number."""
    ends: NDArray[np.float64] = np.cumsum(weights) / weights.sum()
    ends[-1] = 1.0
    return ends
