"""What containers use, asked in the background, since some engines take a second to answer.

An engine before version 25 answers when its own sampler comes round, once a second; later ones do at once.  So a
question is left to run, and each tick takes what has come in by then, with the time at which the sample was taken.
"""

import asyncio
import time
from collections.abc import Mapping

from autoscaler.backends.base import Usage
from autoscaler.backends.docker.containers import Containers
from autoscaler.backends.docker.engine import RefusedError
from autoscaler.errors import BackendError

AGE_SECONDS_MAX = 3.0
"""A sample that came in longer ago is none."""

Known = tuple[str, int]
"""Name and generation."""


class Measuring:
    """Remembers the last sample of each container, and which questions are under way."""

    def __init__(self, containers: Containers, *, wait_seconds: float) -> None:
        """`wait_seconds` is how long `usage` waits for answers."""
        self._containers = containers
        self._wait_seconds = wait_seconds
        self._asked: dict[str, asyncio.Task[Usage | None]] = {}
        self._samples: dict[str, tuple[float, Usage]] = {}

    async def usage(self, running: Mapping[str, Known]) -> Mapping[str, Usage]:
        """By name, of these containers.  Raises BackendError when the engine answered for none of them."""
        for container_id, (_, generation) in running.items():
            if container_id not in self._asked:
                question = self._containers.usage(container_id, generation)
                self._asked[container_id] = asyncio.create_task(question)
        if self._asked:
            await asyncio.wait(self._asked.values(), timeout=self._wait_seconds)
        failure = self._take_in()
        oldest = time.monotonic() - AGE_SECONDS_MAX
        self._samples = {
            container_id: sample
            for container_id, sample in self._samples.items()
            if container_id in running and sample[0] >= oldest
        }
        if failure and not self._samples:
            raise failure
        return {running[container_id][0]: usage for container_id, (_, usage) in self._samples.items()}

    async def close(self) -> None:
        """Ask no more."""
        asked = [*self._asked.values()]
        for task in asked:
            task.cancel()
        if asked:
            await asyncio.wait(asked)
        self._asked.clear()

    def _take_in(self) -> BackendError | None:
        """Keep what has come in.  Returns a failure, if there was one."""
        failure = None
        for container_id in [container_id for container_id, task in self._asked.items() if task.done()]:
            try:
                usage = self._asked.pop(container_id).result()
            except RefusedError:
                usage = None
            except BackendError as error:
                failure = error
                continue
            if usage is None:
                self._samples.pop(container_id, None)  # it has ended, or is gone
            else:
                self._samples[container_id] = (time.monotonic(), usage)
        return failure
