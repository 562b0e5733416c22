"""Pause and manual scale from the page: with the token only, and every refusal in words."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Heard, Open, Serve
from tests.page_server import TOKEN

pytestmark = pytest.mark.browser


def give_token(page: Page, token: str = TOKEN) -> None:
    page.locator("#token").fill(token)
    page.locator("#dialog-do").click()


def test_pause_and_resume(serve: Serve, open_page: Open) -> None:
    served = serve()
    page = open_page(served)
    page.locator("#pause").click()
    page.get_by_label("Reason").fill("a look at the workers")
    give_token(page)
    expect(page.locator("#dialog")).to_be_hidden()
    served.advance(1)
    expect(page.locator("#mode")).to_have_text("Paused")
    expect(page.locator("#notices")).to_contain_text("a look at the workers")
    page.locator("#resume").click()
    expect(page.locator("#token-field")).to_be_hidden()  # asked for once
    page.locator("#dialog-do").click()
    expect(page.locator("#dialog")).to_be_hidden()
    served.advance(1)
    expect(page.locator("#mode")).to_have_text("Automatic")
    expect(page.locator("#notices > *")).to_have_count(0)


def test_a_manual_target_and_its_end(serve: Serve, open_page: Open) -> None:
    served = serve()
    page = open_page(served)
    page.locator("#scale").click()
    expect(page.locator("#dialog-hint")).to_contain_text("hpa-cpu: 3 to 20")
    page.get_by_label("Workers", exact=True).fill("7")
    page.get_by_label("For").select_option("30 minutes")
    give_token(page)
    expect(page.locator("#dialog")).to_be_hidden()
    assert served.world.steering["manual"] == {"replicas": 7, "until": served.world.at + 1_800, "reason": None}
    served.advance(1)
    expect(page.locator("#notices")).to_contain_text("7 workers asserted until")
    expect(page.locator(".tile-why")).to_contain_text("set by hand to 7")
    page.locator("#cancel").click()
    page.locator("#dialog-do").click()
    expect(page.locator("#dialog")).to_be_hidden()
    served.advance(1)
    expect(page.locator("#mode")).to_have_text("Automatic")


def test_a_refused_token_is_told_forgotten_and_asked_for_again(serve: Serve, open_page: Open, heard: Heard) -> None:
    heard.allowed.append("401")
    served = serve()
    page = open_page(served)
    page.locator("#pause").click()
    give_token(page, "wrong")
    expect(page.locator("#dialog-fault")).to_contain_text("the token is missing or wrong")
    expect(page.locator("#token")).to_be_focused()
    assert served.world.steering["paused"] is None
    assert page.evaluate("sessionStorage.length") == 0
    give_token(page)
    expect(page.locator("#dialog")).to_be_hidden()
    assert served.world.steering["paused"] is not None


def test_the_token_is_nowhere_but_in_this_tab(serve: Serve, open_page: Open, heard: Heard) -> None:
    page = open_page(serve())
    page.locator("#pause").click()
    give_token(page)
    expect(page.locator("#dialog")).to_be_hidden()
    assert page.evaluate("sessionStorage.getItem('weir-token')") == TOKEN
    assert page.evaluate("JSON.stringify(localStorage)").find(TOKEN) < 0
    assert all(TOKEN not in request.url for request in heard.requests)
    assert all("authorization" not in request.headers for request in heard.requests if request.method == "GET")


def test_a_fault_in_a_field_is_told_in_words(serve: Serve, open_page: Open, heard: Heard) -> None:
    heard.allowed.append("422")
    page = open_page(serve())
    page.locator("#scale").click()
    page.get_by_label("Workers", exact=True).fill("5000")
    give_token(page)
    expect(page.locator("#dialog-fault")).to_contain_text("replicas: expected 0 to 1000")


def test_a_server_that_does_not_answer_is_told(serve: Serve, open_page: Open, heard: Heard) -> None:
    heard.allowed += ["net::", "Failed to load"]
    served = serve()
    page = open_page(served)
    page.locator("#pause").click()
    served.stop()
    give_token(page)
    expect(page.locator("#dialog-fault")).to_contain_text("does not answer")


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        pytest.param(
            {"mode": "standby", "leader": {"holder": "scaler-1", "term": 8, "self": False, "lease_seconds": 3.0}},
            "scaler-1 leads: changes are made there.",
            id="another one leads",
        ),
        pytest.param({"mode": "dry-run", "dry_run": True}, "A dry run touches nothing", id="a dry run"),
    ],
)
def test_what_cannot_be_controlled_says_why(
    serve: Serve, open_page: Open, state: dict[str, object], reason: str
) -> None:
    served = serve()
    served.world.changes = state
    served.advance(1)
    page = open_page(served)
    for name in ("#pause", "#scale"):
        expect(page.locator(name)).to_be_disabled()
    expect(page.locator("#why-not")).to_contain_text(reason)


def test_on_standby_there_is_a_lease_also_when_nobody_leads(serve: Serve, open_page: Open) -> None:
    served = serve()
    served.world.changes = {"mode": "standby", "leader": None}
    served.advance(1)
    facts = open_page(served).locator("#facts")
    expect(facts).to_contain_text("nobody at the moment")
    expect(facts).not_to_contain_text("alone")


def test_a_rolling_update_shows_how_far_it_is(serve: Serve, open_page: Open) -> None:
    served = serve()
    rollout = {
        "revision": "3",
        "image": "worker:2.1",
        "phase": "progressing",
        "reason": "1 new worker is not ready yet",
    }
    figures = {"updated": 2, "ready": 3, "available": 2, "desired": 3}
    times = {"started_at": served.world.at - 40, "deadline_at": served.world.at + 560}
    served.world.changes = {"rollout": rollout | figures | times}
    page = open_page(served)
    expect(page.locator("#rollout")).to_be_hidden()
    served.advance(1)
    expect(page.locator("#rollout")).to_contain_text("Update to revision 3 goes on")
    expect(page.locator("#rollout")).to_contain_text("2 updated, 3 ready, 2 available of 3 workers")
    served.world.changes = {
        "rollout": rollout | figures | times | {"phase": "stalled", "reason": "worker-9: exit code 1"}
    }
    served.advance(1)
    expect(page.locator("#rollout")).to_contain_text("is stuck")
