"""Where workers may run: labels of nodes, and what a worker asks for."""

from typing import Any

import pytest

from autoscaler.backends.machine import this_machine
from autoscaler.errors import BackendError
from autoscaler.model import PodPhase
from autoscaler.observer.assemble import Measured, assemble
from autoscaler.options import read_labels
from autoscaler.reconciler.model import Launch, Node
from autoscaler.reconciler.placement import misfit
from autoscaler.rollout.model import Phase
from autoscaler.telling import standing
from contract.errors import SettingsError
from contract.pods import PodSpec, Probes
from contract.rollout import RolloutStrategy
from tests.fleets import Stage, kinds, names
from tests.rollouts import GOOD, Rolling, told, worker

PLAIN = Node(name="a", labels={"kubernetes.io/os": "linux"})
GPU = Node(name="b", labels={"kubernetes.io/os": "linux", "gpu": "true", "disk": "ssd"})
WANTS_GPU = PodSpec(node_selector={"gpu": "true"}, probes=Probes(readiness=None))


@pytest.mark.parametrize(
    ("selector", "nodes", "expected"),
    [
        pytest.param({}, [], None, id="nothing asked for fits anywhere"),
        pytest.param({}, None, None, id="also where no nodes are known"),
        pytest.param({"gpu": "true"}, [PLAIN, GPU], None, id="one node is enough"),
        pytest.param({"gpu": "true"}, [PLAIN], "0/1 nodes match gpu=true", id="none has the label"),
        pytest.param({"gpu": "false"}, [GPU], "0/1 nodes match gpu=false", id="another value is no match"),
        pytest.param({"gpu": "true", "disk": "ssd"}, [GPU], None, id="all labels, on one node"),
        pytest.param({"gpu": "true", "disk": "hdd"}, [PLAIN, GPU], "0/2 nodes match disk=hdd,gpu=true", id="not all"),
        pytest.param({"gpu": "true"}, [], "0/0 nodes match gpu=true", id="no nodes"),
        pytest.param(
            {"gpu": "true"}, None, "which nodes there are is not known yet; it needs one with gpu=true", id="unknown"
        ),
    ],
)
def test_which_nodes_match(selector: dict[str, str], nodes: list[Node] | None, expected: str | None) -> None:
    assert misfit(selector, nodes) == expected


def test_a_pod_that_fits_nowhere_waits_is_told_once_and_starts_when_a_node_matches() -> None:
    stage = Stage(spec=WANTS_GPU, nodes=[PLAIN])
    waiting = stage.tick()
    assert (kinds(waiting), names(waiting, Launch)) == (["pending"], [])
    assert waiting.happenings[0].detail == stage.pod().pending_reason == "0/1 nodes match gpu=true"
    assert kinds(stage.tick(1)) == []
    stage.nodes = [PLAIN, PLAIN]
    assert [one.detail for one in stage.tick(1).happenings] == ["0/2 nodes match gpu=true"]
    stage.nodes = [PLAIN, GPU]
    assert names(stage.tick(1), Launch) == ["worker-1"]
    assert stage.pod().pending_reason is None


def test_a_pod_that_ran_stays_where_it_was() -> None:
    """`IgnoredDuringExecution`: labels are looked at before the first launch only."""
    stage = Stage(spec=WANTS_GPU, nodes=[GPU])
    stage.tick()
    stage.tick(1)
    stage.nodes = [PLAIN]
    stage.ends()
    assert names(stage.tick(1), Launch) == ["worker-1"]


def test_one_that_waits_goes_first_when_there_are_too_many() -> None:
    stage = Stage(spec=WANTS_GPU, nodes=[GPU])
    stage.tick()
    stage.tick(1)
    stage.nodes, stage.desired = [PLAIN], 2
    stage.tick(1)
    stage.desired = 1
    assert kinds(stage.tick(1)) == ["gone"]
    assert list(stage.fleet.pods) == ["worker-1"]


