"""`python -m loadtests.bench.stand_ins COUNT`: status pages as workers have them, without the work behind them.

One process serves all of them, on the server that real workers use, so that a look at a hundred workers can be measured
without a hundred processes beside it.  It prints the ports as one JSON line and ends when its standard input does.
"""

import asyncio
import sys
from contextlib import AsyncExitStack

import orjson
import uvloop
from prometheus_client import CollectorRegistry

from contract.status import StatusPage, serve_status
from contract.worker import WorkerPhase, WorkerStatus

PARTITIONS_EACH = 10


async def serve(count: int) -> None:
    """Serve until nobody listens any more."""
    async with AsyncExitStack() as stack:
        pages = [_page(number) for number in range(count)]
        ports = [await stack.enter_async_context(serve_status(page, host="127.0.0.1", port=0)) for page in pages]
        sys.stdout.buffer.write(orjson.dumps(ports) + b"\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def _page(number: int) -> StatusPage:
    partitions = range(number * PARTITIONS_EACH, (number + 1) * PARTITIONS_EACH)
    status = WorkerStatus(
        worker=f"worker-{number}",
        phase=WorkerPhase.READY,
        process_id=number,
        uptime_seconds=60.0,
        phase_seconds={WorkerPhase.STARTING: 0.5, WorkerPhase.INITIALISING: 5.0, WorkerPhase.READY: 54.5},
        assignment=tuple(partitions),
        positions=dict.fromkeys(partitions, 1_000_000),
        processing_rate=1_000.0,
        true_processing_rate=2_000.0,
        busy_ratio=0.5,
        end_to_end_seconds={"p50": 0.01, "p99": 0.1, "p99.9": 0.2, "max": 0.3},
    )
    return StatusPage(
        status=lambda: status, live=lambda: None, ready=lambda: None, registry=CollectorRegistry(auto_describe=False)
    )


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
