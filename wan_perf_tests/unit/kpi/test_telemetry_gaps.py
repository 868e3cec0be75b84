"""Telemetry gaps of a gateway and what settles them: cases to check by hand, and a plain reference.

In each case the gateway's last report is at 10:00 and the next at 12:00, unless it says more.
"""

from datetime import datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan_perf.kpi.state.telemetry_gaps import telemetry_gaps
from wan_perf.schema.tables import RAW_GATEWAY_EVENT, RAW_PORT_SAMPLE
from wan_perf_tests.support.examples import oracle
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.ragged import instants
from wan_perf_tests.support.kpi.rows import BOOTED, GATEWAY, HOUR, PORT, H, Row, at, event, sample
from wan_perf_tests.support.kpi.seen import is_in_time
from wan_perf_tests.support.kpi.traffic_reference import boots_of, chosen_pairs

MBIT = 125_000
"""Bytes that 1 Mbit/s carries in a second."""
NEAR = timedelta(minutes=40)
ONSET = timedelta(minutes=5)
COUNTERS = ("rx_bytes_counter", "tx_bytes_counter")
SECOND = timedelta(seconds=1)


@cache
def query() -> Query:
    return Query(telemetry_gaps(unbound(RAW_GATEWAY_EVENT), unbound(RAW_PORT_SAMPLE)))


def gaps(samples: list[Row], events: list[Row]) -> list[Row]:
    found = query().rows(raw_port_sample=samples, raw_gateway_event=events)
    return sorted(found, key=lambda row: (row["ended_at"], row["port_id"] or ""))


def lost(clock: str | datetime) -> Row:
    return {**event(clock, "gateway_disconnected"), "port_id": None}


def back(clock: str | datetime) -> Row:
    return {**event(clock, "gateway_connected"), "port_id": None}


def read(clock: str, seconds_of_mbit: float, **more: object) -> Row:
    """A sample whose counters stand at so many seconds of 1 Mbit/s."""
    return sample(clock, int(seconds_of_mbit * MBIT), **more)  # type: ignore[arg-type]


BEFORE = [read("09:55", 0), read("10:00", 300)]
"""1 Mbit/s until the last report."""

CASES = [
    pytest.param(
        [*BEFORE, read("12:02", 300 + 7320), read("12:07", 300 + 7620)],
        (None, "carried"),
        id="the counters went on as before",
    ),
    pytest.param(
        [*BEFORE, read("12:02", 120, booted="11:59"), read("12:07", 420, booted="11:59")],
        ("restarted", None),
        id="booted in the gap: no power",
    ),
    pytest.param(
        [*BEFORE, read("12:02", 300), read("12:07", 600)],
        (None, "cut"),
        id="not a byte, and 1 Mbit/s after it: the lines were cut",
    ),
    pytest.param(
        [*BEFORE, read("12:02", 300 + 7), read("12:07", 600)],
        (None, "cut"),
        id="0.97 kbit/s is next to nothing",
    ),
    pytest.param(
        [*BEFORE, read("12:02", 300 + 8), read("12:07", 600)],
        (None, None),
        id="1.1 kbit/s could be the minutes around it: unsettled",
    ),
    pytest.param(
        [*BEFORE, read("12:02", 300 + 420), read("12:07", 300 + 720)],
        (None, None),
        id="seven minutes' traffic: as much as the time around it explains",
    ),
    pytest.param(
        [read("09:55", 0), read("10:00", 0), read("12:02", 0), read("12:07", 0)],
        (None, None),
        id="idle before and after: its being idle proves nothing",
    ),
    pytest.param(
        [*BEFORE, read("12:02", 7620)],
        (None, "carried"),
        id="one sample after it is enough where there are two before",
    ),
    pytest.param([read("10:00", 0), read("12:02", 7320)], (None, None), id="no rate is known"),
    pytest.param(BEFORE, (None, None), id="no sample after it"),
    pytest.param(
        [*BEFORE, read("12:41", 300), read("12:45", 600)],
        (None, None),
        id="a sample 41 minutes after it: too late for evidence of it",
    ),
    pytest.param(
        [*BEFORE, read("12:02", 300, booted=None), read("12:07", 600, booted=None)],
        (None, None),
        id="without an uptime nobody knows whether the counters went on",
    ),
    pytest.param(
        [read("09:50", 900), read("09:55", 1200), read("10:00", 0), read("12:02", 1200)],
        (None, None),
        id="the last reading before it is 0: the return is no traffic",
    ),
    pytest.param(
        [*(read(f"09:{m}", 900 if m != 55 else 0) for m in (50, 55, 59)), read("12:02", 900)],
        (None, None),
        id="an outlier before it makes no idle port a used one",
    ),
    pytest.param(
        [*BEFORE, read("12:02", 90_000), read("12:07", 300 + 7620)],
        (None, None),
        id="the first reading after it is an outlier: it is not traffic",
    ),
    pytest.param(
        [read("09:50", 0), read("09:55", 9_000), *BEFORE[1:], read("12:02", 7620)],
        (None, "carried"),
        id="an outlier before it hides nothing",
    ),
]


