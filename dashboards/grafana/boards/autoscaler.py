"""What the autoscaler sees, decides and does, and whether it keeps its beat."""

from dashboards.grafana.common import VARIABLES, WORKERS, of_autoscalers, of_group
from dashboards.grafana.panels import Board, Panel, Query


def each(expression: str, label: str, title: str, description: str, unit: str, **more: object) -> Panel:
    """One series for each value of the label."""
    return Panel(
        title=title,
        description=description,
        unit=unit,
        queries=(Query(expr=expression, legend=f"{{{{{label}}}}}"),),
        **more,  # type: ignore[arg-type]  # whatever else a panel has
    )


def increase(metric: str, labels: str) -> str:
    """Of a counter of the autoscalers of these groups, within five minutes."""
    grown = of_autoscalers(f"increase({metric}[5m])")
    return f"sum by ({labels}) ({grown})"


TICKS = of_autoscalers("rate(autoscaler_loop_duration_seconds_bucket[1m])")


BOARD = Board(
    uid="weir-autoscaler",
    title="Weir: autoscaler",
    description="What the autoscaler sees, decides and does, and whether it keeps its beat.",
    variables=VARIABLES,
    rows=(
        (
            "Decisions",
            (
                Panel(
                    title="Desired, between its bounds",
                    unit=WORKERS,
                    description="At the maximum with lag that grows: raise it, or make workers faster.",
                    queries=(
                        Query(
                            expr=f"sum({of_group('autoscaler_desired_replicas')})", legend="desired", colour="desired"
                        ),
                        Query(
                            expr=f"sum({of_group('autoscaler_policy_max_replicas')})",
                            legend="maximum",
                            colour="bad",
                            dashed=True,
                        ),
                        Query(
                            expr=f"sum({of_group('autoscaler_policy_min_replicas')})",
                            legend="minimum",
                            colour="needed",
                            dashed=True,
                        ),
                    ),
                ),
                each(
                    of_group("autoscaler_step_replicas", "rule"),
                    "rule",
                    "Steps of the last decision",
                    "What each rule made of the number: the policy's first, then the guards'. Where two part, the later one limits.",
                    WORKERS,
                ),
                each(
                    of_group("autoscaler_shadow_desired_replicas", "policy"),
                    "policy",
                    "What other policies would want",
                    "Shadows see the same, and act on nothing: what they want follows from the workers that the acting policy has started.",
                    WORKERS,
                ),
                each(
                    increase("autoscaler_decisions_total", "direction, reason"),
                    "direction}} {{reason",
                    "Decisions in five minutes, by reason",
                    "Which rule decided. The same rule up and down in turn is flapping.",
                    "none",
                ),
                each(
                    increase("autoscaler_scale_actions_total", "direction, result"),
                    "direction}} {{result",
                    "Launches and ends in five minutes",
                    "What was asked of the backend.",
                    "none",
                ),
            ),
        ),
        (
            "What it sees",
            (
                each(
                    of_group("autoscaler_metric_value", "metric"),
                    "metric",
                    "Signals",
                    "What policies are given. A gap means that it is not known, and nothing is decided on it.",
                    "short",
                    minimum=None,
                ),
                each(
                    of_group("autoscaler_metric_age_seconds", "metric"),
                    "metric",
                    "Age of signals",
                    "Since each was known last. Rising: Kafka or the workers do not answer.",
                    "s",
                    limit=30,
                ),
                each(
                    of_group("autoscaler_actual_replicas", "state"),
                    "state",
                    "Workers by state",
                    "What there is.",
                    WORKERS,
                    stacked=True,
                ),
                each(
                    increase("autoscaler_happenings_total", "kind"),
                    "kind",
                    "What happened to workers in five minutes",
                    "Deaths, probe kills, restarts put off.",
                    "none",
                ),
            ),
        ),
        (
            "Its own health",
            (
                Panel(
                    title="Tick duration, p95",
                    unit="s",
                    limit=1,
                    description="A tick a second has to fit into a second.",
                    queries=(
                        Query(
                            expr=f"histogram_quantile(0.95, sum by (instance, le) ({TICKS}))",
                            legend="{{instance}}",
                        ),
                    ),
                ),
                Panel(
                    title="How late ticks begin",
                    unit="s",
                    limit=1,
                    description="Above a second the process starves, and its lease is in danger.",
                    queries=(Query(expr=of_autoscalers("autoscaler_loop_lag_seconds"), legend="{{instance}}"),),
                ),
                Panel(
                    title="Modes",
                    unit="none",
                    maximum=1,
                    description="Paused and manual are orders, held is a part that fails, fallback a metric that is missing.",
                    queries=(
                        Query(expr=f"max({of_group('autoscaler_paused')})", legend="paused"),
                        Query(expr=f"max({of_group('autoscaler_manual')})", legend="manual"),
                        Query(expr=f"max({of_group('autoscaler_held')})", legend="held", colour="bad"),
                        Query(expr=f"max({of_group('autoscaler_fallback_active')})", legend="fallback", colour="lag"),
                        Query(expr=f"max({of_group('autoscaler_breaker_open')})", legend="breaker open", colour="init"),
                    ),
                ),
                Panel(
                    title="Failures of its parts in five minutes",
                    unit="none",
                    description="Which part fails: observer, backend, prober, lease.",
                    queries=(
                        Query(
                            expr=f"{increase('autoscaler_part_failures_total', 'part')} or vector(0)", legend="{{part}}"
                        ),
                    ),
                ),
            ),
        ),
    ),
)
