"""States of ragged circuits: what the warehouse computes is what the reference says."""

from datetime import timedelta

from hypothesis import given

from wan_perf_tests.examples import oracle
from wan_perf_tests.kpi.circuit_reference import CircuitLife
from wan_perf_tests.kpi.engine import measured_circuits, member
from wan_perf_tests.kpi.ragged_circuits import Site, sites
from wan_perf_tests.kpi.rows import HOUR, Row

MICROSECOND = timedelta(microseconds=1)
JUDGED = (
    *("up_us", "down_us", "link_up_us", "standby_us", "disabled_us", "down_cause", "flap_count"),
)
NOTHING: Row = {**dict.fromkeys(JUDGED, 0), "down_cause": None}
"""The figures of a circuit of which nothing is known; the fact fills its row in."""


def measured_site(site: Site) -> list[Row]:
    """The figures of each circuit of the site, in the order of rank."""
    circuits = [
        {
            "circuit_hour": number,
            "hour": HOUR,
            "site_id": "S1",
            "role_rank": number + 1,
            "is_on_demand": number == len(site.circuits) - 1,
        }
        for number in range(len(site.circuits))
    ]
    held = [(number, m) for number, of_circuit in enumerate(site.circuits) for m in of_circuit]
    members = [
        member(
            number,
            m.gateway,
            m.port,
            HOUR,
            port_hour=nth,
            interface=m.interface,
            is_aggregate=m.is_aggregate,
            member_from_us=(m.since - HOUR) // MICROSECOND,
            member_to_us=(m.until - HOUR) // MICROSECOND,
        )
        for nth, (number, m) in enumerate(held)
    ]
    found = measured_circuits(
        circuits,
        members,
        raw_port_sample=site.raw.samples,
        raw_gateway_event=site.raw.events,
        gateway_silence=site.raw.silences,
        raw_path_sample=site.raw.paths,
    )
    rows = {row["circuit_hour"]: row for row in found}
    return [rows.get(number, NOTHING) for number in range(len(site.circuits))]


@oracle(150)
@given(sites())
def test_each_circuit_is_as_the_reference_says(site: Site):
    better: list[CircuitLife] = []
    for number, (members, row) in enumerate(zip(site.circuits, measured_site(site), strict=True)):
        life = CircuitLife(
            members, site.raw, HOUR, better=better, on_demand=number == len(site.circuits) - 1
        )
        assert {name: row[name] for name in JUDGED} == life.figures()
        better.append(life)
