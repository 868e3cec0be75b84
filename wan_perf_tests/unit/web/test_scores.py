"""Mist's own scores: beside our figures, by period, and how fresh they are."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from wan_perf.web import build_app
from wan_perf_tests.support.web.estate import NOW, Estate
from wan_perf_tests.support.web.reading import read


def findings(client: TestClient) -> list[tuple[str, str]]:
    """Site and finding of each line of the page of scores."""
    table = read(client.get("/sle").text).by_id("disagreements")
    rows = [[c.text for c in line.all("td")] for line in table.all("tr")[1:]]
    return [(row[0], row[-1]) for row in rows]


def client_of(estate: Estate) -> TestClient:
    app = build_app(lambda: estate, clock=lambda: NOW)
    return TestClient(app, base_url="http://localhost")


def test_disagreements_come_first_and_disconnected_sites_last(client: TestClient):
    # Site 5's gateway scores 71 and all is well; site 4 is without telemetry since 12:30.
    found = findings(client)
    assert found[0] == ("Store 0005", "Mist's score is low, we see nothing wrong")
    assert found[-1] == ("Store 0004", "gateway disconnected")
    assert {finding for _, finding in found[1:-1]} == {"agree"}
    assert "2 under 90 %" not in client.get("/sle").text


def test_a_good_score_of_a_site_in_trouble_is_a_disagreement():
    # Nothing says that site 4's gateway is disconnected: it scores 95 and above and is unreachable.
    unknown = Estate(days=2, months=2, dropped=frozenset({"raw_gateway_status"}))
    assert findings(client_of(unknown))[:2] == [
        ("Store 0005", "Mist's score is low, we see nothing wrong"),
        ("Store 0004", "Mist's score is good, we see trouble"),
    ]


@pytest.mark.parametrize(
    ("by", "periods", "first"),
    [
        # The newest day has the hours 00:00 to 13:00: that of 14:00 is in progress.
        ("day", 14, ["2026-03-08", "14", "0", "0", "100", "0", "62", "0"]),
        ("week", 3, ["2026-03-02", "158", "0", "0", "100", "0", "62", "0"]),
        ("month", 2, ["2026-03", "182", "0", "0", "100", "0", "62", "0"]),
    ],
)
def test_hours_of_a_site_are_counted_by_level_and_period(
    client: TestClient, by: str, periods: int, first: list[str]
):
    page = read(client.get(f"/site/site-0001?by={by}").text)
    lines = page.by_id("score-periods").all("tr")[1:]
    assert len(lines) == periods
    assert [cell.text for cell in lines[0].all("td")] == first


def test_hours_of_all_sites_are_counted_by_level(client: TestClient):
    page = read(client.get("/sle?by=day").text)
    newest = page.by_id("score-periods").all("tr")[1]
    # 14 hours of six sites, of which three score 62 and three 97.
    assert [c.text for c in newest.all("td")] == [
        *("2026-03-08", "84", "50", "0", "50", "0", "62", "0")
    ]


def test_a_length_of_periods_that_does_not_exist_is_refused(client: TestClient):
    answer = client.get("/sle?by=year")
    assert answer.status_code == 400
    assert "by is one of day, week, month; “year” is not." in answer.text


def test_how_fresh_scores_are_stands_in_the_bar(client: TestClient):
    assert "scores to 08 Mar 14:00" in read(client.get("/").text).by_id("trust").text


def test_scores_that_end_hours_before_our_figures_are_late():
    late = Estate(days=2, months=2)
    late.connection.execute(
        "DELETE FROM raw_site_sle WHERE hour >= ?", [NOW.replace(minute=0) - timedelta(hours=4)]
    )
    bar = read(client_of(late).get("/").text).by_id("trust").text
    assert "late: scores to 08 Mar 10:00" in bar


def test_without_scores_the_bar_does_not_mention_them():
    without = Estate(days=2, months=2, dropped=frozenset({"raw_site_sle"}))
    assert "scores" not in read(client_of(without).get("/").text).by_id("trust").text


@pytest.mark.parametrize(
    ("score", "shares"),
    [
        pytest.param(0.95, ["100", "0", "0", "0"], id="95 is 95 or more"),
        pytest.param(0.8, ["0", "100", "0", "0"], id="80 is of 80 to 95"),
        pytest.param(0.6, ["0", "0", "100", "0"], id="60 is of 60 to 80"),
        pytest.param(0.0, ["0", "0", "0", "100"], id="nothing is under 60"),
        pytest.param(1.0, ["100", "0", "0", "0"], id="all is 95 or more"),
    ],
)
def test_a_score_at_a_level_counts_as_above(score: float, shares: list[str]):
    at_level = Estate(sites=1, days=2, months=2)
    at_level.connection.execute("UPDATE raw_site_sle SET wan_link_health = ?", [score])
    page = read(client_of(at_level).get("/sle?by=month").text)
    newest = page.by_id("score-periods").all("tr")[1]
    assert [cell.text for cell in newest.all("td")][2:6] == shares
