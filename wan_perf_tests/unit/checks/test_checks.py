"""Checks: each with rows that are sound, and with one that it must name, on both engines."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from wan_perf.checks import CHECKS, Check
from wan_perf.checks.orphans import ORPHAN_HOURS, ORPHAN_PORTS, UNKNOWN_EVENTS, UNKNOWN_PORTS
from wan_perf.checks.policy import RISING, UNKNOWN_ZONES, UNMATCHED
from wan_perf.checks.telemetry import NO_TELEMETRY, SKEWED_PATHS, SKEWED_SAMPLES, UNKNOWN_SHARE
from wan_perf.policy.thresholds import Override, Policy
from wan_perf.warehouse import DuckDBWarehouse, Warehouse
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.estate import EVER, carried, circuit, hours, policy, site
from wan_perf_tests.support.kpi.rows import GATEWAY, HOUR, H, Row, at, event, past, path, sample
from wan_perf_tests.support.warehouse.snowflake import in_process, stand_in

# The stand-in copies every answer, and DuckDB warns of it.
pytestmark = pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning")


def stored(circuit_id: str = "C1", unknown: float = 0.0, **more: Any) -> Row:
    base = {"hour": HOUR, "circuit_id": circuit_id, "site_id": "S1"}
    return {**base, "unknown_minutes": unknown, **more}


HIGH = Override(metric="loss_pct", site=" STORE  1", high=0.7)
SOUND: dict[str, list[Row]] = {
    "dim_site": [site()],
    "dim_circuit": [circuit()],
    "circuit_port": [carried()],
    "dim_hour": hours(),
    "dim_policy": policy(HIGH),
    "circuit_hour": [stored()],
    "raw_port_sample": [sample("10:05", polled="10:05")],
    "raw_path_sample": [path("10:05", polled="10:05")],
    "raw_gateway_event": [event("10:05", "arp_unresolved")],
}
OTHER = "ge-0/0/9"
HALF = [stored(unknown=30.0)]


@cache
def query(check: Check) -> Query:
    tables = {table.name: unbound(table) for table in (check.of, *check.beside)}
    return Query(check.offending(tables, Policy()))


def offending(check: Check, **given: list[Row]) -> list[Row]:
    return query(check).rows(**(SOUND | given))


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: f"{c.of.name}-{c.name}")
def test_sound_rows_offend_nobody(check: Check):
    assert offending(check) == []


@pytest.mark.parametrize(
    ("check", "given", "named"),
    [
        pytest.param(
            ORPHAN_HOURS, {"dim_circuit": []}, {"lacks": "dim_circuit"}, id="no such circuit"
        ),
        pytest.param(
            ORPHAN_HOURS,
            {"dim_site": [site(valid_to=HOUR)]},
            {"lacks": "dim_site", "site_id": "S1"},
            id="a site that ended as the hour began",
        ),
        pytest.param(
            ORPHAN_PORTS,
            {"dim_circuit": [circuit("C2")]},
            {"circuit_id": "C1", "valid_from": EVER},
            id="a port of no circuit",
        ),
        pytest.param(
            ORPHAN_PORTS,
            {"dim_circuit": [circuit(valid_to=HOUR)], "circuit_port": [carried(valid_from=HOUR)]},
            {"circuit_id": "C1", "valid_from": HOUR},
            id="a port held when the circuit was over",
        ),
        pytest.param(
            UNKNOWN_PORTS,
            {"raw_port_sample": [sample("10:05", port=OTHER), sample("10:10", port=OTHER)]},
            {"port_id": OTHER, "source": "raw_port_sample", "rows": 2, "last_at": at("10:10")},
            id="a port that is up and of no circuit",
        ),
        pytest.param(
            UNKNOWN_PORTS,
            {"raw_path_sample": [path("10:05", port=OTHER)]},
            {"port_id": OTHER, "source": "raw_path_sample", "rows": 1},
            id="a path of an unknown port",
        ),
        pytest.param(
            UNKNOWN_EVENTS,
            {"raw_gateway_event": [event("10:05", "arp_unresolved", port=OTHER)]},
            {"port_id": OTHER, "hour": HOUR, "rows": 1},
            id="a provider's event of an unknown port",
        ),
        pytest.param(
            NO_TELEMETRY,
            {"raw_port_sample": [], "raw_path_sample": [], "raw_gateway_event": []},
            {"circuit_id": "C1", "hour": HOUR},
            id="no telemetry",
        ),
        pytest.param(
            NO_TELEMETRY,
            {
                "raw_port_sample": [sample("9:05", polled="10:05")],
                "raw_path_sample": [],
                "raw_gateway_event": [
                    {**event("10:05", "gateway_disconnected"), "port_id": None},
                ],
            },
            {"circuit_id": "C1"},
            id="old statistics repeated, and a report that the gateway is lost",
        ),
        pytest.param(
            NO_TELEMETRY,
            {"circuit_hour": [stored(), stored(hour=HOUR + H)]},
            {"circuit_id": "C1", "hour": HOUR + H},
            id="telemetry in an hour that is not the newest",
        ),
        pytest.param(
            UNKNOWN_SHARE,
            {"circuit_hour": [*HALF, stored("C2")], "raw_port_sample": [sample("11:00")]},
            {"circuit_id": "C1", "unknown_minutes": 30.0, "share_of_all_pct": 25.0},
            id="30 of 120 minutes",
        ),
        pytest.param(
            UNKNOWN_SHARE,
            {"circuit_hour": HALF, "raw_port_sample": []},
            {"circuit_id": "C1", "share_of_all_pct": 50.0},
            id="an hour without passes is judged",
        ),
        pytest.param(
            SKEWED_SAMPLES,
            {"raw_port_sample": [sample("10:10:01", polled="10:05")]},
            {"gateway_mac": GATEWAY, "rows": 1, "most_ahead_s": 301},
            id="a second over 5 minutes ahead",
        ),
        pytest.param(
            UNMATCHED,
            {"dim_policy": policy(HIGH.model_copy(update={"site": "Store 2"}))},
            {"scope": "site", "scope_name": "Store 2", "metric": "loss_pct"},
            id="an override of no site",
        ),
        pytest.param(
            UNKNOWN_ZONES,
            {"dim_site": [site(time_zone="Mars/Phobos")]},
            {"site_id": "S1", "time_zone": "Mars/Phobos"},
            id="no IANA time zone",
        ),
        pytest.param(
            UNKNOWN_ZONES,
            {"dim_site": [site(time_zone=None)]},
            {"site_id": "S1", "time_zone": None},
            id="no time zone",
        ),
        pytest.param(
            RISING,
            {
                "circuit_hour": [
                    stored(hour=HOUR + n * H, loss_warning_level_pct=0.6, loss_high_level_pct=0.5)
                    for n in range(2)
                ]
            },
            {"circuit_id": "C1", "first_hour": HOUR},
            id="levels of two scopes that do not rise together",
        ),
        pytest.param(
            SKEWED_PATHS,
            {"raw_path_sample": [path("10:04:59", polled="10:25")]},
            {"gateway_mac": GATEWAY, "least_ahead_s": -1201},
            id="a second over 20 minutes behind",
        ),
    ],
)
def test_the_row_is_named(check: Check, given: dict[str, list[Row]], named: Row):
    [row] = offending(check, **given)
    assert {name: row[name] for name in named} == named


@pytest.mark.parametrize(
    ("check", "given"),
    [
        pytest.param(
            UNKNOWN_PORTS,
            {"raw_port_sample": [sample("10:05", port=OTHER, up=False)]},
            id="an unused port",
        ),
        pytest.param(
            UNKNOWN_PORTS,
            {
                "circuit_port": [carried(interface="pp0")],
                "raw_path_sample": [path("10:05", port="pp0")],
            },
            id="a path by its interface's name",
        ),
        pytest.param(
            UNKNOWN_EVENTS,
            {"raw_gateway_event": [event("10:05", "down", port=OTHER)]},
            id="a LAN port went down",
        ),
        pytest.param(
            NO_TELEMETRY,
            {"raw_port_sample": [], "raw_path_sample": [], "raw_port_history": [past(HOUR, 1e6)]},
            id="history speaks",
        ),
        pytest.param(
            UNKNOWN_SHARE,
            {"circuit_hour": HALF, "raw_port_sample": [sample("10:30")]},
            id="an hour in progress",
        ),
        pytest.param(
            UNKNOWN_SHARE,
            {"circuit_hour": [stored(unknown=3.0)], "raw_port_sample": [sample("11:00")]},
            id="exactly 5 %",
        ),
        pytest.param(
            UNKNOWN_SHARE,
            {
                "circuit_hour": [stored(unknown=30.0, standby_minutes=30.0)],
                "raw_port_sample": [sample("11:00")],
            },
            id="standby",
        ),
        pytest.param(
            SKEWED_SAMPLES,
            {
                "raw_port_sample": [
                    sample("10:10", polled="10:05"),
                    sample("10:05", polled="10:25"),
                ]
            },
            id="5 minutes ahead and 20 behind",
        ),
    ],
)
def test_what_offends_nobody(check: Check, given: dict[str, list[Row]]):
    assert offending(check, **given) == []


@pytest.fixture
def snowflake() -> Iterator[Warehouse]:
    with in_process():
        yield stand_in()


@pytest.mark.proof
def test_every_check_runs_on_both_engines(snowflake: Warehouse, tmp_path: Path):
    for warehouse in (DuckDBWarehouse(tmp_path / "wan.duckdb"), snowflake):
        for check in CHECKS:
            tables = {t.name: warehouse.lazy(t) for t in (check.of, *check.beside)}
            rows = check.offending(tables, Policy())
            assert warehouse.query(rows.order_by(*check.order(rows))).empty
