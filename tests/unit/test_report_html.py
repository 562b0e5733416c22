"""The HTML report: whole, offline, and safe against any name."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from contract.record import RunDirectory, RunEvent
from loadtests.audit import audit
from loadtests.report import read_run, render_html, write_report
from loadtests.report.document import palette
from loadtests.score import score
from tests.run_records import Flow, make_account, make_scenario, write_run

SHORT = Flow(seconds=8, warmup=2, rate=12_000)
HOSTILE = "</script><b onclick=alert(1)>&amp;\u2028 <!-- "
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """What a browser would see: elements in order, the text of each kind, and whether all are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def text(self) -> str:
        """All words that are read."""
        words = (text for tag, text in self.texts if tag not in ("script", "style"))
        return re.sub(r"\s+", " ", " ".join(words).replace("\u00a0", " "))

    def scripts(self) -> list[str]:
        """The text of each script element."""
        return [text for tag, text in self.texts if tag == "script"]

    def data(self) -> Any:
        """The charts' data, as the page's script would parse it."""
        return json.loads(self.scripts()[0])


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A short run, as it should be."""
    return write_run(tmp_path_factory.mktemp("runs") / "run", SHORT)


@pytest.fixture(scope="module")
def page(directory: RunDirectory) -> Page:
    """Its report."""
    return Page(render_html(read_run(directory.path)))


def test_every_element_is_closed(page: Page) -> None:
    """A page that browsers need not repair."""
    assert page.open == []


def test_it_asks_nobody_for_anything(page: Page) -> None:
    """No element loads a resource, no style does, and the policy would forbid it."""
    loading = {"src", "srcset", "data", "poster", "action", "background", "xlink:href"}
    assert [(tag, a) for tag, attributes in page.elements for a in attributes if a in loading] == []
    links = [str(attributes["href"]) for _, attributes in page.elements if "href" in attributes]
    assert all(link.startswith("#") for link in links)
    styles = "".join(text for tag, text in page.texts if tag == "style")
    assert "url(" not in styles
    assert "@import" not in styles
    assert "default-src 'none'" in _policy(page)


def test_only_the_two_scripts_it_was_made_with_may_run(page: Page) -> None:
    """The policy names them by their sums, so an injected script would stay dead."""
    library, ours = page.scripts()[1:]
    sums = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (library, ours)]
    assert f"script-src 'sha256-{sums[0]}' 'sha256-{sums[1]}';" in _policy(page)


def test_the_figures_that_matter_are_in_words(page: Page) -> None:
    """Without scripts and charts the report still says everything."""
    text = page.text()
    for words in ("12,000", "of 96,000 acknowledged", "End-to-end p99", "≤ 250 ms", "Example CPU", "aiokafka 0.14.0"):
        assert words in text


def test_all_charts_share_a_time_axis_and_are_described(page: Page) -> None:
    """One chart a question; each has a text for those who cannot see it."""
    charts = page.data()["charts"]
    assert [c["id"] for c in charts] == [
        "rates", "end-to-end", "lag", "workers", "delay", "loop", "cpu", "memory", "distribution",
    ]  # fmt: skip
    labels = [attributes["aria-label"] or "" for _, attributes in page.elements if attributes.get("role") == "img"]
    assert len(labels) == len(charts)
    assert all("lowest" in label and "highest" in label for label in labels)


def test_one_thing_has_one_colour(page: Page) -> None:
    """What the producer does is blue in every chart, the workers' part green."""
    colours = {(s["name"], s["colour"]) for c in page.data()["charts"] for s in c["series"]}
    assert {c for n, c in colours if n in ("processed", "workers", "ready", "worst worker")} == {"processed"}
    assert {c for n, c in colours if n in ("produced", "producer", "schedule delay")} == {"produced"}


