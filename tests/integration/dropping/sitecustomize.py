# ruff: noqa: INP001  # a folder on PYTHONPATH, not a package
"""Sabotage for one test: workers of a run with this folder on PYTHONPATH drop every fifth slice, but commit past it.

Python imports a module of this name at its start.  That is how the shipped worker can be made dishonest from outside.
"""

import sys
from collections.abc import Sequence
from typing import Any

if sys.orig_argv[-2:] == ["-m", "processor"]:
    from processor.consumer import Consumer

    deal, calls = Consumer._one_slice, [0]

    async def deal_or_drop(self: Consumer, partition: int, records: Sequence[Any]) -> None:
        """Four times as it should be, then pretend."""
        calls[0] += 1
        if calls[0] % 5:
            await deal(self, partition, records)
        else:
            self._committer.done_up_to(partition, records[-1].offset + 1)

    setattr(Consumer, "_one_slice", deal_or_drop)  # noqa: B010  # mypy forbids the plain assignment, and rightly so
