"""The import file: the one sentence that refuses what it may not say."""

from datetime import date, datetime
from pathlib import Path

import pytest

from wan_perf.errors import UsageError
from wan_perf.policy.circuit_file import read_hours
from wan_perf_tests.support.import_files import END, HEADER, OPENING, ROW, read, read_parquet

COLUMNS = (
    "the columns are hour, circuit_id, site_id, site_name, port_id, rx_bytes, tx_bytes, "
    "observed_minutes, bandwidth_mbps, up_minutes, unknown_minutes, flap_count, loss_avg_pct, "
    "loss_max_pct, loss_p95_pct, jitter_avg_ms, jitter_max_ms, jitter_p95_ms, latency_avg_ms, "
    "latency_max_ms, latency_p95_ms, quality_minutes"
)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        pytest.param(
            "", "old.csv: no CSV (No columns to parse from file); correct it.", id="empty"
        ),
        pytest.param(HEADER, f"old.csv: no rows below the header; {COLUMNS}.", id="no rows"),
        pytest.param(
            "hour;circuit_id\n", f"old.csv: column hour is missing; {COLUMNS}.", id="semicolons"
        ),
        pytest.param(
            "hour,circuit_id,rx_bytes\n",
            f"old.csv: column tx_bytes is missing; {COLUMNS}.",
            id="missing column",
        ),
        pytest.param(
            "hour,port_id,rx_bytes,tx_bytes\n",
            "old.csv: no column says whose the hours are; give circuit_id, or port_id with "
            "site_id or site_name.",
            id="no column for the circuit",
        ),
        pytest.param(
            f"{HEADER}\n{ROW}\n2026-03-02T11:00,,1,2\n",
            "old.csv, line 3: no circuit; give circuit_id, or port_id with site_id or site_name.",
            id="no circuit",
        ),
        pytest.param(
            f"{HEADER}\n{ROW},3\n",
            "old.csv, line 2: 5 cells below a header of 4; quote cells that contain a comma.",
            id="more values than columns",
        ),
        pytest.param(
            f"{HEADER}\n{ROW}\n".encode() + b"2026-03-02T11:00,Caf\xe9,1,2\n",
            "old.csv, line 3: not UTF-8; save the file as CSV UTF-8.",
            id="not UTF-8",
        ),
        pytest.param(
            f"{HEADER}\n\n{ROW}\n,C1,1,2\n",
            "old.csv, line 4: hour is ''; give the start of a whole UTC hour, such as "
            "2026-03-01T14:00.",
            id="no hour, below a blank line",
        ),
        pytest.param(
            f"{HEADER}\n2026-03-02T10:30,C1,1,2\n",
            "old.csv, line 2: hour is '2026-03-02T10:30'; give the start of a whole UTC hour, such "
            "as 2026-03-01T14:00.",
            id="half an hour",
        ),
        pytest.param(
            f"{HEADER}\n1772445600,C1,1,2\n",
            "old.csv, line 2: hour is '1772445600'; give the start of a whole UTC hour, such as "
            "2026-03-01T14:00.",
            id="a number is no hour",
        ),
        pytest.param(
            f"{HEADER}\n{ROW}\n2026-02-28T23:00,C1,1,2\n2026-02-28T22:00,C1,1,2\n",
            "old.csv, line 3: hour is 2026-02-28 23:00, before WAN_PERF_START 2026-03-01 00:00; "
            "set WAN_PERF_START=2026-02-28T22:00, or leave such hours out.",
            id="before the start",
        ),
        pytest.param(
            f"{HEADER}\n2026-03-08T12:00,C1,1,2\n",
            "old.csv, line 2: hour is 2026-03-08 12:00, which is not over before 2026-03-08 12:00 "
            "UTC; leave such hours out.",
            id="the hour in progress",
        ),
        pytest.param(
            f"{HEADER}\n2026-03-02T10:00,C1,-1,2\n",
            "old.csv, line 2: rx_bytes is '-1'; give a whole number of 0 or more, in B.",
            id="negative bytes",
        ),
        pytest.param(
            f"{HEADER}\n2026-03-02T10:00,C1,1,many\n",
            "old.csv, line 2: tx_bytes is 'many'; give a whole number of 0 or more, in B.",
            id="no number",
        ),
        pytest.param(
            f"{HEADER}\n2026-03-02T10:00,C1,1.5,2\n",
            "old.csv, line 2: rx_bytes is '1.5'; give a whole number of 0 or more, in B.",
            id="part of a byte",
        ),
        pytest.param(
            f"{HEADER}\n2026-03-02T10:00,C1,1,inf\n",
            "old.csv, line 2: tx_bytes is 'inf'; give a whole number of 0 or more, in B.",
            id="infinite",
        ),
        pytest.param(
            f"{HEADER}\n2026-03-02T10:00,C1,1,\n",
            "old.csv, line 2: one of rx_bytes and tx_bytes is empty; give both or neither.",
            id="one direction",
        ),
        pytest.param(
            f"{HEADER},up_minutes\n{ROW},61\n",
            "old.csv, line 2: up_minutes is '61'; give a number with a decimal point from 0 to 60, "
            "in min.",
            id="more than an hour",
        ),
        pytest.param(
            f"{HEADER},loss_avg_pct\n{ROW},100.5\n",
            "old.csv, line 2: loss_avg_pct is '100.5'; give a number with a decimal point from 0 "
            "to 100, in %.",
            id="more than all",
        ),
        pytest.param(
            f'{HEADER},latency_avg_ms\n{ROW},"1,5"\n',
            "old.csv, line 2: latency_avg_ms is '1,5'; give a number with a decimal point of 0 or "
            "more, in ms.",
            id="decimal comma",
        ),
        pytest.param(
            f"{HEADER},up_minutes,unknown_minutes\n{ROW},50,20\n",
            "old.csv, line 2: up_minutes 50 and unknown_minutes 20 are more than the hour has; "
            "correct one of them.",
            id="70 minutes",
        ),
        pytest.param(
            f"{HEADER},observed_minutes\n{ROW},\n",
            "old.csv, line 2: observed_minutes is empty beside rx_bytes; give the minutes, or "
            "leave the column out if all are 60.",
            id="bytes of nobody knows how long",
        ),
        pytest.param(
            f"{HEADER},up_minutes,unknown_minutes\n{ROW},50,\n",
            "old.csv, line 2: unknown_minutes is empty beside up_minutes; give the minutes, or "
            "leave the column out if all are 0.",
            id="up, and the rest is not said",
        ),
    ],
)
def test_what_is_refused(folder: Path, lines: str | bytes, message: str):
    with pytest.raises(UsageError) as refused:
        read(lines)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("old.xlsx", "old.xlsx: an import is a .csv or a .parquet file; give one of these."),
        (
            "none.csv",
            "none.csv: the file cannot be read (No such file or directory); give another path.",
        ),
        (
            "none.parquet",
            "none.parquet: the file cannot be read (No such file or directory); give another path.",
        ),
    ],
)
def test_a_file_that_cannot_be_read(folder: Path, name: str, message: str):
    with pytest.raises(UsageError) as refused:
        read_hours(Path(name), OPENING, END)
    assert str(refused.value) == message


