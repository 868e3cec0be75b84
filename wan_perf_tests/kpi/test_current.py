"""What every circuit does now, case by case: state, load, severity, alerts."""

from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from wan_perf.kpi.reports.alerts import active_alerts
from wan_perf.kpi.reports.current_state import current_states
from wan_perf.schema.metrics import JUDGED, Metric
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    CURRENT_STATE,
    DIM_CIRCUIT,
    DIM_SITE,
    FAILOVER_PIECE,
    RAW_GATEWAY_EVENT,
    RAW_PORT_SAMPLE,
)
from wan_perf_tests.kpi.engine import Query, unbound
from wan_perf_tests.kpi.rows import HOUR, H, Row, at, sample

ALWAYS = {"valid_from": datetime(1970, 1, 1), "valid_to": None}
MBIT_MINUTE = 7_500_000
SOURCES = (
    *(CIRCUIT_STATE, CIRCUIT_HOUR, RAW_PORT_SAMPLE, RAW_GATEWAY_EVENT, DIM_SITE, DIM_CIRCUIT),
    *(CIRCUIT_PORT, FAILOVER_PIECE),
)
PORTS = {"C1": "ge-0/0/0", "C2": "ge-0/0/1"}


@cache
def queries() -> tuple[Query, Query]:
    states = current_states(*(unbound(table) for table in SOURCES))
    return Query(states), Query(active_alerts(unbound(CURRENT_STATE)))


def estate(**more: list[Row]) -> dict[str, list[Row]]:
    """One store with a primary C1 and a secondary C2 of 10 Mbit/s, both sampled at 10:30."""
    hours = [
        {
            "hour": hour,
            "circuit_id": circuit,
            "site_id": "S1",
            "site_kind": "store",
            "bandwidth_mbps": 10.0,
            "utilization_warning_level_pct": 70.0,
            "utilization_high_level_pct": 80.0,
            "utilization_critical_level_pct": 90.0,
        }
        for hour in (HOUR - H, HOUR)
        for circuit in PORTS
    ]
    ports = [
        {**ALWAYS, "circuit_id": c, "gateway_mac": "0000000000aa", "port_id": port}
        for c, port in PORTS.items()
    ]
    circuits = [
        {**ALWAYS, "circuit_id": c, "site_id": "S1", "role_rank": n + 1}
        for n, c in enumerate(PORTS)
    ]
    site = {**ALWAYS, "site_id": "S1", "site_name": "Store 1", "region": "West"}
    samples = [sample("10:30", port=port) for port in PORTS.values()]
    states = [state("C1"), state("C2")]
    return {
        "circuit_hour": hours,
        "circuit_port": ports,
        "dim_circuit": circuits,
        "dim_site": [site],
        "raw_port_sample": samples,
        "circuit_state": states,
        **more,
    }


def state(
    circuit: str, what: str = "up", start: str = "10:00", end: str = "10:30", **more: Any
) -> Row:
    return {
        "circuit_id": circuit,
        "site_id": "S1",
        "state": what,
        "started_at": at(start),
        "ended_at": at(end),
        **more,
    }


def now(**more: list[Row]) -> dict[str, Row]:
    return {row["circuit_id"]: row for row in queries()[0].rows(**estate(**more))}


def alert_rows(**more: list[Row]) -> list[Row]:
    return queries()[1].rows(current_state=list(now(**more).values()))


def alerts(**more: list[Row]) -> list[tuple[Any, ...]]:
    rows = alert_rows(**more)
    return sorted((row["circuit_id"] or "", row["severity"], row["messages"]) for row in rows)


def test_what_is_up_is_normal_and_gives_no_alert() -> None:
    row = now()["C1"]
    assert (row["as_of_at"], row["state"], row["site_state"]) == (at("10:30"), "up", "up")
    assert (row["severity"], row["messages"], row["is_stale"]) == ("normal", None, False)
    assert alerts() == []


