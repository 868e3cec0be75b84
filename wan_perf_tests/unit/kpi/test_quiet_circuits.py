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
    M,
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


UP, UNKNOWN = "up", "unknown"


@pytest.mark.parametrize(
    ("kind", "first", "last", "states"),
    [
        pytest.param("up", -20, 75, [(0, 60, UP)], id="up, read all hour"),
        pytest.param("down", -20, 75, [(0, 60, UP)], id="down, read all hour"),
        pytest.param("port_disabled", -20, 75, [(0, 60, UP)], id="disabled, read all hour"),
        pytest.param("up", 10, 75, [(0, 60, UP)], id="up, read from 10:10 on"),
        pytest.param("up", -20, 40, [(0, 60, UP)], id="up, read until 10:40"),
        pytest.param(
            "down", 10, 75, [(0, 10, UNKNOWN), (10, 60, UP)], id="down, read from 10:10 on"
        ),
        pytest.param(
            "port_disabled", -20, 40, [(0, 40, UP), (40, 60, UNKNOWN)], id="disabled, until 10:40"
        ),
    ],
)
@pytest.mark.parametrize("overlaid", [False, True])
def test_an_event_long_ago_proves_what_no_reading_contradicts(
    kind: str, first: int, last: int, states: list[tuple[int, int, str]], *, overlaid: bool
):
    """Five hours ago; readings from `first` to `last` minutes after 10:00 say up."""
    site = quiet_site()
    site["raw_gateway_event"] = [event(HOUR - 5 * H, kind, port=MAIN, gateway=GATEWAY)]
    site["raw_port_sample"] = [
        row
        for row in site["raw_port_sample"]
        if row["port_id"] != MAIN or HOUR + first * M <= row["sampled_at"] <= HOUR + last * M
    ]
    rows = states_query(overlaid=overlaid).rows(**of_all([site]))
    found = sorted(
        ((row["started_at"] - HOUR) // M, (row["ended_at"] - HOUR) // M, row["state"])
        for row in rows
        if row["role_rank"] == 1
    )
    assert found == states


def test_an_event_long_ago_leaves_the_readings_unsorted_and_the_hour_as_it_was():
    """The first reading may contradict it; then the state before that reading is unknown."""
    site = quiet_site()
    long_ago: datetime = HOUR - 10 * H
    site["raw_gateway_event"] = [event(long_ago, "down", port=MAIN, gateway=GATEWAY)]
    rows = states_query(overlaid=False).rows(**of_all([site]))
    assert sorted((row["state"], row["turned_to"]) for row in rows) == [("up", None)] * 2
