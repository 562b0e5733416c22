"""The live page's files: nothing inline or from elsewhere, vendored as it says, and colours that can be read."""

import hashlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "autoscaler" / "page"
PALETTE, THEME = PAGE / "style" / "palette.css", PAGE / "style" / "theme.css"
REPORT_CSS = Path(__file__).parents[2] / "loadtests" / "report" / "templates" / "report.css"
OWN = [
    path
    for path in sorted(PAGE.rglob("*"))
    if path.suffix in (".html", ".js", ".css", ".svg") and "vendor" not in path.parts
]
NAMESPACE = "http://www.w3.org/2000/svg"
COLOUR = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)")
THEMES = ("light", "dark")


@pytest.mark.parametrize("path", OWN, ids=lambda path: str(path.relative_to(PAGE)))
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    """No address of another host, and no `data:` either: the page has to work under `default-src 'self'`."""
    text = path.read_text(encoding="utf-8").replace(NAMESPACE, "")
    assert re.findall(r"https?://\S+|url\([^)]*\)|@import", text) == []


def test_no_script_and_no_style_is_inline() -> None:
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", html) == []


def test_every_file_that_the_page_names_is_there() -> None:
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'(?:src|href)="page/([^"]+)"', html)
    named += [
        name
        for path in OWN
        if path.suffix == ".js"
        for name in re.findall(r'from "\./([^"]+)"', path.read_text(encoding="utf-8"))
    ]
    assert len(named) > 10
    assert [name for name in named if not (PAGE / name).is_file()] == []


def test_what_is_vendored_is_what_its_readme_says() -> None:
    folder = PAGE / "vendor" / "uplot"
    rows = re.findall(
        r"^\| `([^`]+)` \|.*\| `(\w{64})` \|$", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {name for name, _ in rows} == {"uPlot.iife.min.js", "uPlot.min.css"}
    assert [(name, hashlib.sha256((folder / name).read_bytes()).hexdigest()) for name, _ in rows] == rows


def colours(*paths: Path) -> dict[str, tuple[str, str]]:
    return {
        name: (light, dark) for path in paths for name, light, dark in COLOUR.findall(path.read_text(encoding="utf-8"))
    }


def test_one_thing_has_one_colour_on_the_page_and_in_reports() -> None:
    """It is said once, in the palette: neither says it again."""
    palette, page, report = colours(PALETTE), colours(THEME), colours(REPORT_CSS)
    assert len(palette) > 15
    assert (palette.keys() & page.keys(), palette.keys() & report.keys()) == (set(), set())


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG's ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


WORDS = [
    *(("ink", ground) for ground in ("ground", "surface", "sunken", "failed-ground", "missed-ground")),
    *(("muted", ground) for ground in ("ground", "surface", "sunken", "failed-ground")),
    *((tone, f"{tone}-ground") for tone in ("passed", "missed", "failed")),
    *((tone, "surface") for tone in ("passed", "missed", "failed", "desired")),
    ("failed", "ground"),
]
LINES = [
    (line, "surface")
    for line in (
        "produced",
        "processed",
        "lag",
        "needed",
        "desired",
        "starting",
        "neutral",
        "edge",
        "shadow-1",
        "shadow-2",
        "shadow-3",
        "shadow-4",
    )
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("name", "ground", "least"),
    [*((name, ground, 4.5) for name, ground in WORDS), *((name, ground, 3.0) for name, ground in LINES)],
)
def test_contrast_is_enough(name: str, ground: str, least: float, theme: str) -> None:
    """WCAG AA: 4.5 for words, 3 for lines, borders of fields and signs."""
    found, place = colours(PALETTE, THEME), THEMES.index(theme)
    assert contrast(found[name][place], found[ground][place]) >= least
