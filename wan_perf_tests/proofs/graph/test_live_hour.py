"""What an hour of live runs costs: counted by the simulated cloud, and worked out from cadence."""

import io
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from wan_perf.kpi.state.evidence_window import EVENT_REACH_BACK
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.cadence import ALLOWED_LATENESS, EVERY
from wan_perf.mist.endpoints import catalogue
from wan_perf.simulator import Fleet, serve
from wan_perf_tests.support.graph.staged import Collecting
from wan_perf_tests.support.live_hour import HOUR, START, WARM_UP, live_hour, summary

pytestmark = pytest.mark.proof

OF_STREAM = {
    "stats/devices": "devices",
    "stats/ports/search": "ports",
    "stats/vpn_peers/search": "paths",
}


def test_a_live_hour_is_the_sum_of_what_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Pages of 10 rows: 5 sites have fewer gateways, and ports and ends of paths for several."""
    monkeypatch.setenv("MIST_PAGE_ROWS", "10")
    fleet = Fleet.whole(7, 5, START, START + WARM_UP + 2 * HOUR, ())
    calls = live_hour(fleet, tmp_path, Console(file=io.StringIO()), Collecting)
    ports = sum(len(gateway.ports) for gateway in fleet.gateways)
    pages = {"devices": 1, "ports": -(-ports // 10), "paths": -(-2 * len(fleet.paths) // 10)}
    assert pages["ports"] > 1
    assert pages["paths"] > 1
    expected = {name: HOUR // EVERY[what] * pages[what] for name, what in OF_STREAM.items()}
    assert {name: calls[name] for name in expected} == expected
    assert calls["insights/sites-sle"] == 1 + ALLOWED_LATENESS // HOUR
    assert calls["alarms/search"] == HOUR // EVERY["alarms"]
    of_usage = ("devices", "scores", "alarms")
    assert calls["self/usage"] == sum(HOUR // EVERY[stream] for stream in of_usage)
    assert HOUR // EVERY["events"] <= calls["devices/events/search"]
    others = {"insights/sites-sle", "alarms/search", "self/usage", "devices/events/search"}
    assert set(calls) == {*expected, *others}
    last = summary(calls, 5).splitlines()[-1]
    assert last.strip() == f"{sum(calls.values())}  calls in a live hour of 5 sites"


def test_5000_sites_cost_at_most_750_calls_an_hour():
    """Each endpoint requested once, times how often it is due; events as often as runs read them.

    With the first poll of an hour events of five hours are read, with the others of two at most;
    and once an hour a sensor reads those of a day, for what came late. A tenth of the sites in
    pages of a tenth of the rows are as many pages.
    """
    begin = START + 5 * HOUR
    fleet = Fleet.whole(7, 5000 // 10, START, begin + HOUR, ())
    with serve(fleet, now=begin) as cloud:
        session = MistSession(
            host="api.mist.com",
            org_id=cloud.org_id,
            token=cloud.token,
            base_url=cloud.url,
            page_rows=catalogue.PAGE_ROWS // 10,
        )
        cost: Counter[str] = Counter()
        for endpoint, times in (
            (catalogue.GATEWAYS, HOUR // EVERY["devices"]),
            (catalogue.PATHS, HOUR // EVERY["paths"]),
            (catalogue.PORTS, HOUR // EVERY["ports"]),
            (catalogue.SITE_SCORES, 1 + ALLOWED_LATENESS // HOUR),
        ):
            before = session.calls
            assert sum(1 for _ in session.rows(endpoint)) >= 5000 // 10
            cost[endpoint.path] = (session.calls - before) * times
    assert cost["stats/devices"] >= 12 * 5
    hours_read = 5 + 5 * 2 + EVENT_REACH_BACK // HOUR
    cost["devices/events/search"] = hours_read * 5  # five pages an hour: 5,000 events
    cost["alarms/search"] = 20  # 20,000 alarms in the days that are requested
    cost["self/usage"] = 14
    assert sum(cost.values()) <= 750, cost
