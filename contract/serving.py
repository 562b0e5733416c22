"""uvicorn within a process that has a loop of its own: no signal handlers, no log, and a quick end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from contract.errors import SettingsError

CLOSE_SECONDS_MAX = 1


@asynccontextmanager
async def serve(
    app: Any, listening: socket.socket, *, name: str, closing: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Serve an ASGI application on a socket while the context lasts.  `closing` is told that it ends."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        proxy_headers=False,  # whoever asks is whoever is connected, not who they say that they are
        server_header=False,
        timeout_graceful_shutdown=CLOSE_SECONDS_MAX,
    )
    server = _QuietServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name=name)
    try:
        yield
    finally:
        server.should_exit = True
        closing()
        await serving
        listening.close()


def listen(host: str, port: int, *, what: str) -> socket.socket:
    """A socket that takes connections already; port 0 = a free one.  Raises SettingsError, which says `what` it is."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # here, so that whoever is told the port can connect at once
    except OSError as error:
        listening.close()
        raise SettingsError(f"{what} {host}:{port} cannot be used: {error.strerror}; choose another") from error
    return listening


class _QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers: the process that embeds it decides what SIGTERM means."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield
