"""The import file: what it may say, and whose its rows are."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.errors import UsageError
from wan_perf.policy.circuit_file import read_hours, unknown_circuits, with_circuits
from wan_perf_tests.support.import_files import END, HEADER, OPENING, ROW, one, read, read_parquet

EVER = datetime(1970, 1, 1)


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
