"""Quiet circuits have the states that the overlays give, and whatever disturbs one is overlaid."""

from datetime import datetime
from functools import cache

import ibis
import ibis.expr.types as ir
import pytest

from wan_perf.kpi.hour.port_history import member_history
from wan_perf.kpi.state import circuit_states
from wan_perf.kpi.state.evidence import Evidence, collect_evidence
from wan_perf.kpi.state.evidence_window import evidence_readings
from wan_perf.kpi.state.quiet_circuits import quiet_circuits
from wan_perf.schema.tables import (
    CIRCUIT_POLL,
    CIRCUIT_STATE,
    RAW_GATEWAY_EVENT,
    RAW_PATH_SAMPLE,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
    TELEMETRY_GAP,
)
from wan_perf_tests.support.examples import batches
from wan_perf_tests.support.kpi.engine import CIRCUITS, MEMBERS, Query, unbound
from wan_perf_tests.support.kpi.quiet_site import (
    BACKUP,
    GATEWAY,
    MAIN,
    Tables,
    disturbed,
    quiet_site,
)
from wan_perf_tests.support.kpi.rows import HOUR, H, Row, event

NAMES = ("gateway_mac", "peer_mac", "site_id", "circuit_id")


def evidence_of(circuits: ir.Table, members: ir.Table) -> Evidence:
    return collect_evidence(
        evidence_readings(unbound(RAW_PORT_SAMPLE), members),
        member_history(unbound(RAW_PORT_HISTORY), members),
        *map(unbound, (RAW_PATH_SAMPLE, CIRCUIT_POLL, RAW_GATEWAY_EVENT, TELEMETRY_GAP)),
        circuits,
        members,
    )


@cache
def states_query(*, overlaid: bool) -> Query:
    """The states, where `overlaid` with no circuit taken for quiet."""
    circuits, members = ibis.table(CIRCUITS, name="circuits"), ibis.table(MEMBERS, name="members")
    with pytest.MonkeyPatch.context() as patch:
        if overlaid:
            none = lambda *given: quiet_circuits(*given).filter(ibis.literal(False))  # noqa: E731
            patch.setattr(circuit_states, "quiet_circuits", none)
        states = circuit_states.states_of(circuits, members, evidence_of(circuits, members))
    return Query(states.select(*CIRCUIT_STATE.columns))


@cache
def quiet_query() -> Query:
    circuits, members = ibis.table(CIRCUITS, name="circuits"), ibis.table(MEMBERS, name="members")
    return Query(quiet_circuits(members, evidence_of(circuits, members)))


def of_all(sites: list[Tables]) -> Tables:
    """The rows of all sites in one estate, each under names and numbers of its own."""
    found: Tables = {}
    for nth, site in enumerate(sites):
        for table, rows in site.items():
            found.setdefault(table, []).extend(
                {name: _own(nth, name, value) for name, value in row.items()} for row in rows
            )
    return found


def _own(nth: int, name: str, value: object) -> object:
    if name in ("circuit_hour", "port_hour") and isinstance(value, int):
        return 10 * nth + value
    return f"{nth}:{value}" if name in NAMES and value is not None else value


def shown(rows: list[Row]) -> list[str]:
    return sorted(str(row) for row in rows)


def test_an_undisturbed_hour_is_one_state_of_each_circuit():
    site = of_all([quiet_site()])
    assert len(quiet_query().rows(**site)) == 2
    rows = states_query(overlaid=False).rows(**site)
    figures = ("started_at", "ended_at", "state", "activity", "is_link_up", "state_evidence")
    assert sorted(tuple(row[name] for name in figures) for row in rows) == [
        (HOUR, HOUR + H, "up", "active", True, "observed"),
        (HOUR, HOUR + H, "up", "inactive", True, "observed"),
    ]


@pytest.mark.parametrize(
    ("bytes_between", "state"),
    [
        pytest.param(0, "standby", id="no traffic"),
        pytest.param(1_000_000, "up", id="traffic, though its primary is up"),
    ],
)
def test_a_circuit_on_demand_is_in_standby_while_it_is_idle(bytes_between: int, state: str):
    """Nothing happens all hour: only the counters decide."""
    site = quiet_site()
    site["circuits"][1]["is_on_demand"] = True
    backup = [row for row in site["raw_port_sample"] if row["port_id"] == BACKUP]
    for n, row in enumerate(backup):
        row["rx_bytes_counter"] = row["tx_bytes_counter"] = n * bytes_between
    rows = states_query(overlaid=False).rows(**of_all([site]))
    assert sorted((row["role_rank"], row["state"]) for row in rows) == [(1, "up"), (2, state)]


def test_without_polls_the_use_is_unknown():
    site = of_all([{**quiet_site(), "circuit_poll": []}])
    rows = states_query(overlaid=False).rows(**site)
    assert [(row["state"], row["activity"]) for row in rows] == [("up", None)] * 2


@pytest.mark.parametrize("seeds", batches(3000, 400))
def test_a_disturbed_site_is_as_the_overlays_say(seeds: range):
    sites = of_all([disturbed(seed) for seed in seeds])
    found = states_query(overlaid=False).rows(**sites)
    assert shown(found) == shown(states_query(overlaid=True).rows(**sites))
    quiet = len(quiet_query().rows(**sites))
    assert 0.25 < quiet / (2 * len(seeds)) < 0.75


def test_an_event_long_ago_leaves_the_readings_unsorted_and_the_hour_as_it_was():
    """The first reading may contradict it; then the state before that reading is unknown."""
    site = quiet_site()
    long_ago: datetime = HOUR - 10 * H
    site["raw_gateway_event"] = [event(long_ago, "down", port=MAIN, gateway=GATEWAY)]
    rows = states_query(overlaid=False).rows(**of_all([site]))
    assert sorted((row["state"], row["turned_to"]) for row in rows) == [("up", None)] * 2
