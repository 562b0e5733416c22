"""What people do to a rollout, and what a restart makes of it."""

from typing import Any

import pytest

from autoscaler.errors import RolloutError, StateError
from autoscaler.releases import Releases
from autoscaler.rollout.changes import begin, met, resumed, settled, start, undo
from autoscaler.rollout.document import from_document, to_document
from autoscaler.rollout.model import REVISIONS_MAX, Phase, Rollout
from contract.pods import PodSpec
from contract.rollout import RolloutStrategy
from contract.scenario import WorkerSpec
from tests.rollouts import worker
from tests.templates import template_of

CAREFUL = RolloutStrategy(max_surge=1, max_unavailable=0)


def rolled(*numbers: int) -> Rollout:
    """From 1 on."""
    rollout = begin(worker(1))
    for number in numbers:
        rollout = start(rollout, worker(number), None, None, now=float(number))
    return rollout


def numbers(rollout: Rollout) -> list[int]:
    return [revision.number for revision in rollout.revisions]


@pytest.mark.parametrize(
    ("before", "to", "after"),
    [
        pytest.param(rolled(2, 3), None, [1, 3, 2], id="to the one before"),
        pytest.param(rolled(2, 3), 1, [2, 3, 1], id="to one that is named"),
        pytest.param(undo(rolled(2, 3), now=0.0), None, [1, 2, 3], id="an undo of an undo"),
    ],
)
def test_undo(before: Rollout, to: int | None, after: list[int]) -> None:
    """A revision keeps its number when it is wanted again; those are the ones that are wanted least lately first."""
    found = undo(before, to, now=9.0)
    assert (numbers(found), found.undoing, found.phase) == (after, True, Phase.PROGRESSING)
    assert found.last_number == before.last_number


@pytest.mark.parametrize(
    ("before", "to", "words"),
    [
        pytest.param(begin(worker(1)), None, "nothing to go back to: revision 1 is the only one", id="the first"),
        pytest.param(rolled(2, 3), 3, "revision 3 is the one that is wanted: go back to one of 1, 2", id="itself"),
        pytest.param(rolled(2, 3), 7, "revision 7 is not kept: go back to one of 1, 2", id="one that never was"),
    ],
)
def test_an_undo_that_cannot_be(before: Rollout, to: int | None, words: str) -> None:
    with pytest.raises(RolloutError, match=words):
        undo(before, to, now=9.0)


def test_settings_of_a_known_revision_make_it_wanted_again() -> None:
    """As a Deployment finds the ReplicaSet of its template: its workers need not be started again."""
    found = start(rolled(2), worker(1), None, CAREFUL, now=9.0)
    assert (numbers(found), found.undoing, found.strategy) == ([2, 1], False, CAREFUL)


def test_another_image_is_another_version() -> None:
    found = start(rolled(), worker(1), "weir:2", None, now=9.0)
    assert (numbers(found), found.current.image, found.current.made_at) == ([1, 2], "weir:2", 9.0)


def test_ten_are_kept_to_go_back_to_and_numbers_never_come_again() -> None:
    """Those that still have workers are kept as well."""
    many = rolled(*range(2, 20))
    assert numbers(settled(many, {})) == list(range(20 - REVISIONS_MAX, 20))
    assert numbers(settled(many, {"3": 1, "19": 5})) == [3, *range(21 - REVISIONS_MAX, 20)]
    assert start(settled(many, {}), worker(50), None, None, now=1.0).current.number == 20


@pytest.mark.parametrize(
    ("found", "last"),
    [
        pytest.param(["1", ""], 1, id="our own, and one that does not say"),
        pytest.param(["7", "x"], 7, id="of an autoscaler that knew more"),
    ],
)
def test_numbers_of_workers_that_are_found_are_not_given_again(found: list[str], last: int) -> None:
    assert met(begin(worker(1)), found).last_number == last


@pytest.mark.parametrize(
    ("given", "wanted", "count"),
    [
        pytest.param(worker(1), 2, 2, id="started with the same settings: it goes on with what was rolled out since"),
        pytest.param(worker(3), 3, 3, id="with others: they are rolled out"),
        pytest.param(worker(2), 2, 2, id="with those that were rolled out since: nothing to do"),
    ],
)
def test_after_a_restart(given: WorkerSpec, wanted: int, count: int) -> None:
    found = resumed(rolled(2), given, None, None, now=9.0)
    assert (found.current.number, len(found.revisions)) == (wanted, count)
    assert resumed(found, given, None, None, now=10.0) == found


def test_releases_go_on_where_those_before_were() -> None:
    """The strategy given now wins over the one that was kept, if one was given."""
    kept = to_document(start(rolled(), worker(2), "weir:2", CAREFUL, now=5.0))
    template = template_of(worker(1))
    for given, expected in ((None, CAREFUL), (RolloutStrategy(max_surge=3), RolloutStrategy(max_surge=3))):
        releases = Releases(rollout=begin(worker(1), strategy=given), templates=lambda _: template)
        releases.resume(kept, now=9.0)
        assert (releases.rollout.current.name, releases.rollout.current.image) == ("2", "weir:2")
        assert releases.rollout.strategy == expected


def broken(**changes: Any) -> dict[str, Any]:
    return to_document(rolled(2)) | changes


@pytest.mark.parametrize(
    ("document", "words"),
    [
        pytest.param(None, "the rollout that was kept", id="nothing"),
        pytest.param(broken(version=2), "version", id="another version"),
        pytest.param(broken(revisions=[]), "revisions", id="no revisions"),
        pytest.param(broken(phase="lost"), "phase", id="an unknown phase"),
        pytest.param(broken(given={"number": 1, "worker": {"grace": 3}}), "grace", id="a field that no worker has"),
        pytest.param(broken(marks={"old": "many"}), "marks", id="marks of another kind"),
    ],
)
def test_a_document_that_cannot_be_read(document: object, words: str) -> None:
    with pytest.raises(StateError, match=words):
        from_document(document)


def test_workers_that_are_always_made_the_same_way_cannot_be_changed() -> None:
    releases = Releases.only(template_of(PodSpec()))
    with pytest.raises(RolloutError, match="cannot be changed"):
        releases.start(PodSpec(nice=3), None, now=1.0)
    assert releases.rollout.current.number == 1
