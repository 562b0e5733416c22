"""A storm has a banner with its evidence, a calm page has none."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Serve

pytestmark = pytest.mark.browser


def test_the_banner_comes_with_its_evidence_and_goes(serve: Serve, open_page: Open) -> None:
    served = serve(ahead=80)
    page = open_page(served)
    banner = page.locator("#storm")
    expect(banner).to_be_hidden()
    served.advance(40)
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("desired replicas rose to")
    expect(banner).to_contain_text("of the workers' CPU goes into starting")
    expect(page.get_by_role("alert").first).to_contain_text("Init storm.")
    assert page.title().startswith("↯ Init storm: init-storm")
    served.advance(140)
    expect(banner).to_be_hidden()
    expect(page.get_by_role("alert").first).to_have_text("The init storm is over.")
    expect(page.locator("#feed")).to_contain_text("over after")


def test_a_calm_page_has_none(serve: Serve, open_page: Open) -> None:
    served = serve(ahead=20, calm=True)
    page = open_page(served)
    served.advance(200)
    expect(page.locator("#storm")).to_be_hidden()
    expect(page.locator("#notices > *")).to_have_count(0)
    assert page.title() == "init-storm · Weir"


def test_twenty_launches_are_one_line(serve: Serve, open_page: Open) -> None:
    served = serve(ahead=104)
    page = open_page(served)
    served.advance(3)
    expect(page.locator("#feed")).to_contain_text("4 × worker-5, worker-6, worker-7, worker-8")  # noqa: RUF001  # the sign for times


def test_what_was_decided_is_told_step_by_step(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ahead=125))
    expect(page.locator("#decision-title")).to_have_text("Why 13 workers")
    expect(page.locator('#decision .steps li[data-deciding="true"]')).to_have_count(1)
    expect(page.locator("#decision .conditions")).to_contain_text("ScalingActive")
    page.locator("#decision .earlier > summary").click()
    expect(page.locator("#decision .history")).to_contain_text("4 → 8")
    page.locator("#decision .history summary").first.click()
    expect(page.locator("#decision .history .steps").first).to_be_visible()
