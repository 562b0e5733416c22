"""What the autoscaler sees, decides and does, and whether it keeps its beat."""

from dashboards.grafana.common import VARIABLES, WORKERS, of_autoscalers, of_group
from dashboards.grafana.panels import Board, Panel, Query, series


def increase(metric: str, labels: str) -> str:
    """Of a counter of the autoscalers of these groups, within five minutes."""
    grown = of_autoscalers(f"increase({metric}[5m])")
    return f"sum by ({labels}) ({grown})"


def mode(metric: str, legend: str, colour: str | None = None) -> Query:
    """1 while it holds."""
    return Query(expr=f"max({of_group(metric)})", legend=legend, colour=colour)


def total(metric: str, legend: str, colour: str, *, dashed: bool = False) -> Query:
    """Of all chosen groups together."""
    return Query(expr=f"sum({of_group(metric)})", legend=legend, colour=colour, dashed=dashed)


TICKS = of_autoscalers("rate(autoscaler_loop_duration_seconds_bucket[1m])")

DECISIONS = (
    Panel(
        title="Desired, between its bounds",
        unit=WORKERS,
        description="At the maximum with lag that grows: raise it, or make workers faster.",
        queries=(
            total("autoscaler_desired_replicas", "desired", "desired"),
            total("autoscaler_policy_max_replicas", "maximum", "failed", dashed=True),
            total("autoscaler_policy_min_replicas", "minimum", "neutral", dashed=True),
        ),
    ),
    series(
        "Steps of the last decision",
        "What each rule made of the number: the policy's first, then the guards'. The last one counts.",
        WORKERS, of_group("autoscaler_step_replicas", "rule"), "{{rule}}",
    ),
    series(
        "What other policies would want",
        "Shadows act on nothing: what they want follows from the workers that the acting policy has started.",
        WORKERS, of_group("autoscaler_shadow_desired_replicas", "policy"), "{{policy}}",
    ),
    series(
        "Decisions in five minutes, by reason",
        "Which rule decided. The same rule up and down in turn is flapping.",
        "none", increase("autoscaler_decisions_total", "direction, reason"), "{{direction}} {{reason}}",
    ),
    series(
        "Launches and ends in five minutes", "What was asked of the backend.",
        "none", increase("autoscaler_scale_actions_total", "direction, result"), "{{direction}} {{result}}",
    ),
    series(
        "Rollout", "1 for the phase that the workers' version is in. Stalled: a new one does not come up.",
        "none", of_group("autoscaler_rollout_phase", "phase"), "{{phase}}", maximum=1,
    ),
)  # fmt: skip
SIGHT = (
    series(
        "Signals", "What policies are given. A gap means that it is not known, and nothing is decided on it.",
        "short", of_group("autoscaler_metric_value", "metric"), "{{metric}}", minimum=None,
    ),
    series(
        "Age of signals", "Since each was known last. Rising: Kafka or the workers do not answer.",
        "s", of_group("autoscaler_metric_age_seconds", "metric"), "{{metric}}", limit=30,
    ),
    series(
        "Workers by state", "What there is.",
        WORKERS, of_group("autoscaler_actual_replicas", "state"), "{{state}}", stacked=True,
    ),
    series(
        "What happened to workers in five minutes", "Deaths, probe kills, restarts put off.",
        "none", increase("autoscaler_happenings_total", "kind"), "{{kind}}",
    ),
)  # fmt: skip
HEALTH = (
    series(
        "Tick duration, p95", "A tick a second has to fit into a second.",
        "s", f"histogram_quantile(0.95, sum by (instance, le) ({TICKS}))", "{{instance}}", limit=1,
    ),
    series(
        "How late ticks begin", "Above a second the process starves, and its lease is in danger.",
        "s", of_autoscalers("autoscaler_loop_lag_seconds"), "{{instance}}", limit=1,
    ),
    Panel(
        title="Modes",
        unit="none",
        maximum=1,
        description="Paused and manual are orders, held is a part that fails, fallback a metric that is missing.",
        queries=(
            mode("autoscaler_paused", "paused"),
            mode("autoscaler_manual", "manual"),
            mode("autoscaler_held", "held", "failed"),
            mode("autoscaler_fallback_active", "fallback", "lag"),
            mode("autoscaler_breaker_open", "breaker open", "starting"),
        ),
    ),
    series(
        "Failures of its parts in five minutes", "Which part fails: observer, backend, prober, lease.",
        "none", f"{increase('autoscaler_part_failures_total', 'part')} or vector(0)", "{{part}}",
    ),
)  # fmt: skip
BOARD = Board(
    uid="weir-autoscaler",
    title="Weir: autoscaler",
    description="What the autoscaler sees, decides and does, and whether it keeps its beat.",
    variables=VARIABLES,
    rows=(("Decisions", DECISIONS), ("What it sees", SIGHT), ("Its own health", HEALTH)),
)
