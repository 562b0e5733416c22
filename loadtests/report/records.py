"""Everything that a run directory holds, read once; the renderers are pure functions of it.

The summary is scored anew from the records, so that an old run gets the figures that were thought of later.  Its one
rule: what is missing is named in `notes`, and the summary that the run wrote itself stands in where scoring cannot be
done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from contract.errors import SettingsError
from contract.ledger import LedgerEntry, ProducerAccount
from contract.record import RunDirectory, RunEvent, Sample
from contract.scenario import Scenario
from contract.settings import explain
from loadtests.audit import Audit, covered_events
from loadtests.elasticity import policy_maximum
from loadtests.needed import needed_replicas
from loadtests.report.run_document import read_run_document
from loadtests.score import PROOF, Summary, score

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecords:
    """One run.  `run` is run.json as it stands; `notes` say what is missing or could not be used.

    `needed` are the needed replicas as pairs of second and number, of the seconds that tell them.
    """

    path: Path
    run: dict[str, Any]
    summary: Summary
    samples: tuple[Sample, ...] = ()
    events: tuple[RunEvent, ...] = ()
    entries: tuple[LedgerEntry, ...] = ()
    account: ProducerAccount | None = None
    needed: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def started_us(self) -> int | None:
        """The wall clock at second 0 of samples and events."""
        started = self.run.get("started_us")
        return started if isinstance(started, int) else self.account.started_us if self.account else None


def read_run(path: Path) -> RunRecords:
    """The run in `path`.  Raises SettingsError when it cannot be scored and left no summary of its own either."""
    directory = RunDirectory.open(path)
    run, left_out = read_run_document(directory)
    reader = _Reader([left_out] if left_out else [])
    samples = reader.read(directory.samples_parquet, lambda: tuple(directory.samples()))
    events = reader.read(directory.events_jsonl, lambda: tuple(directory.events()))
    entries = reader.read(
        directory.entries_jsonl, lambda: tuple(LedgerEntry.model_validate_json(line) for line in directory.entries())
    )
    account = reader.read(directory.account_json, lambda: _document(directory.account_json, ProducerAccount))
    ledger = reader.read(directory.ledger_json, lambda: _document(directory.ledger_json, Audit))
    scenario = reader.read(directory.run_json, lambda: Scenario.model_validate(run.get("scenario")))
    summary = None
    if scenario and account and ledger and samples is not None and entries is not None:
        most = policy_maximum(run)
        summary = reader.attempt(
            "the score", lambda: score(scenario, samples, account, entries, ledger, replicas_max=most)
        )
    if summary is None:
        summary = _own_summary(directory, reader)
    shortage = _shortage(entries, summary.ledger)
    reader.notes += [shortage] if shortage else []
    return RunRecords(
        path=path,
        run=run,
        summary=_unproved(summary) if shortage or entries is None else summary,
        samples=samples or (),
        events=events or (),
        entries=entries or (),
        account=account,
        needed=_needed(scenario, samples or ()) if scenario else (),
        notes=tuple(reader.notes),
    )


def _shortage(entries: Sequence[LedgerEntry] | None, ledger: Audit) -> str | None:
    """What the audit found processed and the entries do not cover any more; without entries that is told already."""
    if entries is None:
        return None
    covered, processed = covered_events(entries), sum(part.processed for part in ledger.partitions)
    short = sum(max(0, part.processed - covered.get(part.partition, 0)) for part in ledger.partitions)
    if not short:
        return None
    return (
        f"ledger.jsonl is incomplete: it covers {processed - short:,} of the {processed:,} events that the audit found"
        " processed; end-to-end latencies are of those alone"
    )


def _unproved(summary: Summary) -> Summary:
    """The audit's figures stand as they were found, but the records can no longer prove them."""
    claims = [sentence for sentence in summary.sentences if sentence.startswith(PROOF)]
    told = "the ledger is incomplete, so it proves nothing any more; its figures are those of the run's own audit"
    kept = (told if sentence in claims else sentence for sentence in summary.sentences)
    return summary.model_copy(update={"sentences": tuple(kept)})


def _needed(scenario: Scenario, samples: Sequence[Sample]) -> tuple[tuple[float, float], ...]:
    told = zip(samples, needed_replicas(scenario, samples), strict=True)
    return tuple((sample.at_seconds, float(needed)) for sample, needed in told if needed is not None)


class _Reader:
    """Reads files that may be missing or damaged, and remembers which were."""

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes

    def read(self, path: Path, how: Callable[[], Record]) -> Record | None:
        if not path.is_file():
            self.notes.append(f"{path.name} is missing")
            return None
        return self.attempt(path.name, how)

    def attempt(self, what: str, how: Callable[[], Record]) -> Record | None:
        """What can be made of a file, or of all of them; None, and a note, when it cannot be."""
        try:
            return how()
        except ValidationError as error:
            self.notes.append(explain(error, what).replace("\n", " "))
        except (SettingsError, ValueError, TypeError, ArithmeticError) as error:
            self.notes.append(f"{what} cannot be used: {error}")
        return None


def _document(path: Path, kind: type[ProducerAccount] | type[Audit]) -> Any:
    return kind.model_validate_json(path.read_bytes())


def _own_summary(directory: RunDirectory, reader: _Reader) -> Summary:
    missing = "; ".join(reader.notes)
    summary = reader.read(
        directory.summary_json, lambda: Summary.model_validate_json(directory.summary_json.read_bytes())
    )
    if summary is None:
        raise SettingsError(
            f"{directory.path} cannot be reported: {missing}, and there is no usable summary.json to stand in. "
            "Did the run end early? Run the scenario again."
        )
    reader.notes.append("the figures are those that the run itself wrote down")
    return summary
