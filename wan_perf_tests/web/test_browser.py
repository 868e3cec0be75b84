"""The dashboard in a real browser: Debian's Chromium, driven over a real server on loopback."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from wan_perf.web import build_app
from wan_perf_tests.web.estate import NOW, Estate
from wan_perf_tests.web.serving import CHROMIUM, heap_of, served

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on this machine: apt install chromium"
    ),
]
WIDE, LAPTOP, PHONE = (1920, 1080), (1366, 768), (390, 844)
HOUR = "2026-03-08T12:00"
PAGES = (
    *("/", "/?top=loss&n=20", "/overview", "/regions", "/region/North%20%26%20Isles"),
    *("/site/site-0002", "/circuit/PRI-0003", f"/circuit/PRI-0003/hour/{HOUR}", "/sle"),
    *("/grid/circuits", "/grid/alerts", "/grid/hours?size=5", "/search?q=store+000", "/?wall=1"),
    f"/why/circuit_hour/utilization_pct?circuit_id=PRI-0003&hour={HOUR}",
)


class Shown(Estate):
    """The estate under versions that a test changes."""


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown(sites=120)


@pytest.fixture(scope="module")
def address(shown: Shown) -> Iterator[str]:
    shown.connection  # noqa: B018 - made here, not by the first request
    with served(build_app(lambda: shown, clock=lambda: NOW + timedelta(minutes=2))) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Watched:
    """A page whose console and requests are watched."""

    def __init__(self, browser, address: str, size=LAPTOP, **given) -> None:
        viewport = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(viewport=viewport, base_url=address, **given)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self._request(request.url, address))

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _request(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            self.faults.append(f"request to {url}")

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.context.close()


@pytest.mark.parametrize("size", [WIDE, LAPTOP, PHONE], ids=["wide", "laptop", "phone"])
def test_every_page_is_quiet_and_fits(browser, address: str, size):
    """On a laptop no table is cut off; lists scroll, they have as many columns as one wants."""
    with Watched(browser, address, size) as watched:
        for path in PAGES:
            assert watched.page.goto(path).status == 200
            wide = watched.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 1, f"{path} is {wide} px wider than the screen"
            if size == LAPTOP and path in PAGES[:9]:
                assert (by := cut_off(watched.page)) <= 8, f"a table of {path} lacks {by} px"
        assert watched.faults == []


def cut_off(page) -> int:
    """Width of the columns of a table that do not fit in it, of the widest one. [px]"""
    boxes = page.evaluate(
        "[...document.querySelectorAll('.tablebox')].map(box => box.scrollWidth - box.clientWidth)"
    )
    return max(boxes, default=0)


def test_every_page_can_be_read_without_script(browser, address: str):
    with Watched(browser, address, java_script_enabled=False) as watched:
        for path in PAGES:
            watched.page.goto(path)
            assert watched.page.locator("h1, .big").first.inner_text()
        watched.page.goto("/grid/circuits")
        watched.page.fill('input[name="circuit_id"]', "PRI-0003")
        with watched.page.expect_navigation():
            watched.page.keyboard.press("Enter")
        assert watched.page.inner_text("#grid-count").startswith("1 row")


@pytest.mark.parametrize(
    ("scheme", "pages"),
    [
        pytest.param("light", PAGES, id="light"),
        # Only colours differ, and `test_palette` compares them all.
        pytest.param("dark", PAGES[:6], id="dark"),
    ],
)
def test_axe_finds_nothing_serious(browser, address: str, scheme: str, pages: tuple[str, ...]):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    found = []
    with Watched(browser, address, color_scheme=scheme, bypass_csp=True) as watched:
        for path in pages:
            # Rows of a list are alike: a few tell as much, and cost a tenth.
            watched.page.goto(f"{path}?size=5" if path.startswith("/grid/c") else path)
            for violation in axe.Axe().run(watched.page).response["violations"]:
                if violation["impact"] in ("serious", "critical"):
                    found.append((path, violation["id"], violation["nodes"][0]["html"][:200]))
    assert found == []


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


@pytest.mark.parametrize(
    ("path", "names"),
    [
        pytest.param("/", ("sites", "utilization", "trend", "throughput"), id="now"),
        pytest.param("/site/site-0002", ("hours", "scores", "spread"), id="site"),
        pytest.param("/circuit/PRI-0003", ("hours", "calendar", "week"), id="circuit"),
        pytest.param("/overview", ("availability", "load"), id="overview"),
    ],
)
def test_a_chart_looks_in_its_file_as_on_its_page(
    browser, address: str, path: str, names, tmp_path
):
    """Every shape has the colours of the light page, in a file that knows no style sheet."""
    shapes = """() => [...document.querySelectorAll(
        ".chart > *, .chart a > *, .density *, .calendar rect, .calendar text, .heat > *")]
        .filter(e => /^(path|rect|text|use|circle)$/.test(e.localName)
            && !e.matches(".cursor, defs *"))
        .map(e => { const s = getComputedStyle(e); return [e.localName, s.fill, s.stroke,
            s.strokeWidth, s.strokeDasharray, s.opacity]
            .concat(e.localName === "text" ? [s.fontSize, s.fontWeight] : []).join(" "); })"""
    with Watched(browser, address, color_scheme="light") as watched:
        watched.page.goto(path)
        on_page = watched.page.evaluate(shapes)
        files = [tmp_path / f"{name}.svg" for name in names]
        for name, file in zip(names, files, strict=True):
            with watched.page.expect_download() as started:
                watched.page.click(f'a[href*="svg={name}"]')
            started.value.save_as(file)
        in_files = []
        for file in files:
            watched.page.goto(file.as_uri())
            in_files += watched.page.evaluate(shapes)
        assert len(on_page) > 20
        assert Counter(in_files) == Counter(on_page)


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


def test_the_overview_prints_on_one_page(browser, address: str):
    with Watched(browser, address) as watched:
        watched.page.goto("/overview")
        pdf = watched.page.pdf(prefer_css_page_size=True, print_background=True)
        assert pdf.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1


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
