"""How a Weir process starts another one: in a session of its own, and on a leash.

On a leash: the kernel kills it when its starter ends, however that ends.  The kernel watches the *thread* that started
it, so children are started from the event loop's thread and never from a pool's.  The child puts the leash on itself in
its first milliseconds, because a `preexec_fn` would fork the whole starter instead of only spawning: slow with much
memory, unsafe with threads.  `python -m contract.launch` is that child's side, and imports nothing else of ours.
"""

import ctypes
import os
import runpy
import signal
import sys
from collections.abc import Mapping

PR_SET_PDEATHSIG = 1


def leashed(module: str, *arguments: str, nice: int = 0) -> list[str]:
    """The command that runs `python -m MODULE ARGUMENTS`, killed when this process ends; `nice` lowers its priority."""
    return [sys.executable, "-m", "contract.launch", str(os.getpid()), str(nice), "-m", module, *arguments]


def child_environment(told: Mapping[str, str]) -> dict[str, str]:
    """What a child finds: all that we have, what it is told, and no buffer between its words and us."""
    return {**os.environ, **told, "PYTHONUNBUFFERED": "1"}


def _main() -> None:
    parent, nice, _, module, *arguments = sys.argv[1:]
    _die_with(int(parent))
    os.nice(int(nice))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _die_with(parent: int) -> None:
    """Be killed when `parent` is; at once if it is gone already, for then the kernel has nothing left to watch."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _main()
