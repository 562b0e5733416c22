"""Standings for a terminal and for programs: a row a policy and the sentences below it, or one JSON document."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from loadtests.claims import baseline_claims
from loadtests.contest_plan import Contest
from loadtests.report.units import UNMEASURED, bare
from loadtests.standings import TABLE, OutcomeKind, Standing
from loadtests.standings_words import outcome_words, sentences

COLUMNS = {
    "violation_seconds": "SLO violated",
    "worker_seconds": "worker-s",
    "desired_replicas_max": "peak",
    "needed_replicas_max": "needed",
    "amplification": "ampl.",
    "probe_kills": "killed",
}
_STYLES: dict[OutcomeKind, str] = {
    "failed": "bold red",
    "lost": "bold red",
    "storm": "bold red",
    "missed": "bold yellow",
    "violated": "bold yellow",
    "held": "bold green",
}


def render(entered: Sequence[Standing], console: Console) -> None:
    """Print the table of medians, best policy first, then what happened to each, then Weir's promise."""
    console.print(_table(entered))
    for standing in entered:
        console.print()
        console.print(Text(" ".join(sentences(standing))))
    claims = baseline_claims(entered)
    if claims:
        console.print()
    for claim in claims:
        console.print(Text(claim.sentence, style="yellow" if claim.verdict in ("not better", "unknown") else ""))


def as_document(contest: Contest, entered: Sequence[Standing]) -> dict[str, Any]:
    """standings.json: everything on the page, for programs."""
    return {
        "format": 1,
        "scenario": contest.scenario.name,
        "seed": contest.scenario.seed,
        "order_seed": contest.order_seed,
        "repeat": contest.repeat,
        "started_at": contest.started_at,
        "weir_version": contest.weir_version,
        "host": contest.host,
        "policies": [_policy(standing) for standing in entered],
        "claims": [asdict(claim) for claim in baseline_claims(entered)],
        "runs": [turn.model_dump(mode="json") for turn in contest.turns],
    }


def _policy(standing: Standing) -> dict[str, Any]:
    return {
        "rank": standing.rank,
        "policy": standing.policy,
        "kind": standing.kind,
        "outcome": asdict(standing.outcome),
        "failed_runs": standing.failed_runs,
        "figures": {name: asdict(spread) for name, spread in standing.figures.items()},
        "sentences": sentences(standing),
    }


def _table(entered: Sequence[Standing]) -> Padding:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", overflow="fold")
    table.add_column("", overflow="fold")
    for head in COLUMNS.values():
        table.add_column(head, justify="right", no_wrap=True)
    for standing in entered:
        outcome = Text(outcome_words(standing), style=_STYLES[standing.outcome.kind])
        table.add_row(Text(standing.policy, style="bold"), outcome, *(_figure(standing, name) for name in COLUMNS))
    return Padding(table, (1, 0, 0, 0), expand=False)


def _figure(standing: Standing, name: str) -> str:
    found = standing.figures.get(name)
    return bare(found.median, TABLE[name].unit) if found else UNMEASURED
