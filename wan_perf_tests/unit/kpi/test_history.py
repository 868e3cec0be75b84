"""Samples or history on a row, never both; what history proves of a state; what is still wanted."""

from datetime import datetime
from functools import cache
from typing import Any

import pytest

from wan_perf.kpi.hour.uncovered_hours import uncovered_port_hours
from wan_perf.schema.tables import (
    CIRCUIT_PORT,
    DIM_CIRCUIT,
    DIM_HOUR,
    DIM_SITE,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
)
from wan_perf_tests.support.kpi.engine import Query, circuit_hour_query, unbound
from wan_perf_tests.support.kpi.estate import hours, tables
from wan_perf_tests.support.kpi.rows import HOUR, H, Row, at, event, past, sample

MBIT = 1e6


def fact(**given: Any) -> Row:
    [row] = circuit_hour_query().rows(**tables(**given))
    return row


def heard_for(minutes: int) -> list[Row]:
    """Samples every ten minutes, and one at the end, each ten minutes 600 bytes."""
    instants = [*range(0, minutes, 10), minutes]
    return [sample(f"10:{m:02}" if m < 60 else "11:00", 60 * m) for m in instants]


@pytest.mark.parametrize(
    ("minutes", "history", "source", "observed", "rx_bytes"),
    [
        pytest.param(45, [past(HOUR, MBIT)], "samples", 45, 2700, id="45 minutes suffice"),
        pytest.param(44, [past(HOUR, MBIT)], "history", 60, 450_000_000, id="44 do not"),
        pytest.param(44, [], "samples", 44, 2640, id="without history samples stand"),
        pytest.param(
            44, [past(covered=0)], "samples", 44, 2640, id="an unknown bucket replaces none"
        ),
        pytest.param(
            20, [past(HOUR, MBIT, covered=10)], "samples", 20, 1200, id="history that covers less"
        ),
        pytest.param(0, [past(HOUR, 0.0)], "history", 60, 0, id="idle is 0"),
        pytest.param(0, [past(HOUR, covered=0)], None, 0, None, id="asked for, and unknown"),
        pytest.param(
            0, [past(HOUR, MBIT, covered=50)], "history", 50, 375_000_000, id="five buckets of six"
        ),
        pytest.param(0, [past(HOUR + H, MBIT)], None, 0, None, id="of another hour"),
        pytest.param(0, [past(port="ge-0/0/9")], None, 0, None, id="of another port"),
    ],
)
def test_which_of_the_two_counts(minutes, history, source, observed, rx_bytes):
    row = fact(raw_port_sample=heard_for(minutes), raw_port_history=history)
    assert (row["source"], row["observed_minutes"]) == (source, observed)
    assert row["rx_bytes"] == rx_bytes


def test_utilization_of_history_is_over_its_own_minutes_and_counts_are_of_samples():
    """4 of 8 Mbit/s in 50 minutes; the counter that went back is of the samples."""
    back = [sample("10:00", 900), sample("10:10", 100)]
    row = fact(raw_port_sample=back, raw_port_history=[past(HOUR, 4 * MBIT, covered=50)])
    assert (row["source"], row["utilization_pct"]) == ("history", 50)
    assert (row["dropped_count"], row["sample_count"]) == (1, 2)


@pytest.mark.parametrize(
    ("history", "events", "up", "known_down"),
    [
        pytest.param(past(HOUR, MBIT), [], 60, 0, id="traffic is up"),
        pytest.param(past(HOUR, 0.0), [], 0, 0, id="an empty bucket says nothing"),
        pytest.param(past(HOUR, MBIT, covered=50), [], 0, 0, id="where in the hour is not said"),
        pytest.param(past(HOUR, MBIT, carrying=50), [], 0, 0, id="a bucket of the hour is empty"),
        pytest.param(
            past(HOUR, MBIT), [event("-1 12:00", "down")], 0, 60, id="events beat traffic"
        ),
        pytest.param(
            past(HOUR, MBIT), [event("-1 10:20", "down")], 40, 20, id="until they speak no more"
        ),
        pytest.param(
            past(up=(at("09:00"), at("10:30"))), [], 30, 0, id="up from before until seen"
        ),
        pytest.param(
            past(up=(at("10:20"), at("-1 10:00") + 48 * H)), [], 40, 0, id="up since within"
        ),
        pytest.param(
            past(up=(at("10:20"), at("12:00"))),
            [event("10:40", "down"), event("10:50", "up")],
            50, 10, id="events beat evidence",
        ),
    ],
)  # fmt: skip
def test_what_history_proves(history: Row, events: list[Row], up: float, known_down: float):
    row = fact(raw_port_history=[history], raw_gateway_event=events)
    assert (row["up_minutes"], row["known_down_minutes"]) == (up, known_down)
    assert row["unknown_minutes"] == 60 - up - known_down


@cache
def without_telemetry_query(end: datetime) -> Query:
    sources = (RAW_PORT_SAMPLE, RAW_PORT_HISTORY, DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT, DIM_HOUR)
    return Query(uncovered_port_hours(*(unbound(table) for table in sources), end))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param({}, [10, 11], id="no telemetry"),
        pytest.param({"raw_port_sample": heard_for(45)}, [11], id="samples suffice"),
        pytest.param({"raw_port_sample": heard_for(44)}, [10, 11], id="a minute too few"),
        pytest.param({"raw_port_history": [past(HOUR, covered=0)]}, [11], id="asked, and unknown"),
        pytest.param({"circuit_port": []}, [], id="a circuit without a port"),
    ],
)
def test_which_hours_are_requested(given: dict[str, list[Row]], wanted: list[int]):
    """Of three hours the last is not over yet."""
    rows = without_telemetry_query(HOUR + 2 * H).rows(**tables(dim_hour=hours(count=3), **given))
    assert sorted(row["hour"].hour for row in rows) == wanted
    assert {row["site_id"] for row in rows} <= {"S1"}
