"""Settings from the environment and from files, checked as a whole: every fault is reported, not only the first.

`WEIR_KAFKA_SASL_PASSWORD=…` sets a value, `WEIR_KAFKA_SASL_PASSWORD_FILE=/run/secrets/password` reads it from a file
(the convention of Docker secrets: values in the environment leak through inspect, logs and children).  What neither
sets is read from the folder that `WEIR_SETTINGS_FOLDER` names, in files called like the variables, in lower case.
"""

import difflib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as SourceError

from contract.errors import SettingsError
from contract.faults import in_words

FOLDER_VARIABLE = "WEIR_SETTINGS_FOLDER"
FOLDER_MOUNTED = "/run/weir"
"""Where a container finds its own such folder."""


class Strict(BaseModel):
    """A frozen value read from text; an unknown field is an error, so that a slip of the pen is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EnvironmentSettings(BaseSettings):
    """Settings of one process.  Subclasses set `env_prefix`; nested fields are reached with two underscores."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, env_nested_delimiter="__")

    @classmethod
    def read(cls, **overrides: Any) -> Self:
        """From overrides (None = not given), the environment, `*_FILE`s, the settings folder.  Raises SettingsError."""
        given = {name: value for name, value in overrides.items() if value is not None}
        _refuse_unknown(cls)
        try:
            return cls(**given)
        except ValidationError as error:
            prefix = str(cls.model_config.get("env_prefix", ""))
            raise SettingsError(explain(error, f"settings (environment {prefix}* or options)", model=cls)) from error
        except SourceError as error:
            raise SettingsError(f"{error}: {error.__cause__}; nested settings are written as JSON") from error

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options win over the environment, it over `*_FILE`s, they over the folder.  No hidden `.env` file is read."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _FileSource(settings_cls), _FolderSource(settings_cls)

    def to_environment(self) -> dict[str, str]:
        """The variables that give another process these settings."""
        prefix = str(self.model_config.get("env_prefix", ""))
        changed = {n for n, field in type(self).model_fields.items() if getattr(self, n) != field.default}
        values = self.model_dump(mode="json", include=changed, exclude_none=True)
        return {f"{prefix}{name}".upper(): _as_text(value) for name, value in values.items()}


class _FileSource(EnvSettingsSource):
    """`NAME_FILE` = a path whose content is the value of `NAME`, unless `NAME_FILE` is a setting itself."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        prefix = self.env_prefix.lower()
        own = {f"{prefix}{field}" for field in settings_cls.model_fields}
        named = {n.lower(): v for n, v in os.environ.items() if n.lower().startswith(prefix) and n.lower() not in own}
        self.env_vars = {n.removesuffix("_file"): _read(n, v) for n, v in named.items() if n.endswith("_file")}


class _FolderSource(EnvSettingsSource):
    """A file of the settings folder for each value; what is not there is not given."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        prefix = self.env_prefix.lower()
        files = [path for path in _settings_folder() if path.name.startswith(prefix) and path.is_file()]
        unknown = [str(path) for path in files if _setting(path.name, prefix) not in settings_cls.model_fields]
        if unknown:
            raise SettingsError(
                f"{', '.join(sorted(unknown))}: no such setting; files in {FOLDER_VARIABLE} that begin with {prefix} "
                f"are called like {', '.join(f'{prefix}{name}' for name in settings_cls.model_fields)}"
            )
        self.env_vars = {path.name: _read(path.name, str(path)) for path in files}


def _settings_folder() -> list[Path]:
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        return []
    try:
        return sorted(Path(named).iterdir())
    except OSError as error:
        raise SettingsError(
            f"{FOLDER_VARIABLE}={named} cannot be read: {error.strerror}; expected a folder of settings, a file each"
        ) from error


def _setting(file_name: str, prefix: str) -> str:
    return file_name.removeprefix(prefix).split("__")[0]


def explain(error: ValidationError, source: str, document: Any = None, model: type[BaseModel] | None = None) -> str:
    """All faults of a pydantic error, a line each: path to the field, what is wrong, what was found.

    With the document that was read, paths are those of the document, without pydantic's own names for alternatives.
    With the model, a field that does not exist is told with those that do.
    """
    lines = [f"{error.error_count()} fault(s) in {source}:"]
    for fault in error.errors(include_url=False):
        missing = fault["type"] == "missing"
        parts = fault["loc"] if document is None else _path_in(document, fault["loc"], last_missing=missing)
        path = ".".join(map(str, parts)) or "(whole)"
        lines.append(f"  {path}: {in_words(fault, model)}")
    return "\n".join(lines)


def _path_in(document: Any, location: Sequence[int | str], *, last_missing: bool) -> tuple[int | str, ...]:
    """Those parts of `location` that the document has, and the last one if what is wrong is that it has not."""
    way = _way(document, location)
    return (*way, location[-1]) if last_missing else way


def _way(place: Any, location: Sequence[int | str]) -> tuple[int | str, ...]:
    """As far into the document as it goes.  A part may be an alternative's name even where a field is called so."""
    if not location:
        return ()
    passed_over = _way(place, location[1:])
    try:
        below = place[location[0]]
    except (LookupError, TypeError):
        return passed_over
    taken = (location[0], *_way(below, location[1:]))
    return max(taken, passed_over, key=lambda way: (way[-1:] == (location[-1],), len(way)))


def _refuse_unknown(cls: type[EnvironmentSettings]) -> None:
    prefix = str(cls.model_config.get("env_prefix", "")).upper()
    known = sorted(name.upper() for name in cls.model_fields)
    lines = []
    for variable in sorted(os.environ):
        name = variable.upper().removeprefix(prefix).split("__")[0]
        if variable.upper().startswith(prefix) and not {name, name.removesuffix("_FILE")} & set(known):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known: {prefix}* with {', '.join(known)}"
            lines.append(f"{variable} is set, but there is no such setting: {hint}")
    if lines:
        raise SettingsError("\n".join(lines))


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name.upper()}={path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name.upper()}={path} is not UTF-8 text: {error}") from error


def _as_text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
