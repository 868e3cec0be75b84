"""States of the published copy in one engine: each has its rows, none has those of another."""

import gc
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from wan_perf.published import layout, reader
from wan_perf.published.errors import MissingFileError
from wan_perf.published.manifest import DataFile, Manifest
from wan_perf.published.reader import Published
from wan_perf.schema.tables import TABLES
from wan_perf_tests.unit.published.conftest import H5, HOUR, Home

COUNT = "SELECT count(*) AS n FROM circuit_hour"


def rows(copy: Published) -> int:
    return int(copy.query(COUNT)[0]["n"])


def test_a_page_that_began_with_a_state_ends_with_it_while_others_see_the_next(home: Home) -> None:
    home.publish()
    before = home.copy
    assert rows(before) == 6
    home.store(3, "c1")
    home.publish()
    assert (rows(home.copy), rows(before), rows(home.copy)) == (7, 6, 7)


def test_states_that_no_page_reads_any_more_leave_the_engine(home: Home) -> None:
    for hour in range(3, 8):
        home.store(hour, "c1")
        home.publish()
        assert rows(home.copy) == 6 + hour - 2
    gc.collect()
    home.store(8, "c1")
    home.publish()
    assert rows(home.copy) == 12
    with reader._ENGINES[home.copy.folder].cursor() as cursor:
        found = cursor.execute("SELECT schema_name FROM duckdb_schemas()").fetchall()
    states = [name for (name,) in found if name.startswith("state_")]
    assert 1 <= len(states) <= 2  # the newest, and the one before until the next is prepared


def test_an_engine_is_followed_by_another_one_before_its_memory_is_full(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_MOST_STATES", 2)
    engines, copies = [], []
    for hour in range(3, 8):
        home.store(hour, "c1")
        home.publish()
        copies.append(home.copy)
        assert rows(home.copy) == 6 + hour - 2
        engines.append(reader._ENGINES[home.copy.folder])
    assert [engines.index(engine) for engine in engines] == [0, 0, 2, 2, 4]
    assert [rows(copy) for copy in copies] == [7, 8, 9, 10, 11]  # each in its own engine


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        pytest.param("TimeZone", "UTC", id="UTC, whatever the machine's zone"),
        pytest.param("parquet_metadata_cache", True, id="what was read of a file is in memory"),
        pytest.param("enable_external_access", False, id="nothing else is read"),
    ],
)
def test_settings_hold_in_each_cursor(home: Home, setting: str, value: object) -> None:
    home.publish()
    [row] = home.copy.query(f"SELECT current_setting('{setting}') AS value")
    assert row["value"] == value


def test_views_are_there_once_a_statement_names_them(home: Home) -> None:
    home.publish()
    # A circuit-hour that no state explains is of no failover.
    assert home.copy.query("SELECT count(*) AS n FROM failover_event") == [{"n": 0}]
    with home.copy.cursor() as cursor:  # without a statement all are
        assert cursor.execute("SELECT count(*) FROM threshold_run").fetchall() == [(0,)]


def test_rows_of_a_time_come_from_the_files_of_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "FEW_ROWS", 0)
    home.publish()
    [first, *_] = home.copy.manifest.files["circuit_hour"]
    (home.folder / first.name).unlink()  # 05:00 to 06:00
    after = home.copy.within("circuit_hour", H5 + HOUR, H5 + 3 * HOUR)
    assert home.copy.query(f"SELECT count(*) AS n FROM {after}") == [{"n": 4}]
    straddling = home.copy.within("circuit_hour", H5 + HOUR - timedelta(minutes=1), H5 + 3 * HOUR)
    with pytest.raises(MissingFileError):
        home.copy.query(f"SELECT count(*) AS n FROM {straddling}")


@pytest.mark.parametrize("name", ["dim_site", "failover_event"])
def test_a_table_without_time_and_a_view_are_whole(home: Home, name: str) -> None:
    home.publish()
    assert home.copy.within(name, H5, H5 + HOUR) == name


def test_no_file_of_a_time_is_no_row(home: Home) -> None:
    home.publish()
    later = home.copy.within("circuit_hour", H5 + timedelta(days=40), H5 + timedelta(days=41))
    assert home.copy.query(f"SELECT count(*) AS n FROM {later}") == [{"n": 0}]


NOVEMBER = layout.month_of(datetime(2026, 11, 1))
LATE_DAY = (datetime(2026, 11, 20), datetime(2026, 11, 21))
FIRST_HOUR = (datetime(2026, 12, 1), datetime(2026, 12, 1, 1))


@pytest.mark.parametrize(
    ("files", "newest"),
    [
        pytest.param([NOVEMBER, FIRST_HOUR], [1], id="the newest hour"),
        # Its rows of 2026-11-28 are newer than the day that changed late.
        pytest.param([NOVEMBER, LATE_DAY], [0, 1], id="a month beside a day that changed late"),
        pytest.param([NOVEMBER, LATE_DAY, FIRST_HOUR], [2], id="and an hour after both"),
    ],
)
def test_the_newest_rows_lie_in_few_files(
    tmp_path: Path, files: list[layout.Span], newest: list[int]
) -> None:
    names = [f"{start:%m%d}.parquet" for start, _ in files]
    stored = tuple(
        DataFile(name, *span, "", 1, "all") for name, span in zip(names, files, strict=True)
    )
    columns = {"all": TABLES["circuit_hour"].columns}
    copy = Published(tmp_path, Manifest(H5, "", {"circuit_hour": stored}, columns))
    text = copy.newest("circuit_hour")
    assert [name in text for name in names] == [nth in newest for nth in range(len(names))]


def test_a_file_without_rows_has_none_of_the_newest(home: Home) -> None:
    home.publish()
    assert home.copy.newest("trend") == "trend"
    assert home.copy.query(f"SELECT count(*) AS n FROM {home.copy.newest('circuit_hour')}") == [
        {"n": rows(home.copy)}
    ]
