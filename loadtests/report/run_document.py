"""run.json as reports use it: what has another shape than a run writes is left out and told, the rest is kept."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from contract.errors import SettingsError
from contract.faults import in_yaml
from contract.record import RunDirectory
from contract.settings import explain

Whole = Annotated[int, Field(ge=0, lt=1 << 63)]


class _Host(BaseModel):
    cores: Whole | None = None
    memory_bytes: Whole | None = None
    load_average: tuple[float, ...] | None = None


class _Run(BaseModel):
    """Those parts that are more than words to show; others may be there, as another version may know more."""

    started_us: Whole | None = None
    host: _Host | None = None
    kafka: dict[str, Any] | None = None
    versions: dict[str, Any] | None = None
    scaler: dict[str, Any] | None = None


def read_run_document(directory: RunDirectory) -> tuple[dict[str, Any], str | None]:
    """The document, and what was left out of it.  Raises SettingsError when it is none."""
    run = directory.read_json(directory.run_json)
    if not isinstance(run, dict):
        raise SettingsError(f"{directory.run_json} is damaged: expected an object, found {in_yaml(run)}")
    try:
        _Run.model_validate(run)
    except ValidationError as error:
        damaged = {fault["loc"][0] for fault in error.errors(include_url=False)}
        note = explain(error, directory.run_json.name, run).replace("\n", " ")
        return {name: part for name, part in run.items() if name not in damaged}, note
    return run, None
