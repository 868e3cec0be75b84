"""Mist's own scores: every site once, as given, from as many pages as there are."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pandas as pd
import pytest

from wan_perf.mist.client.errors import MistPermanentError, MistTransientError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.mist.endpoints.records.site_scores import SiteScore
from wan_perf.mist.endpoints.site_scores import scores, site_scores
from wan_perf.schema.tables import RAW_SITE_SLE
from wan_perf.simulator import Fleet, serve
from wan_perf.simulator.api.sle import site_row
from wan_perf_tests.support.mist.scripted import START, Answer, ScriptedCloud

Script = Callable[..., ScriptedCloud]
ELEVEN = datetime.fromisoformat("2026-03-01T11:00")
NOW = datetime.fromisoformat("2026-03-01T12:00")
HOUR = timedelta(hours=1)


def score(**fields: Any) -> SiteScore:
    return msgspec.convert({"site_id": "s1", **fields}, SiteScore)


def test_a_row_is_what_mist_gave() -> None:
    reported = score(**{"wan-link-health": 0.87, "gateway-health": 1, "num_gateways": 2})
    (row,) = scores([reported], ELEVEN, NOW).to_dict("records")
    known = {name: value for name, value in row.items() if pd.notna(value)}
    assert known == {
        "hour": ELEVEN,
        "site_id": "s1",
        "wan_link_health": 0.87,
        "gateway_health": 1,
        "gateway_count": 2,
        "fetched_at": NOW,
    }


@pytest.mark.parametrize(
    ("given_figures", "health"),
    [
        pytest.param({"application_health": 0.5}, 0.5, id="underscore"),
        pytest.param({"application-health": 0.25}, 0.25, id="hyphen"),
        pytest.param({"application_health": 0, "application-health": 0.25}, 0, id="0 is a score"),
        pytest.param({"application_health": None}, None, id="null is unknown"),
        pytest.param({}, None, id="absent is unknown"),
    ],
)
def test_application_health_has_two_spellings(
    given_figures: dict[str, Any], health: float | None
) -> None:
    (found,) = scores([score(**given_figures)], ELEVEN, NOW)["application_health"]
    assert (None if pd.isna(found) else found) == health


def test_a_site_reported_twice_counts_once() -> None:
    assert len(scores([score(), score(), score(site_id="s2")], ELEVEN, NOW)) == 2


def test_no_sites_give_an_empty_frame_of_the_declared_types() -> None:
    empty, full = scores([], ELEVEN, NOW), scores([score()], ELEVEN, NOW)
    assert list(empty.columns) == list(RAW_SITE_SLE.columns)
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_the_hours_window_is_requested_and_pages_are_counted_by_their_rows(
    scripted: Script,
) -> None:
    """The cloud caps a page at two rows of the three; the third is on the second page."""
    rows = [{"site_id": f"s{n}"} for n in range(3)]
    cloud = scripted(
        Answer({"total": 3, "limit": 2, "page": 1, "results": rows[:2]}),
        Answer({"total": 3, "limit": 2, "page": 2, "results": rows[2:]}),
    )
    frame = site_scores(cloud.session(), ELEVEN, NOW)
    assert frame["site_id"].tolist() == ["s0", "s1", "s2"]
    queries = [parse_qs(urlsplit(uri).query) for uri in cloud.requested]
    assert [query["page"] for query in queries] == [["1"], ["2"]]
    for query in queries:
        window = (query["start"], query["end"], query["sle"], query["limit"])
        assert window == (["1772362800"], ["1772366400"], ["wan"], ["1000"])


def test_rows_that_are_missing_fail_the_hour(scripted: Script) -> None:
    cloud = scripted(
        Answer({"total": 3, "results": [{"site_id": "s1"}]}), Answer({"total": 3, "results": []})
    )
    with pytest.raises(MistTransientError, match="has 3 rows and gives 1"):
        site_scores(cloud.session(), ELEVEN, NOW)


def test_an_answer_without_a_total_is_not_taken_for_all(scripted: Script) -> None:
    cloud = scripted(Answer({"results": [{"site_id": "s1"}]}))
    with pytest.raises(MistPermanentError, match="total"):
        site_scores(cloud.session(), ELEVEN, NOW)


def test_the_scores_of_a_whole_fleet_are_those_of_the_cloud() -> None:
    fleet = Fleet.whole(7, 40, START, START + timedelta(days=1))
    hour = START + 9 * HOUR
    with serve(fleet, now=START + 20 * HOUR) as cloud:
        session = MistSession(
            host="api.mist.com", org_id=cloud.org_id, token=cloud.token, base_url=cloud.url
        )
        found = site_scores(session, hour, NOW).set_index("site_id").astype(object)
    names = {"wan-link-health": "wan_link_health", "gateway-health": "gateway_health"}
    names |= {"application_health": "application_health", "num_gateways": "gateway_count"}
    for site in fleet.sites:
        expected = site_row(fleet, site.site_id, epoch(hour), epoch(hour + HOUR))
        for theirs, ours in names.items():
            stored = found.loc[site.site_id, ours]
            assert (None if pd.isna(stored) else stored) == expected.get(theirs)
    assert len(found) == len(fleet.sites)
    assert (found["wan_link_health"].dropna() < 1).any()
