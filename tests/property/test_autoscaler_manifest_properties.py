"""A manifest that is written without a loss decides as the policy that it was written from."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autoscaler.decide import decide
from autoscaler.manifests import read_policy_text
from autoscaler.manifests.write import Form, Names, write_manifest
from autoscaler.model import Memory, Observation, Partition, Plan, PodPhase, Sample, Worker
from tests.manifests import Manifest, external, hpa, keda, resource, text_of

NAMES = Names(bootstrap_servers="kafka:9092", group="workers", topic="orders")
PARTITIONS = 6

bounds = st.tuples(st.integers(1, 8), st.integers(0, 20)).map(lambda two: (two[0], two[0] + two[1]))
amounts = st.integers(1, 5_000)
policies = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["Pods", "Percent"]),
            "value": st.integers(1, 200),
            "periodSeconds": st.sampled_from([15, 60]),
        }
    ),
    min_size=1,
    max_size=2,
)
rules = st.fixed_dictionaries(
    {},
    optional={
        "stabilizationWindowSeconds": st.sampled_from([0, 30, 120]),
        "selectPolicy": st.sampled_from(["Max", "Min", "Disabled"]),
        "policies": policies,
        "tolerance": st.sampled_from(["0", "0.05", "200m"]),
    },
)
behaviors = st.none() | st.fixed_dictionaries({}, optional={"scaleUp": rules, "scaleDown": rules})


@st.composite
def lag_metrics(draw: st.DrawFn) -> Manifest:
    """External or object, an average or a total."""
    amount, kind = str(draw(amounts)), draw(st.sampled_from(["External", "Object"]))
    if draw(st.booleans()):
        return external(kind, type="AverageValue", averageValue=amount)
    return external(kind, type="Value", value=amount)


@st.composite
def hpas(draw: st.DrawFn) -> Manifest:
    """On lag, maybe with CPU beside it."""
    least, most = draw(bounds)
    metrics = [draw(lag_metrics()), *([resource()] if draw(st.booleans()) else [])]
    behavior = draw(behaviors)
    document = hpa(*metrics, minReplicas=least, maxReplicas=most)
    if behavior is not None:
        document["spec"]["behavior"] = behavior
    return document


@st.composite
def scaled_objects(draw: st.DrawFn) -> Manifest:
    """One Kafka trigger without what an HPA cannot hold."""
    least, most = draw(bounds)
    return keda(
        lagThreshold=str(draw(amounts)),
        metricType=draw(st.sampled_from([None, "AverageValue", "Value"])),
        allowIdleConsumers="true",
        minReplicaCount=least,
        maxReplicaCount=most,
        behavior=draw(behaviors),
    )


loads = st.lists(
    st.tuples(st.lists(st.integers(0, 20_000), min_size=PARTITIONS, max_size=PARTITIONS), st.integers(0, 2_000)),
    min_size=1,
    max_size=8,
)
"""For each look the lag of every partition, and the CPU of every worker in thousandths of its request."""


def replayed(plan: Plan, load: list[tuple[list[int], int]], start: int) -> list[int]:
    """The replicas after each look, each with as many workers as the look before asked for."""
    replicas, memory, answers = start, Memory(), []
    for number, (lags, cpu_milli) in enumerate(load):
        at = 1_000.0 + 15.0 * number
        decision, memory = decide(_seen(at, replicas, lags, cpu_milli / 1_000), memory, plan)
        replicas = decision.replicas
        answers.append(replicas)
    return answers


def _seen(at: float, replicas: int, lags: list[int], cpu: float) -> Observation:
    worker: dict[str, Any] = {"pod_phase": PodPhase.RUNNING, "ready": True, "ready_changed_at": 0.0, "started_at": 0.0}
    sample = Sample(usage=cpu, ended_at=at, window_seconds=15.0)
    workers = tuple(Worker(name=f"w{n}", cpu=sample, cpu_request_cores=1.0, **worker) for n in range(replicas))
    partitions = tuple(
        Partition(topic="orders", partition=number, start_offset=0, end_offset=50_000 + lag, committed_offset=50_000)
        for number, lag in enumerate(lags)
    )
    return Observation(
        at_seconds=at, spec_replicas=replicas, status_replicas=replicas, partitions=partitions, workers=workers
    )


def same(document: Manifest, form: Form, load: list[tuple[list[int], int]], start: int) -> None:
    """Write it, read it, and let both decide."""
    before = read_policy_text(text_of(document), "before")
    after = read_policy_text(write_manifest(before, form, NAMES).text, "after")
    assert replayed(after.plan, load, start) == replayed(before.plan, load, start)


@given(document=hpas(), load=loads, start=st.integers(1, 30))
def test_an_hpa_as_an_hpa(document: Manifest, load: list[tuple[list[int], int]], start: int) -> None:
    same(document, Form.HPA, load, start)


@given(document=hpas(), load=loads, start=st.integers(1, 30))
def test_an_hpa_as_a_scaled_object(document: Manifest, load: list[tuple[list[int], int]], start: int) -> None:
    same(document, Form.SCALED_OBJECT, load, start)


@given(document=scaled_objects(), load=loads, start=st.integers(1, 30))
def test_a_scaled_object_as_an_hpa(document: Manifest, load: list[tuple[list[int], int]], start: int) -> None:
    same(document, Form.HPA, load, start)
