"""The import file: what it may say, and the one sentence that refuses what it may not."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from wan_perf.errors import UsageError
from wan_perf.policy.circuit_file import HourFile, read_hours, unknown_circuits, with_circuits

OPENING = datetime(2026, 3, 1)
END = datetime(2026, 3, 8, 12)
HEADER = "hour,circuit_id,rx_bytes,tx_bytes"
EVER = datetime(1970, 1, 1)
COLUMNS = (
    "the columns are hour, circuit_id, site_id, site_name, port_id, rx_bytes, tx_bytes, "
    "observed_minutes, bandwidth_mbps, up_minutes, unknown_minutes, flap_count, loss_avg_pct, "
    "loss_max_pct, loss_p95_pct, jitter_avg_ms, jitter_max_ms, jitter_p95_ms, latency_avg_ms, "
    "latency_max_ms, latency_p95_ms, quality_minutes"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(lines: str | bytes, name: str = "old.csv") -> HourFile:
    Path(name).write_bytes(lines if isinstance(lines, bytes) else lines.encode())
    return read_hours(Path(name), OPENING, END)


def read_parquet(**columns: list[Any]) -> HourFile:
    pd.DataFrame(columns).to_parquet("old.parquet")
    return read_hours(Path("old.parquet"), OPENING, END)


def one(file: HourFile) -> dict[str, Any]:
    """The only row, with what is unknown as None."""
    [row] = file.hours.astype(object).where(file.hours.notna(), None).to_dict("records")
    return row


@pytest.mark.parametrize(
    ("hour", "at"),
    [
        pytest.param("2026-03-02T10:00", 10, id="naive is UTC"),
        pytest.param("2026-03-02 10:00:00", 10, id="with a blank"),
        pytest.param("2026-03-02T10:00:00Z", 10, id="UTC"),
        pytest.param("2026-03-02T10:00-05:00", 15, id="with a zone"),
    ],
)
def test_hours_are_utc(folder: Path, hour: str, at: int):
    assert one(read(f"{HEADER}\n{hour},C1,1,2\n"))["hour"] == datetime(2026, 3, 2, at)


@pytest.mark.parametrize(
    "hour",
    [
        pytest.param(datetime(2026, 3, 2, 10), id="naive is UTC"),
        pytest.param(datetime(2026, 3, 2, 10, tzinfo=UTC), id="UTC"),
        pytest.param(datetime(2026, 3, 2, 5, tzinfo=timezone(timedelta(hours=-5))), id="zone"),
        pytest.param("2026-03-02T10:00Z", id="text"),
    ],
)
def test_hours_of_parquet_are_utc(folder: Path, hour: object):
    file = read_parquet(hour=[hour], circuit_id=["C1"], rx_bytes=[1], tx_bytes=[2])
    assert one(file)["hour"] == datetime(2026, 3, 2, 10)


def test_a_file_that_says_little_says_nothing_of_the_rest(folder: Path):
    """Bytes of a row are of its whole hour; of state and quality nothing is known."""
    row = one(read(f"\ufeff{HEADER}\n2026-03-02T10:00,007,1,2\n\n"))
    assert (row["circuit_id"], row["rx_bytes"], row["tx_bytes"]) == ("007", 1, 2)
    assert row["observed_minutes"] == 60
    known = {"hour", "circuit_id", "rx_bytes", "tx_bytes", "observed_minutes"}
    assert {name for name, value in row.items() if value is not None} == known


def test_down_is_the_rest_where_the_file_has_no_unknown_minutes(folder: Path):
    row = one(read(f"{HEADER},up_minutes,latency_avg_ms\n2026-03-02T10:00,C1,,,50.5,20\n"))
    assert (row["up_minutes"], row["unknown_minutes"], row["quality_minutes"]) == (50.5, 0, 60)
    assert (row["rx_bytes"], row["observed_minutes"], row["flap_count"]) == (None, None, None)


def test_columns_that_are_not_taken_are_reported(folder: Path):
    file = read(f"{HEADER},utilization_pct,status\n2026-03-02T10:00,C1,1,2,99,Up\n")
    assert file.not_taken == ("utilization_pct", "status")
    assert "utilization_pct" not in file.hours


ROW = "2026-03-02T10:00,C1,1,2"


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


PORTS = pd.DataFrame(
    [
        ("S1", "Store 1", "ge-0/0/0", "OLD", EVER, datetime(2026, 3, 3)),
        ("S1", "Store 1", "ge-0/0/0", "NEW", datetime(2026, 3, 3), None),
        ("S2", "Store 2", "ge-0/0/0", "A", EVER, None),
        ("S2", "Store 2", "ge-0/0/0", "B", EVER, None),
    ],
    columns=["site_id", "site_name", "port_id", "circuit_id", "valid_from", "valid_to"],
)
NAMED = "hour,circuit_id,site_name,site_id,port_id,rx_bytes,tx_bytes"


@pytest.mark.parametrize(
    ("row", "circuit"),
    [
        pytest.param("2026-03-02T23:00,,Store 1,,ge-0/0/0.0", "OLD", id="before the change"),
        pytest.param("2026-03-03T00:00,,,S1,ge-0/0/0", "NEW", id="after it"),
        pytest.param("2026-03-03T00:00,,STORE  1,,GE-0/0/0", "NEW", id="names in capitals"),
        pytest.param("2026-03-03T00:00,,,s1,ge-0/0/0", "NEW", id="a site id in another case"),
        pytest.param("2026-03-03T00:00,C9,,S1,ge-0/0/0", "C9", id="its own id wins"),
        pytest.param("2026-03-03T00:00,,,S2,ge-0/0/0", "S2:ge-0/0/0", id="of two circuits none"),
        pytest.param("2026-03-03T00:00,,,S1,ge-0/0/7", "S1:ge-0/0/7", id="an unknown port"),
        pytest.param("2026-03-03T00:00,,Store 9,,lte0", "Store 9:lte0", id="an unknown site"),
    ],
)
def test_whose_a_row_is(folder: Path, row: str, circuit: str):
    file = with_circuits(read(f"{NAMED}\n{row},1,2\n"), PORTS)
    assert file.hours["circuit_id"].tolist() == [circuit]


def test_two_rows_of_one_hour_are_refused_whatever_names_they_use(folder: Path):
    rows = "2026-03-02T10:00,OLD,,,,1,2\n2026-03-02T10:00,,Store 1,,ge-0/0/0,1,2\n"
    with pytest.raises(UsageError) as refused:
        with_circuits(read(f"{NAMED}\n{rows}"), PORTS)
    assert str(refused.value) == (
        "old.csv, line 3: hour 2026-03-02 10:00 of circuit 'OLD' stands in old.csv, line 2 too; "
        "keep one of the two."
    )


def test_circuits_that_were_not_in_service_are_unknown(folder: Path):
    rows = "2026-03-02T23:00,NEW,1,2\n2026-03-03T00:00,NEW,1,2\n2026-03-03T00:00,X,1,2\n"
    file = read(f"{HEADER}\n{rows}")
    found = unknown_circuits(file.hours, PORTS[["circuit_id", "valid_from", "valid_to"]])
    assert found.to_dict() == {2: "NEW", 4: "X"}


def test_a_wrapped_counter_is_refused_by_its_line(folder: Path):
    """An older tool's hour: a counter difference of -1, stored without its sign."""
    lines = f"{HEADER}\n2026-03-02T10:00,C1,100,50\n2026-03-02T11:00,C1,18446744073709551615,50\n"
    with pytest.raises(UsageError) as refused:
        read(lines)
    assert str(refused.value) == (
        "old.csv, line 3: rx_bytes is '18446744073709551615', which no circuit reaches in an hour: "
        "a counter difference below zero without its sign; leave the cell empty."
    )


