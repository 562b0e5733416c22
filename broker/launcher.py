"""Starts a broker on a machine that may never have seen Kafka: fetch, prepare, start, and stop at the end.

What most callers want is `async with running_broker(settings, say=print) as broker`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from broker.jars import Say
from broker.preflight import check
from broker.runtime import Runtime, prepared
from broker.server import Broker
from broker.settings import BrokerSettings
from broker.training import train


async def start_broker(settings: BrokerSettings, *, say: Say) -> Broker:
    """A broker that answers.  The caller stops it; should the caller die, it stops by itself.

    `say` gets lines about what takes a while; they may come from another thread.

    Raises:
        BrokerError: With the cause, the remedy and where the log is.
    """
    check(settings)  # before 47 MB are fetched for a folder that cannot be used
    broker = Broker(settings, await runtime(settings, say=say))
    await broker.start()
    return broker


@asynccontextmanager
async def running_broker(settings: BrokerSettings, *, say: Say) -> AsyncIterator[Broker]:
    """A broker for the length of a block."""
    broker = await start_broker(settings, say=say)
    try:
        yield broker
    finally:
        await broker.stop()


async def runtime(settings: BrokerSettings, *, say: Say) -> Runtime:
    """Everything a broker runs on, made ready if this is the first time on this machine."""
    async with prepared(settings.java, say=say) as ready:
        return await train(ready, say=say)
