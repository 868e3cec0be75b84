"""The fact as a whole: who has a row, its figures, its severity."""

from datetime import datetime
from typing import Any

import pytest

from wan_perf.policy.thresholds import Override
from wan_perf_tests.support.kpi.engine import circuit_hour_query
from wan_perf_tests.support.kpi.estate import carried, circuit, hours, policy, site, tables
from wan_perf_tests.support.kpi.rows import HOUR, H, Row, at, event, path, sample

MBIT_MINUTE = 7_500_000
"""Bytes that 1 Mbit/s carries in a minute."""


def facts(**given: Any) -> list[Row]:
    found = circuit_hour_query().rows(**tables(**given))
    return sorted(found, key=lambda row: (row["hour"], row["circuit_id"]))


def used(pct: float, **more: Any) -> list[Row]:
    """Samples of ten minutes in which 8 Mbit/s are used so much."""
    whole = int(8 * 10 * MBIT_MINUTE * pct / 100)
    return [sample("10:00", 0, 0), sample("10:10", whole, more.get("tx", whole // 2))]


def test_a_circuit_without_telemetry_has_a_row_of_unknown():
    [row] = facts()
    assert (row["up_minutes"], row["known_down_minutes"], row["unknown_minutes"]) == (0, 0, 60)
    assert (row["down_minutes"], row["status_hourly"]) == (60, "Unknown")
    unknown = ("rx_bytes", "tx_bytes", "utilization_pct", "utilization_severity", "source")
    assert [row[name] for name in (*unknown, "availability_pct")] == [None] * 6
    assert (row["observed_minutes"], row["sample_count"], row["flap_count"]) == (0, 0, 0)


def test_figures_of_an_hour():
    """Up to 10:15, down to the end; 4 of 8 Mbit/s for ten minutes."""
    [row] = facts(raw_port_sample=used(50), raw_gateway_event=[event("10:15", "down")])
    assert row["utilization_pct"] == 50
    assert (row["up_minutes"], row["known_down_minutes"], row["unknown_minutes"]) == (15, 45, 0)
    assert (row["availability_pct"], row["status_hourly"], row["flap_count"]) == (25, "Up", 1)
    assert (row["observed_minutes"], row["source"], row["sample_count"]) == (10, "samples", 2)
    assert row["is_trading_hour"] is True


@pytest.mark.parametrize(
    ("back", "latency"),
    [
        pytest.param("11:10", (None, None, 0, None), id="down throughout: no latency"),
        pytest.param("10:50", (20, "samples", 2, 20), id="up for a part"),
    ],
)
def test_an_hour_that_is_down_throughout_has_no_latency(back: str, latency: tuple[Any, ...]):
    """The port goes down at 9:50; its paths answer all the same, as a stale row of the cloud."""
    [row] = facts(
        raw_gateway_event=[event("09:50", "down"), event(back, "up")],
        raw_path_sample=[path(clock, latency_ms=20.0) for clock in ("10:10", "10:20")],
    )
    names = ("latency_avg_ms", "quality_source", "quality_sample_count", "latency_max_ms")
    assert tuple(row[name] for name in names) == latency


HALF = HOUR + H / 2


@pytest.mark.parametrize(
    ("first", "second", "down", "up", "pct"),
    [
        pytest.param((8.0, None), (16.0, None), 12.0, None, 50, id="half the hour each"),
        pytest.param((8.0, 4.0), (16.0, None), 12.0, 10.0, 50, id="one figure is both directions"),
        pytest.param((None, None), (16.0, None), None, None, None, id="unknown for a part"),
    ],
)
def test_a_bandwidth_that_changes_within_the_hour_is_weighted_by_time(first, second, down, up, pct):
    circuits = [
        circuit(bandwidth_mbps=first[0], bandwidth_up_mbps=first[1], valid_to=HALF),
        circuit(bandwidth_mbps=second[0], bandwidth_up_mbps=second[1], valid_from=HALF),
    ]
    load = [sample("10:00", 0, 0), sample("10:10", 6 * 10 * MBIT_MINUTE, 0)]
    [row] = facts(dim_circuit=circuits, raw_port_sample=load)
    assert (row["bandwidth_mbps"], row["bandwidth_up_mbps"]) == (down, up)
    assert row["utilization_pct"] == pct


def test_known_to_be_down_all_hour_is_down():
    [row] = facts(raw_gateway_event=[event("09:00", "down")])
    assert (row["status_hourly"], row["availability_pct"], row["down_minutes"]) == ("Down", 0, 60)


def test_unknown_in_part_and_down_in_part_is_down_with_its_unknown_beside():
    [row] = facts(raw_gateway_event=[event("-1 10:20", "down")])
    assert (row["status_hourly"], row["known_down_minutes"]) == ("Down", 20)
    assert (row["unknown_minutes"], row["availability_pct"]) == (40, 0)


@pytest.mark.parametrize(
    ("bandwidth", "samples", "expected"),
    [
        pytest.param({"bandwidth_mbps": None}, used(50), None, id="no bandwidth"),
        pytest.param({"bandwidth_mbps": 0.0}, used(50), None, id="no capacity"),
        pytest.param({}, used(50), 50, id="one figure: the busier direction"),
        pytest.param({"bandwidth_up_mbps": 2.0}, used(50), 100, id="two figures: each its own"),
        pytest.param({"bandwidth_up_mbps": 80.0}, used(50), 50, id="two figures: download wins"),
        pytest.param({}, used(250), 250, id="above 100 stands"),
        pytest.param({}, [], None, id="nothing observed"),
        pytest.param({}, used(0), 0, id="observed and idle is 0"),
    ],
)
def test_utilization(bandwidth, samples, expected):
    [row] = facts(dim_circuit=[circuit(**bandwidth)], raw_port_sample=samples)
    assert row["utilization_pct"] == expected
    assert (row["rx_bytes"] is None) == (samples == [])


@pytest.mark.parametrize(
    ("pct", "severity"),
    [
        pytest.param(69.99, "normal", id="below all"),
        pytest.param(70, "warning", id="at the level counts"),
        pytest.param(79.99, "warning", id="below high"),
        pytest.param(80, "high", id="at high"),
        pytest.param(90, "critical", id="at critical"),
        pytest.param(300, "critical", id="far above"),
    ],
)
def test_severity_of_the_default_levels(pct, severity):
    [row] = facts(raw_port_sample=used(pct))
    assert row["utilization_severity"] == severity


def override(first: float, **scope: Any) -> Override:
    levels = {"warning": first, "high": first + 1, "critical": first + 2}
    return Override(metric="utilization_pct", **levels, **scope)


def only(**levels_and_scope: Any) -> Override:
    """One level or two of somebody; the others come from the next wider scope."""
    return Override(metric="utilization_pct", **levels_and_scope)


@pytest.mark.parametrize(
    ("overrides", "severity"),
    [
        pytest.param([override(51, region="West")], "normal", id="region instead of default"),
        pytest.param([override(50, region="West")], "warning", id="at the region's level"),
        pytest.param([override(50, region="East")], "normal", id="another region"),
        pytest.param(
            [override(40, region="West"), override(60, store_type="Express")],
            "normal",
            id="store type before region",
        ),
        pytest.param(
            [override(60, store_type="Express"), override(49, site="S1")],
            "high",
            id="site before store type",
        ),
        pytest.param(
            [override(60, site="S1"), override(48, circuit="C1")],
            "critical",
            id="circuit before site",
        ),
        pytest.param(
            [override(60, region="West"), override(49, site="STORE 1")],
            "high",
            id="a site by its name",
        ),
        pytest.param([only(region="West", warning=50)], "warning", id="one level of the region"),
        pytest.param(
            [override(40, region="West"), only(site="S1", critical=52, high=50.5)],
            "warning",
            id="two levels of the site, the first of its region",
        ),
        pytest.param(
            [override(50, **{"from": HOUR})], "warning", id="a new default from this hour on"
        ),
        pytest.param(
            [override(50, **{"from": HOUR + H})], "normal", id="a new default from the next hour on"
        ),
        pytest.param(
            [override(40, region="West"), override(60, region="West", **{"from": HOUR - H})],
            "normal",
            id="the newer of two dates",
        ),
    ],
)
def test_the_narrowest_level_in_force_decides(overrides, severity):
    [row] = facts(raw_port_sample=used(50), dim_policy=policy(*overrides))
    assert row["utilization_severity"] == severity


def test_without_a_level_no_severity_is_claimed():
    [row] = facts(raw_port_sample=used(50), dim_policy=[])
    assert row["utilization_severity"] is None


HALF_PAST = at("10:30")


@pytest.mark.parametrize(
    ("circuits", "rows"),
    [
        pytest.param([circuit(valid_from=HALF_PAST)], ["C1"], id="appears within the hour"),
        pytest.param([circuit(valid_from=HOUR + H)], [], id="appears at its end"),
        pytest.param([circuit(valid_to=HALF_PAST)], [], id="vanishes within the hour"),
        pytest.param([circuit(valid_to=HOUR + H)], ["C1"], id="vanishes at its end"),
        pytest.param([circuit(is_disabled=True)], [], id="switched off"),
        pytest.param([circuit(is_disabled=None)], ["C1"], id="not known to be switched off"),
        pytest.param([circuit(), circuit("C2")], ["C1", "C2"], id="a contract without a gateway"),
        pytest.param(
            [circuit(valid_to=HALF_PAST), circuit(valid_from=HALF_PAST, bandwidth_mbps=9.0)],
            ["C1"],
            id="a changed contract is one row",
        ),
    ],
)
def test_who_has_a_row(circuits, rows):
    assert [row["circuit_id"] for row in facts(dim_circuit=circuits)] == rows


def test_a_site_without_a_time_zone_has_rows_and_no_trading_hours():
    [row] = facts(dim_site=[site(time_zone=None)], raw_port_sample=used(50))
    assert (row["utilization_pct"], row["is_trading_hour"]) == (50, None)


def test_a_circuit_that_moved_to_a_new_gateway_is_measured_there():
    """Both gateways carry it in this hour: ten minutes each. The row names the one at its end."""
    ports = [
        carried(valid_to=HALF_PAST),
        carried(gateway="0000000000bb", valid_from=HALF_PAST),
    ]
    new = [sample("10:40", 0, gateway="0000000000bb"), sample("10:50", 7, gateway="0000000000bb")]
    [row] = facts(circuit_port=ports, raw_port_sample=[*used(50), *new])
    assert (row["gateway_mac"], row["rx_bytes"]) == ("0000000000bb", 300_000_000 + 7)
    assert (row["observed_minutes"], row["utilization_pct"]) == (20, 25)
    assert (row["up_minutes"], row["unknown_minutes"]) == (20, 40)


def test_hours_of_a_mid_day_appearance():
    appears = datetime(2026, 3, 10, 12, 30)
    rows = facts(dim_circuit=[circuit(valid_from=appears)], dim_hour=hours(count=5))
    assert [row["hour"].hour for row in rows] == [12, 13, 14]
