"""What happened to each policy, in sentences made from the records.  Pure.

A clause stands there only if it was measured and is true of these runs; numbers are medians where there is more than
one run, and a thing that happened in some runs only says in how many.
"""

from collections.abc import Iterable, Mapping, Sequence

from contract.record import Sample
from loadtests.elasticity import SCORED
from loadtests.report.records import RunRecords
from loadtests.report.slos import slo_line
from loadtests.standings import VIOLATED_AT_WORST, Spread, Standing, spread, stormed

NOTICEABLE_SHARE = 0.005
NOTICEABLE_BLINDNESS = 0.05
HAD_BEEN_READY = "it had been ready"  # how the autoscaler ends the detail of a probe-kill


def sentences(standing: Standing) -> list[str]:
    """What there is to say of a policy, most important first; the first sentence begins with its name."""
    if not standing.runs:
        return [f"{standing.policy} has no finished run: {_times(standing.failed_runs, 'run')} failed."]
    told = [
        _growth(standing),
        _blind(standing),
        _storms(standing),
        _harm(standing),
        *_verdicts(standing),
        _failed(standing),
    ]
    return [sentence for sentence in told if sentence]


def outcome_words(standing: Standing) -> str:
    """The outcome as a title: `Init storm in 4 of 5 runs`."""
    kind, times, runs = standing.outcome.kind, standing.outcome.times, standing.outcome.runs
    title = _OUTCOMES[kind]
    if kind == "violated" and (found := standing.figures.get(VIOLATED_AT_WORST)) and found.median:
        title = f"Violated the SLO for {seconds(found.median)} s"
    if runs == 1 or kind in ("held", "failed"):
        return title
    return f"{title} in all {runs} runs" if times == runs else f"{title} in {times} of {runs} runs"


_OUTCOMES: Mapping[str, str] = {
    "failed": "No run was finished",
    "lost": "Lost events",
    "storm": "Init storm",
    "missed": "Missed the SLO",
    "violated": "Violated the SLO",
    "held": "Held the SLO",
}


def seconds(value: float) -> str:
    """Whole seconds, below ten to the tenth, without the unit."""
    return f"{value:,.0f}" if value >= 9.95 else f"{round(value, 1):g}"  # noqa: PLR2004  # what would round to 10.0


