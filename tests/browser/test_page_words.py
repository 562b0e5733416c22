"""How the page says numbers: as Weir's reports do, with units, and never a zero for what is not known."""

import pytest

from tests.browser.conftest import Open, Serve

pytestmark = pytest.mark.browser
CASES = [
    ("number", None, "?"),
    ("number", 0, "0"),
    ("number", 0.523, "0.52"),
    ("number", 14.24, "14.2"),
    ("number", 1420.4, "1,420"),
    ("number", 9_999.4, "9,999"),
    ("number", 12_400, "12.4 k"),
    ("number", 999_960, "1 M"),
    ("number", 1_834_000, "1.83 M"),
    ("count", 3.4, "3"),
    ("count", 12_400, "12.4 k"),
    ("count", None, "?"),
    ("percent", 0.834, "83 %"),
    ("percent", None, "?"),
    ("memory", 182 * 2**20, "182 MiB"),
    ("memory", 3 * 2**30, "3 GiB"),
    ("memory", None, "?"),
    ("duration", 0.42, "0.4 s"),
    ("duration", 48.2, "48 s"),
    ("duration", 125, "2 min 5 s"),
    ("duration", 4_800, "1 h 20 min"),
    ("duration", None, "?"),
    ("whole", 0.4, "0 s"),
    ("whole", 260_000, "3 d 0 h"),
    ("clock", None, "?"),
    ("tight", "83 % of 5 s, worker 5 starts", "83\u00a0% of 5\u00a0s, worker 5 starts"),
]


def test_numbers_are_said_as_in_the_reports(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ahead=1))
    said = page.evaluate(
        """async (cases) => {
            const format = await import("/page/format.js");
            return cases.map(([name, value]) => format[name](value));
        }""",
        [[name, value] for name, value, _ in CASES],
    )
    assert [(*case[:2], text) for case, text in zip(CASES, said, strict=True)] == CASES
