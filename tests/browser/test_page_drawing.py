"""What is told is drawn, in the second in which it is told; what is unknown is a gap."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import NOW, Heard, Open, Serve
from tests.browser.drawn import column, expect_latest, scale, tile, wait_for_end, wait_for_length, wait_for_rows

pytestmark = pytest.mark.browser


def test_each_tick_is_drawn_where_it_belongs(serve: Serve, open_page: Open) -> None:
    served = serve()
    page = open_page(served)
    served.advance(5)
    sample = served.board.columns
    expect_latest(page, served.world.at - 1)
    assert column(page, "rates", 1) == sample["arrival_rate"]
    assert column(page, "replicas", 2) == sample["replicas_desired"]
    assert column(page, "time-lag", 1) == sample["lag_seconds"]
    assert column(page, "lag", 1) == sample["lag_events"]
    init, work = sample["cpu_init_cores"], sample["cpu_work_cores"]
    assert column(page, "cpu", 1) == [(a or 0) + (b or 0) for a, b in zip(init, work, strict=True)]
    assert column(page, "cpu", 2) == init
    wait_for_end(page, served.world.at - 1)


def test_figures_words_and_workers_follow(serve: Serve, open_page: Open) -> None:
    served = serve()
    page = open_page(served)
    served.advance(1)
    expect(page.locator("#subject")).to_have_text("init-storm")
    expect(page.locator("#facts")).to_contain_text("billing")
    expect(page.locator("#facts")).to_contain_text("hpa-cpu, HorizontalPodAutoscaler, 3 to 20")
    assert "✓ SLO ≤ 5 s" in tile(page, "age")
    expect(page.locator(".tile-replicas .trio")).to_have_text("3desired3ready3needed")
    expect(page.locator("#workers-table tbody tr")).to_have_count(3)
    expect(page.locator("#phases")).to_have_text("●3 ready")
    expect(page.locator("#decision-title")).to_have_text("Why 3 workers")
    expect(page.locator("#decision .steps li").first).to_contain_text("of the request / 70 %")
    expect(page.locator("#shadows")).to_contain_text("keda-lag")


def test_rows_are_kept_while_workers_come_and_go(serve: Serve, open_page: Open) -> None:
    served = serve(ahead=80)
    page = open_page(served)
    page.evaluate("document.querySelector('#workers-table tbody tr').mark = 1")
    served.advance(30)
    expect(page.locator("#workers-table tbody tr")).to_have_count(8)
    assert page.evaluate("document.querySelector('#workers-table tbody tr').mark") == 1


def test_workers_can_be_sorted_and_filtered(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ahead=130))
    names = page.locator("#workers-table tbody th")
    expect(names.first).to_have_text("worker-1")
    page.get_by_role("button", name="Age").click()
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Age").click()
    expect(names.first).to_have_text("worker-9")
    page.locator("#phases button", has_text="initialising").click()
    expect(names).to_have_count(9)
    page.locator("#filter").fill("worker-1")
    expect(page.locator("#workers-count")).to_have_text("4 of 13")


def test_unknown_is_a_question_mark_and_a_gap(serve: Serve, open_page: Open) -> None:
    served = serve()
    page = open_page(served)
    frame = served.world.frame()
    for name in ("lag_events", "lag_seconds", "cpu_init_cores"):
        frame.sample[name] = None
    frame.state |= {"lag": {"events": None, "seconds": None}, "rates": {"arrival": None, "processing": None}}
    served.add(frame)
    expect_latest(page, served.world.at - 1)
    for chart in ("lag", "time-lag", "cpu"):
        assert column(page, chart, 1)[-1] is None
    for name in ("age", "lag", "arriving", "processed", "cpu"):
        expect(page.locator(f".tile-{name} .number")).to_contain_text("?")
    expect(page.locator("#chart-lag .value")).to_have_text("?")


def test_a_stretch_without_samples_is_a_gap(serve: Serve, open_page: Open) -> None:
    served = serve()
    page = open_page(served)
    served.world.at += 60
    served.advance(3)
    expect_latest(page, served.world.at - 1)
    assert column(page, "rates", 1)[-4] is None


def test_before_the_first_tick_nothing_is_claimed(serve: Serve, open_page: Open, heard: Heard) -> None:
    heard.allowed.append("503")
    served = serve(ahead=0)
    page = open_page(served)
    expect(page.locator(".tile-age .number")).to_have_text("?")
    expect(page.locator("#chart-rates .nothing")).to_be_visible()
    expect(page.locator("#pause")).to_be_disabled()
    served.advance(2)
    expect(page.locator("#chart-rates .nothing")).to_be_hidden()
    expect(page.locator("#pause")).to_be_enabled()


def test_a_page_that_nobody_sees_is_not_drawn_and_catches_up(serve: Serve, open_page: Open) -> None:
    served = serve()
    page = open_page(served)
    served.advance(1)
    expect_latest(page, served.world.at - 1)
    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", { value: true, configurable: true });
        window.frames = 0;
        const count = (list) => { window.frames += list.getEntriesByName("weir-draw").length; };
        new PerformanceObserver(count).observe({ entryTypes: ["measure"] });
    }""")
    page.wait_for_timeout(200)
    page.evaluate("window.frames = 0")
    served.advance(20)
    expect_latest(page, served.world.at - 1)  # it listens: the data are there
    assert page.evaluate("window.frames") == 0
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    wait_for_end(page, served.world.at - 1)


