"""Now: what stands on the first screen equals what the tables hold."""

import re
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from wan_perf.published.collection import Collection, FailedRun
from wan_perf.published.running import Run
from wan_perf.web import build_app
from wan_perf_tests.support.web.estate import NOW, Estate
from wan_perf_tests.support.web.reading import Element, figures, read


@pytest.fixture(scope="module")
def page(client: TestClient) -> Element:
    return read(client.get("/").text)


@pytest.mark.parametrize(
    ("tile", "value", "words"),
    [
        pytest.param("dark", "2", "of 6 sites 1 of them unreachable", id="dark and unreachable"),
        pytest.param("down", "3", "of 12 circuits 2 unknown, not counted", id="down"),
        pytest.param("backup", "1", "of 6 sites longest 2 h 45 min", id="on backup since 11:40"),
        pytest.param("load", "1", "of 11 measured high or worse 1", id="one has no contract"),
    ],
)
def test_a_tile_has_its_count_and_of_how_many(page: Element, tile: str, value: str, words: str):
    shown = page.by_id(f"tile-{tile}")
    assert shown.all("b")[0].text == value
    assert words in shown.text


def test_a_tile_compares_the_last_closed_hour_with_that_of_the_week_before(page: Element):
    # At 13:00 both circuits of site 1 and the primary of site 2 were down, a week before none.
    assert "closed hour +3 on last week" in page.by_id("tile-down").text


def test_alerts_are_grouped_by_site_the_worst_first(page: Element, estate: Estate):
    severities = [e.text for e in page.by_id("alerts").all(css="state")]
    assert severities == sorted(severities, key=["critical", "high", "warning"].index)
    counted = estate.query("SELECT count(*) AS n FROM active_alert")[0]["n"]
    assert len(severities) == counted > 3
    assert "site dark: 2 circuits" in page.by_id("alerts").text


def test_gateways_are_counted_by_connection_and_version(page: Element, estate: Estate):
    """Site 4 sends no telemetry; the status of site 5's gateway is unknown, so it is neither."""
    facts = figures(page, "fleet")
    names = ("Gateways connected", "not connected", "connection unknown", "software versions")
    assert [facts[name] for name in names] == ["4", "1", "1", "2"]
    rows = estate.query("SELECT is_connected FROM raw_gateway_status ORDER BY is_connected")
    assert [row["is_connected"] for row in rows] == [False, *[True] * 4, None]


def test_open_alarms_are_counted_with_the_critical_ones(page: Element):
    """Of three one is resolved, and one that was open is no longer reported."""
    facts = figures(page, "fleet")
    assert (facts["Mist alarms open"], facts["critical"]) == ("1", "1")


def test_a_late_poll_is_stale_and_said_so(estate: Estate):
    app = build_app(lambda: estate, clock=lambda: NOW + timedelta(hours=2))
    page = read(TestClient(app, base_url="http://localhost").get("/").text)
    assert "stale: newest poll" in page.by_id("trust").text


def test_a_finished_demonstration_is_simulated_and_not_stale():
    found = Estate(collection=Collection(is_simulated=True))
    app = build_app(lambda: found, clock=lambda: NOW + timedelta(days=2))
    bar = read(TestClient(app, base_url="http://localhost").get("/").text).by_id("trust")
    [pill] = [e for e in bar.all("span", "pill") if "as of" in e.text]
    assert pill.text == "simulated, as of 08 Mar 14:25"
    assert pill.attributes["class"] == "pill"
    assert "stale" not in bar.text


def test_an_empty_warehouse_says_what_to_run():
    empty = Estate(days=2, months=1, dropped=frozenset({"current_state", "circuit_hour"}))
    app = build_app(lambda: empty, clock=lambda: datetime(2026, 3, 8))
    text = TestClient(app, base_url="http://localhost").get("/").text
    assert "Nothing is collected yet" in text
    assert "wan-perf collect" in text


