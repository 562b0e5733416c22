"""What the API shows, over a real loopback socket: documents, limits, health, Prometheus."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from autoscaler.api.metrics import BoardCollector
from autoscaler.backends.base import Usage
from autoscaler.model import Condition, Memory, Observation, Plan, Proposal, Step
from autoscaler.panel import Seat
from autoscaler.policies.fixed import fixed_plan
from tests.consoles import BEGAN_AT, Console, calling, lags
from tests.controllers import Lease
from tests.promtool import lint, needs_promtool

KNOWN: dict[str, Any] = {
    "partitions": lags(5, 6),
    "arrival_rate": 250.0,
    "processing_rate": 200.0,
    "time_lag_seconds": 0.5,
    "group_members": 2,
}


@pytest.mark.parametrize("path", ["state", "workers", "prometheus/targets"])
async def test_before_the_first_tick_nothing_is_known(tmp_path: Path, path: str) -> None:
    """An empty list would be a lie: Prometheus would drop its targets."""
    async with calling(Console(), tmp_path) as caller:
        answer = await caller.http.get(f"api/v1/{path}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["type"] == "urn:weir:problem:no-tick-yet"


async def test_the_documents(tmp_path: Path) -> None:
    console = Console(shadows=[Seat(name="nine", plan=fixed_plan(9))])
    console.eyes.seen = KNOWN
    await console.ticks(3)
    async with calling(console, tmp_path) as caller:
        state = (await caller.http.get("api/v1/state")).json()
        workers = (await caller.http.get("api/v1/workers")).json()
        decisions = (await caller.http.get("api/v1/decisions")).json()
        happenings = (await caller.http.get("api/v1/happenings", params={"limit": 2})).json()
        policy = (await caller.http.get("api/v1/policy")).json()
    assert (state["group"], state["lag"], state["mode"]) == ("billing", {"events": 11, "seconds": 0.5}, "automatic")
    assert [worker["name"] for worker in workers] == ["worker-1", "worker-2"]
    assert [(one["replicas"], one["count"], one["reason"]) for one in decisions] == [(2, 3, "fixed: always 2")]
    assert [one["kind"] for one in happenings] == ["ready", "ready"]
    assert (policy["name"], policy["replaced"], policy["manifest"]) == ("start", False, "kind: FixedPolicy\n")


@pytest.mark.parametrize(
    ("query", "times"),
    [
        pytest.param({}, [1, 2, 3, 4, 5], id="all"),
        pytest.param({"since": BEGAN_AT + 3}, [4, 5], id="since a second"),
        pytest.param({"seconds": 2}, [4, 5], id="the last seconds"),
        pytest.param({"since": BEGAN_AT + 1, "seconds": 2}, [2, 3], id="a stretch"),
        pytest.param({"points": 2}, [1, 5], id="thinned"),
    ],
)
async def test_samples(tmp_path: Path, query: dict[str, float], times: list[int]) -> None:
    console = Console()
    console.eyes.seen = KNOWN
    await console.ticks(5)
    async with calling(console, tmp_path) as caller:
        samples = (await caller.http.get("api/v1/samples", params=query)).json()
    assert samples["at"] == [BEGAN_AT + second for second in times]
    assert samples["series"]["lag_events"] == [11.0] * len(times)
    assert samples["series"]["cpu_work_cores"][0] is None


@pytest.mark.parametrize(
    ("path", "field"),
    [
        pytest.param("samples?points=1", "points", id="too few points"),
        pytest.param("samples?points=20001", "points", id="too many"),
        pytest.param("samples?seconds=-1", "seconds", id="a stretch that goes back"),
        pytest.param("samples?since=yesterday", "since", id="no number"),
        pytest.param("decisions?limit=0", "limit", id="none"),
        pytest.param("happenings?limit=5001", "limit", id="more than there can be"),
    ],
)
async def test_what_cannot_be_asked_for_is_told_by_its_field(tmp_path: Path, path: str, field: str) -> None:
    async with calling(Console(), tmp_path) as caller:
        answer = await caller.http.get(f"api/v1/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "api/v2/state", 404, id="no such path"),
        pytest.param("GET", "api/v1/pause", 405, id="not that way"),
        pytest.param("GET", "docs", 404, id="no pages that fetch from elsewhere"),
        pytest.param("GET", "page/../api.py", 404, id="not out of the page's folder"),
    ],
)
async def test_what_there_is_not_is_a_problem_too(tmp_path: Path, method: str, path: str, status: int) -> None:
    async with calling(Console(), tmp_path) as caller:
        answer = await caller.http.request(method, path)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["type"]) == (status, status, "about:blank")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_page_and_its_files(tmp_path: Path) -> None:
    async with calling(Console(), tmp_path) as caller:
        page = await caller.http.get("")
        script = await caller.http.get("page/main.js")
    assert (page.status_code, script.status_code) == (200, 200)
    assert page.headers["content-type"].startswith("text/html")
    assert script.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["", "api/v1/decisions", "metrics", "nothing"])
async def test_every_answer_tells_browsers_to_be_careful(tmp_path: Path, path: str) -> None:
    async with calling(Console(), tmp_path) as caller:
        headers = (await caller.http.get(path, headers={"Origin": "http://evil.example"})).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert "access-control-allow-origin" not in headers


async def test_health(tmp_path: Path) -> None:
    """Alive before it is ready; not ready any more when no tick comes."""
    console = Console()
    async with calling(console, tmp_path) as caller:
        alive, early = await caller.http.get("healthz"), await caller.http.get("readyz")
        await console.tick()
        ready = await caller.http.get("readyz")
        console.backend.advance(30)
        late = await caller.http.get("readyz")
    assert (alive.text, early.status_code, ready.text, late.status_code) == ("ok", 503, "ok", 503)
    assert late.json()["detail"] == "the last tick was 30 s ago"


async def test_targets_for_prometheus(tmp_path: Path) -> None:
    """Every worker that has told where it is, as Prometheus' documentation has the form."""
    console = Console(desired=1, plan=fixed_plan(1))
    await console.ticks(2)
    async with calling(console, tmp_path) as caller:
        answer = await caller.http.get("api/v1/prometheus/targets")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == [
        {
            "targets": ["127.0.0.1:10000"],
            "labels": {
                "__meta_weir_role": "worker",
                "__meta_weir_worker": "worker-1",
                "__meta_weir_group": "billing",
                "__meta_weir_topic": "orders",
                "__meta_weir_backend": "memory",
                "__meta_weir_revision": "1",
            },
        }
    ]


