"""What every circuit does now, case by case: its state, as of when, and since when."""

from itertools import pairwise

import pytest

from wan_perf_tests.support.kpi.current_rows import ALWAYS, PORTS, now, state
from wan_perf_tests.support.kpi.rows import Row, at, sample


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
    assert row["recent_rx_bytes"] is None  # a rate was read, and no bytes counted


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
    intervals = [
        state("C1", "down", "06:00", "07:20"),
        state("C1", "up", "07:20", "08:00"),
        state("C1", "up", "08:00", "10:00"),
        state("C1"),
        state("C2"),
    ]
    rows = now(circuit_state=intervals)
    assert (rows["C1"]["state_since"], rows["C2"]["state_since"]) == (at("07:20"), None)


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
