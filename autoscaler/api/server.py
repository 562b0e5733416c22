"""Serves the API in the loop of the autoscaler itself: a loop that does not tick does not answer either."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from autoscaler.api.app import make_app
from autoscaler.api.auth import Token, made_token
from autoscaler.api.desk import Desk
from autoscaler.board.board import Board
from contract.addresses import host_port, is_loopback, read_host_port
from contract.errors import SettingsError
from contract.serving import listen, serve

OFF = "none"
WHAT = "the API's address (--api)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAddress:
    """Where the API is served, and which token it asks for."""

    host: str
    port: int
    token_file: Path | None = None
    """None = a token is made, which is allowed on this machine only."""

    @property
    def loopback(self) -> bool:
        """Whether nobody on another machine can reach it."""
        return is_loopback(self.host)


def read_address(text: str, token_file: Path | None) -> ApiAddress | None:
    """HOST:PORT; None for `none`.  Raises SettingsError, also for an address that is open to others without a token."""
    if text == OFF:
        return None
    host, port = read_host_port(text, option="--api", expected=f"127.0.0.1:8080, or {OFF}; port 0 is a free one")
    address = ApiAddress(host=host, port=port, token_file=token_file)
    if not address.loopback and token_file is None:
        raise SettingsError(
            f"--api {text}: others can reach this address, so it needs a token that you know: give --token-file FILE"
            " (one may be made by: openssl rand -hex 32), or serve on 127.0.0.1"
        )
    return address


def refuse_taken(address: ApiAddress | None) -> None:
    """Before anything is started: SettingsError if the address cannot be served on now."""
    if address:
        listen(address.host, address.port, what=WHAT).close()


@asynccontextmanager
async def serve_api(
    board: Board,
    address: ApiAddress,
    *,
    folder: Path,
    say: Callable[[str], None],
    producer_port: Callable[[], int | None] = lambda: None,
) -> AsyncIterator[str]:
    """Serve while the context lasts; yields the page's address.  Raises SettingsError for a port that is taken.

    Without a token file one is kept in `folder`, but not in a dry run, which takes no orders and leaves folders alone.
    """
    listening = listen(address.host, address.port, what=WHAT)
    try:
        token = _token(address, folder, dry_run=board.facts.dry_run)
    except SettingsError:
        listening.close()
        raise
    desk = Desk(board=board, token=token, loopback=address.loopback, say=say, producer_port=producer_port)
    async with serve(make_app(desk), listening, name="api", closing=board.stream.close):
        url = f"http://{host_port(address.host, listening.getsockname()[1])}/"
        say(f"live page and API at {url}, " + (f"orders with the token in {token.path}" if token else "reading only"))
        yield url


def _token(address: ApiAddress, folder: Path, *, dry_run: bool) -> Token | None:
    if address.token_file is not None:
        return Token(address.token_file)
    return None if dry_run else made_token(folder)
