"""What the boards have in common: variables, links, and how a metric of an autoscaler is taken for one group."""

from dashboards.grafana.panels import SOURCE, Json

EVENTS = "suffix:events"
EVENTS_PER_SECOND = "suffix:events/s"
WORKERS = "suffix:workers"
CORES = "suffix:cores"
GROUP = 'consumergroup=~"$group"'
TOPIC = 'topic=~"$topic"'
WORKER_LABELS = 'group=~"$group",run=~"$run",worker=~"$worker"'


def of_group(expression: str, labels: str = "") -> str:
    """The leader's value for the chosen groups: who is on standby or only watches tells the same or nothing."""
    by = f"consumergroup{', ' + labels if labels else ''}"
    return (
        f"max by ({by}) ({expression} * on (job, instance) group_left (consumergroup) "
        f"instance:autoscaler_acting:info{{{GROUP}}})"
    )


def of_autoscalers(expression: str) -> str:
    """Of every autoscaler of the chosen groups, also of those that only watch."""
    return f"{expression} * on (job, instance) group_left (consumergroup) autoscaler_info{{{GROUP}}}"


def variable(name: str, label: str, query: str) -> Json:
    """One that is asked of Prometheus; all that there are by default, so that one variable narrows the next."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "refresh": 2,
        "sort": 1,
        "query": {"query": query, "refId": name},
        "definition": query,
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }


DATASOURCE: Json = {
    "name": "datasource",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
    "hide": 0,
    "current": {"text": "Prometheus", "value": "prometheus"},
}
VARIABLES = (
    DATASOURCE,
    variable("run", "Run", 'label_values(up{job=~"weir-.*"}, run)'),
    variable("group", "Group", 'label_values(autoscaler_info{run=~"$run"}, consumergroup)'),
    variable("topic", "Topic", 'label_values(autoscaler_info{consumergroup=~"$group"}, topic)'),
)
WORKER = variable("worker", "Worker", 'label_values(worker_ready{group=~"$group",run=~"$run"}, worker)')


def annotation(name: str, expression: str, title: str, colour: str) -> Json:
    """A mark on every panel where the expression has a value."""
    return {
        "name": name,
        "enable": True,
        "datasource": SOURCE,
        "expr": expression,
        "titleFormat": title,
        "textFormat": "",
        "iconColor": colour,
        "step": "5s",
        "useValueForTime": False,
    }


LINKS: tuple[Json, ...] = (
    {
        "title": "Weir's boards",
        "type": "dashboards",
        "tags": ["weir"],
        "asDropdown": False,
        "keepTime": True,
        "includeVars": True,
        "icon": "dashboard",
        "targetBlank": False,
    },
    {
        "title": "Live page",
        "type": "link",
        "url": "http://localhost:8080",
        "icon": "external link",
        "targetBlank": True,
    },
)
