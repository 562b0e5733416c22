"""What a rule says: a finding with its place, its reason and its cure, or that it could not look."""

from dataclasses import dataclass
from enum import StrEnum

from autoscaler.manifests.fields import path_of

Path = tuple[int | str, ...]
"""The way to a field: `("spec", "metrics", 0)` is `spec.metrics[0]`."""


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """The manifest is refused, or never does what it is for."""
    WARNING = "warning"
    """It works, and does harm under load."""
    INFO = "info"
    """Worth to know; no reason to fail a check."""


@dataclass(frozen=True, slots=True)
class Put:
    """The field at `path` becomes `text`, which is YAML on one line; a field that is not there is added."""

    path: Path
    text: str

    def __str__(self) -> str:
        """As it is told to who has to do it by hand."""
        return f"{path_of(self.path)}: {self.text}"


@dataclass(frozen=True, slots=True)
class Rename:
    """The field at `path` gets another name and keeps its value."""

    path: Path
    name: str

    def __str__(self) -> str:
        """As it is told to who has to do it by hand."""
        return f"{path_of(self.path)} as {self.name}"


Edit = Put | Rename


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to complain about.

    `edits` is what `--fix` does.  `corrected` shows the lines as they should be: a rule gives them where the right
    number is for the user to choose, otherwise they follow from `edits`.  `lint` fills in `document` and `line`.
    """

    code: str
    severity: Severity
    path: Path
    what: str
    why: str
    corrected: str = ""
    edits: tuple[Edit, ...] = ()
    document: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A rule that would apply, but lacks a fact: which, and where it could come from."""

    code: str
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeBudget:
    """How long a worker may leave a probe unanswered before it is killed."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What lint asks of the workers that are scaled.  `source` says where it was read."""

    source: str
    unrequested: dict[str, tuple[str, ...]]
    """Containers without a request, by resource (`cpu`, `memory`); a limit alone counts as a request."""
    unprobed: tuple[str, ...]
    """Its containers, if none has a readiness or startup probe: one with a probe holds back the whole worker."""
    budgets: tuple[ProbeBudget, ...] = ()
    """Of each container the probe that kills first: startup, or liveness where there is none."""
