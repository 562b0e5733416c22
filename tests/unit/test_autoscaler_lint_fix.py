"""Cures in the text: what may change, and that nothing else does."""

import json

import pytest
import yaml

from autoscaler.errors import PolicyError
from autoscaler.lint import Edit, Put, Rename, Setting, check, cured, lint, read_manifests
from autoscaler.lint.fix import can_fix, fixed, meant
from tests.manifests import FIRST, external, hpa, keda, text_of

COMMENTED = """\
# the team's policy
spec:   # of ours
    minReplicas: 3          # nights
    "maxReplicas": 20
    flow: {a: 1, b: [x, y]} # short
    empty: {}
    nothing:
"""


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        pytest.param(Put(("spec", "minReplicas"), "5"), "minReplicas: 3  ", "minReplicas: 5  ", id="a number"),
        pytest.param(Put(("spec", "maxReplicas"), "5"), '"maxReplicas": 20', '"maxReplicas": 5', id="a quoted name"),
        pytest.param(Put(("spec", "flow", "b", 1), "z"), "[x, y]", "[x, z]", id="an item in a list"),
        pytest.param(Put(("spec", "flow", "b"), "[]"), "[x, y]", "[]", id="a list on one line"),
        pytest.param(Put(("spec", "flow", "c"), "2"), "{a: 1", "{c: 2, a: 1", id="a new field on the line"),
        pytest.param(Put(("spec", "empty", "c"), "2"), "empty: {}", "empty: {c: 2}", id="a new field in nothing"),
        pytest.param(
            Put(("spec", "x"), "2"), "minReplicas: 3", "x: 2\n    minReplicas: 3", id="a new field on a line of its own"
        ),
        pytest.param(
            Put(("spec", "x", "y", "z"), "2"),
            "minReplicas: 3",
            "x: {y: {z: 2}}\n    minReplicas: 3",
            id="a new field in sections that are not there",
        ),
        pytest.param(Rename(("spec", "flow", "a"), "c"), "{a: 1", "{c: 1", id="another name"),
    ],
)
def test_an_edit_changes_its_place_only(edit: Edit, before: str, after: str) -> None:
    (manifest,) = read_manifests(COMMENTED)
    assert fixed(COMMENTED, manifest, [edit]) == COMMENTED.replace(before, after)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(Put(("spec", "nothing", "x"), "1"), id="a section that is null"),
        pytest.param(Put(("spec",), "1"), id="a whole section"),
        pytest.param(Put(("spec", "minReplicas", "x"), "1"), id="a field of a number"),
        pytest.param(Rename(("spec", "x"), "y"), id="another name for nothing"),
        pytest.param(Put(("spec", "flow", "b", 7), "1"), id="an item that there is not"),
    ],
)
def test_what_has_no_place_is_left(edit: Edit) -> None:
    (manifest,) = read_manifests(COMMENTED)
    assert not can_fix(manifest, [edit])
    assert fixed(COMMENTED, manifest, [edit]) == COMMENTED


@pytest.mark.parametrize(
    ("text", "edit", "after"),
    [
        pytest.param('{"a":{"b":1}}', Put(("a", "b"), "x"), '{"a":{"b":"x"}}', id="a word in JSON is quoted"),
        pytest.param('{"a":{"b":"1"}}', Put(("a", "b"), "2"), '{"a":{"b":2}}', id="a number in JSON is not"),
        pytest.param('{"a":{"b":1}}', Put(("a", "c", "d"), "2"), '{"a":{"c":{"d":2},"b":1}}', id="new fields in JSON"),
        pytest.param('{"a": {"b": 1}}', Put(("a", "c"), '"2"'), '{"a": {"c": "2", "b": 1}}', id="JSON with blanks"),
        pytest.param('{"a":{}}', Put(("a", "c"), "x"), '{"a":{"c":"x"}}', id="a new field in nothing, in JSON"),
        pytest.param(
            '{\n  "a": {\n    "b": 1\n  }\n}',
            Put(("a", "c"), "x"),
            '{\n  "a": {\n    "c": "x",\n    "b": 1\n  }\n}',
            id="JSON with a line for each field",
        ),
        pytest.param('{"a":{"b":1}}', Rename(("a", "b"), "c"), '{"a":{"c":1}}', id="a new name in JSON"),
        pytest.param('a: {"b":1}', Put(("a", "b"), "x"), 'a: {"b":"x"}', id="JSON within YAML"),
        pytest.param("a: 'x'", Put(("a",), "y"), "a: 'y'", id="quotes stay"),
        pytest.param('"a": 1', Put(("b",), "2"), '"b": 2\n"a": 1', id="a new name is quoted as the one beside it"),
        pytest.param("a:\nb: 1", Put(("a",), "5"), "a: 5\nb: 1", id="a field without a value"),
        pytest.param("a: # soon\n", Put(("a",), "5"), "a: 5 # soon\n", id="the same with a comment"),
        pytest.param("{a: , b: 1}", Put(("a",), "5"), "{a: 5 , b: 1}", id="the same in braces"),
        pytest.param("a:\n-\n- 1", Put(("a", 0), "5"), "a:\n- 5\n- 1", id="an item without a value"),
        pytest.param("a: ~", Put(("a",), "5"), "a: 5", id="null"),
        pytest.param("a: 1\r\n", Put(("b",), "2"), "b: 2\r\na: 1\r\n", id="a new line ends as the others"),
    ],
)
def test_an_edit_is_written_as_what_is_around_it(text: str, edit: Edit, after: str) -> None:
    """And the text then says what was meant."""
    (manifest,) = read_manifests(text)
    assert can_fix(manifest, [edit])
    assert fixed(text, manifest, [edit]) == after
    assert yaml.safe_load(after) == meant(manifest, [edit])


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        pytest.param("a: |\n  1\nb: 2", Put(("a",), "5"), id="a text of several lines"),
        pytest.param("{value: 1, averageValue: null}", Rename(("value",), "averageValue"), id="a name that is taken"),
    ],
)
def test_what_would_not_be_as_meant_has_no_place(text: str, edit: Edit) -> None:
    (manifest,) = read_manifests(text)
    assert not can_fix(manifest, [edit])


