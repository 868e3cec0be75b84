"""Every page: its figures equal a direct query, and no text of an address breaks it."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from wan_perf.published.collection import Collection, FailedRun
from wan_perf.web import build_app
from wan_perf_tests.support.web.estate import NOW, Estate
from wan_perf_tests.support.web.reading import figures, read

HOUR = "2026-03-08T12:00"
PAGES = {
    "now": "/",
    "now by loss": "/?top=loss&n=5",
    "overview": "/overview",
    "overview of a month": "/overview?month=2026-01&target=99.95",
    "regions": "/regions",
    "region": "/region/North%20%26%20Isles",
    "region of one provider": "/region/East?provider=Lumen",
    "site": "/site/site-0002",
    "site by its days": "/site/site-0002?from=2026-03-05&to=2026-03-06",
    "circuit": "/circuit/PRI-0003",
    "circuit named by its port": "/circuit/site-0006%3Age-0%2F0%2F1",
    "circuit without a contract": "/circuit/SEC-0005",
    "hour": f"/circuit/PRI-0003/hour/{HOUR}",
    "hour of a port": f"/circuit/site-0006%3Age-0%2F0%2F1/hour/{HOUR}",
    "why an hour": f"/why/circuit_hour/utilization_pct?circuit_id=PRI-0003&hour={HOUR}",
    "why a day": "/why/circuit_day/availability_pct?circuit_id=PRI-0003&day=2026-03-01",
    "why a month": "/why/region_month/availability_low_pct?region=East&month=2026-02-01",
    "why now": "/why/current_state/utilization_now_pct?circuit_id=PRI-0003",
    "sle": "/sle",
    "search": "/search?q=store",
    "search for nothing": "/search?q=nosuchthing",
}
ODD = (
    *("'", '"><script>alert(1)</script>', "%", "\\", "-1", "1e99", "0x10", "NaN", "ü☃\u202e", ".."),
    *("=1", "9" * 400, "' OR 1=1 --", "2026-02-30", "9999-12-31T23:59:59", "0001-01-01", "\x00"),
    *("{{7*7}}", ","),
)


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_a_page_is_shown_whole(client: TestClient, address: str):
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:2000]
    assert answer.text.rstrip().endswith("</html>")
    assert not re.search(
        r"\bNone\b(?!\.)", re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)
    )
    assert not re.search(r"\bnan\b", answer.text)
    assert not re.search(r"\s(style|on\w+)=\"", answer.text)


@pytest.mark.proof
@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_links_of_a_page_lead_somewhere(client: TestClient, address: str):
    page = read(client.get(address).text)
    found = {e.attributes["href"] for e in page.all("a") if e.attributes.get("href", "#")[0] == "/"}
    for link in sorted(found)[::7]:  # all of them: `test_full_cycle`
        assert client.get(link).status_code == 200, link


PARAMETERS = {
    "/": ("top", "n", "range", "from", "to", "wall", "nosuch"),
    "/overview": ("month", "target"),
    "/region/East": ("provider", "medium", "range", "from"),
    "/site/site-0002": ("range", "from", "to"),
    "/circuit/PRI-0003": ("range", "from", "to"),
    "/sle": ("range", "from"),
    "/search": ("q",),
    "/grid/circuits": ("sort", "cols", "page", "site_name", "utilization_now_pct", "as_of_at"),
    "/grid/hours": ("range", "hour", "circuit_id"),
    "/why/circuit_hour/utilization_pct": ("circuit_id", "hour"),
}


def assert_answered_or_refused(client: TestClient, path: str, texts: tuple[str, ...]) -> None:
    for name in PARAMETERS[path]:
        for odd in texts:
            answer = client.get(path, params={name: odd})
            assert answer.status_code in (200, 400, 404), (name, odd, answer.status_code)
            assert "<script>alert" not in answer.text


@pytest.mark.parametrize("path", ["/overview", "/search", "/grid/circuits", "/circuit/PRI-0003"])
def test_odd_text_in_a_query_never_runs(client: TestClient, path: str):
    assert_answered_or_refused(client, path, ('"><script>alert(1)</script>', "0001-01-01"))


@pytest.mark.proof
@pytest.mark.parametrize("path", PARAMETERS)
def test_any_odd_text_in_a_query_is_answered_or_refused(client: TestClient, path: str):
    assert_answered_or_refused(client, path, ODD)


@pytest.mark.parametrize(
    "path", ["/region/{}", "/site/{}", "/circuit/{}", "/circuit/PRI-0003/hour/{}", "/grid/{}"]
)
def test_odd_text_in_a_path_has_a_page_that_says_so(client: TestClient, path: str):
    for odd in ("'", "<script>alert(1)</script>", "%", "ü☃", "..", "a" * 500, "0001-01-01", "\x00"):
        quoted = "".join(f"%{byte:02X}" for byte in odd.encode())
        answer = client.get(path.format(quoted))
        assert answer.status_code in (400, 404), (odd, answer.status_code)
        assert "<script>alert" not in answer.text


def one(estate: Estate, sql: str) -> dict[str, Any]:
    return estate.query(sql)[0]


def test_a_site_shows_failovers_during_and_before(client: TestClient):
    page = read(client.get("/site/site-0002").text)
    rows = [[c.text for c in line.all("td")] for line in page.by_id("failovers").all("tr")[1:]]
    assert [row[0] for row in rows] == ["2026-03-08 11:40", "2026-03-05 14:00"]
    # 80 ms during it, 22 ms before; on a backup for 2 h 45 min so far.
    assert rows[0][2] == "yes"
    assert rows[0][5] == "2 h 45 min"
    assert rows[0][9:11] == ["80", "22"]


@pytest.mark.parametrize(
    ("site_id", "peer", "hint"),
    [("site-0002", "hub-north", "feed00000000"), ("site-0003", "feed00000001", None)],
    ids=["its name", "its MAC where nothing names it"],
)
def test_a_path_shows_its_peers_name_or_mac(
    client: TestClient, site_id: str, peer: str, hint: str | None
):
    card = read(client.get(f"/site/{site_id}").text).by_id("paths")
    cells = [row.all("td")[1] for row in card.all("tbody")[0].all("tr")]
    assert {cell.text for cell in cells} == {peer}
    assert {cell.attributes.get("title") for cell in cells} == {hint}


@pytest.mark.parametrize(
    ("site_id", "severity", "resolved"),
    [
        pytest.param("site-0001", "critical", "no", id="open"),
        pytest.param("site-0002", "warning", "yes", id="resolved"),
        pytest.param("site-0004", "warning", "–", id="no longer reported"),
    ],
)
def test_a_site_shows_its_alarms_as_they_stand(
    client: TestClient, site_id: str, severity: str, resolved: str
):
    card = read(client.get(f"/site/{site_id}").text).by_id("alarms")
    [row] = card.all("tbody")[0].all("tr")
    cells = [cell.text for cell in row.all("td")]
    assert (cells[1], cells[2], cells[4]) == (severity, "gateway_down", resolved)


def test_a_site_without_alarms_has_no_list_of_them(client: TestClient):
    assert 'id="alarms"' not in client.get("/site/site-0003").text


def test_both_directions_are_of_their_own_capacity(client: TestClient, estate: Estate):
    page = read(client.get(f"/circuit/PRI-0003/hour/{HOUR}").text)
    row = one(
        estate,
        "SELECT * FROM circuit_hour WHERE circuit_id = 'PRI-0003' AND hour = '2026-03-08 12:00'",
    )
    facts = figures(page, "")
    down = 100 * row["rx_bytes"] / (200e6 / 8 * 3600)
    up = 100 * row["tx_bytes"] / (20e6 / 8 * 3600)
    assert facts["Download"] == f"{down:.1f} %"
    assert facts["Upload"] == f"{up:.1f} %"
    assert facts["Utilization"] == f"{row['utilization_pct']:.1f} %" == facts["Download"]


def test_why_fills_the_formula_with_the_rows_numbers(client: TestClient):
    page = read(client.get(PAGES["why an hour"]).text)
    formula = page.by_id("formula").text
    assert "max(rx_bytes, tx_bytes) / bandwidth_bytes * 100" in formula
    assert "(200 Mbit/s for 1 h)" in formula
    assert formula.endswith("= 94.7 % as stored")
    levels = page.by_id("level").text
    assert "critical 90 everybody always yes" in levels


def test_why_of_the_load_now_has_the_bytes_of_the_last_minutes(client: TestClient):
    """A quarter of an hour of 200 Mbit/s carries 22.5 GB."""
    page = read(client.get(PAGES["why now"]).text)
    formula = page.by_id("formula").text
    assert "/ 22.5 GB" in formula
    assert formula.endswith("as stored")
    assert "The hour with its samples" in page.by_id("rests").text


def test_why_of_an_availability_adds_up(client: TestClient, estate: Estate):
    page = read(client.get(PAGES["why a month"]).text)
    row = one(estate, "SELECT * FROM region_month WHERE region = 'East' AND month = '2026-02-01'")
    expected = 100 * row["up_minutes"] / (row["up_minutes"] + row["down_minutes"])
    assert float(page.by_id("value").text.split()[0]) == pytest.approx(expected, abs=0.001)
    assert "as stored" in page.by_id("formula").text


def test_the_narrowest_scope_of_a_level_is_in_force(estate: Estate):
    from wan_perf.schema.metrics import UTILIZATION
    from wan_perf.web.data import Data
    from wan_perf.web.questions.why import levels_for

    class WithOverride(Estate):
        def query(self, sql: str, parameters: Any = ()) -> list[dict[str, Any]]:
            return estate.query(sql.replace("dim_policy", f"({OVERRIDDEN})"), parameters)

        def has(self, table: str) -> bool:
            return True

    row = {"site_id": "site-0001", "circuit_id": "PRI-0001", "hour": NOW}
    levels = levels_for(Data(WithOverride()), UTILIZATION, row)
    assert [(r["scope"], r["severity"], r["level"], r["is_in_force"]) for r in levels] == [
        ("circuit", "high", 85.0, True),
        ("region", "high", 60.0, False),
        ("default", "critical", 90.0, True),
        ("default", "high", 80.0, False),
        ("default", "warning", 70.0, True),
    ]


OVERRIDDEN = """SELECT * FROM dim_policy UNION ALL BY NAME
  SELECT 'utilization_pct' AS metric, 'high' AS severity, 'circuit' AS scope, 'PRI-0001' AS
  scope_name, 85.0 AS level, TIMESTAMP '1970-01-01' AS valid_from UNION ALL BY NAME
  SELECT 'utilization_pct' AS metric, 'high' AS severity, 'region' AS scope, 'East' AS
  scope_name, 60.0 AS level, TIMESTAMP '1970-01-01' AS valid_from UNION ALL BY NAME
  SELECT 'utilization_pct' AS metric, 'high' AS severity, 'region' AS scope, 'West' AS
  scope_name, 50.0 AS level, TIMESTAMP '1970-01-01' AS valid_from"""


def test_the_overview_says_the_month_in_a_sentence(client: TestClient, estate: Estate):
    page = read(client.get("/overview").text)
    sums = one(
        estate,
        "SELECT 100 * sum(up_minutes) / sum(up_minutes + known_down_minutes) AS pct "
        "FROM region_month WHERE month = '2026-02-01'",
    )
    headline = page.by_id("headline").text
    figure = re.match(
        r"In February 2026 the circuits were available ([\d.]+) % of the known", headline
    )
    assert figure is not None
    assert float(figure[1]) == pytest.approx(sums["pct"], abs=0.001)
    regions = [line.all("td")[0].text for line in page.by_id("availability").all("tr")[1:]]
    assert sorted(regions) == ["East", "North & Isles", "South", "West"]


@pytest.mark.parametrize(
    ("months", "columns", "words"),
    [
        pytest.param(1, 1, "; data since February 2026", id="its first month"),
        pytest.param(2, 2, "; data since January 2026", id="its second month"),
        pytest.param(15, 13, "", id="of sixteen months the thirteen newest"),
    ],
)
def test_charts_of_13_months_say_since_when_there_is_data(months: int, columns: int, words: str):
    """Each month has 30 days, back from 8 March 2026; the newest whole month is February."""
    stored = Estate(days=2, months=months)
    app = TestClient(build_app(lambda: stored, clock=lambda: NOW), base_url="http://localhost")
    page = read(app.get("/overview?month=2026-02").text)
    for name, note in (
        ("availability by month", "column: missing to 100 %; figure: availability"),
        ("hours at high load by month", "% of the evaluated circuit-hours"),
    ):
        [chart] = [e for e in page.all("svg") if e.attributes.get("aria-label") == name]
        assert len(chart.all("text", "value")) == columns
        assert len(chart.all("text", "tick")) == 13
        assert note + words in [e.text for e in page.all("span", "dim")]


def test_a_range_and_filters_travel_along(client: TestClient):
    page = read(client.get("/site/site-0002?range=24h&provider=Lumen").text)
    crumbs = page.all("nav", "crumbs")[0].all("a")
    assert {link.attributes["href"].partition("?")[2] for link in crumbs} == {
        "range=24h&provider=Lumen"
    }


def test_tables_that_are_not_published_leave_their_parts_empty():
    missing = frozenset({"circuit_state", "trend", "raw_site_sle", "site_hour", "dim_policy"})
    without = Estate(days=2, months=2, dropped=missing)
    app = TestClient(build_app(lambda: without, clock=lambda: NOW), base_url="http://localhost")
    for address in ("/", "/overview", "/site/site-0002", "/circuit/PRI-0003", "/sle"):
        assert app.get(address).status_code == 200, address
    capacity = read(app.get("/overview").text).by_id("capacity")
    assert "no circuit has enough history yet" in capacity.text


WHY = f"/why/circuit_hour/utilization_pct?circuit_id=PRI-0003&hour={HOUR}"


@pytest.mark.parametrize(
    ("dagster", "links"),
    [
        pytest.param(
            "https://dagster.example.com",
            {
                "/": "https://dagster.example.com/runs/a1",
                WHY: "https://dagster.example.com/assets/circuit_hour",
            },
            id="its address is known",
        ),
        pytest.param("", {"/": None, WHY: None}, id="it is unknown"),
    ],
)
def test_assets_and_failed_runs_lead_to_dagster(dagster: str, links: dict[str, str | None]):
    failed = FailedRun("a1", "live_job", None, NOW, "The token is refused.")
    shown = Estate(collection=Collection(None, None, 1, (failed,)))
    app = build_app(lambda: shown, clock=lambda: NOW, dagster=dagster)
    client = TestClient(app, base_url="http://localhost")
    for path, link in links.items():
        page = read(client.get(path).text)
        box = page.by_id("failed-runs" if path == "/" else "made")
        found = [e.attributes["href"] for e in box.all("a")]
        assert found == ([link] if link else [])
        assert ("live_job" if path == "/" else "circuit_hour") in box.text