def test_on_backup_ranks_primaries_by_the_minutes_of_24_hours(client: TestClient, estate: Estate):
    """Site 2 is on backup since 11:40: 20 minutes, two hours, and 25 of the newest hour."""
    expected = estate.query(
        "SELECT site_id, sum(on_backup_minutes) AS minutes FROM site_hour "
        "WHERE hour > TIMESTAMP '2026-03-07 14:00' GROUP BY site_id HAVING minutes > 0"
    )
    assert expected == [{"site_id": "site-0002", "minutes": 165.0}]
    [row] = read(client.get("/?top=backup").text).by_id("top").all("tbody")[0].all("tr")
    assert "Store 0002" in row.text
    assert "wan0" in row.text
    assert "2 h 45 min" in row.text


@pytest.mark.parametrize(
    ("address", "card", "unknown"),
    [
        pytest.param("/", "alerts-card", "Unknown: no live poll is stored.", id="Now: alerts"),
        pytest.param("/", "top", "Unknown: no live poll is stored.", id="Now: offenders"),
        pytest.param("/region/East", "alerts", "Unknown: no live poll is stored.", id="a region"),
    ],
)
def test_without_a_poll_it_is_unknown_what_is_wrong(address: str, card: str, unknown: str):
    imported = Estate(days=2, months=1, dropped=frozenset({"current_state", "active_alert"}))
    client = TestClient(build_app(lambda: imported, clock=lambda: NOW), base_url="http://localhost")
    part = read(client.get(address).text).by_id(card).text
    assert unknown in part
    assert not re.search(r"\b0 (open|critical|high|warning)|No open alerts|stands out", part)


FAILED = FailedRun("a1", "live_job", None, NOW - timedelta(minutes=65), "The token is refused.")


def shown(collection: Collection) -> Element:
    """The first page of a copy that says so of collecting."""
    found = Estate(collection=collection)
    app = build_app(lambda: found, clock=lambda: NOW)
    return read(TestClient(app, base_url="http://localhost").get("/").text)


def test_calls_left_and_failed_runs_stand_in_the_bar_and_the_reasons_below():
    page = shown(Collection(4321, NOW, 2, (FAILED,)))
    bar = page.by_id("trust")
    assert "calls left 4,321" in bar.text
    link = next(e for e in bar.all("a") if "failed" in e.text)
    assert (link.text, link.attributes["href"]) == ("2 failed runs, 24 h", "/#failed-runs")
    [row] = page.by_id("failed-runs").all("tbody")[0].all("tr")
    assert [cell.text for cell in row.all("td")] == [
        "2026-03-08 13:20",
        "live_job",
        "",
        "The token is refused.",
    ]


LIVE_RUN = Run("a1", "live_job", "live", None, NOW - timedelta(minutes=1))
RANGE_RUN = Run("b2", "hourly_job", "history", "2026-03-01-00:00 to 2026-03-07-23:00", NOW)


def test_runs_in_progress_stand_in_the_bar_until_they_end_whatever_was_published():
    found = Estate(runs=(LIVE_RUN, RANGE_RUN))
    client = TestClient(build_app(lambda: found, clock=lambda: NOW), base_url="http://localhost")
    page = read(client.get("/").text)
    pill = page.by_id("running")
    assert pill.text == "running: live_job and 1 more"
    assert pill.attributes["title"].split(". ") == [
        "live_job, since 2026-03-08 14:24 UTC",
        "hourly_job of 2026-03-01-00:00 to 2026-03-07-23:00, since 2026-03-08 14:25 UTC",
        "",
    ]
    assert figures(page, "fleet")["Runs in progress"] == "2"
    found.runs = ()
    page = read(client.get("/").text)
    assert "running" not in page.by_id("trust").text
    assert figures(page, "fleet")["Runs in progress"] == "0"


@pytest.mark.parametrize(
    ("left", "at", "words"),
    [
        pytest.param(299, NOW, "calls left 299", id="few"),
        pytest.param(0, NOW, "calls left 0", id="none"),
        pytest.param(4000, NOW - timedelta(hours=1), "", id="those of another hour are over"),
        pytest.param(None, None, "", id="unknown"),
    ],
)
def test_calls_left_are_those_of_the_hour(left: int | None, at: datetime | None, words: str):
    bar = shown(Collection(left, at, 0)).by_id("trust")
    pills = [e for e in bar.all("span", "pill") if "calls" in e.text]
    assert [pill.text for pill in pills] == ([words] if words else [])
    assert all("warning" in pill.attributes["class"] for pill in pills)
    assert "failed" not in bar.text
