"""Every page in a real browser: it is quiet, fits, works without script, is accessible, prints."""

import re
from collections import Counter

import pytest

from wan_perf_tests.support.web.watching import IN_A_BROWSER, LAPTOP, PAGES, PHONE, WIDE, Watched

pytestmark = IN_A_BROWSER


pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


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


def test_the_overview_prints_on_one_page(browser, address: str):
    with Watched(browser, address) as watched:
        watched.page.goto("/overview")
        pdf = watched.page.pdf(prefer_css_page_size=True, print_background=True)
        assert pdf.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1
