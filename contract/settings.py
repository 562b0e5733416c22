"""Settings from the environment and from files, checked as a whole: every fault is reported, not only the first.

`WEIR_KAFKA_SASL_PASSWORD=…` sets a value, `WEIR_KAFKA_SASL_PASSWORD_FILE=/run/secrets/password` reads it from a file
(the convention of Docker secrets: values in the environment leak through inspect, logs and children).
"""

import difflib
import json
import os
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from contract.errors import SettingsError


class Strict(BaseModel):
    """A frozen value read from text; an unknown field is an error, so that a slip of the pen is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EnvironmentSettings(BaseSettings):
    """Settings of one process.  Subclasses set `env_prefix`; nested fields are reached with two underscores."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_nested_delimiter="__")

    @classmethod
    def read(cls, **overrides: Any) -> Self:
        """From overrides (None = not given), then the environment, then `*_FILE`s.  Raises SettingsError."""
        given = {name: value for name, value in overrides.items() if value is not None}
        _refuse_unknown(cls)
        try:
            return cls(**given)
        except ValidationError as error:
            prefix = str(cls.model_config.get("env_prefix", ""))
            raise SettingsError(explain(error, f"settings (environment {prefix}* or options)")) from error

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options win over the environment, the environment over `*_FILE`s.  No hidden `.env` file is read."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _FileSource(settings_cls)

    def to_environment(self) -> dict[str, str]:
        """The variables that give another process these settings."""
        prefix = str(self.model_config.get("env_prefix", ""))
        changed = {n for n, field in type(self).model_fields.items() if getattr(self, n) != field.default}
        values = self.model_dump(mode="json", include=changed, exclude_none=True)
        return {f"{prefix}{name}".upper(): _as_text(value) for name, value in values.items()}


class _FileSource(EnvSettingsSource):
    """`NAME_FILE` = a path whose content is the value of `NAME`."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        prefix = self.env_prefix.lower()
        named = {n.lower(): v for n, v in os.environ.items() if n.lower().startswith(prefix)}
        self.env_vars = {n.removesuffix("_file"): _read(n, v) for n, v in named.items() if n.endswith("_file")}


def explain(error: ValidationError, source: str) -> str:
    """All faults of a pydantic error, a line each: path to the field, what is wrong, what was found."""
    lines = [f"{error.error_count()} fault(s) in {source}:"]
    for fault in error.errors(include_url=False):
        path = ".".join(str(part) for part in fault["loc"]) or "(whole)"
        found = "" if fault["type"] == "missing" else f", found {_short(fault['input'])}"
        lines.append(f"  {path}: {fault['msg'].removeprefix('Value error, ')}{found}")
    return "\n".join(lines)


def _refuse_unknown(cls: type[EnvironmentSettings]) -> None:
    prefix = str(cls.model_config.get("env_prefix", "")).upper()
    known = {f"{prefix}{name}".upper() for name in cls.model_fields}
    for name in sorted(os.environ):
        base = name.upper().split("__")[0]
        if name.upper().startswith(prefix) and not {base, base.removesuffix("_FILE")} & known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
            raise SettingsError(f"{name} is set, but there is no such setting: {hint}")


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name.upper()}={path} cannot be read: {error.strerror}") from error


def _as_text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _short(value: Any, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