@pytest.mark.parametrize(
    ("asked_as", "found"),
    [
        pytest.param("127.0.0.1:8080", "127.0.0.1:40123", id="by its address"),
        pytest.param("localhost", "localhost:40123", id="by its name"),
        pytest.param("[::1]:8080", "[::1]:40123", id="by IPv6"),
    ],
)
async def test_the_producer_of_a_load_test_is_found_where_the_api_was(
    asked_as: str, found: str, tmp_path: Path
) -> None:
    console, ports = Console(desired=0, plan=fixed_plan(0)), [40_123]
    await console.tick()
    async with calling(console, tmp_path, producer_port=lambda: ports[0] if ports else None) as caller:
        sending = await caller.http.get("api/v1/prometheus/targets", headers={"Host": asked_as})
        ports.clear()
        over = await caller.http.get("api/v1/prometheus/targets")
    labels = {"__meta_weir_role": "producer", "__meta_weir_topic": "orders"}
    assert (sending.json(), over.json()) == ([{"targets": [found], "labels": labels}], [])


async def scraped(console: Console, folder: Path) -> dict[str, float]:
    """The samples of its page for Prometheus, by name and labels."""
    async with calling(console, folder) as caller:
        answer = await caller.http.get("metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_metrics(tmp_path: Path) -> None:
    console = Console(shadows=[Seat(name="nine", plan=fixed_plan(9))], facts={"slo_time_lag_seconds": 5.0})
    console.eyes.seen = KNOWN
    await console.ticks(3)
    console.control.pause()
    found = await scraped(console, tmp_path)
    place = 'consumergroup="billing",partition="1",topic="orders"'
    expected = {
        f"kafka_consumergroup_lag{{{place}}}": 6,
        f"kafka_consumergroup_current_offset{{{place}}}": 9_994,
        'kafka_topic_partition_current_offset{partition="1",topic="orders"}': 10_000,
        'kafka_consumergroup_lag_seconds{consumergroup="billing",topic="orders"}': 0.5,
        'kafka_consumergroup_members{consumergroup="billing"}': 2,
        'autoscaler_info{consumergroup="billing",dry_run="false",topic="orders"}': 1,
        "autoscaler_slo_time_lag_seconds": 5,
        "autoscaler_desired_replicas": 2,
        'autoscaler_actual_replicas{state="ready"}': 2,
        'autoscaler_actual_replicas{state="pending"}': 0,
        'autoscaler_shadow_desired_replicas{policy="nine"}': 9,
        'autoscaler_step_replicas{rule="fixed"}': 2,
        'autoscaler_metric_value{metric="total_lag"}': 11,
        'autoscaler_metric_age_seconds{metric="total_lag"}': 0,
        'autoscaler_decisions_total{direction="none",reason="fixed"}': 3,
        'autoscaler_scale_actions_total{direction="up",result="done"}': 2,
        'autoscaler_happenings_total{kind="ready"}': 2,
        'autoscaler_happenings_total{kind="back-off"}': 0,
        "autoscaler_leader": 1,
        "autoscaler_paused": 1,
        "autoscaler_manual": 0,
        "autoscaler_held": 0,
        "autoscaler_storm_suspected": 0,
        "autoscaler_breaker_open": 0,
        'autoscaler_rollout_phase{phase="complete"}': 1,
        'autoscaler_rollout_phase{phase="stalled"}': 0,
        "autoscaler_fallback_active": 0,
        "autoscaler_loop_duration_seconds_count": 3,
        "autoscaler_loop_lag_seconds": 0,
        "autoscaler_policy_max_replicas": 2,
    }
    assert {name: found.get(name) for name in expected} == expected


async def test_what_is_not_known_is_absent(tmp_path: Path) -> None:
    """And not 0, which alerts would take for good news."""
    console = Console()
    console.eyes.seen = {"partitions": lags(5, None)}
    await console.tick()
    found = await scraped(console, tmp_path)
    assert 'kafka_consumergroup_lag{consumergroup="billing",partition="0",topic="orders"}' in found
    assert not [name for name in found if 'partition="1"' in name and "lag" in name]
    absent = ("kafka_consumergroup_lag_seconds", "kafka_consumergroup_members", "autoscaler_needed_replicas")
    for name in (*absent, "autoscaler_slo_time_lag_seconds"):
        assert not [found_name for found_name in found if found_name.startswith(name)]
    assert not [name for name in found if name.startswith('autoscaler_metric_value{metric="total_lag"')]


async def test_on_standby_the_groups_figures_are_the_leaders_to_tell(tmp_path: Path) -> None:
    """Whoever scrapes both would sum them up, and a board made for one kafka_exporter shows twice the lag."""
    lease, console = Lease(), Console()
    console.controller.lease = lease
    console.eyes.seen = KNOWN
    await console.tick()
    assert [name for name in await scraped(console, tmp_path) if name.startswith("kafka_")]
    lease.lose()
    await console.tick()
    found = await scraped(console, tmp_path)
    assert not [name for name in found if name.startswith("kafka_")]
    assert found['autoscaler_metric_value{metric="total_lag"}'] == 11


async def test_before_the_first_tick_there_are_metrics_as_well(tmp_path: Path) -> None:
    found = await scraped(Console(), tmp_path)
    assert found["autoscaler_leader"] == 1
    assert "autoscaler_desired_replicas" not in found


async def test_before_the_first_tick_who_stands_by_is_no_leader(tmp_path: Path) -> None:
    """Or an alert on their number would go off whenever a second one is started."""
    lease, console = Lease(), Console()
    console.controller.lease = lease
    lease.lose()
    assert (await scraped(console, tmp_path))["autoscaler_leader"] == 0


async def test_the_age_of_a_signal_grows_while_it_is_not_known(tmp_path: Path) -> None:
    console = Console()
    console.eyes.seen = KNOWN
    await console.tick()
    console.eyes.fault = TimeoutError()
    await console.ticks(4)
    found = await scraped(console, tmp_path)
    assert found['autoscaler_metric_age_seconds{metric="total_lag"}'] == 4
    assert found["autoscaler_held"] == 1
    assert found['autoscaler_part_failures_total{part="observer"}'] == 4


@pytest.mark.parametrize(
    ("condition", "metric"),
    [
        pytest.param("Fallback", "autoscaler_fallback_active", id="a fallback"),
        pytest.param("InitStorm", "autoscaler_breaker_open", id="a breaker"),
    ],
)
async def test_a_condition_is_told(tmp_path: Path, condition: str, metric: str) -> None:
    def answer(seen: Observation, memory: Memory) -> Proposal:
        del memory
        state = Condition(type=condition, status=True, reason="R", message="m")
        return Proposal(trail=(Step(rule="r", replicas=seen.spec_replicas, why="w"),), conditions=(state,))

    console = Console(plan=Plan(policy=answer))
    await console.tick()
    assert (await scraped(console, tmp_path))[metric] == 1


@pytest.mark.parametrize(
    "who",
    [
        pytest.param({"dry_run": True}, id="a dry run"),
        pytest.param({"leader": {"holder": "b", "term": 2, "self": False, "lease_seconds": 5.0}}, id="on standby"),
    ],
)
async def test_who_makes_no_workers_has_no_rollout(tmp_path: Path, who: dict[str, Any]) -> None:
    """Its label says that it is a dry run, so that nobody misses a leader there."""
    console = Console(**who)
    await console.tick()
    found = await scraped(console, tmp_path)
    assert found["autoscaler_leader"] == 0
    dry_run = str(console.dry_run).lower()
    assert found[f'autoscaler_info{{consumergroup="billing",dry_run="{dry_run}",topic="orders"}}'] == 1
    assert not [name for name in found if name.startswith("autoscaler_rollout_phase")]


async def test_reasons_of_a_users_policy_are_bounded(tmp_path: Path) -> None:
    count = iter(range(1_000))
    console = Console(plan=Plan(policy=lambda *_: Step(rule=f"r{next(count)}", replicas=3, why="w")))
    await console.ticks(200)
    found = await scraped(console, tmp_path)
    reasons = [name for name in found if name.startswith("autoscaler_decisions_total")]
    assert len(reasons) <= 66
    assert 'autoscaler_decisions_total{direction="none",reason="other"}' in found


async def test_cpu_of_workers_is_a_counter_of_two_parts() -> None:
    console = Console()
    console.eyes.look_fields = {
        "worker_cpu_seconds": 10.0,
        "init_cpu_seconds": 4.0,
        "usage": {"worker-1": Usage(generation=0, at_seconds=0, cpu_seconds=1, memory_bytes=1)},
    }
    await console.tick()
    families = {family.name: family for family in BoardCollector(console.board).collect()}
    samples = families["autoscaler_worker_cpu_seconds"].samples
    assert {sample.labels["part"]: sample.value for sample in samples} == {"init": 4.0, "work": 6.0}


@needs_promtool
async def test_promtool_has_nothing_to_say_of_the_page(tmp_path: Path) -> None:
    console = Console(shadows=[Seat(name="nine", plan=fixed_plan(9))])
    console.eyes.seen = KNOWN
    await console.ticks(3)
    async with calling(console, tmp_path) as caller:
        await caller.order("POST", "api/v1/pause")
        page = (await caller.http.get("metrics")).content
    assert await asyncio.to_thread(lint, page) == ""