@pytest.mark.parametrize(
    ("instants", "as_of", "states"),
    [
        pytest.param(("10:31:20", "10:30:50"), "10:31:20", ["up", "up"], id="after it was due"),
        pytest.param(("10:29:40", "10:29:10"), "10:30", ["up", "up"], id="before it was due"),
        pytest.param(("10:48", "10:30"), "10:40", ["up", "up"], id="a clock that is ahead"),
        pytest.param(("10:59", "10:30:30"), "10:30:30", ["up", "up"], id="no fresh sample"),
    ],
)
def test_now_is_the_newest_sample_of_the_newest_poll(instants, as_of, states) -> None:
    """The poll was due at 10:30; each circuit is known to be up until its sample of it."""
    samples = [
        sample(clock, port=port, polled="10:30")
        for clock, port in zip(instants, PORTS.values(), strict=True)
    ]
    lived = [state(c, end=min(end, "10:40")) for c, end in zip(PORTS, instants, strict=True)]
    rows = now(raw_port_sample=samples, circuit_state=lived)
    assert {row["as_of_at"] for row in rows.values()} == {at(as_of)}
    assert [rows[circuit]["state"] for circuit in PORTS] == states


def test_a_first_poll_counts_though_all_its_samples_are_of_after_it_was_due() -> None:
    """Due at 10:30, sampled at 10:31; states begin at 10:30:10 as the port last changed."""
    samples = [sample("10:31", port=port, polled="10:30") for port in PORTS.values()]
    lived = [state(circuit, start="10:30:10", end="10:31") for circuit in PORTS]
    rows = now(raw_port_sample=samples, circuit_state=lived)
    assert [(row["state"], row["sampled_at"], row["is_stale"]) for row in rows.values()] == [
        ("up", at("10:31"), False)
    ] * 2


RATES = {"rx_bps": 8.5e6, "tx_bps": 1e6}


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        pytest.param([(True, RATES)], ("up", None, 85.0, "high"), id="up, at 8.5 of 10 Mbit/s"),
        pytest.param([(True, {})], ("up", None, None, "normal"), id="no rates"),
        pytest.param([(False, {})], ("down", "port", None, "high"), id="down"),
        pytest.param(
            [(True, {}), (True, RATES)], ("up", None, 85.0, "high"), id="rates of one source"
        ),
        pytest.param([(True, {}), (False, {})], ("unknown", None, None, None), id="contradiction"),
    ],
)
def test_a_first_sample_is_a_state_and_a_load(readings, expected) -> None:
    """One poll: no interval between two samples, so that the hour knows nothing yet."""
    samples = [
        {**sample("10:31", polled="10:30", up=up, source=source), **rates}
        for source, (up, rates) in zip(("device", "port"), readings, strict=False)
    ]
    unknown = [state("C1", "unknown", end="11:00"), state("C2")]
    row = now(raw_port_sample=samples, circuit_state=unknown)["C1"]
    names = ("state", "down_cause", "utilization_now_pct", "severity")
    assert tuple(row[name] for name in names) == expected


def test_a_first_sample_of_a_circuit_on_demand_that_is_down_may_be_standby() -> None:
    circuits = [
        {**ALWAYS, "circuit_id": c, "site_id": "S1", "role_rank": n, "is_on_demand": n == 2}
        for n, c in enumerate(PORTS, 1)
    ]
    samples = [
        sample("10:31", polled="10:30", up=n == 0, port=p) for n, p in enumerate(PORTS.values())
    ]
    unknown = [state(circuit, "unknown", end="11:00") for circuit in PORTS]
    rows = now(raw_port_sample=samples, circuit_state=unknown, dim_circuit=circuits)
    assert [rows[circuit]["state"] for circuit in PORTS] == ["up", "unknown"]


def test_members_of_a_first_poll_make_one_circuit() -> None:
    """Two members of 3 and 4 Mbit/s: 7 of 10 Mbit/s; one of them is down."""
    ports = [
        {**ALWAYS, "circuit_id": "C1", "gateway_mac": "0000000000aa", "port_id": port}
        for port in ("a", "b")
    ]
    samples = [
        {**sample("10:31", polled="10:30", up=port == "a", port=port), "rx_bps": rx, "tx_bps": 0.0}
        for port, rx in (("a", 3e6), ("b", 4e6))
    ]
    unknown = [state("C1", "unknown", end="11:00")]
    row = now(raw_port_sample=samples, circuit_state=unknown, circuit_port=ports)["C1"]
    assert (row["state"], row["utilization_now_pct"]) == ("up", 70.0)


