"""Everybody can use it: with a keyboard, on a phone, in the dark."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Open, Serve
from tests.browser.drawn import scale, sideways, wait_for_end, wait_for_length

pytestmark = pytest.mark.browser
GROUND = "getComputedStyle(document.body).backgroundColor"
FOCUS = """() => {
    const here = document.activeElement, style = getComputedStyle(here);
    const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 1;
    return [here === document.body ? "BODY" : here.id || here.textContent.trim(), seen];
}"""


def walk(page: Page, steps: int) -> dict[str, bool]:
    """What the tab key reaches, and whether the focus can be seen there."""
    reached: dict[str, bool] = {}
    for _ in range(steps):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(FOCUS)
        reached[name] = seen
    return reached


def test_everything_is_reached_by_the_tab_key_and_its_focus_is_seen(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ahead=130))
    reached = walk(page, 55)
    wanted = {
        "Skip to the figures",
        "theme",
        "pause",
        "scale",
        "strips",
        "filter",
        "Age",
        "24 h",
        "Earlier decisions 3",
    }
    assert wanted <= reached.keys(), sorted(reached)
    assert [name for name, seen in reached.items() if not seen and name != "BODY"] == []


def test_a_change_with_the_keyboard_alone(serve: Serve, open_page: Open) -> None:
    served = serve()
    page = open_page(served)
    page.locator("#scale").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Workers", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#scale")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("9")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.locator("#token")).to_be_focused()
    page.keyboard.type("letmein")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    assert served.world.steering["manual"]["replicas"] == 9


def test_the_charts_with_the_keyboard(serve: Serve, open_page: Open) -> None:
    served = serve(ahead=120)
    page = open_page(served)
    served.advance(1)
    page.locator("#strips").focus()
    wait_for_end(page, served.world.at - 1)
    whole = scale(page)
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#moment")).to_have_class("moment pointed")
    page.keyboard.press("+")
    expect(page.locator("#follow")).to_be_visible()
    wait_for_length(page, 0, (whole[1] - whole[0]) * 0.6)
    page.keyboard.press("Escape")
    expect(page.locator("#follow")).to_be_hidden()
    expect(page.locator("#moment")).to_have_class("moment")


@pytest.mark.parametrize(
    "size", [pytest.param(size, id=f"{size[0]} px") for size in (PHONE, (768, 1024), (1024, 768), DESK)]
)
def test_nothing_is_wider_than_the_screen(serve: Serve, open_page: Open, size: tuple[int, int]) -> None:
    served = serve(ahead=150)
    served.world.changes = {"held": "kafka: " + "a-very-long-name-without-spaces" * 6, "scenario": "orders-" * 12}
    page = open_page(served, size=size)
    served.advance(1)
    expect(page.locator("#storm")).to_be_visible()
    assert sideways(page) == 0
    page.locator("#scale").click()
    box = page.locator("#dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_switched(serve: Serve, open_page: Open, scheme: str) -> None:
    page = open_page(serve(), color_scheme=scheme)
    before = page.evaluate(GROUND)
    assert (before == "rgb(15, 19, 23)") is (scheme == "dark")
    page.locator("#theme").click()
    after = page.evaluate(GROUND)
    assert after != before
    page.reload()
    page.wait_for_selector('#connection[data-phase="live"]')
    assert page.evaluate(GROUND) == after


def test_whoever_wants_no_motion_gets_none(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(), reduced_motion="reduce")
    moving = "[...document.querySelectorAll('*')].filter((e) => e.getAnimations().length).length"
    assert page.evaluate(moving) == 0