def test_what_is_no_parquet_is_refused(folder: Path):
    with pytest.raises(UsageError, match=r"^old\.parquet: no Parquet file \(.*\); write it"):
        read(f"{HEADER}\n{ROW}\n", "old.parquet")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (
            "rx_bytes",
            2**64 - 1,
            "rx_bytes is '18446744073709551615', which no circuit reaches in an hour: a counter "
            "difference below zero without its sign; leave the cell empty.",
        ),
        ("rx_bytes", -1, "rx_bytes is '-1'; give a whole number of 0 or more, in B."),
        ("rx_bytes", True, "rx_bytes is 'True'; give a whole number of 0 or more, in B."),
        (
            "hour",
            1772445600,
            "hour is '1772445600'; give the start of a whole UTC hour, such as 2026-03-01T14:00.",
        ),
        (
            "hour",
            date(2026, 2, 1),
            "hour is 2026-02-01 00:00, before WAN_PERF_START 2026-03-01 00:00; set "
            "WAN_PERF_START=2026-02-01T00:00, or leave such hours out.",
        ),
    ],
)
def test_a_row_of_parquet_is_reported_by_its_number(folder: Path, column, value, message):
    row = {"hour": datetime(2026, 3, 2, 10), "circuit_id": "C1", "rx_bytes": 1, "tx_bytes": 2}
    with pytest.raises(UsageError) as refused:
        read_parquet(**{name: [each] for name, each in {**row, column: value}.items()})
    assert str(refused.value) == f"old.parquet, row 1: {message}"


def test_a_wrapped_counter_is_refused_by_its_line(folder: Path):
    """An older tool's hour: a counter difference of -1, stored without its sign."""
    lines = f"{HEADER}\n2026-03-02T10:00,C1,100,50\n2026-03-02T11:00,C1,18446744073709551615,50\n"
    with pytest.raises(UsageError) as refused:
        read(lines)
    assert str(refused.value) == (
        "old.csv, line 3: rx_bytes is '18446744073709551615', which no circuit reaches in an hour: "
        "a counter difference below zero without its sign; leave the cell empty."
    )


def test_two_headers_of_one_column_are_refused(folder: Path):
    with pytest.raises(UsageError) as refused:
        read("hour,circuit_id,rx_bytes,RX Bytes,tx_bytes\n")
    assert str(refused.value) == (
        "old.csv: the columns 'rx_bytes' and 'RX Bytes' are both rx_bytes; keep one."
    )


@pytest.mark.parametrize("ends", ["", ",,"])
def test_a_line_is_counted_over_quoted_line_breaks(folder: Path, ends: str):
    """The bad row is the third below the header and begins on line 7."""
    lines = (
        f"{HEADER},remark\n"
        f'2026-03-02T10:00,C1,1,2,"one\ntwo\nthree"{ends}\n'
        f'2026-03-02T11:00,C1,1,2,"one\r\ntwo"\n'
        "2026-03-02T12:00,C1,-5,2,x\n"
    )
    with pytest.raises(UsageError, match=r"old\.csv, line 7: rx_bytes is '-5'"):
        read(lines)