def test_hostile_names_are_only_text(tmp_path: Path) -> None:
    """A scenario, a worker or a host may be called anything."""
    host = {"cpu": HOSTILE, "cores": 2}
    directory = write_run(tmp_path / "run", SHORT, id=HOSTILE, command=HOSTILE, host=host, weir_version=HOSTILE)
    directory.append_event(RunEvent(at_seconds=3.0, kind=HOSTILE, subject=HOSTILE, detail=HOSTILE))
    hostile = Page(render_html(read_run(directory.path)))
    assert hostile.open == []
    assert "b" not in {tag for tag, _ in hostile.elements}
    assert not any(name.startswith("on") for _, attributes in hostile.elements for name in attributes)
    assert " ".join([HOSTILE] * 3) in {mark["text"] for mark in hostile.data()["events"]}
    assert len(hostile.scripts()) == 3


def test_a_run_that_ended_before_it_began_has_a_report(tmp_path: Path) -> None:
    """No samples, no events, nothing acknowledged: dashes instead of charts."""
    directory = write_run(tmp_path / "run", SHORT, started_at=None, host=None, kafka={}, versions={})
    scenario, account = make_scenario(SHORT), make_account(Flow(seconds=1, warmup=0, rate=0))
    ledger = audit(account, [], [])
    directory.write_samples([])
    directory.write_entries([])
    directory.events_jsonl.unlink()
    directory.write_json(directory.account_json, account.model_dump(mode="json"))
    directory.write_json(directory.ledger_json, ledger.model_dump(mode="json"))
    records = read_run(directory.path)
    assert records.summary == score(scenario, [], account, [], ledger)
    empty = Page(render_html(records))
    assert empty.open == []
    assert empty.data()["charts"] == []
    assert "— of — planned" in empty.text()
    assert "events.jsonl is missing" in empty.text()


def test_latency_over_time_comes_from_samples_when_no_entry_has_a_histogram(tmp_path: Path) -> None:
    """The workers' own percentiles of the last seconds are better than no line."""
    directory = write_run(tmp_path / "run", SHORT)
    bare = [json.dumps(json.loads(line) | {"end_to_end": None}).encode() for line in directory.entries()]
    directory.write_entries(bare)
    charts = {c["id"]: c for c in Page(render_html(read_run(directory.path))).data()["charts"]}
    assert [len(s["data"]) for s in charts["end-to-end"]["series"]] == [len(directory.samples())] * 3
    assert "end-to-end" not in {s["name"] for s in charts["distribution"]["series"]}


def test_write_report_replaces_the_file(directory: RunDirectory) -> None:
    """No draft is left beside it."""
    directory.report_html.write_text("old")
    assert write_report(directory) == directory.report_html
    assert directory.report_html.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(directory.path.glob("*.draft")) == []


def test_the_report_stays_small(directory: RunDirectory) -> None:
    """It can be mailed."""
    assert write_report(directory).stat().st_size < 1_500_000


def test_the_chart_library_is_the_one_that_its_readme_names() -> None:
    """Nobody swaps vendored code unnoticed."""
    assets = resources.files("loadtests.report").joinpath("assets")
    library = assets.joinpath("echarts.common.min.js").read_bytes()
    assert hashlib.sha256(library).hexdigest() in assets.joinpath("README.md").read_text(encoding="utf-8")


TEXTS = ("ink", "muted", "passed", "missed", "failed")
LINES = (
    "planned", "produced", "produced-low", "processed", "lag", "publish",
    "latency", "latency-low", "latency-high", "broker", "neutral", "needed", "desired", "starting", "stopped",
)  # fmt: skip


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_have_contrast_in_both_themes(theme: int) -> None:
    """WCAG AA: 4.5 for words, on a panel as on a banner of their own tint, and 3 for lines."""
    style = palette() + resources.files("loadtests.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", style)
    colour = {name: (light, dark)[theme] for name, light, dark in pairs}
    words = [_contrast(colour[name], colour[ground]) for name in TEXTS for ground in ("surface", "ground", "sunken")]
    banners = [_contrast(colour[name], colour[f"{name}-ground"]) for name in ("passed", "missed", "failed")]
    assert min(words + banners) >= 4.5
    assert {name for name in LINES if _contrast(colour[name], colour["surface"]) < 3} == set()


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _policy(page: Page) -> str:
    return next(
        str(attributes["content"])
        for _, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
