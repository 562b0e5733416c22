"""The API's client, for commands: what it answers, or why not, in words."""

from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

import httpx
import typer

from autoscaler.api.auth import EXPECTED, sendable
from autoscaler.errors import AutoscalerError

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_TOKEN_FILE = Path("weir-workers") / "api-token"
ANSWER_SECONDS_MAX = 10.0
PROBLEM = "application/problem+json"

ApiUrl = Annotated[
    str,
    typer.Option("--api", metavar="URL", envvar="WEIR_API", help="Where the autoscaler's API is."),
]
TokenFile = Annotated[
    Path,
    typer.Option(metavar="FILE", envvar="WEIR_API_TOKEN_FILE", help="Its token, which every order needs."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the API's own answer, for programs.")]


class ApiError(AutoscalerError):
    """The API did not answer, or refused."""


class ApiClient:
    """One conversation; a context manager.  Every method raises ApiError."""

    def __init__(self, url: str, token_file: Path | None = None) -> None:
        self._url = (url if "://" in url else f"http://{url}").rstrip("/")
        self._token_file = token_file
        try:
            self._http = httpx.Client(base_url=f"{self._url}/api/v1/", timeout=ANSWER_SECONDS_MAX, trust_env=False)
        except httpx.InvalidURL as error:
            raise ApiError(f"--api {url}: expected a URL such as {DEFAULT_URL}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def read(self, path: str, **query: Any) -> Any:
        """What a GET gives."""
        return self._answer("GET", path, params=query)

    def order(self, method: str, path: str, **what: Any) -> Any:
        """Change something, with the token; `what` is the body, as httpx takes it."""
        headers = {"Authorization": f"Bearer {self._token()}", **what.pop("headers", {})}
        return self._answer(method, path, headers=headers, **what)

    def _answer(self, method: str, path: str, **how: Any) -> Any:
        try:
            answer = self._http.request(method, path, **how)
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
            raise ApiError(
                f"no autoscaler answers at {self._url} ({error}): is it running, with --api?"
                " Say where by --api URL or WEIR_API"
            ) from error
        except httpx.HTTPError as error:
            raise ApiError(f"{self._url} did not answer: {str(error) or type(error).__name__}") from error
        if answer.is_success:
            return _document(answer, self._url)
        raise ApiError(_refusal(answer, self._url))

    def _token(self) -> str:
        path = self._token_file or DEFAULT_TOKEN_FILE
        try:
            token = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ApiError(
                f"the token file {path} cannot be read: {why}; an autoscaler tells at its start where its token is:"
                " name it by --token-file FILE or WEIR_API_TOKEN_FILE"
            ) from error
        if not sendable(token):
            raise ApiError(f"{path} holds no token: {EXPECTED}")
        return token


def _document(answer: httpx.Response, url: str) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise ApiError(f"{url} is no autoscaler: it answers with something else than JSON") from error


def _refusal(answer: httpx.Response, url: str) -> str:
    """A problem in words: a line, and one for each field."""
    if not answer.headers.get("content-type", "").startswith(PROBLEM):
        return f"{url} is no autoscaler, or an old one: it answers {answer.status_code} {answer.reason_phrase}"
    problem = answer.json()
    lines = [f"{problem['title']}: {problem['detail']}"]
    return "\n".join([*lines, *(f"  {fault['field']}: {fault['message']}" for fault in problem.get("errors", ()))])
