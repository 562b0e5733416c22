"""The bearer token: from a file that only its owner can read, read again when it changes, compared in constant time."""

import contextlib
import hmac
import os
import secrets
import stat
from hashlib import sha256
from pathlib import Path

from contract.errors import SettingsError

TOKEN_NAME = "api-token"  # noqa: S105  # a file's name
CHARACTERS_MIN = 16
"""Below this a token can be guessed."""
EXPECTED = "expected letters, digits and signs of ASCII in one line, without spaces: it is sent in a header"


class Token:
    """A token in a file.  Raises SettingsError when the file cannot be used at the start."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, ...] = ()
        self._digest = b""
        self._refresh()

    def fits(self, given: str) -> bool:
        """Whether it is this token.  Raises SettingsError when the file cannot be read (any more)."""
        self._refresh()
        return hmac.compare_digest(_digest(given), self._digest)

    def _refresh(self) -> None:
        try:
            found = self.path.stat()
            seen = (found.st_ino, found.st_size, found.st_mtime_ns)
            if seen == self._seen:
                return
            token = self.path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"the token file {self.path} cannot be read: {_words(error)}") from error
        if len(token) < CHARACTERS_MIN:
            raise SettingsError(
                f"the token in {self.path} has {len(token)} characters: expected {CHARACTERS_MIN} or more, "
                "for example from: openssl rand -hex 32"
            )
        if not sendable(token):
            raise SettingsError(f"the token in {self.path} cannot be given by anybody: {EXPECTED}")
        self._digest, self._seen = _digest(token), seen


def sendable(token: str) -> bool:
    """Whether it can stand in a header as it is."""
    return token.isascii() and token.isprintable() and " " not in token


def made_token(folder: Path) -> Token:
    """The token in `folder`, made at random the first time.  Raises SettingsError."""
    path = folder / TOKEN_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _write(path, secrets.token_urlsafe(32))
        others = stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    except OSError as error:
        raise SettingsError(
            f"the token file {path} cannot be made: {_words(error)}; give one by --token-file"
        ) from error
    if others:
        raise SettingsError(f"the token file {path} can be read by others: chmod 600 it, or remove it to get a new one")
    return Token(path)


def _write(path: Path, token: str) -> None:
    """A file that is there already is left as it is: FileExistsError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(token + "\n")


def _digest(token: str) -> bytes:
    """Of equal length for all tokens, so that comparing tells nothing about the length either."""
    return sha256(token.encode()).digest()


def _words(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8 text"
