"""What a file says about workers: a scenario, or its section `worker` alone; shared by the commands that take one."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from contract.errors import SettingsError
from contract.rollout import RolloutStrategy
from contract.scenario import WorkerSpec
from contract.settings import explain
from contract.yaml_text import read_yaml


def read_worker(path: Path | None) -> WorkerSpec:
    """The `worker` section in a file, alone or as part of a scenario.  Raises SettingsError."""
    document = {} if path is None else _document(path)
    section = document.get("worker", document) if isinstance(document, dict) else document
    try:
        return WorkerSpec.model_validate(section)
    except ValidationError as error:
        raise SettingsError(explain(error, str(path), section, WorkerSpec)) from error


def read_strategy(path: Path | None, pairs: Iterable[str]) -> RolloutStrategy | None:
    """How to roll out: `rollout` of a whole scenario, with KEY=VALUE on top; None = nothing was said of it.

    Raises SettingsError.
    """
    document = {} if path is None else _document(path)
    section = document.get("rollout", {}) if isinstance(document, dict) and "worker" in document else {}
    given = dict(section) if isinstance(section, dict) else {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise SettingsError(f"--strategy {pair!r}: expected KEY=VALUE, for example max_surge=1")
        given[key.replace("-", "_")] = value
    try:
        return RolloutStrategy.model_validate(given) if given else None
    except ValidationError as error:
        raise SettingsError(explain(error, "--strategy", given, RolloutStrategy)) from error


def _document(path: Path) -> Any:
    try:
        return read_yaml(path.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the worker's settings {path}: {error}") from error
