"""The page of a contest: who stormed, at one glance; then the figures, the curves, and what happened in words.

A pure function of contest.json and the run directories, so the page can be made again from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadtests.claims import ClaimVerdict, baseline_claims
from loadtests.contest_plan import Contest, Turn
from loadtests.headline import headline
from loadtests.report import environment
from loadtests.report.document import render_document
from loadtests.report.drawing import Point
from loadtests.report.policies_charts import colour, load_curve, policy_charts
from loadtests.report.policies_tables import rows
from loadtests.report.units import UNMEASURED, bare, duration, show
from loadtests.standings import OutcomeKind, Played, Standing, numbers, stormed
from loadtests.standings_words import outcome_words, sentences

CURVE_WIDTH, CURVE_HEIGHT = 600, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One policy at the top of the page.  `tone` is the colour of good and bad, `colour` that of its curves."""

    policy: str
    kind: str
    colour: str
    tone: str
    symbol: str
    title: str
    figures: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]


def render_policies(contest: Contest, entered: Sequence[Standing], played: Sequence[Played]) -> str:
    """The whole document; `entered` best first, as `standings` returns them."""
    names = [contender.name for contender in contest.contenders]
    given = sorted(entered, key=lambda standing: names.index(standing.policy))
    charts = policy_charts(given, time_lag_limit=contest.scenario.slo.time_lag_seconds_max)
    last = max((s.at_seconds for run in played for s in run.records.samples[-1:]), default=contest.scenario.seconds)
    first_run = next((run.records.run for run in played), {})
    context = {
        "contest": contest,
        "facts": _facts(contest, entered),
        "verdicts": [_verdict(standing, colour(names.index(standing.policy))) for standing in entered],
        "load": _curve(load_curve(given)),
        "table": rows(given),
        "names": [(name, colour(number)) for number, name in enumerate(names)],
        "charts": charts,
        "claims": [(claim, *_CLAIM_MARKS[claim.verdict]) for claim in baseline_claims(entered)],
        "runs": [_run(turn, played) for turn in contest.turns],
        "environment": [*environment.environment(first_run), *environment.versions(first_run)],
        "version": contest.weir_version,
        "repeated": contest.repeat > 1,
    }
    data = {
        "charts": charts,
        "main": charts[0]["id"] if charts else "",
        "shades": _shades(contest, last),
        "measured": (contest.scenario.warmup_seconds, contest.scenario.seconds),
        "events": [],
    }
    return render_document("policies.html.j2", context, data=data, styles=("policies.css",))


def _facts(contest: Contest, entered: Sequence[Standing]) -> list[str]:
    finished = sum(len(standing.runs) for standing in entered)
    kafka = "the Kafka at " + contest.kafka if contest.kafka else "a Kafka of its own for each run"
    return [
        f"{finished} of {len(contest.turns)} runs finished",
        f"{duration(contest.scenario.seconds)} of load each, seed {contest.scenario.seed}",
        f"order drawn with seed {contest.order_seed}",
        kafka,
        *([f"{cores} cores"] if (cores := contest.host.get("cores")) else []),
    ]


def _verdict(standing: Standing, shade: str) -> Verdict:
    tone, symbol = _TONES[standing.outcome.kind]
    first, *others = sentences(standing)
    return Verdict(
        policy=standing.policy,
        kind=standing.kind,
        colour=shade,
        tone=tone,
        symbol=symbol,
        title=outcome_words(standing),
        figures=_key_figures(standing),
        sentences=(first, *others),
    )


_TONES: Mapping[OutcomeKind, tuple[str, str]] = {
    "failed": ("failed", "?"),
    "lost": ("failed", "✕"),
    "storm": ("failed", "✕"),
    "missed": ("missed", "!"),
    "violated": ("missed", "!"),
    "held": ("passed", "✓"),
}


_CLAIM_MARKS: Mapping[ClaimVerdict, tuple[str, str]] = {
    "better": ("✓", "held"),
    "cheaper": ("✓", "held"),
    "as good": ("=", "unknown"),
    "not better": ("✕", "broken"),
    "unknown": ("?", "unknown"),
}


def _key_figures(standing: Standing) -> tuple[tuple[str, str], ...]:
    """The three that one asks for first; medians."""
    middle = {name: spread.median for name, spread in standing.figures.items()}
    desired, needed = middle.get("desired_replicas_max"), middle.get("needed_replicas_max")
    of = f" of {bare(needed, 'count')} needed" if needed is not None else ""
    return (
        ("SLO violated", show(middle.get("violation_seconds"), "seconds")),
        ("Peak replicas", UNMEASURED if desired is None else f"{bare(desired, 'count')}{of}"),
        ("Worker-seconds", bare(middle.get("worker_seconds"), "count")),
    )


def _run(turn: Turn, played: Sequence[Played]) -> dict[str, Any]:
    """A row of the list of runs, with a link to its report when it has one."""
    found = next((run for run in played if (run.policy, run.repeat) == (turn.policy, turn.repeat)), None)
    figures = numbers(found.records.summary) if found else {}
    verdict = headline(found.records.summary) if found else turn.outcome
    return {
        "turn": turn,
        "verdict": f"{verdict}, init storm" if found and stormed(found) else verdict,
        "violated": show(figures.get("violation_seconds"), "seconds"),
        "replicas": bare(figures.get("desired_replicas_max"), "count"),
        "worker_seconds": bare(figures.get("worker_seconds"), "count"),
        "busy": UNMEASURED if turn.busy_ratio is None else f"{turn.busy_ratio:.0%}".replace("%", " %"),
        "report": f"{turn.folder}/report.html" if found and turn.folder else None,
    }


def _curve(points: Sequence[Point]) -> dict[str, Any] | None:
    """The load as the points of an SVG line, and in words."""
    if len(points) < 2:  # noqa: PLR2004  # a line has two ends
        return None
    top, (first, last) = max(value for _, value in points), (points[0][0], points[-1][0])
    places = (
        f"{(at - first) / (last - first) * CURVE_WIDTH:.1f},{CURVE_HEIGHT * (1 - value / (top or 1)):.1f}"
        for at, value in points
    )
    least = min(value for _, value in points)
    return {
        "points": " ".join(places),
        "width": CURVE_WIDTH,
        "height": CURVE_HEIGHT,
        "words": f"{bare(least, 'events/s')} to {show(top, 'events/s')}",
    }


def _shades(contest: Contest, last: float) -> list[dict[str, Any]]:
    """Warm-up and draining, which the same scenario has at the same seconds."""
    stretches = (("warm-up", 0.0, contest.scenario.warmup_seconds), ("draining", contest.scenario.seconds, last))
    return [{"from": begin, "to": end, "label": label} for label, begin, end in stretches if end > begin]