def number(value: float) -> str:
    """A count; the median of an even number of runs may be a half."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def start_replicas(run: RunRecords) -> int | None:
    """Workers at the start: those of the scenario within the bounds of the policy; None when run.json tells neither."""
    scenario, policy = run.run.get("scenario"), run.run.get("scaler")
    scaler = scenario.get("scaler") if isinstance(scenario, Mapping) else None
    wanted = scaler.get("replicas") if isinstance(scaler, Mapping) else None
    if not isinstance(wanted, int):
        return None
    bounds = policy if isinstance(policy, Mapping) else {}
    least, most = bounds.get("replicas_min"), bounds.get("replicas_max")
    return max(least or 0, wanted if most is None else min(wanted, most))


def climb_seconds(samples: Sequence[Sample], start: int, maximum: int) -> float | None:
    """From the first step up to the first moment at the maximum, if desired replicas went there; 0.0 = in one step."""
    path = [(s.at_seconds, s.desired_replicas) for s in samples if s.desired_replicas is not None]
    begin: float | None = None
    for at, replicas in path:
        if replicas <= start:
            begin = None
        elif begin is None:
            begin = at
        if begin is not None and replicas >= maximum:
            return at - begin
    return None


def _growth(standing: Standing) -> str:
    """How far desired replicas rose, how fast, and what was needed meanwhile."""
    desired = standing.figures.get("desired_replicas_max")
    start = spread(start_replicas(run.records) for run in standing.runs)
    if desired is None or start is None:
        return f"{standing.policy}: nobody asked for a number of workers, so there is nothing to say of its moves."
    needed, rose = standing.figures.get("needed_replicas_max"), desired.median > start.median
    need = f" while {_times(needed.median, 'worker')} {_verb(needed.median)} needed" if needed else ""
    amplification = standing.figures.get("amplification")
    factor = f": amplification {_factor(amplification.median)}" if amplification and rose else ""
    return f"{standing.policy} {_moved(standing, start.median, desired)}{_medians(standing)}{need}{factor}."


def _moved(standing: Standing, start: float, desired: Spread) -> str:
    scores = [run.records.summary.elasticity for run in standing.runs]
    maxima = [None if score is None else score.replicas_max for score in scores]
    climbs = [
        None if most is None else climb_seconds(run.records.samples, round(start), most)
        for run, most in zip(standing.runs, maxima, strict=True)
    ]
    reached = spread(climbs)
    if reached is None:
        return _below_maximum(standing, start, desired)
    went = f"went from {number(start)} to its maximum of {max(m for m in maxima if m is not None)}"
    if reached.runs < len(standing.runs):
        return f"{went} in {reached.runs} of {len(standing.runs)} runs"
    return f"{went} in {seconds(reached.median)} s" if reached.median else f"{went} in one step"


def _below_maximum(standing: Standing, start: float, desired: Spread) -> str:
    if desired.median > start:
        return f"went from {number(start)} to {number(desired.median)} at most"
    actions = standing.figures.get("scale_actions")
    if actions and not actions.most:
        return f"kept its {_times(start, 'worker')}"
    return f"never asked for more than the {_times(start, 'worker')} that it began with"


def _storms(standing: Standing) -> str:
    times, runs = sum(stormed(run) for run in standing.runs), len(standing.runs)
    if not times:
        return ""
    return "It was an init storm." if runs == 1 else f"It was an init storm in {times} of {runs} runs."


def _blind(standing: Standing) -> str:
    """That it held because it could not read its metric; said from a twentieth of the decisions on."""
    told = [run.blindness for run in standing.runs if run.blindness]
    blind, decisions = sum(one.blind for one in told), sum(one.decisions for one in told)
    if blind < NOTICEABLE_BLINDNESS * decisions or not blind:
        return ""
    why = max(told, key=lambda one: one.blind).why
    return f"It could not read its metric in {blind:,} of {_times(decisions, 'decision')} and held: {why}."


def _harm(standing: Standing) -> str:
    """One sentence of clauses: CPU of starts, kills, violated seconds, what it cost."""
    clauses = [*_starts(standing), *_kills(standing), *_violated(standing), *_cost(standing)]
    told = "; ".join(clauses)
    return f"{told[:1].upper()}{told[1:]}." if told else ""


def _starts(standing: Standing) -> Iterable[str]:
    share = standing.figures.get("init_cpu_share")
    if share and share.median >= NOTICEABLE_SHARE:
        yield f"{share.median:.0%} of the workers' CPU went into starting".replace("%", " %")


def _kills(standing: Standing) -> Iterable[str]:
    kills, restarts = standing.figures.get("probe_kills"), standing.figures.get("worker_restarts")
    if kills and kills.median:
        healthy = spread(_killed_after_ready(run.records) for run in standing.runs)
        had = f", {number(healthy.median)} of which had been ready" if healthy and healthy.median else ""
        yield f"probes killed {_times(kills.median, 'worker')}{had}"
    elif restarts and restarts.median:
        yield f"{_times(restarts.median, 'worker')} died and {_verb(restarts.median)} started again"


def _killed_after_ready(run: RunRecords) -> float | None:
    """How many of the workers that probes killed had once been ready; None when the events do not tell of kills."""
    kills = [event.detail for event in run.events if event.kind == "probe-kill"]
    return sum(detail.endswith(HAD_BEEN_READY) for detail in kills) if kills else None


def _violated(standing: Standing) -> Iterable[str]:
    violated, unknown = (standing.figures.get(name) for name in ("violation_seconds", "violation_unknown_seconds"))
    if violated is None:
        return
    scored = spread(_scored_seconds(run.records) for run in standing.runs)
    of = f" of {seconds(scored.median)}" if scored and scored.median >= violated.median else ""
    peak = standing.figures.get("time_lag_seconds_max")
    if violated.median:
        yield f"{seconds(violated.median)}{of} s violated the SLO"
    elif not violated.most and peak:
        yield f"no second violated the SLO, time lag was {seconds(peak.median)} s at most"
    elif violated.most:
        yield f"{seconds(violated.median)} s violated the SLO in most runs, {seconds(violated.most)} s in the worst"
    if unknown and unknown.median:
        yield f"the time lag of {seconds(unknown.median)} s is not known"


def _scored_seconds(run: RunRecords) -> float | None:
    """How long service was judged: from the end of the warm-up until all was drained."""
    scored = [s.at_seconds for s in run.samples if s.phase in SCORED]
    return scored[-1] - run.summary.warmup_seconds if scored else None


def _cost(standing: Standing) -> Iterable[str]:
    used = standing.figures.get("worker_seconds")
    if used:
        yield f"it took {used.median:,.0f} worker-seconds"


def _verdicts(standing: Standing) -> Iterable[str]:
    """Missed objectives and lost events, with the number of runs."""
    runs = len(standing.runs)
    missed: dict[str, int] = {}
    for run in standing.runs:
        for slo in run.records.summary.slos:
            if not slo.held:
                line = slo_line(slo)
                missed[f"{line.label} {line.limit}"] = missed.get(f"{line.label} {line.limit}", 0) + 1
    if missed:
        yield "Missed: " + ", ".join(f"{name}{_in_runs(times, runs)}" for name, times in missed.items()) + "."
    lost = [run.records.summary.ledger.lost for run in standing.runs if run.records.summary.ledger.lost]
    if lost:
        yield f"{_times(sum(lost), 'event')} {_verb(sum(lost))} lost{_in_runs(len(lost), runs)}."


def _failed(standing: Standing) -> str:
    failed = standing.failed_runs
    return f"{_times(failed, 'further run')} failed." if failed else ""


def _factor(value: float) -> str:
    """To the hundredth, but 5.0 rather than 5.00."""
    text = f"{value:,.2f}"
    return text.removesuffix("0")


def _in_runs(times: int, runs: int) -> str:
    return f" in {times} of {runs} runs" if runs > 1 else ""


def _medians(standing: Standing) -> str:
    return f" (median of {len(standing.runs)})" if len(standing.runs) > 1 else ""


def _times(count: float, thing: str) -> str:
    return f"{number(count)} {thing}{'' if count == 1 else 's'}"


def _verb(count: float) -> str:
    return "was" if count == 1 else "were"