def test_a_circuit_that_only_the_newest_snapshot_has_is_described() -> None:
    """The snapshot was taken at 10:32, after the poll of 10:30."""
    new = {"valid_from": at("10:32"), "valid_to": None}
    site = {**new, "site_id": "S1", "site_name": "Store 1", "region": "West"}
    circuits = [{**new, "circuit_id": c, "site_id": "S1", "role_rank": 1} for c in PORTS]
    row = now(dim_site=[site], dim_circuit=circuits)["C1"]
    assert (row["site_name"], row["region"], row["role_rank"]) == ("Store 1", "West", 1)


def test_a_primary_that_is_down_is_high_and_a_secondary_warning() -> None:
    down = {"what": "down", "start": "10:10", "down_cause": "isp"}
    first = [state("C1", end="10:10"), state("C1", **down), state("C2")]
    assert alerts(circuit_state=first) == [("C1", "high", "primary down (isp)")]
    assert now(circuit_state=first)["C1"]["state_since"] == at("10:10")
    second = [state("C1"), state("C2", **down)]
    assert alerts(circuit_state=second) == [("C2", "warning", "secondary down (isp)")]


def test_a_circuit_of_unknown_rank_is_not_called_a_secondary() -> None:
    nameless = [{**row, "role_rank": None} for row in estate()["dim_circuit"]]
    down = [state("C1", "down", down_cause="isp"), state("C2")]
    found = alerts(circuit_state=down, dim_circuit=nameless)
    assert found == [("C1", "warning", "circuit down (isp)")]


def test_a_dark_site_is_one_critical_alert_since_its_last_circuit_fell() -> None:
    """C1 falls at 10:10 and C2 at 10:20."""
    dark = [
        row
        for c, fell_at in (("C1", "10:10"), ("C2", "10:20"))
        for row in (state(c, end=fell_at), state(c, "down", fell_at, down_cause="port"))
    ]
    [row] = alert_rows(circuit_state=dark)
    assert (row["circuit_id"], row["severity"], row["messages"], row["since"]) == (
        *(None, "critical", "site dark: 2 circuits", at("10:20")),
    )


def test_a_gateway_without_telemetry_makes_the_site_unreachable_and_not_dark() -> None:
    gone = [state(c, "no_telemetry") for c in PORTS]
    assert alerts(circuit_state=gone) == [("", "critical", "site unreachable: 2 circuits")]


def test_a_site_of_which_too_little_is_known_is_not_called_dark() -> None:
    samples = [sample("10:30", up=False), sample("10:30", up=None, port=PORTS["C2"])]
    lived = [state("C1", "down"), state("C2", "unknown")]
    rows = now(raw_port_sample=samples, circuit_state=lived)
    assert {row["site_state"] for row in rows.values()} == {"unknown"}
    assert (rows["C2"]["severity"], rows["C2"]["messages"]) == (None, None)


def test_what_was_known_until_the_newest_sample_counts_for_15_minutes() -> None:
    """Telemetry until 10:20 and no more: up as of 10:30, unknown as of 10:40."""
    until = [state("C1", end="10:20"), state("C1", "unknown", "10:20", "11:00"), state("C2")]
    assert now(circuit_state=until)["C1"]["state"] == "up"
    late = [sample("10:20"), sample("10:40", port=PORTS["C2"])]
    row = now(circuit_state=until, raw_port_sample=late)["C1"]
    assert (row["state"], row["is_stale"], row["utilization_now_pct"]) == ("unknown", True, None)


@pytest.mark.parametrize(
    ("last", "is_stale"),
    [("10:15", False), ("10:14:59", True)],
    ids=["15 minutes", "a second more"],
)
def test_what_is_older_than_15_minutes_is_stale(last: str, is_stale: bool) -> None:
    samples = [sample(last), sample("10:30", port=PORTS["C2"])]
    assert now(raw_port_sample=samples)["C1"]["is_stale"] == is_stale


def test_since_when_is_counted_over_hours_and_null_where_nothing_else_was_seen() -> None:
    """Down until 7:20 and up since then, in intervals of an hour."""
    stretches = [
        state("C1", "down", "06:00", "07:20"),
        state("C1", "up", "07:20", "08:00"),
        state("C1", "up", "08:00", "10:00"),
        state("C1"),
        state("C2"),
    ]
    rows = now(circuit_state=stretches)
    assert (rows["C1"]["state_since"], rows["C2"]["state_since"]) == (at("07:20"), None)


