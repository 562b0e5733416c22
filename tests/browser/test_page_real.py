"""The page over the API as an autoscaler serves it: what the made-up server of the other tests stands for."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import expect

from autoscaler.needed import WorkerRate
from tests.browser.conftest import Open
from tests.consoles import TOKEN, Console, calling, lags

pytestmark = pytest.mark.browser

TICK_SECONDS = 0.1


@dataclass
class Live:
    """One autoscaler that ticks in a thread of its own while its API is served; `url` is the page's."""

    console: Console
    url: str = ""
    _ready: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, folder: Path) -> None:
        """The thread."""
        asyncio.run(self._serve(folder))

    async def _serve(self, folder: Path) -> None:
        async with calling(self.console, folder) as caller:
            self.url = caller.url
            while not self._stop.is_set():
                await self.console.tick()
                self._ready.set()
                await asyncio.sleep(TICK_SECONDS)

    def wait(self) -> None:
        assert self._ready.wait(20)

    def stop(self) -> None:
        self._stop.set()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """Two workers of a group that lags by 300 events."""
    facts = {"slo_time_lag_seconds": 5.0, "worker_rate": WorkerRate(events_per_second=1_000.0, source="scenario")}
    console = Console(facts=facts)
    console.eyes.seen = {"partitions": lags(100, 200), "arrival_rate": 1_500.0, "time_lag_seconds": 0.2}
    made = Live(console)
    thread = threading.Thread(target=made.run, args=(tmp_path,))
    thread.start()
    made.wait()
    yield made
    made.stop()
    thread.join(20)


def test_the_page_shows_what_the_api_tells_and_orders_through_it(live: Live, open_page: Open) -> None:
    page = open_page(live)
    expect(page.locator("#subject")).to_have_text("billing")
    expect(page.locator(".tile-replicas .trio")).to_have_text("2desired2ready2needed")
    expect(page.locator("#workers-table tbody tr")).to_have_count(2)
    expect(page.locator("#decision-title")).to_have_text("Why 2 workers")
    page.locator("#pause").click()
    page.locator("#token").fill(TOKEN)
    page.locator("#token").press("Enter")
    expect(page.locator("#mode")).to_have_text("Paused")
    assert live.console.controller.steering.paused
