"""Which partition a key belongs to: exactly what Kafka's default partitioner answers.

Over whole tables of keys at once, because a load may have millions of them and hashing one in Python takes
microseconds.  The one rule: bytes in, numbers out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SEED, MULTIPLIER, ROTATION = np.uint32(0x9747B28C), np.uint32(0x5BD1E995), np.uint32(24)
WORD_BYTES = 4


def partitions_of(keys: Sequence[bytes] | NDArray[np.bytes_], partitions: int) -> NDArray[np.uint16]:
    """The partition of each key when the topic has `partitions` of them: toPositive(murmur2(key)) modulo that."""
    if isinstance(keys, np.ndarray):
        return _modulo(murmur2(keys.view(np.uint8).reshape(len(keys), -1)), partitions)
    found = np.zeros(len(keys), np.uint16)
    lengths = np.fromiter(map(len, keys), np.int64, len(keys))
    for length in np.unique(lengths).tolist():
        chosen = np.flatnonzero(lengths == length)
        texts = np.frombuffer(b"".join(key for key in keys if len(key) == length), np.uint8).reshape(
            len(chosen), length
        )
        found[chosen] = _modulo(murmur2(texts), partitions)
    return found


def murmur2(texts: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """MurmurHash2 of each row, seeded as in Kafka's `Utils.murmur2`; all rows are as long as the matrix is wide."""
    rows, length = texts.shape
    whole = length // WORD_BYTES * WORD_BYTES
    hashes = np.full(rows, SEED ^ np.uint32(length), np.uint32)
    for word in np.ascontiguousarray(texts[:, :whole]).view("<u4").T if whole else ():
        mixed = word * MULTIPLIER
        mixed = (mixed ^ (mixed >> ROTATION)) * MULTIPLIER
        hashes = (hashes * MULTIPLIER) ^ mixed
    if length > whole:
        for place in range(length - whole):
            hashes ^= texts[:, whole + place].astype(np.uint32) << np.uint32(8 * place)
        hashes *= MULTIPLIER
    hashes = (hashes ^ (hashes >> np.uint32(13))) * MULTIPLIER
    return hashes ^ (hashes >> np.uint32(15))


def _modulo(hashes: NDArray[np.uint32], partitions: int) -> NDArray[np.uint16]:
    return ((hashes & np.uint32(0x7FFFFFFF)) % np.uint32(partitions)).astype(np.uint16)
