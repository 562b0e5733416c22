"""The page finds its way back by itself, says so meanwhile, and believes a new server rather than its memory."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Heard, Open, Serve
from tests.browser.drawn import column, expect_latest, expect_live

pytestmark = pytest.mark.browser
REFUSED = ["net::ERR_CONNECTION_REFUSED", "net::ERR_INCOMPLETE_CHUNKED_ENCODING", "net::ERR_CONNECTION_RESET"]


def test_a_restart_of_the_server_clears_and_refills(serve: Serve, open_page: Open, heard: Heard) -> None:
    heard.allowed += [*REFUSED, "503"]  # a new server may be asked before its first second
    served = serve(ahead=60)
    page = open_page(served)
    served.stop()
    expect(page.locator("#connection")).to_have_attribute("data-phase", "waiting")
    expect(page.locator("#connection")).to_contain_text("reconnecting")
    expect(page.locator("#connection-count")).to_contain_text("in ")
    expect(page.locator("#connection-since")).to_contain_text("stale since")
    begin = served.world.at
    served.restart()
    served.advance(3)
    expect_live(page)
    served.advance(2)
    expect_latest(page, served.world.at - 1)
    assert column(page, "rates", 0)[0] == begin, "what the old server knew is gone"


def test_what_was_missed_is_fetched_without_a_gap_or_twice(serve: Serve, open_page: Open, heard: Heard) -> None:
    heard.allowed += REFUSED
    served = serve(ahead=30)
    page = open_page(served)
    served.advance(2)
    expect_latest(page, served.world.at - 1)
    board = served.board
    served.stop()
    expect(page.locator("#connection")).to_have_attribute("data-phase", "waiting")
    for frame in served.world.frames(15):
        board.add(frame)
    served.start()
    expect_live(page)
    expect_latest(page, served.world.at - 1)
    times = column(page, "rates", 0)
    assert times == board.columns["at"]
    resumed = [r.headers.get("last-event-id") for r in heard.requests if r.url.endswith("/events")]
    assert resumed[0] is None
    assert resumed[-1] is not None
    assert resumed[-1].startswith(board.run)


def test_silence_is_told(serve: Serve, open_page: Open) -> None:
    served = serve()
    served.world.changes = {"tick_seconds": 0.1}
    page = open_page(served)
    served.advance(1)
    expect(page.locator("#connection")).to_have_attribute("data-phase", "stale", timeout=15_000)
    expect(page.locator("#connection-since")).to_contain_text("stale since")
    served.advance(1)
    expect_live(page)


def test_a_server_that_lives_and_tells_nothing_is_silent(serve: Serve, open_page: Open) -> None:
    """It answers, and does not tick: its pings are no news."""
    served = serve()
    page = open_page(served)
    served.advance(1)
    expect(page.locator("#connection")).to_have_attribute("data-phase", "stale", timeout=15_000)
    served.ping()
    page.wait_for_timeout(1_500)
    assert page.locator("#connection").get_attribute("data-phase") == "stale"


def test_a_clock_that_was_set_back_is_believed(serve: Serve, open_page: Open) -> None:
    """What the server has forgotten as the future is gone here as well, and the present is shown."""
    served = serve(ahead=60)
    page = open_page(served)
    served.advance(1)
    expect_latest(page, served.world.at - 1)
    served.board.columns = {name: column[:1] for name, column in served.board.columns.items()}
    served.world.at -= 50
    served.advance(2)
    expect_latest(page, served.world.at - 1)


def test_nobody_has_to_wait_for_the_next_try(serve: Serve, open_page: Open, heard: Heard) -> None:
    heard.allowed += REFUSED
    served = serve()
    page = open_page(served)
    served.stop()
    expect(page.locator("#connection-count")).to_have_text("in 8 s", timeout=20_000)
    served.start()
    page.get_by_role("button", name="Retry now").click()
    expect(page.locator("#connection")).to_have_attribute("data-phase", "live", timeout=3_000)
