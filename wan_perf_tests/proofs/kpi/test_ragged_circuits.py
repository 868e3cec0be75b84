"""States of ragged circuits: what the warehouse computes is what the reference says.

Planning a query takes longer than its rows do, so that all sites are computed in one.
"""

from datetime import timedelta

import pytest

from wan_perf_tests.support.examples import drawn
from wan_perf_tests.support.kpi.circuit_reference import CircuitLife
from wan_perf_tests.support.kpi.engine import measured_circuits, member
from wan_perf_tests.support.kpi.ragged_circuits import Site, sites
from wan_perf_tests.support.kpi.rows import HOUR, Row

MICROSECOND = timedelta(microseconds=1)
JUDGED = (
    *("up_us", "down_us", "link_up_us", "standby_us", "disabled_us", "down_cause", "flap_count"),
)
NOTHING: Row = {**dict.fromkeys(JUDGED, 0), "down_cause": None}
"""The figures of a circuit of which nothing is known; the fact fills its row in."""


NAMES = ("gateway_mac", "peer_mac", "site_id")
MOST = 100
"""More than a site has circuits, or members of them."""


def among(number: int, rows: list[Row]) -> list[Row]:
    """The rows under names that no other site uses."""
    return [
        {**row, **{name: f"{row[name]} of {number}" for name in NAMES if row.get(name)}}
        for row in rows
    ]


def circuits_of(number: int, site: Site) -> list[Row]:
    return [
        {
            "circuit_hour": number * MOST + nth,
            "hour": HOUR,
            "site_id": f"S{number}",
            "role_rank": nth + 1,
            "is_on_demand": nth == len(site.circuits) - 1,
        }
        for nth in range(len(site.circuits))
    ]


def members_of(number: int, site: Site) -> list[Row]:
    each = [(nth, m) for nth, of_circuit in enumerate(site.circuits) for m in of_circuit]
    rows = [
        member(
            number * MOST + circuit,
            m.gateway,
            m.port,
            HOUR,
            port_hour=number * MOST + nth,
            interface=m.interface,
            is_aggregate=m.is_aggregate,
            member_from_us=(m.since - HOUR) // MICROSECOND,
            member_to_us=(m.until - HOUR) // MICROSECOND,
        )
        for nth, (circuit, m) in enumerate(each)
    ]
    return among(number, rows)


def together(several: list[Site]) -> list[list[Row]]:
    """The figures of each site's circuits in the order of rank, all sites computed in one query."""
    numbered = list(enumerate(several))
    found = measured_circuits(
        [row for n, site in numbered for row in circuits_of(n, site)],
        [row for n, site in numbered for row in members_of(n, site)],
        raw_port_sample=[row for n, site in numbered for row in among(n, site.raw.samples)],
        raw_gateway_event=[row for n, site in numbered for row in among(n, site.raw.events)],
        gateway_silence=[row for n, site in numbered for row in among(n, site.raw.gaps)],
        raw_path_sample=[row for n, site in numbered for row in among(n, site.raw.paths)],
    )
    rows = {row["circuit_hour"]: row for row in found}
    return [
        [rows.get(n * MOST + nth, NOTHING) for nth in range(len(site.circuits))]
        for n, site in numbered
    ]


@pytest.mark.oracle
def test_each_circuit_is_as_the_reference_says():
    several = drawn(sites())
    for n, (site, found) in enumerate(zip(several, together(several), strict=True)):
        better: list[CircuitLife] = []
        for number, (members, row) in enumerate(zip(site.circuits, found, strict=True)):
            life = CircuitLife(
                members, site.raw, HOUR, better=better, on_demand=number == len(site.circuits) - 1
            )
            assert (n, {name: row[name] for name in JUDGED}) == (n, life.figures())
            better.append(life)
