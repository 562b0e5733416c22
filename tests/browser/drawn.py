"""What the page shows, as a test asks for it."""

from typing import Any

from playwright.sync_api import Page, expect


def column(page: Page, chart: str, line: int) -> list[float | None]:
    """What uPlot was given for a line of a chart; line 0 is the time."""
    found: list[float | None] = page.evaluate(
        "([chart, line]) => [...document.getElementById(`chart-${chart}`).uplot.data[line]]", [chart, line]
    )
    return found


def scale(page: Page, chart: str = "rates") -> tuple[float, float]:
    """From when until when a chart reaches."""
    found: Any = page.evaluate("(chart) => document.getElementById(`chart-${chart}`).uplot.scales.x", chart)
    return float(found["min"]), float(found["max"])


def tile(page: Page, name: str) -> str:
    return page.locator(f".tile-{name}").inner_text()


def expect_latest(page: Page, at: float) -> None:
    """Wait until the charts have the sample of second `at`."""
    page.wait_for_function("(at) => document.getElementById('chart-rates')?.uplot.data[0].at(-1) === at", arg=at)


def wait_for_rows(page: Page, rows: int) -> None:
    """Wait until the charts have more than `rows` samples."""
    page.wait_for_function("(rows) => document.getElementById('chart-rates').uplot.data[0].length > rows", arg=rows)


def wait_for_end(page: Page, least: float, most: float | None = None) -> None:
    """Wait until the time axis ends at second `least`, or between the two."""
    page.wait_for_function(
        """([least, most]) => {
            const { max } = document.getElementById("chart-rates").uplot.scales.x;
            return max !== null && max >= least && max <= most;
        }""",
        arg=[least, least if most is None else most],
    )


def wait_for_length(page: Page, least: float, most: float) -> None:
    """Wait until the time axis is between `least` and `most` seconds long."""
    page.wait_for_function(
        """([least, most]) => {
            const { min, max } = document.getElementById("chart-rates").uplot.scales.x;
            return max - min >= least && max - min <= most;
        }""",
        arg=[least, most],
    )


def expect_live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_attribute("data-phase", "live", timeout=20_000)


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
