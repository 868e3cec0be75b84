"""Which low scores are requested, within which budget, and that their causes agree with them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import RealClock
from wan_perf.mist.collect.site_causes import degraded_scores, take_causes
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.mist.endpoints.site_causes import SiteScoreHour
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_SITE_SLE, RAW_SLE_METRIC
from wan_perf.simulator import Fleet, serve
from wan_perf.simulator.api.sle import WAN_LINK, site_row
from wan_perf.simulator.api.sle import impacted_interfaces as impacted
from wan_perf_tests.support.mist.scripted import START, Answer, ScriptedCloud
from wan_perf_tests.unit.mist.test_site_causes import ELEVEN, HOUR, NOW, classifier, trend

Script = Callable[..., ScriptedCloud]


class At(RealClock):
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW


def scored(hour: datetime, **by_site: tuple[float | None, float | None, float | None]) -> Any:
    names = ("wan_link_health", "gateway_health", "application_health")
    return [
        {"hour": hour, "site_id": site, "fetched_at": NOW} | dict(zip(names, values, strict=True))
        for site, values in by_site.items()
    ]


def chosen(scores: Any, requested: Any = (), sites: int = 20) -> list[tuple[int, str, str]]:
    """Hour, site and score that are requested."""
    stored = [
        {"hour": hour, "site_id": site, "sle_metric": f"{metric}_health", "fetched_at": NOW}
        | {"is_answered": is_answered}
        for hour, site, metric, is_answered in requested
    ]
    found = degraded_scores(conform(scores, RAW_SITE_SLE), conform(stored, RAW_SLE_METRIC), sites)
    return [(of.hour.hour, of.site_id, of.sle_metric.removesuffix("_health")) for of in found]


def test_no_degraded_site_is_no_request() -> None:
    scores = scored(ELEVEN, a=(1, 1, 1), b=(0.9, 0.95, None), c=(None, None, None))
    assert chosen(scores) == []


def test_the_newest_hour_comes_first_and_in_it_the_worst_site() -> None:
    scores = scored(ELEVEN - HOUR, a=(0.1, 1, 1))
    scores += scored(ELEVEN, a=(0.89, 1, 1), b=(1, 0.2, None), c=(0.5, 1, 0.4))
    assert chosen(scores) == [
        (11, "b", "gateway"),
        (11, "c", "wan_link"),
        (11, "c", "application"),
        (11, "a", "wan_link"),
        (10, "a", "wan_link"),
    ]


def test_no_more_sites_of_an_hour_than_the_setting_allows() -> None:
    scores = scored(ELEVEN, a=(0.5, 1, 1), b=(0.4, 1, 1), c=(0.3, 0.2, 1))
    assert {site for _, site, _ in chosen(scores, sites=2)} == {"b", "c"}
    assert chosen(scores, sites=0) == []


@pytest.mark.parametrize(
    ("is_answered", "expected"),
    [
        pytest.param(True, [(11, "b", "wan_link")], id="answered: once is enough"),
        pytest.param(False, [(11, "a", "wan_link"), (11, "b", "wan_link")], id="failed: again"),
    ],
)
def test_a_site_is_requested_once_an_hour(is_answered: bool, expected: Any) -> None:
    scores = scored(ELEVEN, a=(0.4, 1, 1), b=(0.5, 1, 1), c=(0.6, 1, 1))
    assert chosen(scores, [(ELEVEN, "a", "wan_link", is_answered)], sites=2) == expected


def test_a_site_that_is_worse_later_takes_no_place_of_those_already_requested() -> None:
    scores = scored(ELEVEN, late=(0.1, 1, 1), a=(0.4, 1, 1), b=(0.5, 1, 1))
    answered = [(ELEVEN, site, "wan_link", True) for site in ("a", "b")]
    assert chosen(scores, answered, sites=2) == []
    assert chosen(scores, answered, sites=3) == [(11, "late", "wan_link")]


@pytest.fixture
def script(scripted: Script) -> Callable[..., MistSession]:
    """A cloud of whose token some calls of the hour are used."""

    def make(used: int, *answers: Answer) -> MistSession:
        usage = Answer({"request_limit": 5000, "requests": used, "seconds": 60})
        return scripted(usage, *answers).session()

    return make


NOTHING = (Answer({"gateways": []}), Answer({"interfaces": []}))


def of_site(name: str) -> SiteScoreHour:
    return SiteScoreHour(ELEVEN, name, "wan_link_health")


def test_calls_that_are_reserved_are_not_spent_and_the_rest_is_left(script) -> None:
    """5,000 calls, 1,000 reserved, 3,996 used: four are left, of which one score takes three."""
    session = script(3996, Answer(trend(classifier("a"))), *NOTHING)
    found = take_causes(session, [of_site("a"), of_site("b")], At(), 1000)
    assert [(row["site_id"], row["is_answered"]) for row in found.metrics] == [("a", True)]
    assert [of.site_id for of in found.left] == ["b"]
    assert "1,000 are reserved for live polls" in found.left[of_site("b")]


@pytest.mark.parametrize(
    ("answers", "without", "is_answered", "rows"),
    [
        pytest.param([Answer(status=404)], 0, False, 0, id="no such site"),
        pytest.param([Answer([])], 0, False, 0, id="another shape"),
        pytest.param(
            [Answer(trend(classifier("a"))), Answer(status=404), NOTHING[1]], 1, True, 1,
            id="no list of gateways: stored without",
        ),
        pytest.param(
            [Answer(trend(classifier("a"))), Answer({"gateways": "x"})], 0, False, 1,
            id="a later answer fails: what was received is stored",
        ),
    ],
)  # fmt: skip
def test_what_fails_is_marked_and_the_next_site_is_requested(
    script,
    monkeypatch: pytest.MonkeyPatch,
    answers: Any,
    without: int,
    is_answered: bool,
    rows: int,
) -> None:
    monkeypatch.setattr("wan_perf.mist.collect.site_causes.AT_ONCE", 1)  # answers come in order
    session = script(0, *answers, Answer(trend(classifier("b"))), *NOTHING)
    found = take_causes(session, [of_site("a"), of_site("b")], At(), 1000)
    first, second = found.metrics
    assert (first["site_id"], first["is_answered"]) == ("a", is_answered)
    assert second["is_answered"]
    assert len(found.left) == (not is_answered)
    assert found.reduced.total() == without
    assert [row["site_id"] for row in found.classifiers] == ["a"] * rows + ["b"]
    for table, frame in found.frames.items():
        assert list(frame.columns) == list(table.columns)


def test_without_a_degraded_site_nothing_is_requested(scripted: Script) -> None:
    cloud = scripted()
    assert take_causes(cloud.session(), [], At(), 1000).metrics == []
    assert cloud.requested == []


def test_the_causes_of_a_whole_fleet_agree_with_its_scores() -> None:
    """Minutes of the classifiers make 1 - score; the ports are those that were bad."""
    fleet = Fleet.whole(7, 40, START, START + timedelta(days=1))
    hours = [START + n * HOUR for n in range(4, 20)]
    rows = {
        (site.site_id, hour): site_row(fleet, site.site_id, epoch(hour), epoch(hour + HOUR))
        for site in fleet.sites
        for hour in hours
    }
    of = [
        SiteScoreHour(hour, site_id, "wan_link_health")
        for (site_id, hour), row in rows.items()
        if row.get(WAN_LINK, 1) < 0.9
    ]
    assert len(of) > 10
    with serve(fleet, now=START + 20 * HOUR) as cloud:
        session = MistSession(
            host="api.mist.com", org_id=cloud.org_id, token=cloud.token, base_url=cloud.url
        )
        found = take_causes(session, of, At(), 0)
    assert (found.left, found.reduced.total(), session.rejections.odd_count) == ({}, 0, 0)
    classifiers, ports = pd.DataFrame(found.classifiers), pd.DataFrame(found.interfaces)
    for row in found.metrics:
        about = [row["site_id"], row["hour"]]
        score = rows[row["site_id"], row["hour"]][WAN_LINK]
        of_hour = classifiers[(classifiers[["site_id", "hour"]] == about).all(axis="columns")]
        minutes = of_hour["degraded_minutes"].sum()
        assert minutes == pytest.approx(row["degraded_minutes"], abs=0.01)
        assert minutes / row["total_minutes"] == pytest.approx(1 - score, abs=1e-4)
        window = epoch(row["hour"]), epoch(row["hour"] + HOUR)
        truth = impacted(fleet, row["site_id"], WAN_LINK, *window)["interfaces"]
        expected = {(one["switch_mac"], one["interface_name"]) for one in truth}
        stored = ports[(ports[["site_id", "hour"]] == about).all(axis="columns")]
        assert set(zip(stored["gateway_mac"], stored["port_id"], strict=True)) == expected