def test_the_most_that_is_counted_exactly_is_taken(folder: Path):
    assert one(read(f"{HEADER}\n2026-03-02T10:00,C1,{2**53},0\n"))["rx_bytes"] == 2**53


@pytest.mark.parametrize(
    "index",
    [
        pytest.param(["hour"], id="hours"),
        pytest.param(["hour", "circuit_id"], id="hours and circuits"),
        pytest.param(["circuit_id"], id="circuits"),
    ],
)
def test_the_index_of_a_pandas_frame_is_a_column(folder: Path, index: list[str]):
    hour = pd.Timestamp("2026-03-02T10:00")
    row = {"hour": [hour], "circuit_id": ["C1"], "rx_bytes": [1], "tx_bytes": [2]}
    pd.DataFrame(row).set_index(index).to_parquet("old.parquet")
    file = read_hours(Path("old.parquet"), OPENING, END)
    assert (one(file)["hour"], one(file)["circuit_id"]) == (datetime(2026, 3, 2, 10), "C1")
    assert file.not_taken == ()


def test_an_index_without_a_name_is_no_column(folder: Path):
    row = {"hour": ["2026-03-02T10:00"], "circuit_id": ["C1"], "rx_bytes": [1], "tx_bytes": [2]}
    pd.DataFrame(row, index=["x"]).to_parquet("old.parquet")
    assert read_hours(Path("old.parquet"), OPENING, END).not_taken == ()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_whole_number_ids_beside_gaps_stay_whole(folder: Path, kind: str):
    """pandas makes floats of whole numbers beside empty cells: 101.0 is circuit 101."""
    frame = pd.DataFrame(
        {
            "hour": ["2026-03-02T10:00", "2026-03-02T10:00"],
            "circuit_id": [101, None],
            "site_id": [None, 7],
            "port_id": [None, "ge-0/0/0"],
            "rx_bytes": [1, 2],
            "tx_bytes": [1, 2],
        }
    )
    name = f"old.{kind}"
    frame.to_csv(name, index=False) if kind == "csv" else frame.to_parquet(name)
    hours = read_hours(Path(name), OPENING, END).hours
    assert hours["circuit_id"].tolist() == ["101", None]
    assert hours["site_id"].tolist() == [None, "7"]


