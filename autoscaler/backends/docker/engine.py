"""The Docker engine, asked through its SDK from threads of its own, so that no answer is ever waited for in the loop.

Three lanes, each with its threads, its connections and its patience: a question must not wait behind twenty launches.
Its one rule: whatever goes wrong is a BackendError that says what, and what to do.  An engine that does not answer is
left alone for a while (`back_off`), and asked again by whoever needs it next.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import requests
import urllib3
from docker import APIClient
from docker.constants import DEFAULT_UNIX_SOCKET, MINIMUM_DOCKER_API_VERSION
from docker.errors import APIError, DockerException
from docker.utils import kwargs_from_env

from autoscaler.backends.docker.back_off import SECONDS_MAX, BackOff
from autoscaler.errors import BackendError

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One kind of calls.  `answer_seconds` bounds each on its socket, `patience_seconds` with the wait for a thread."""

    name: str
    threads: int
    answer_seconds: int
    patience_seconds: float
    backs_off: bool = True
    """Whether the engine counts as away when it does not answer here."""


QUESTIONS: Final = Lane(name="questions", threads=8, answer_seconds=5, patience_seconds=6.0)
MEASUREMENTS: Final = Lane(name="measurements", threads=20, answer_seconds=5, patience_seconds=30.0, backs_off=False)
ORDERS: Final = Lane(name="orders", threads=20, answer_seconds=60, patience_seconds=180.0)


class AwayError(BackendError):
    """The engine did not answer, or has not been asked because it did not a moment ago."""


class RefusedError(BackendError):
    """The engine answered, and said no.  `status` is its HTTP status: 404 there is no such thing, 409 not as it is."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Engine:
    """One engine: the one at `url`, or by default the one that DOCKER_HOST and DOCKER_TLS_VERIFY point to.

    A context manager, as it holds connections.  It belongs to no event loop.
    """

    def __init__(self, url: str | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is asked yet.  Raises BackendError when the environment cannot be used."""
        self._address: Mapping[str, Any] = {"base_url": url} if url else _from_environment()
        self._clock = clock
        self._back_off = BackOff()
        self._version: str | None = None
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._clients: dict[str, APIClient] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it is, for people."""
        return str(self._address.get("base_url") or DEFAULT_UNIX_SOCKET.replace("http+", ""))

    async def ask(
        self, what: str, call: Callable[[APIClient], Answer], lane: Lane = QUESTIONS, *, urgent: bool = False
    ) -> Answer:
        """The answer to `call`, made in a thread.  `what` names it in errors: `worker-1 cannot be launched`.

        `urgent` asks also an engine that did not answer a moment ago.  Raises AwayError and RefusedError.
        """
        if self._back_off.left_seconds(self._clock()) > 0 and not urgent:
            again = f"it is asked again in {SECONDS_MAX:g} s at most"
            raise AwayError(f"{what}: {self._away(self._back_off.reason)}; {again}")
        try:
            async with asyncio.timeout(lane.patience_seconds):
                answer = await asyncio.get_running_loop().run_in_executor(self._pool(lane), self._call, lane, call)
        except APIError as error:
            self._back_off = self._back_off.answered()
            raise RefusedError(f"{what}: {_reason(error)}", error.status_code or 500) from error
        except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            reason = _why_away(error)
            if lane.backs_off:
                self._back_off = self._back_off.failed(self._clock(), reason)
            raise AwayError(f"{what}: {self._away(reason)}") from error
        self._back_off = self._back_off.answered()
        return answer

    async def api_version(self) -> str:
        """The newest version of the engine's API that both sides speak, such as 1.41."""
        return await self.ask("the engine's version cannot be read", lambda client: client.api_version)

    def close(self) -> None:
        """Hang up.  Calls that are under way end by themselves, within their time limits."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        for client in self._clients.values():
            client.close()
        self._pools, self._clients = {}, {}

    def _pool(self, lane: Lane) -> ThreadPoolExecutor:
        if lane.name not in self._pools:
            self._pools[lane.name] = ThreadPoolExecutor(lane.threads, thread_name_prefix=f"docker-{lane.name}")
        return self._pools[lane.name]

    def _call(self, lane: Lane, call: Callable[[APIClient], Answer]) -> Answer:
        return call(self._client(lane))

    def _client(self, lane: Lane) -> APIClient:
        """Made at the first call, which asks the engine for its version: one that is away is asked again next time."""
        with self._lock:
            if lane.name not in self._clients:
                self._version = self._version or self._negotiated(lane)
                self._clients[lane.name] = self._connect(lane, self._version)
            return self._clients[lane.name]

    def _negotiated(self, lane: Lane) -> str:
        """The engine's version.  The SDK can find it by itself, but leaks a connection if the engine is away then."""
        with closing(self._connect(lane, MINIMUM_DOCKER_API_VERSION)) as client:
            return str(client.version(api_version=False)["ApiVersion"])

    def _connect(self, lane: Lane, version: str) -> APIClient:
        return APIClient(**self._address, version=version, timeout=lane.answer_seconds, max_pool_size=lane.threads)

    def _away(self, reason: str) -> str:
        return f"the Docker engine at {self.url} does not answer ({reason}); is it running, and may this user reach it?"


def _from_environment() -> Mapping[str, Any]:
    try:
        address: Mapping[str, Any] = kwargs_from_env()
    except DockerException as error:
        raise BackendError(
            f"the Docker engine cannot be reached as DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH say: {error}"
        ) from error
    return address


def _reason(error: APIError) -> str:
    """What the engine says, without the SDK's wrapping."""
    return str(error.explanation or error).strip()


def _why_away(error: BaseException) -> str:
    """The innermost cause: the SDK and its libraries wrap it up to four times."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, TimeoutError | requests.Timeout | urllib3.exceptions.TimeoutError):
            return "no answer in time"
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    return str(error) or type(error).__name__
