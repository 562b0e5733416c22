"""What holds of our own policy whatever the numbers."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autoscaler.decide import decide
from autoscaler.model import Memory, WeirMemory
from autoscaler.policies.weir import Dealt, WeirSpec, weir_plan
from tests.weir_states import Group, state

MIN, MAX = 2, 30
PLAN = weir_plan(WeirSpec(replicas_min=MIN, replicas_max=MAX))
REPLICAS = st.integers(0, 40)
RATE = st.floats(0, 1e5)
UNKNOWN_OR = st.none() | RATE
SHARES = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=40).map(lambda some: [each / sum(some) for each in some])
NUMBERS = st.fixed_dictionaries(
    {
        "arrival": UNKNOWN_OR,
        "processing": UNKNOWN_OR,
        "lag": st.none() | st.integers(0, 10**8),
        "shares": SHARES,
        "starting": st.lists(st.floats(0, 200), max_size=2),
        "restarts": st.integers(0, 2),
        "worker_rate": st.none() | st.floats(0.01, 1e4),
        "busy": st.none() | st.floats(0, 1),
        "time_lag": st.none() | st.floats(0, 1e4),
        "rebalance": st.none() | st.floats(0, 60),
        "cores": st.none() | st.floats(0, 64),
        "host": st.none() | st.floats(0, 1),
    }
)


@given(replicas=st.integers(2, 40), looks=st.lists(NUMBERS, min_size=1, max_size=12))
def test_bounds_hold_memory_is_bounded_and_nothing_given_is_changed(replicas: int, looks: list[dict[str, Any]]) -> None:
    group = Group(plan=PLAN, replicas=replicas)
    for numbers in looks:
        before, copy = group.memory, deepcopy(group.memory)
        decision = group.tick(10.0, **numbers)
        assert MIN <= decision.replicas <= MAX
        assert before == copy
        assert group.memory.weir is not None
        assert len(group.memory.weir.looks) <= 64
        assert all(step.why for step in decision.trail)


@given(replicas=st.integers(2, 40), looks=st.lists(NUMBERS, min_size=1, max_size=8))
def test_the_same_input_gives_the_same_output(replicas: int, looks: list[dict[str, Any]]) -> None:
    groups = [Group(plan=PLAN, replicas=replicas) for _ in range(2)]
    for numbers in looks:
        first, second = (group.tick(5.0, **numbers) for group in groups)
        assert first == second
    assert groups[0].memory == groups[1].memory


@given(
    replicas=st.integers(MIN, MAX),
    known=st.none() | st.floats(1, 1e4),
    numbers=NUMBERS,
    missing=st.sampled_from(["arrival", "lag", "worker_rate"]),
)
def test_it_never_moves_on_unknowns(replicas: int, known: float | None, numbers: dict[str, Any], missing: str) -> None:
    """Without arrivals or lag it holds; without a worker's rate it grows by one at most, and only on known lag."""
    numbers[missing] = None
    memory = Memory(weir=WeirMemory(worker_rate=None if missing == "worker_rate" else known))
    decision, _ = decide(state(replicas=replicas, **numbers), memory, PLAN)
    if missing != "worker_rate" or numbers["arrival"] is None or numbers["lag"] is None:
        assert decision.replicas == replicas
    assert replicas <= decision.replicas <= replicas + 1
    assert "unknown" in decision.trail[0].why or "was measured yet" in decision.trail[0].why


@given(
    arrivals=st.tuples(st.floats(0, 2e4), st.floats(1, 10)),
    shares=SHARES,
    worker_rate=st.floats(10, 2_000),
    replicas=st.integers(MIN, MAX),
    cores=st.none() | st.floats(0, 64),
)
def test_more_arrivals_never_ask_for_fewer_workers(
    arrivals: tuple[float, float], shares: list[float], worker_rate: float, replicas: int, cores: float | None
) -> None:
    """From a fresh memory, the arrivals dealt out in the same proportions."""
    asked = []
    for rate in (arrivals[0], arrivals[0] * arrivals[1]):
        seen = state(replicas=replicas, arrival=rate, shares=shares, worker_rate=worker_rate, cores=cores)
        asked.append(decide(seen, Memory(), PLAN)[0])
    assert asked[0].trail[0].replicas <= asked[1].trail[0].replicas
    assert asked[0].replicas <= asked[1].replicas


@given(replicas=st.integers(MIN, MAX), numbers=NUMBERS, since=st.floats(0, 100))
def test_an_open_breaker_never_grows(replicas: int, numbers: dict[str, Any], since: float) -> None:
    memory = Memory(weir=WeirMemory(worker_rate=100.0, tripped_at=since))
    decision, _ = decide(state(replicas=replicas, **numbers), memory, PLAN)
    assert decision.conditions[0].status
    assert decision.replicas <= replicas


@given(loads=st.lists(st.floats(0, 1e6), min_size=1, max_size=60), workers=st.integers(1, 80))
def test_the_busiest_worker_has_at_least_the_mean_and_the_largest_partition(loads: list[float], workers: int) -> None:
    busiest = Dealt([loads]).busiest(workers)
    assert busiest >= max(loads) * (1 - 1e-9)
    assert busiest * workers >= sum(loads) * (1 - 1e-9)
    assert busiest <= sum(loads) * (1 + 1e-9)


@given(numbers=NUMBERS, replicas=st.integers(2, 30))
def test_a_memory_written_out_and_read_again_decides_the_same(numbers: dict[str, Any], replicas: int) -> None:
    """Nothing is kept outside of the memory: a copy of it goes on as the original."""
    group = Group(plan=PLAN, replicas=replicas)
    group.tick(1.0, **numbers)
    seen = state(group.now + 1, group.replicas, **numbers)
    copy = replace(group.memory, weir=deepcopy(group.memory.weir))
    assert decide(seen, group.memory, PLAN) == decide(seen, copy, PLAN)