def test_a_site_on_backup_is_high_at_its_primary() -> None:
    used = [state("C1", activity="inactive"), state("C2", activity="active")]
    assert alerts(circuit_state=used) == [("C1", "high", "site on backup")]


def fell(start: str, *since: str) -> list[Row]:
    """From an instant until now C2 carries the store instead of C1; cut where the hours end."""
    edges = [start, *since, "10:30"]
    used = {"C1": (1, "inactive"), "C2": (2, "active")}
    return [
        state(c, start=a, end=b, role_rank=rank, activity=use)
        for c, (rank, use) in used.items()
        for a, b in pairwise(edges)
    ]


def part(day: int, start: str, end: str, is_begin: bool) -> Row:
    """A piece of a failover of the store, so many days back."""
    clock = {"started_at": at(f"{-day} {start}"), "ended_at": at(f"{-day} {end}")}
    return {**clock, "day": clock["started_at"].date(), "site_id": "S1", "is_begin": is_begin}


YESTERDAY = ("-1 00:00", "00:00")

BEFORE = part(2, "00:00", "24:00", is_begin=False)


@pytest.mark.parametrize(
    ("states", "pieces", "since"),
    [
        pytest.param(fell("10:10"), [], "10:10", id="today"),
        pytest.param(fell("-1 22:15", "00:00"), [], "-1 22:15", id="over midnight"),
        pytest.param(
            fell("-2 22:00", *YESTERDAY),
            [part(3, "09:30", "24:00", is_begin=True), BEFORE],
            "-3 09:30",
            id="days old",
        ),
        pytest.param(
            fell("-2 22:00", *YESTERDAY),
            [part(3, "09:30", "23:00", is_begin=True), part(2, "22:00", "24:00", is_begin=True)],
            "-2 22:00",
            id="one before it is over",
        ),
        pytest.param(
            fell("-2 22:00", *YESTERDAY), [BEFORE], None, id="its start is held by no piece"
        ),
        pytest.param(
            fell("10:10"),
            [part(0, "08:00", "10:00", is_begin=True), part(1, "08:00", "24:00", is_begin=True)],
            "10:10",
            id="pieces of today and yesterday are made again",
        ),
    ],
)
def test_since_when_a_site_is_in_failover(
    states: list[Row], pieces: list[Row], since: str | None
) -> None:
    rows = now(circuit_state=states, failover_piece=pieces)
    assert {row["site_state"] for row in rows.values()} == {"on backup"}
    assert {row["failover_since"] for row in rows.values()} == {at(since) if since else None}


def test_a_site_whose_primary_carries_again_is_in_no_failover() -> None:
    """Back at 10:20: ten minutes ago it was on its backup."""
    over = [
        state("C1", end="10:20", role_rank=1, activity="inactive"),
        state("C2", end="10:20", role_rank=2, activity="active"),
    ]
    back = [
        state("C1", start="10:20", role_rank=1, activity="active"),
        state("C2", start="10:20", role_rank=2, activity="inactive"),
    ]
    rows = now(circuit_state=[*over, *back])
    assert {(r["site_state"], r["failover_since"]) for r in rows.values()} == {("up", None)}


@pytest.mark.parametrize("what", ["disabled", "standby"])
def test_what_is_expected_gives_no_alert(what: str) -> None:
    rows = now(circuit_state=[state("C1"), state("C2", what)])
    assert (rows["C2"]["severity"], rows["C2"]["messages"]) == ("normal", None)


@pytest.mark.parametrize(("count", "severity"), [(3, "normal"), (4, "warning"), (10, "high")])
def test_transitions_of_the_last_hour(count: int, severity: str) -> None:
    """One more lies 70 minutes back and does not count."""
    turns = [
        state("C1", start=f"10:{n:02}", end=f"10:{n + 1:02}", turned_to="up")
        for n in range(30 - count, 30)
    ]
    old = state("C1", start="09:20", end="09:21", turned_to="up")
    row = now(circuit_state=[*turns, old, state("C2")])["C1"]
    assert (row["recent_flap_count"], row["severity"]) == (count, severity)


def judged(circuit: str, **figures: float) -> list[Row]:
    """The hours, the circuit's with figures and with levels of 10, 20 and 30 for each metric."""
    steps = {"warning": 10.0, "high": 20.0, "critical": 30.0}
    levels = {m.level(word): level for m in JUDGED for word, level in steps.items()}
    return [
        {**row, **levels, **figures} if row["circuit_id"] == circuit else row
        for row in estate()["circuit_hour"]
    ]


