"""Causes of low scores in live runs and ranges: what is requested, stored, left and repaired."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from wan_perf.cli.planned_requests import planned_requests
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.schema.tables import (
    RAW_PORT_SAMPLE,
    RAW_SITE_SLE,
    RAW_SLE_CLASSIFIER,
    RAW_SLE_GATEWAY,
    RAW_SLE_INTERFACE,
    RAW_SLE_METRIC,
)
from wan_perf.schema.values import DEGRADED_BELOW, SLE_METRICS
from wan_perf.simulator import Fleet
from wan_perf.simulator.api.sle import WAN_LINK, impacted_interfaces, trend
from wan_perf.simulator.incidents import KINDS
from wan_perf_tests.support.graph.cells import IMPACTED, LASTING, TREND
from wan_perf_tests.support.graph.staged import HOUR, START, Collecting, Stage, staged

pytestmark = pytest.mark.proof

MINUTE = timedelta(minutes=1)
NOON = START + 12 * HOUR


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.whole(6, 8, START, START + 24 * HOUR, KINDS - {"api_outage"})


@pytest.fixture
def raw(fleet: Fleet, tmp_path: Path) -> Iterator[Stage]:
    with staged(fleet, tmp_path, now=NOON, kind=Collecting) as stage:
        yield stage


def live(stage: Stage, at: datetime) -> int:
    """One live run; how many scores it requested causes of."""
    stage.cloud.clock.advance_to(at)
    before = stage.cloud.calls().get(TREND, 0)
    stage.runs.collect(None, None)
    return stage.cloud.calls().get(TREND, 0) - before


def low_scores(stage: Stage) -> set[tuple[datetime, str, str]]:
    """Hour, site and name of every stored score that is degraded."""
    return {
        (row["hour"], row["site_id"], name)
        for row in stage.rows(RAW_SITE_SLE).to_dict("records")
        for name in SLE_METRICS
        if row[name] < DEGRADED_BELOW
    }


def requested(stage: Stage) -> set[tuple[datetime, str, str]]:
    rows = stage.rows(RAW_SLE_METRIC)
    return set(rows[["hour", "site_id", "sle_metric"]].itertuples(index=False, name=None))


def test_each_low_score_of_a_closed_hour_is_requested_once(raw: Stage, fleet: Fleet):
    made = [live(raw, NOON + n * MINUTE) for n in (0, 5, 60, 120)]
    assert made[1] == 0
    assert requested(raw) == low_scores(raw)
    assert sum(made) == len(low_scores(raw)) > 5
    calls = raw.cloud.calls()
    assert [calls[path] for path in IMPACTED] == [sum(made)] * 2
    raw.runs.collect(NOON - HOUR, NOON + HOUR)
    assert raw.cloud.calls()[TREND] == calls[TREND]


def test_stored_minutes_and_ports_are_those_of_the_fleet(raw: Stage, fleet: Fleet):
    live(raw, NOON)
    of_links = raw.rows(RAW_SLE_METRIC).query("sle_metric == 'wan_link_health'")
    assert len(of_links)
    classifiers, ports = raw.rows(RAW_SLE_CLASSIFIER), raw.rows(RAW_SLE_INTERFACE)
    for row in of_links.to_dict("records"):
        window = epoch(row["hour"]), epoch(row["hour"] + HOUR)
        body = trend(fleet, row["site_id"], WAN_LINK, *window)
        assert [row["degraded_minutes"]] == body["sle"]["samples"]["degraded"]
        key = ["hour", "site_id", "sle_metric"]
        own = classifiers[(classifiers[key] == [row[name] for name in key]).all(axis="columns")]
        assert dict(zip(own["classifier"], own["degraded_minutes"], strict=True)) == {
            one["name"]: one["samples"]["degraded"][0] for one in body["classifiers"]
        }
        own = ports[(ports[key] == [row[name] for name in key]).all(axis="columns")]
        truth = impacted_interfaces(fleet, row["site_id"], WAN_LINK, *window)["interfaces"]
        assert dict(zip(own["port_id"], own["degraded_minutes"], strict=True)) == {
            one["interface_name"]: one["degraded"] for one in truth
        }
    impacted = raw.rows(RAW_SLE_GATEWAY)
    assert impacted[["gateway_name", "gateway_model", "degraded_minutes"]].notna().all().all()


def test_a_site_that_fails_stops_nothing_and_the_next_hour_has_it(raw: Stage):
    raw.cloud.misbehave(TREND, "403", times=1)
    first = live(raw, NOON)
    assert raw.printed.getvalue().count("Causes of 1 low score are left:") == 1
    rows = raw.rows(RAW_SLE_METRIC)
    assert (first, len(rows)) == (len(low_scores(raw)), first)
    [failed] = rows[~rows["is_answered"]].to_dict("records")
    assert (failed["degraded_minutes"] != failed["degraded_minutes"]) is True  # NaN: unknown
    assert (raw.rows(RAW_PORT_SAMPLE)["pass_at"] == NOON).any()
    assert (raw.rows(RAW_SITE_SLE)["hour"] == NOON - HOUR).any()
    planned = planned_requests(raw.runs, None, None, inventory=False, again=False)
    [calls] = [one.calls for one in planned if one.stage == "causes"]
    assert calls == 3 + 1  # of the one that failed, and for the use of the token
    live(raw, NOON + HOUR)
    assert raw.rows(RAW_SLE_METRIC)["is_answered"].all()


def test_what_was_received_is_stored_though_a_later_answer_fails(raw: Stage):
    raw.cloud.misbehave(IMPACTED[1], "503", times=LASTING * 20)
    live(raw, NOON)
    rows = raw.rows(RAW_SLE_METRIC)
    assert not rows["is_answered"].any()
    assert rows["degraded_minutes"].notna().all()
    assert raw.rows(RAW_SLE_INTERFACE).empty
    assert len(raw.rows(RAW_SLE_GATEWAY)) >= len(rows)


def test_without_a_degraded_site_nothing_is_requested(tmp_path: Path):
    calm = Fleet.seeded(7, 2, START, START + 24 * HOUR, faults=False)
    with staged(calm, tmp_path, now=NOON, kind=Collecting) as stage:
        assert live(stage, NOON) == 0
        assert len(stage.rows(RAW_SITE_SLE)) > 0
        assert stage.rows(RAW_SLE_METRIC).empty


def test_calls_reserved_for_polls_are_not_spent_on_causes(fleet: Fleet, tmp_path: Path):
    """The poll itself uses up what is beside the reserve; the next hour has the causes."""
    with staged(fleet, tmp_path, now=NOON, kind=Collecting, hourly_limit=1030) as stage:
        assert live(stage, NOON) <= 2
        assert "reserved for live polls" in stage.printed.getvalue()
        assert (stage.rows(RAW_PORT_SAMPLE)["pass_at"] == NOON).any()
        before = requested(stage)
        live(stage, NOON + HOUR)
        assert requested(stage) > before


@pytest.mark.parametrize("sites", [0, 1])
def test_no_more_sites_an_hour_than_the_setting_allows(fleet: Fleet, tmp_path: Path, sites: int):
    with staged(fleet, tmp_path, now=NOON, kind=Collecting, WAN_PERF_SLE_SITES=sites) as stage:
        live(stage, NOON)
        live(stage, NOON + HOUR)
        assert len(low_scores(stage)) > 1
        by_hour = stage.rows(RAW_SLE_METRIC).groupby("hour")["site_id"].nunique()
        assert by_hour.max() == 1 if sites else by_hour.empty


def test_causes_of_past_hours_come_with_a_range(raw: Stage):
    raw.runs.collect(NOON - 6 * HOUR, NOON)
    assert requested(raw) == low_scores(raw)
    assert len({hour for hour, _, _ in requested(raw)}) > 2
