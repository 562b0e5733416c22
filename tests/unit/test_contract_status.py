"""The status page over a real loopback socket: codes, reasons, documents, and its own beginning and end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client import CollectorRegistry

from contract.errors import SettingsError
from contract.metrics import gauge
from contract.settings import Strict
from contract.status import StatusPage, serve_status

HOST = "127.0.0.1"


class Document(Strict):
    """A status document as small as it can be."""

    phase: str
    assignment: tuple[int, ...] = ()


def fine() -> str | None:
    return None


def page(*, live: Callable[[], str | None] = fine, ready: Callable[[], str | None] = fine) -> StatusPage:
    registry = CollectorRegistry()
    gauge("worker_ready", registry).set(1)
    return StatusPage(
        status=lambda: Document(phase="ready", assignment=(3, 1)), live=live, ready=ready, registry=registry
    )


@asynccontextmanager
async def served(shown: StatusPage) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serve_status(shown, host=HOST, port=0) as port,
        httpx.AsyncClient(base_url=f"http://{HOST}:{port}", trust_env=False) as client,
    ):
        yield client


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_a_healthy_process_answers_ok(path: str) -> None:
    async with served(page()) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, "ok")


async def test_a_probe_that_fails_says_why() -> None:
    """503 and the reason, and one probe does not speak for the other."""
    async with served(page(ready=lambda: "joining the group")) as client:
        ready, live = await client.get("/readyz"), await client.get("/livez")
    assert (ready.status_code, ready.text) == (503, "joining the group")
    assert live.status_code == 200


async def test_verdicts_are_asked_at_each_request() -> None:
    reasons = iter(["initialising", None])
    async with served(page(ready=lambda: next(reasons))) as client:
        codes = [(await client.get("/readyz")).status_code for _ in range(2)]
    assert codes == [503, 200]


async def test_the_status_document_is_json() -> None:
    async with served(page()) as client:
        answer = await client.get("/status")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"phase": "ready", "assignment": [3, 1]}


async def test_metrics_are_in_prometheus_text_form() -> None:
    async with served(page()) as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "worker_ready 1.0" in answer.text.splitlines()


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/health"])
async def test_nothing_else_is_served(path: str) -> None:
    async with served(page()) as client:
        assert (await client.get(path)).status_code == 404


async def test_the_port_takes_connections_at_once() -> None:
    """Whoever is told the port can connect without trying twice: no task of the server has run yet."""
    async with serve_status(page(), host=HOST, port=0) as port:
        socket.create_connection((HOST, port), timeout=5).close()


async def test_a_taken_port_is_refused_with_its_address() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            SettingsError, match=rf"{HOST}:{port} cannot be used: Address already in use; choose another"
        ):
            async with serve_status(page(), host=HOST, port=port):
                pass


async def test_afterwards_the_port_is_free_and_no_task_is_left() -> None:
    async with serve_status(page(), host=HOST, port=0) as port:
        pass
    assert asyncio.all_tasks() == {asyncio.current_task()}
    socket.create_server((HOST, port)).close()
