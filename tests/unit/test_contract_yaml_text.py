"""YAML is read as it is meant or refused with its line, by every command in the same way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscaler.lint import lint
from autoscaler.manifests import read_policy_text
from autoscaler.worker_file import read_worker
from contract.errors import SettingsError
from contract.producer import ProducerSettings
from contract.scenario import read_scenario
from contract.yaml_text import DEPTH_MAX, read_yaml, read_yaml_documents
from producer.options import with_load_options

BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
MERGES = "a0: &a0 {x: 1}\n" + BOMB.partition("\n")[2].replace("[", "{<<: [").replace("]", "]}")
WITHIN = "nested more than 100 deep, or an alias stands within itself"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("a: 1\nb: {c: 1, c: 2}", r"the key 'c' stands twice(?s:.*)line 2, column 11", id="a key twice"),
        pytest.param("{<<: {a: 1}, <<: {a: 2}}", "the key '<<' stands twice", id="two merges"),
        pytest.param("a: 2024-02-30", "expected a value of type timestamp, found '2024-02-30'; what", id="30 February"),
        pytest.param("a: 2024-13-45", r"type timestamp(?s:.*)line 1, column 4", id="a month that there is not"),
        pytest.param("0b_: 1", "type int, found '0b_'", id="a number without a digit"),
        pytest.param("a: " + "1" * 6_000, "type int, found '1{59}…", id="a number of 6,000 digits"),
        pytest.param("a: 0x" + "f" * 6_000, "type int, found '0xf{57}…", id="the same in base 16"),
        pytest.param("a: !!bool perhaps", "type bool, found 'perhaps'", id="a type that does not fit"),
        pytest.param("!!int ''", "type int, found ''", id="a number that is nothing"),
        pytest.param("!!timestamp then", "type timestamp, found 'then'", id="a time that is none"),
        pytest.param(r'"\ud800"', r"type str, found '\\ud800'", id="half a character"),
        pytest.param("[" * 3_000, WITHIN, id="3,000 lists in each other"),
        pytest.param("- " * 3_000 + "a", WITHIN, id="3,000 lists in each other, without brackets"),
        pytest.param("a: &a [*a]", WITHIN, id="a list within itself"),
        pytest.param("a: &a {b: {c: *a}}", WITHIN, id="a mapping within itself"),
        pytest.param(BOMB, "more than 1,000,000 values, aliases written out", id="aliases of aliases"),
        pytest.param(MERGES, "more than 1,000,000 values, aliases written out", id="merges of merges"),
        pytest.param("a: [", "expected the node content", id="no YAML at all"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, told: str) -> None:
    """One document or several, and without a long look."""
    for read in (read_yaml, read_yaml_documents):
        with pytest.raises(yaml.YAMLError, match=told):
            read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("{a: 1, b: {a: 2}}", {"a": 1, "b": {"a": 2}}, id="the same key elsewhere"),
        pytest.param("{a: &a {x: 1}, b: {<<: *a, x: 2}}", {"a": {"x": 1}, "b": {"x": 2}}, id="a key over a merged one"),
        pytest.param("[" * DEPTH_MAX + "]" * DEPTH_MAX, None, id="as deep as may be"),
        pytest.param("[&a [1], *a, *a]", [[1], [1], [1]], id="an alias that is used twice"),
        pytest.param(r'["\ud83d\ude00", "é"]', ["😀", "é"], id="one character in two escapes, as JSON has it"),
    ],
)
def test_what_is_meant_is_read(text: str, value: Any) -> None:
    assert value is None or read_yaml(text) == value
    assert [found for _, found in read_yaml_documents(text)] == [read_yaml(text)] * bool(text)


def in_a_file(read: Callable[[Path], Any]) -> Callable[[str, Path], Any]:
    """The same for a text."""

    def with_text(text: str, folder: Path) -> Any:
        path = folder / "file.yaml"
        path.write_text(text)
        return read(path)

    return with_text


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda text, _: read_policy_text(text, "x"), id="a policy"),
        pytest.param(lambda text, _: lint(text), id="lint"),
        pytest.param(in_a_file(read_scenario), id="a scenario"),
        pytest.param(
            in_a_file(lambda path: read_scenario(path.with_name("s.yaml"), ["a=" + path.read_text()])), id="--set"
        ),
        pytest.param(in_a_file(read_worker), id="a worker"),
        pytest.param(lambda text, _: with_load_options(ProducerSettings(), shape=text), id="a shape"),
    ],
)
@pytest.mark.parametrize("text", ["{a: 1, a: 2}", "{a: 2024-02-30}", "a: &a [*a]"])
def test_every_reader_is_as_strict(read: Callable[[str, Path], Any], text: str, tmp_path: Path) -> None:
    """A fault of the text is told as one, wherever it stands."""
    (tmp_path / "s.yaml").write_text("{name: s, seconds: 9}")
    with pytest.raises((SettingsError, yaml.YAMLError), match=r"stands twice|type timestamp|within itself"):
        read(text, tmp_path)
