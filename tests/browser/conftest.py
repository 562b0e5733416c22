"""A Chromium, a server for the page, and pages that complain: whatever one says in its console fails the test."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.page_day import day_columns
from tests.page_pictures import ARGUMENTS
from tests.page_server import Served
from tests.page_world import World

NOW = 1_795_000_000.0
DESK, PHONE = (1440, 900), (360, 780)


NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
TRIES = 4
disturbed = pytest.StashKey[bool]()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """A test is played again if the machine's network changed meanwhile, as it does when containers come and go.

    Chromium then drops every connection, those to loopback as well, and has no option against it.
    """
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    tries = 1
    while item.stash.get(disturbed, False) and tries < TRIES and not all(report.passed for report in reports):
        item._initrequest()  # type: ignore[attr-defined]  # fixtures anew, as plugins for flaky tests do it
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        tries += 1
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("there is no chromium on the PATH (Debian and Ubuntu: apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a made-up autoscaler that has run for `ahead` seconds, after `hours` of history."""
    running: list[Served] = []

    def start(*, ahead: int = 30, hours: int = 0, **world: Any) -> Served:
        made = World(at=NOW, **world)
        history = day_columns(NOW - 1, seconds=hours * 3_600, replicas_max=made.replicas_max) if hours else None
        running.append(Served(world=made, history=history).start())
        running[-1].advance(ahead)
        return running[-1]

    yield start
    for served in running:
        served.stop()


@dataclass
class Heard:
    """What a page complained about, and what it asked for.  `allowed` are parts of complaints that a test provokes."""

    errors: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    network_changed: bool = False

    def listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"{error}"))
        page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108  # playwright sets an attribute on it
        page.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        self.errors.append(f"failed: {request.url} {request.failure}")
        self.network_changed |= request.failure == NETWORK_CHANGED

    def unexpected(self) -> list[str]:
        return [error for error in self.errors if not any(part in error for part in self.allowed)]


@pytest.fixture
def heard(request: pytest.FixtureRequest) -> Iterator[Heard]:
    made = Heard()
    yield made
    request.node.stash[disturbed] = made.network_changed


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, heard: Heard) -> Iterator[Open]:
    """Opens the page and waits until it is live; at the end nobody may have complained, or fetched from elsewhere."""
    contexts = []
    addresses = []

    def open_it(served: Served, *, size: tuple[int, int] = DESK, live: bool = True, **context: Any) -> Page:
        contexts.append(browser.new_context(viewport={"width": size[0], "height": size[1]}, **context))
        page = contexts[-1].new_page()
        heard.listen(page)
        addresses.append(served.url)
        page.goto(served.url)
        if live:
            page.wait_for_selector('#connection[data-phase="live"]')
        return page

    yield open_it
    for context in contexts:
        context.close()
    heard.allowed.append("net::ERR_ABORTED")  # the stream of a page that was closed
    assert heard.unexpected() == []
    assert [request.url for request in heard.requests if not request.url.startswith(tuple(addresses))] == []