@pytest.mark.parametrize(
    ("value", "severity"),
    [(9.9, None), (10, "warning"), (20, "high"), (29.9, "high"), (30, "critical")],
)
@pytest.mark.parametrize("metric", JUDGED, ids=lambda metric: metric.quantity)
def test_a_metric_is_as_bad_as_the_level_that_it_reaches(
    metric: Metric, value: float, severity: str | None
) -> None:
    """Without a load of the last minutes the hour's so far counts."""
    found = alerts(circuit_hour=judged("C1", **{metric.value: float(value)}))
    words = f"{metric.quantity} {severity} ({float(value)})"
    assert found == ([("C1", severity, words)] if severity else [])


def test_a_circuit_has_its_worst_and_says_all_of_it() -> None:
    down = [state("C1"), state("C2", "down", down_cause="port")]
    hours = judged("C2", loss_avg_pct=31.0, latency_avg_ms=21.0)
    [found] = alerts(circuit_state=down, circuit_hour=hours)
    reasons = "secondary down (port); loss critical (31.0); latency high (21.0)"
    assert found == ("C2", "critical", reasons)


def test_what_is_stale_is_not_compared_with_a_level() -> None:
    late = [sample("10:10"), sample("10:30", port=PORTS["C2"])]
    hours = judged("C1", loss_avg_pct=31.0, utilization_pct=31.0)
    assert alerts(raw_port_sample=late, circuit_hour=hours) == []


def carried(*clock_and_bytes: tuple[str, float]) -> list[Row]:
    """Samples of C1; bytes in minutes of a megabit a second."""
    rows = [sample(clock, round(n * MBIT_MINUTE)) for clock, n in clock_and_bytes]
    return [*rows, sample("10:30", 0, port=PORTS["C2"])]


def test_the_load_is_of_the_last_15_minutes() -> None:
    """9.5 Mbit/s in the last 15 minutes, 1 in the 15 before."""
    samples = carried(("10:00", 0), ("10:15", 15), ("10:30", 15 + 142.5))
    row = now(raw_port_sample=samples)["C1"]
    assert row["utilization_now_pct"] == 95
    assert alerts(raw_port_sample=samples) == [("C1", "critical", "utilization critical (95.0)")]


def test_the_last_15_minutes_can_lie_in_two_hours() -> None:
    """As of 10:05; from 9:50 to 10:00 at 2, then five minutes at 8 Mbit/s: 40 %."""
    samples = [
        *(sample("09:50", 0), sample("10:00", 20 * MBIT_MINUTE)),
        sample("10:05", 60 * MBIT_MINUTE),
    ]
    states = [state(c, start="09:00", end="10:00") for c in PORTS]
    row = now(raw_port_sample=samples, circuit_state=states)["C1"]
    assert row["utilization_now_pct"] == 40


def test_the_trend_is_against_the_same_hour_of_three_weeks_or_more() -> None:
    """20, 30 and 70 % on the last Tuesdays at ten: usual is 30 %; two weeks give no trend.

    With 40 % on a fourth it is 35 %; the fifth is too long ago.
    """
    samples = carried(("10:15", 0), ("10:30", 75))
    weeks = [
        {"hour": HOUR - timedelta(days=7 * n), "circuit_id": "C1", "utilization_pct": pct}
        for n, pct in ((1, 20.0), (2, 70.0), (4, 30.0))
    ]
    hours = estate()["circuit_hour"]
    row = now(raw_port_sample=samples, circuit_hour=[*hours, *weeks])["C1"]
    assert (row["utilization_now_pct"], row["utilization_trend_pct"]) == (50, 20)
    four = [*weeks, {**weeks[0], "hour": HOUR - timedelta(days=21), "utilization_pct": 40.0}]
    fifth = {**weeks[0], "hour": HOUR - timedelta(days=35), "utilization_pct": 0.0}
    row = now(raw_port_sample=samples, circuit_hour=[*hours, *four, fifth])["C1"]
    assert (row["utilization_usual_pct"], row["utilization_trend_pct"]) == (35, 15)
    two = now(raw_port_sample=samples, circuit_hour=[*hours, *weeks[:2], fifth])["C1"]
    assert (two["utilization_usual_pct"], two["utilization_trend_pct"]) == (None, None)