@pytest.mark.parametrize(("samples", "outcomes"), CASES)
def test_what_settles_a_telemetry_gap(samples, outcomes):
    rows = gaps(samples, [lost("10:00"), back("12:00")])
    of_gateway, of_port = outcomes
    assert [row["outcome"] for row in rows if row["port_id"] is None] == [of_gateway]
    assert {row["outcome"] for row in rows if row["port_id"] == PORT} <= {of_port}
    assert {(row["started_at"], row["ended_at"]) for row in rows} == {(at("10:00"), at("12:00"))}


@pytest.mark.parametrize(("samples", "outcomes"), CASES)
def test_the_reference_gives_the_same(samples, outcomes):
    assert judged(samples, at("10:00"), at("12:00")) == outcomes


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([lost("10:00"), lost("10:30"), back("12:00")], ["10:00"], id="reported twice"),
        pytest.param([lost("10:00"), back("12:00"), back("12:01")], ["10:00"], id="back twice"),
        pytest.param(
            [lost("10:00"), back("11:00"), lost("11:00"), back("12:00")],
            ["10:00"],
            id="lost and back at one instant: back",
        ),
        pytest.param([lost("10:00")], [], id="not over yet"),
        pytest.param([back("12:00")], [], id="nobody said since when"),
        pytest.param([lost("-1 11:59"), back("12:00")], [], id="over 24 hours before"),
        pytest.param([lost("-1 12:00"), back("12:59")], ["-1 12:00"], id="24 hours before"),
    ],
)
def test_when_a_telemetry_gap_began(events, expected):
    rows = gaps([], events)
    assert [row["started_at"] for row in rows] == [at(clock) for clock in expected]


def judged(samples: list[Row], start: datetime, end: datetime) -> tuple[str | None, str | None]:
    """The outcomes of the gateway and of its only port, as `kpi.state.telemetry_gaps` has them."""
    hour = end.replace(minute=0, second=0, microsecond=0)
    known = [
        row
        for row in {(r["counter_source"], r["sampled_at"]): r for r in reversed(samples)}.values()
        if None not in (row["rx_bytes_counter"], row["tx_bytes_counter"], row["uptime_seconds"])
        and is_in_time(row)
        and hour - 25 * H <= row["pass_at"] < hour + 2 * H
    ]
    words = [
        _of_source([row for row in known if row["counter_source"] == source], start, end)
        for source in ("device", "port")
    ]
    if "restarted" in words:
        return "restarted", None
    return None, next((word for word in ("carried", "cut") if word in words), None)


