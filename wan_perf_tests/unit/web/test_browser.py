"""The dashboard under a person's hands, in a real browser: links, lists, refreshes, keys."""

import re

import pytest

from wan_perf_tests.support.web.serving import heap_of
from wan_perf_tests.support.web.watching import IN_A_BROWSER, LAPTOP, Shown, Watched

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = IN_A_BROWSER


def test_back_forward_and_a_pasted_link_show_the_same(browser, address: str):
    with Watched(browser, address) as watched:
        page = watched.page
        page.goto("/region/East?range=24h")
        page.click("#sites tbody a >> nth=0")
        page.wait_for_url(re.compile(r"/site/site-\d+\?range=24h"))
        page.click("#circuits tbody a >> nth=0")
        page.wait_for_url(re.compile(r"/circuit/.*range=24h"))
        title, link = page.title(), page.url
        page.go_back()
        assert "/site/" in page.url
        page.go_forward()
        assert page.title() == title
        page.goto("about:blank")
        page.goto(link)
        assert page.title() == title
        assert watched.faults == []


def test_a_list_is_sorted_and_filtered_in_place_and_its_address_keeps_it(browser, address: str):
    with Watched(browser, address) as watched:
        page = watched.page
        page.goto("/grid/circuits")
        page.evaluate("window.mark = 1")
        page.click("th >> text=Latency avg")
        page.wait_for_url("**sort=-latency_avg_ms**")
        page.fill('input[name="provider"]', "lumen")
        page.wait_for_url("**provider=lumen**")
        page.wait_for_function(
            "document.querySelector('#grid-count').textContent.includes('filter')"
        )
        cells = page.locator("#grid-box tbody tr td:nth-child(4)").all_inner_texts()
        assert set(cells) == {"Lumen"}
        assert page.evaluate("window.mark") == 1  # no page was loaded
        assert page.evaluate("document.activeElement.name") == "provider"
        shown = page.inner_text("#grid-box")
        page.reload()
        assert page.inner_text("#grid-box") == shown
        page.go_back()
        page.wait_for_url(lambda url: "provider" not in url or "sort" in url)
        assert watched.faults == []


def test_columns_are_chosen_and_stand_in_the_address(browser, address: str):
    with Watched(browser, address) as watched:
        page = watched.page
        page.goto("/grid/circuits?cols=circuit_id,state")
        page.click("#columns summary")
        page.check('#columns input[value="provider"]')
        page.wait_for_url("**provider**")
        page.wait_for_selector('th[title="Company that provides the circuit."]')
        assert page.locator("#grid-box thead tr >> nth=0 >> th").count() == 3


def test_a_refresh_patches_figures_and_keeps_scroll_and_selection(
    browser, address: str, shown: Shown
):
    with Watched(browser, address, LAPTOP) as watched:
        page = watched.page
        page.goto("/")
        page.evaluate("document.querySelector('#alerts').scrollTop = 60; scrollTo(0, 300)")
        assert page.evaluate("document.querySelector('#alerts').scrollTop") == 60
        page.evaluate("window.node = document.querySelector('#tile-down b'); refresh()")
        page.wait_for_timeout(200)
        before = page.inner_text("#tile-down b")
        shown.query("UPDATE current_state SET state = 'down' WHERE circuit_id = 'PRI-0030'")
        shown.version = "after"
        try:
            page.evaluate("refresh()")
            playwright.expect(page.locator("#tile-down b")).not_to_have_text(before)
            assert page.evaluate("node.isConnected")
            assert page.evaluate("document.querySelector('#alerts').scrollTop") == 60
            assert page.evaluate("scrollY") == 300
            shown.query("UPDATE current_state SET state = 'up' WHERE circuit_id = 'PRI-0030'")
            shown.version = "again"
            page.evaluate(
                "getSelection().selectAllChildren(document.querySelector('#alerts-card'))"
            )
            page.evaluate("refresh()")  # text is selected: nothing moves under the hand
            assert int(page.inner_text("#tile-down b")) == int(before) + 1
        finally:
            shown.query("UPDATE current_state SET state = 'up' WHERE circuit_id = 'PRI-0030'")
            shown.version = "v1"


def test_a_dashboard_that_does_not_answer_is_said_so_and_the_page_stays(browser, address: str):
    with Watched(browser, address) as watched:
        watched.page.goto("/")
        watched.context.route("**/*", lambda route: route.abort())
        watched.page.evaluate("refresh()")
        watched.page.wait_for_selector("#link-state:not([hidden])")
        assert "not refreshed" in watched.page.inner_text("#link-state")
        assert watched.page.inner_text("#tile-dark b")
        watched.context.unroute("**/*")
        watched.page.evaluate("refresh()")
        watched.page.wait_for_selector("#link-state", state="hidden")


def test_dragging_over_a_chart_zooms_by_the_address(browser, address: str):
    with Watched(browser, address) as watched:
        page = watched.page
        page.goto("/circuit/PRI-0003")
        box = page.locator("#hourly svg.chart").bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.3, y)
        assert "download" in page.inner_text(".tip")
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=5)
        page.mouse.up()
        page.wait_for_url(re.compile(r"from=2026-03-0\dT\d\d&to=2026-03-0\dT\d\d"))
        assert page.locator("#hourly svg.chart").count() == 1


def test_keys_search_and_change_the_theme(browser, address: str):
    with Watched(browser, address, color_scheme="dark") as watched:
        page = watched.page
        page.goto("/")
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.keyboard.press("t")
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert light != dark
        page.reload()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light
        page.keyboard.press("/")
        page.keyboard.type("store 0003")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=store+0003")
        assert "Store 0003" in page.inner_text("#main")
        page.keyboard.press("g")
        page.keyboard.press("o")
        page.wait_for_url("**/overview")


def test_refreshing_for_hours_holds_no_memory(browser, address: str, shown: Shown):
    with Watched(browser, address) as watched:
        page = watched.page
        page.goto("/")
        session = watched.context.new_cdp_session(page)
        sizes = []
        try:
            for turn in range(60):
                shown.version = f"turn {turn}"
                page.evaluate("refresh()")
                if turn in (9, 59):
                    sizes.append(heap_of(session))
        finally:
            shown.version = "v1"
        assert sizes[1] <= 1.2 * sizes[0]
