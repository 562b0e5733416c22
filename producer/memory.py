"""How this process keeps memory between requests."""

import ctypes
import gc
from contextlib import suppress

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
KEEP_BYTES = 128 << 20
LARGE_BYTES = 32 << 20  # the most that glibc accepts


def keep_memory() -> None:
    """Let the C library keep what is freed instead of returning it to the system and asking for it again.

    Each request takes and frees some megabytes; fetching them anew, page by page, took a third of the CPU time.  Where
    there is no glibc, that part does not happen.  What was imported is also left out of garbage collections: they
    would stop the sending to look through modules.
    """
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_TRIM_THRESHOLD, KEEP_BYTES)
        library.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