def test_a_cure_that_would_say_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be written is read again before."""
    monkeypatch.setattr(check, "fixed", lambda text, *_: text.replace("maxReplicas: 20", "maxReplicas: 2"))
    with pytest.raises(
        PolicyError, match=r"--fix cannot write .*type: AverageValue for hpa-averagevalue-on-value at line"
    ):
        cured(FIRST)
    monkeypatch.setattr(check, "fixed", lambda text, *_: text + "a: [")
    with pytest.raises(PolicyError, match="Nothing was written"):
        cured(FIRST)


def test_what_an_alias_shares_is_left_alone() -> None:
    """To edit it once would change several places: it is complained about, and not touched."""
    text = text_of(hpa(external("Object", type="Value", averageValue=1000)))
    shared = text.replace("target:\n", "target: &shared\n") + "status: *shared\n"
    (finding,) = lint(shared).findings
    assert finding.edits == ()
    assert finding.corrected == "spec.metrics[0].object.target.type: AverageValue"
    assert cured(shared) == shared


def test_merged_fields_are_found_and_the_own_ones_changed() -> None:
    """`<<` brings fields of another place; a new field goes beside the section's own."""
    text = "base: &b {x: 1}\nspec:\n  <<: *b\n  y: 2\n"
    (manifest,) = read_manifests(text)
    assert manifest.get("spec", "x") == 1
    assert yaml.safe_load(fixed(text, manifest, [Put(("spec", "z"), "3")]))["spec"] == {"x": 1, "y": 2, "z": 3}
    assert not can_fix(manifest, [Put(("spec", "x"), "5")])


def test_line_ends_stay() -> None:
    text = FIRST.replace("\n", "\r\n")
    assert cured(text) == text.replace("type: Value", "type: AverageValue")


def test_json_stays_json() -> None:
    """Also where fields and sections are new."""
    behavior = {"scaleDown": {"selectPolicy": "Disabled"}}
    documents = [
        hpa(external("Object", type="Value", averageValue="1000"), behavior=behavior),
        keda(metricType="Value", minReplicaCount=0, idleReplicaCount=None),
    ]
    for whole in (json.dumps(documents[0]), json.dumps(documents[0], indent=2, separators=(",", ":"))):
        assert json.loads(cured(whole))["spec"]["metrics"][0]["object"]["target"]["type"] == "AverageValue"
    for whole in (json.dumps(documents[1]), json.dumps(documents[1], indent=4)):
        spec = json.loads(cured(whole, Setting(slo_seconds=5.0, rebalance_seconds=400.0)))["spec"]
        assert (spec["pollingInterval"], spec["cooldownPeriod"]) == (5, 400)


def test_several_cures_in_one_file() -> None:
    """Each policy of the file is cured, also where one cure is another one's place."""
    behavior = {"scaleDown": {"selectPolicy": "Disabled", "stabilizationWindowSeconds": 0}}
    text = text_of(
        hpa(external("Object", type="Value", averageValue=1000), behavior=behavior), keda(metricType="Value")
    )
    report = lint(cured(text, Setting(rebalance_seconds=400)), Setting(rebalance_seconds=400))
    assert {finding.code for finding in report.findings} == {"two-policies"}
    assert "stabilizationWindowSeconds: 400" in cured(text, Setting(rebalance_seconds=400))
