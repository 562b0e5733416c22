"""Pictures of a live page, for the docs and to look at it: light and dark, desk, tablet and phone.

python -m tests.page_pictures http://127.0.0.1:8080/ pictures/ --name storm --top
"""

import argparse
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = {"desk": (1440, 900), "tablet": (1024, 768), "phone": (360, 780)}
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")


def take(
    browser: Browser, url: str, path: Path, *, size: tuple[int, int], theme: Theme, seconds: float, top: bool
) -> None:
    """One picture, some seconds after the page was opened; the whole page unless only its `top` is wanted."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,
        device_scale_factor=2 if size[0] < 500 else 1,
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_timeout(seconds * 1_000)
    if not top:  # charts out of sight are not drawn
        page.set_viewport_size({"width": size[0], "height": page.evaluate("document.documentElement.scrollHeight")})
        page.wait_for_timeout(1_000)
    page.screenshot(path=path)
    context.close()


def main() -> None:
    """As the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", default="page")
    parser.add_argument("--sizes", nargs="+", choices=WIDTHS, default=list(WIDTHS))
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=list(THEMES))
    parser.add_argument("--seconds", type=float, default=3, help="how long to wait before each")
    parser.add_argument("--top", action="store_true", help="what is seen without scrolling, instead of the whole page")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for size in given.sizes:
            for theme in given.themes:
                path = given.folder / f"{given.name}-{size}-{theme}.png"
                take(browser, given.url, path, size=WIDTHS[size], theme=theme, seconds=given.seconds, top=given.top)
                print(path)  # noqa: T201  # a tool for people
        browser.close()


if __name__ == "__main__":
    main()
