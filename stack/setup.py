"""`weir stack setup` and `show`: the credentials of a stack, in a folder for each role."""

import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from contract.errors import SettingsError
from stack.credentials import Files, Plan, days_left, is_secure, plan

ROLES = ("kafka", "kafka-admin", "producer", "worker", "autoscaler", "loadtest", "grafana")
DAYS_LEFT_MIN = 7
MODE = 0o644
"""Readable to all: the services run as different users, and a volume is mounted by its own service alone."""

SETUP_EPILOG = """
Examples:

  weir stack setup                # what is missing; a new stack's Kafka is without security

  weir stack setup --secure       # certificates and passwords as well; renewed 30 days before they expire

  weir stack setup --plain        # back to a Kafka without security: nothing else takes it away

It can be called again and again: what is there is kept, and so is whether Kafka is secure.
Exit codes: 0 done, 2 the folder cannot be written.
"""
SHOW_EPILOG = """
Example:

  docker compose run --rm setup stack show

Exit codes: 0 shown, 1 certificates expire within a week, 2 there is nothing to show.
"""

Folder = Annotated[Path, typer.Option(help="A folder in it for each role.", envvar="WEIR_STACK_FOLDER")]
DEFAULT_FOLDER = Path("/var/lib/weir/secrets")


def setup(
    folder: Folder = DEFAULT_FOLDER,
    *,
    secure: Annotated[
        bool | None,
        typer.Option("--secure/--plain", help="Kafka with TLS and SCRAM, or without.", show_default="as it is"),
    ] = None,
) -> None:
    """Make the credentials that are missing; a secret is never printed."""
    present = read(folder)
    wanted = is_secure(present) if secure is None else secure
    planned = plan(present, secure=wanted, now=dt.datetime.now(dt.UTC), draw=secrets.token_bytes)
    write(folder, planned)
    for name in sorted(planned.written):
        typer.echo(f"made     {name}")
    for name in sorted(planned.removed):
        typer.echo(f"removed  {name}")
    typer.echo(f"kept     {len(set(present) - set(planned.written) - planned.removed)} files")
    left = days_left(read(folder), dt.datetime.now(dt.UTC)) if wanted else None
    typer.echo("Kafka is without security" if left is None else f"Kafka is secure; its certificate has {left:.0f} days")


def show(folder: Folder = DEFAULT_FOLDER) -> None:
    """Show what people need: passwords, the token, and how long certificates last."""
    present = read(folder)
    if "autoscaler/api-token" not in present:
        raise SettingsError(f"{folder} holds no credentials: weir stack setup makes them")
    typer.echo(f"Grafana      user admin, password {present.get('grafana/admin-password', '?')}")
    typer.echo(f"API token    {present['autoscaler/api-token']}")
    secure = is_secure(present)
    typer.echo(f"Kafka        {'TLS and SCRAM' if secure else 'without security'}")
    left = days_left(present, dt.datetime.now(dt.UTC)) if secure else None
    if left is not None:
        typer.echo(f"certificate  expires in {left:.0f} days")
        if left < DAYS_LEFT_MIN:
            raise typer.Exit(1)


def read(folder: Path) -> Files:
    """Every file of every role."""
    try:
        return {
            f"{role}/{path.name}": _text(path)
            for role in ROLES
            if (folder / role).is_dir()
            for path in (folder / role).iterdir()
            if path.is_file() and not path.name.startswith(".")
        }
    except OSError as error:
        raise SettingsError(f"{error.filename} cannot be read: {error.strerror}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text: remove it, and setup makes another ({error})") from error


def write(folder: Path, planned: Plan) -> None:
    """All of it.  Nobody sees half a file."""
    try:
        for name, text in planned.written.items():
            _write(folder / name, text)
        for name in planned.removed:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> SettingsError:
    return SettingsError(f"{error.filename} cannot be written: {error.strerror}; does it belong to another user?")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    half = path.with_name(f".{path.name}.half")
    half.write_text(text, encoding="utf-8")
    half.chmod(MODE)
    _to_disk(half)  # before its name: or a power cut leaves an empty file by the right one
    half.replace(path)
    _to_disk(path.parent)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