def _of_source(rows: list[Row], start: datetime, end: datetime) -> str | None:
    rows = without_outliers(
        sorted(
            (
                row
                for row in rows
                if start - NEAR <= row["sampled_at"] <= start
                or end <= row["sampled_at"] <= end + NEAR
            ),
            key=lambda row: row["sampled_at"],
        )
    )
    before = [r for r in rows if start - NEAR <= r["sampled_at"] <= start][-2:]
    after = [r for r in rows if end <= r["sampled_at"] <= end + NEAR][:2]
    if not after:
        return None
    first = after[0]
    booted = first["sampled_at"] - timedelta(seconds=first["uptime_seconds"])
    if booted > start + SECOND:
        return "restarted"
    if not before or booted > before[-1]["sampled_at"] + SECOND:
        return None
    if any(pair[-1][way] < pair[0][way] for pair in (before, after) for way in COUNTERS):
        return None
    gap_s = (end - start).total_seconds()
    margin = (first["sampled_at"] - end) + (start - before[-1]["sampled_at"]) + ONSET
    carried = used = False
    cut = True
    for way in COUNTERS:
        growth = first[way] - before[-1][way]
        rates = [rate for rate in (_rate(before, way), _rate(after, way)) if rate is not None]
        least, most = 125 * gap_s, max(rates, default=0) * 2 * margin.total_seconds()
        carried |= bool(rates) and growth >= least + most
        cut &= 0 <= growth < least
        used |= max(rates, default=0) >= 125
    if carried:
        return "carried"
    return "cut" if cut and used else None


def without_outliers(rows: list[Row]) -> list[Row]:
    """The readings but for those that a difference of counters passes over."""
    pairs = chosen_pairs(rows, boots_of(rows))
    inside = {n for earlier, later in pairs for n in range(earlier + 1, later)}
    return [row for n, row in enumerate(rows) if n not in inside]


def _rate(pair: list[Row], way: str) -> float | None:
    if len(pair) < 2 or pair[1][way] < pair[0][way]:
        return None
    return (pair[1][way] - pair[0][way]) / (
        pair[1]["sampled_at"] - pair[0]["sampled_at"]
    ).total_seconds()


@st.composite
def samples_around_a_gap(draw: st.DrawFn) -> list[Row]:
    """Samples around a telemetry gap from 10:00 to 12:00, of a gateway that may have booted."""
    boots = [BOOTED, *sorted(draw(st.lists(instants(HOUR - H, HOUR + 3 * H), max_size=1)))]
    rows = []
    for source in ("device", "port"):
        counter, last_boot = 0, BOOTED
        near = st.one_of(instants(HOUR - H, HOUR), instants(HOUR + 2 * H, HOUR + 3 * H))
        for instant in sorted(set(draw(st.lists(near, max_size=6)))):
            booted = max(boot for boot in boots if boot <= instant)
            grown = draw(st.sampled_from([0, 1, 900_000, 30_000_000, 37_500_000, 900_000_000]))
            counter = grown if booted != last_boot else counter + grown
            last_boot = booted
            late = draw(st.sampled_from([timedelta(), timedelta(), 2 * H]))
            read_as = draw(st.sampled_from([1, 1, 1, 1, 1, 0, 3]))
            row = sample(
                instant,
                counter * read_as,
                counter // 2,
                source=source,
                booted=booted,
                polled=instant + late,
            )
            if draw(st.integers(0, 9)) == 0:
                row["uptime_seconds"] = None
            rows.append(row)
    return rows


@oracle(200)
@given(samples_around_a_gap())
def test_ragged_telemetry_gaps_are_as_the_reference_says(samples):
    rows = gaps(samples, [lost(HOUR), back(HOUR + 2 * H)])
    of_gateway = next(row["outcome"] for row in rows if row["port_id"] is None)
    of_port = next((row["outcome"] for row in rows if row["port_id"] == PORT), None)
    assert {row["gateway_mac"] for row in rows} == {GATEWAY}
    assert (of_gateway, of_port) == judged(samples, HOUR, HOUR + 2 * H)
