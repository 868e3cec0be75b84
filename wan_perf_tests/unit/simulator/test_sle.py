"""Scores of sites, their classifiers and what was impacted: three answers about the same faults."""

from dataclasses import replace

import pytest

from wan_perf.simulator import Fleet
from wan_perf.simulator.api.sle import (
    CLASSIFIERS,
    METRICS,
    WAN_LINK,
    impacted_gateways,
    impacted_interfaces,
    site_row,
    trend,
)
from wan_perf.simulator.faults import Fault
from wan_perf.simulator.instants import HOUR, epoch, overlap_seconds

SCORES = dict(
    zip(METRICS, ("wan-link-health", "gateway-health", "application_health"), strict=True)
)


@pytest.fixture(scope="module")
def hours(field_fleet: Fleet) -> list[tuple[str, int]]:
    """Every site and hour of the fleet with monitored circuits."""
    first, last = int(epoch(field_fleet.start)), int(epoch(field_fleet.end))
    return [
        (site.site_id, hour)
        for site in field_fleet.sites
        for hour in range(first, last, HOUR)
        if SCORES[WAN_LINK] in site_row(field_fleet, site.site_id, hour, hour + HOUR)
    ]


@pytest.mark.parametrize("metric", METRICS)
def test_the_minutes_of_an_hour_make_its_score_and_the_classifiers_add_up(
    field_fleet: Fleet, hours: list[tuple[str, int]], metric: str
):
    degraded_hours = 0
    for site_id, hour in hours:
        score = site_row(field_fleet, site_id, hour, hour + HOUR)[SCORES[metric]]
        body = trend(field_fleet, site_id, metric, hour, hour + HOUR)
        samples = body["sle"]["samples"]
        [bad], [total] = samples["degraded"], samples["total"]
        assert bad / total == pytest.approx(1 - score, abs=1e-4)
        causes = {c["name"]: c["samples"]["degraded"][0] for c in body["classifiers"]}
        assert tuple(causes) == CLASSIFIERS[metric]
        assert sum(causes.values()) == pytest.approx(bad, abs=0.01)
        degraded_hours += bad > 0
    assert degraded_hours > 0


def test_impacted_interfaces_are_the_ports_that_were_bad(
    field_fleet: Fleet, hours: list[tuple[str, int]]
):
    found = 0
    for site_id, hour in hours:
        rows = impacted_interfaces(field_fleet, site_id, WAN_LINK, hour, hour + HOUR)["interfaces"]
        bad = trend(field_fleet, site_id, WAN_LINK, hour, hour + HOUR)["sle"]["samples"]["degraded"]
        assert sum(row["degraded"] for row in rows) == pytest.approx(bad[0], abs=0.01)
        for row in rows:
            life = field_fleet.life_of[row["switch_mac"], row["interface_name"]]
            faults = (life.link_down, life.arp_dead, life.dhcp_dead)
            quality = tuple((fault.start, fault.end) for fault in life.quality)
            seconds = [overlap_seconds(part, hour, hour + HOUR) for part in (*faults, quality)]
            assert max(seconds) / 60 - 0.01 <= row["degraded"] <= sum(seconds) / 60 + 0.01
            found += 1
    assert found > 0


@pytest.mark.parametrize("metric", METRICS)
def test_impacted_gateways_are_of_the_site_and_only_where_it_is_degraded(
    field_fleet: Fleet, hours: list[tuple[str, int]], metric: str
):
    found = 0
    for site_id, hour in hours:
        rows = impacted_gateways(field_fleet, site_id, metric, hour, hour + HOUR)["gateways"]
        bad = trend(field_fleet, site_id, metric, hour, hour + HOUR)["sle"]["samples"]["degraded"]
        assert bool(rows) == (bad[0] > 0)
        macs = {gateway.mac for gateway in field_fleet.gateways_at[site_id]}
        assert {row["gateway_mac"] for row in rows} <= macs
        assert all(row["degraded"] <= row["total"] for row in rows)
        found += len(rows)
    assert found > 0


def test_a_classifier_limits_what_is_impacted(field_fleet: Fleet, hours: list[tuple[str, int]]):
    by_name = dict.fromkeys(CLASSIFIERS[WAN_LINK], 0.0)
    whole = 0.0
    for site_id, hour in hours:
        about = (field_fleet, site_id, WAN_LINK, hour, hour + HOUR)
        whole += sum(row["degraded"] for row in impacted_interfaces(*about)["interfaces"])
        for name in by_name:
            rows = impacted_interfaces(*about, name)["interfaces"]
            by_name[name] += sum(row["degraded"] for row in rows)
    assert sum(by_name.values()) == pytest.approx(whole, abs=1)
    assert sum(minutes > 0 for minutes in by_name.values()) > 1
    assert impacted_interfaces(*about, "no-such-cause")["interfaces"] == []


def test_of_two_causes_at_an_instant_the_first_counts(field_fleet: Fleet):
    """A link that is down from 0 to 100 s, and lossy from 50 to 150 s."""
    life = next(iter(field_fleet.life_of.values()))
    lossy = Fault(50, 150, "quality", detail="loss")
    both = replace(life, link_down=((0, 100),), arp_dead=(), dhcp_dead=(), quality=(lossy,))
    assert both.degraded_by == (((0, 100),), (), (), ((100, 150),), (), ())