def test_an_id_that_is_no_whole_number_stays_as_it_is(folder: Path):
    hours = read(f"{HEADER}\n2026-03-02T10:00,101.0,1,2\n2026-03-02T10:00,A.0,1,2\n").hours
    assert hours["circuit_id"].tolist() == ["101.0", "A.0"]


@pytest.mark.parametrize(
    "header",
    ["HOUR,CIRCUIT_ID,RX_BYTES,TX_BYTES", " Hour , Circuit ID,Rx bytes ,TX-Bytes", HEADER],
)
def test_headers_differ_in_case_and_blanks(folder: Path, header: str):
    row = one(read(f"{header},Remark\n2026-03-02T10:00,007,1,2,x\n"))
    assert (row["circuit_id"], row["rx_bytes"], row["tx_bytes"]) == ("007", 1, 2)


def test_headers_of_parquet_differ_in_case_too(folder: Path):
    file = read_parquet(HOUR=["2026-03-02T10:00"], CIRCUIT_ID=["C1"], RX_BYTES=[1], Tx_Bytes=[2])
    assert one(file)["tx_bytes"] == 2


def test_two_headers_of_one_column_are_refused(folder: Path):
    with pytest.raises(UsageError) as refused:
        read("hour,circuit_id,rx_bytes,RX Bytes,tx_bytes\n")
    assert str(refused.value) == (
        "old.csv: the columns 'rx_bytes' and 'RX Bytes' are both rx_bytes; keep one."
    )


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(f"{HEADER},,\n{ROW},,\n", id="with empty headers"),
        pytest.param(f"{HEADER}\n{ROW},,\n2026-03-02T11:00,C1,1,2\n", id="below the header"),
        pytest.param(f"{HEADER},\n{ROW}\n", id="a comma after the header"),
    ],
)
def test_empty_columns_at_the_end_are_no_columns(folder: Path, lines: str):
    file = read(lines)
    assert (file.hours["tx_bytes"].iloc[0], file.not_taken) == (2, ())


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
