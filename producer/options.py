"""The command line's short ways to say what a load is, and what they mean.  Text in, settings out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from contract.errors import SettingsError
from contract.load import Load
from contract.producer import ProducerSettings
from contract.settings import explain
from contract.yaml_text import read_yaml

FLAT_OUT = ("max", "0")


def with_load_options(settings: ProducerSettings, **options: Any) -> ProducerSettings:
    """`settings` with every option that is not None put in its place of the load.

    Options: rate, shape, event_bytes, keys, replay, replay_key.  Raises SettingsError.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if "rate" in given and "shape" in given:
        raise SettingsError("give --rate or --shape, not both: a shape has its own rates")
    rate = given.pop("rate", None)
    flat_out = rate in FLAT_OUT if rate is not None else settings.flat_out and "shape" not in given
    changes = {name: _READERS[name](value) for name, value in given.items()}
    if rate is not None and not flat_out:
        changes["shape"] = {"kind": "constant", "rate": _rate(rate)}
    try:
        load = Load.model_validate({**settings.load.model_dump(), **changes})
        return ProducerSettings.model_validate({**settings.model_dump(), "load": load, "flat_out": flat_out})
    except ValidationError as error:
        raise SettingsError(explain(error, "the options")) from error


def _shape(text: str) -> Any:
    """A shape in YAML, or the name of a file with one; paths in the file are relative to it."""
    folder = Path()
    try:
        if "{" not in text and ":" not in text:
            folder, text = Path(text).parent, Path(text).read_text(encoding="utf-8")
        document = read_yaml(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"--shape: expected YAML, or a file with YAML: {error}") from error
    _resolve(document, folder)
    return document


def _resolve(document: Any, folder: Path) -> None:
    if isinstance(document, dict):
        if isinstance(document.get("file"), str):
            document["file"] = str((folder / document["file"]).resolve())
        document = list(document.values())
    if isinstance(document, list):
        for item in document:
            _resolve(item, folder)


def _event_bytes(text: str) -> Any:
    """`200`, or `200:9,4000:1` for nine small ones to each large one."""
    if ":" not in text:
        return _number(text, "--event-bytes", "a number, or BYTES:SHARE,BYTES:SHARE")
    pairs = [part.partition(":") for part in text.split(",")]
    return [{"bytes": size, "share": share} for size, _, share in pairs]


def _keys(text: str) -> Any:
    """`uniform:10000`, `zipf:10000:1.1` or `hot:10000:0.5`."""
    kind, *numbers = text.split(":")
    third = {"zipf": "exponent", "hot": "hot_share"}.get(kind, "")
    if len(numbers) > (2 if third else 1):
        raise SettingsError(f"--keys: expected uniform:COUNT, zipf:COUNT:EXPONENT or hot:COUNT:SHARE, found {text!r}")
    return {"kind": kind, **dict(zip(("count", third), numbers, strict=False))}


def _rate(text: str) -> float:
    """A number of events a second; the word for "no schedule" was dealt with before."""
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"--rate: expected events/s, or max, found {text!r}") from None


def _number(text: str, option: str, expected: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise SettingsError(f"{option}: expected {expected}, found {text!r}") from None


_READERS: dict[str, Callable[[str], Any]] = {
    "shape": _shape,
    "event_bytes": _event_bytes,
    "keys": _keys,
    "replay": Path,
    "replay_key": str,
}