def test_a_mark_tells_what_it_is_about(serve: Serve, open_page: Open) -> None:
    served = serve(ahead=100)
    page = open_page(served)
    wait_for_end(page, served.world.at - 1)
    plot = page.locator("#chart-rates .u-over").bounding_box()
    lane = page.locator(".lane").bounding_box()
    assert plot is not None
    assert lane is not None
    begin, end = scale(page)
    changed = NOW + 90  # the first step of load is answered with one worker more
    page.mouse.move(plot["x"] + plot["width"] * (changed - begin) / (end - begin), lane["y"] + lane["height"] / 2)
    expect(page.locator(".tip")).to_contain_text("3 → 4: cpu")


def test_live_rows_are_thinned_anew_before_they_are_too_many(serve: Serve, open_page: Open) -> None:
    served = serve(hours=2)
    page = open_page(served)
    page.get_by_role("button", name="6 h").click()
    wait_for_length(page, 7_200, 21_600)
    fetched = 1_800
    served.advance(4 * fetched)
    expect_latest(page, served.world.at - 1)
    rows = "(most) => document.getElementById('chart-rates').uplot.data[0].length < most"
    page.wait_for_function(rows, arg=3 * fetched)  # and not five times as many


def test_what_happens_while_older_samples_are_fetched_is_not_lost(serve: Serve, open_page: Open) -> None:
    served = serve(hours=2)
    page = open_page(served)
    newest, samples, held = served.world.at - 1, "**/api/v1/samples?*", list[Route]()
    page.route(samples, lambda route: held.append(route))  # noqa: PLW0108  # playwright sets an attribute on it
    page.get_by_role("button", name="6 h").click()
    while not held:  # the page has asked, and is heard of a moment later
        page.wait_for_timeout(10)
    answer = held[0].fetch()
    served.advance(3)
    expect_latest(page, newest + 3)
    held[0].fulfill(response=answer)
    wait_for_rows(page, 1_000)
    assert column(page, "rates", 0)[-3:] == [newest + 1, newest + 2, newest + 3]


def test_ranges_zoom_and_back_to_live(serve: Serve, open_page: Open) -> None:
    served = serve(hours=24, replicas_max=100)
    page = open_page(served)
    page.get_by_role("button", name="24 h").click()
    wait_for_length(page, 86_400, 86_400)
    wait_for_rows(page, 1_000)
    over = page.locator("#chart-rates .u-over").bounding_box()
    assert over is not None
    page.mouse.move(over["x"] + over["width"] * 0.5, over["y"] + 20)
    page.mouse.down()
    page.mouse.move(over["x"] + over["width"] * 0.6, over["y"] + 30, steps=4)
    page.mouse.up()
    expect(page.locator("#follow")).to_be_visible()
    begin, end = scale(page)
    assert end - begin == pytest.approx(8_640, rel=0.05)
    wait_for_rows(page, 1_000)  # in its own detail
    served.advance(2)
    assert scale(page) == (begin, end)
    page.locator("#chart-rates .u-over").dblclick()
    expect(page.locator("#follow")).to_be_hidden()
    wait_for_end(page, served.world.at - 6, served.world.at - 1)  # a day is drawn anew every five seconds