def test_policies_see_it_as_pending() -> None:
    stage = Stage(spec=WANTS_GPU, nodes=[PLAIN])
    stage.tick()
    measured = Measured(topic="events", partitions=(0,))
    seen = assemble(measured, now=stage.now, pods=stage.fleet.pods, spec_replicas=1)
    (one,) = seen.workers
    assert (one.pod_phase, one.ready, one.cpu, seen.status_replicas) == (PodPhase.PENDING, False, None, 1)


async def test_the_reason_stands_in_the_line_that_people_read() -> None:
    rolling = Rolling(2, first=worker(1, node_selector={"gpu": "true"}))
    report = await rolling.tick()
    assert "2 wanted, 0 running, 0 ready, 2 pending (0/1 nodes match gpu=true)" in standing(report)


async def test_nodes_that_are_not_told_are_the_last_known() -> None:
    """And nobody is asked for them where no worker cares."""
    rolling = Rolling(1, first=worker(1, node_selector={"gpu": "true"}), labels={"gpu": "true"})
    await rolling.ticks(2)

    async def away() -> list[Node]:
        raise BackendError("nobody answers")

    rolling.backend.nodes = away  # type: ignore[method-assign]
    rolling.want(2)
    reports = await rolling.ticks(2)
    assert [report.held for report in reports] == ["backend: nobody answers"] * 2
    assert len(rolling.backend.launched) == 2
    careless = Rolling(1)
    careless.backend.nodes = away  # type: ignore[method-assign]
    assert (await careless.tick()).held is None


async def test_a_version_that_fits_nowhere_stalls_with_that_reason_and_goes_on_when_a_node_has_the_label() -> None:
    rolling = await Rolling(2, RolloutStrategy(progress_deadline_seconds=20), {"2": GOOD}).up()
    rolling.start(2, node_selector={"gpu": "true"})
    lines = told(await rolling.ticks(30))
    assert lines[1] == "revision 2 failing: worker-3: 0/1 nodes match gpu=true"
    assert lines[2].startswith("revision 2 stalled: no progress for 20 s: worker-3: 0/1 nodes match gpu=true")
    assert len(rolling.staying("1")) == rolling.available() == 2
    rolling.backend.node_list = [Node(name="node", labels={"gpu": "true"})]
    await rolling.ticks(30)
    assert rolling.rollout.phase is Phase.COMPLETE


def test_this_machine_has_the_labels_of_a_node() -> None:
    node = this_machine({"gpu": "true", "kubernetes.io/arch": "mine"})
    assert node.labels["kubernetes.io/hostname"] == node.name
    assert node.labels["kubernetes.io/os"] == "linux"
    assert (node.labels["gpu"], node.labels["kubernetes.io/arch"]) == ("true", "mine")
    assert this_machine({}).labels["kubernetes.io/arch"] not in {"x86_64", "aarch64"}


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        pytest.param(
            {"gpu": True}, 'gpu: expected a text, found true: put it in quotes, such as gpu: "true"', id="yes"
        ),
        pytest.param({"cores": 8}, 'put it in quotes, such as cores: "8"', id="a number"),
        pytest.param({"-gpu": "x"}, "-gpu is no label", id="a key that begins with a dash"),
        pytest.param({"/gpu": "x"}, "/gpu is no label", id="an empty prefix"),
        pytest.param({"Example.com/gpu": "x"}, "is no label", id="a prefix in capitals"),
        pytest.param({"gpu": "a b"}, "'a b' is no label's value", id="a value with a space"),
        pytest.param({"gpu": "x" * 64}, "at most 63", id="a long value"),
    ],
)
def test_labels_that_cannot_be(selector: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        PodSpec(node_selector=selector)
    assert words in str(caught.value)


@pytest.mark.parametrize("good", [{"gpu": ""}, {"example.com/gpu-kind": "A100.v2_x"}, {"a": "b"}])
def test_labels_that_can_be(good: dict[str, str]) -> None:
    assert PodSpec(node_selector=good).node_selector == good


def test_labels_of_a_command_line() -> None:
    assert read_labels(["gpu=true", "zone="]) == {"gpu": "true", "zone": ""}
    for wrong, words in (("gpu", "expected KEY=VALUE"), ("g u=x", "is no label"), ("=x", "is no label")):
        with pytest.raises(SettingsError, match=words):
            read_labels([wrong])
