"""Files of a large table by hour, day and month: what is written again when rows change late."""

from datetime import datetime, timedelta

import pytest
from filelock import FileLock

from wan_perf.published import layout, replacement
from wan_perf.published.compaction import compact
from wan_perf.published.manifest import DataFile
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, CIRCUIT_WINDOW, DIM_SITE
from wan_perf.warehouse.changes import WHOLE
from wan_perf_tests.support.warehouse.rows import H5
from wan_perf_tests.unit.published.conftest import Home

NEWEST = datetime(2026, 3, 10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARCH = datetime(2026, 3, 1)


def versions(first: datetime, last: datetime) -> layout.Versions:
    """A version for each hour from the first day to the end of the last."""
    days = {first + n * DAY: n + 1 for n in range((last - first).days + 1)}
    hours = {day + n * HOUR: n for day in days for n in range(24)}
    return layout.Versions(days, hours)


def written(table: object, *, rows_a_day: int, first: datetime) -> list[tuple[datetime, datetime]]:
    def count(start: datetime, end: datetime) -> int:
        return rows_a_day * max(1, (end - start).days)

    return layout.missing(table, versions(first, NEWEST), (), count)  # type: ignore[arg-type]


def test_a_large_table_has_hours_of_two_days_then_days_then_months() -> None:
    spans = written(CIRCUIT_HOUR, rows_a_day=30_000, first=datetime(2026, 2, 27))
    assert spans[0] == (datetime(2026, 2, 1), MARCH)
    assert spans[1:9] == [(MARCH + n * DAY, MARCH + (n + 1) * DAY) for n in range(8)]
    assert spans[9:] == [
        (MARCH + 8 * DAY + n * HOUR, MARCH + 8 * DAY + (n + 1) * HOUR) for n in range(48)
    ]


def test_a_month_that_would_take_long_is_written_by_days() -> None:
    spans = written(CIRCUIT_HOUR, rows_a_day=240_000, first=datetime(2026, 2, 27))
    assert spans[:2] == [(MARCH - 2 * DAY, MARCH - DAY), (MARCH - DAY, MARCH)]


def test_a_small_table_has_a_file_a_month() -> None:
    spans = written(CIRCUIT_DAY, rows_a_day=20, first=datetime(2026, 2, 27))
    assert spans == [(datetime(2026, 2, 1), MARCH), (MARCH, datetime(2026, 4, 1))]


def test_a_table_of_few_days_has_no_months() -> None:
    part = layout.published_part(CIRCUIT_WINDOW, versions(MARCH, NEWEST))
    assert sorted(part.days) == [NEWEST - DAY, NEWEST]


def test_a_table_without_time_is_one_file() -> None:
    now = layout.Versions({WHOLE: 7}, {})
    [span] = layout.missing(DIM_SITE, now, (), lambda *_: 3)
    file = DataFile("f", *span, str(now.state(*span)), 3, "c")
    assert layout.missing(DIM_SITE, now, (file,), lambda *_: 3) == []
    assert layout.still_valid((file,), layout.Versions({WHOLE: 8}, {}), dict) == ()


def test_late_changes_of_a_large_month_supersede_its_days_instead_of_writing_it_again() -> None:
    before = versions(datetime(2026, 2, 1), NEWEST)
    february = (datetime(2026, 2, 1), MARCH)
    file = DataFile("f", *february, str(before.state(*february)), 7_000_000, "c")
    late = datetime(2026, 2, 5)
    after = layout.Versions({**before.days, late: 99}, before.hours)
    [valid] = layout.still_valid((file,), after, lambda _: before.days)
    assert valid.superseded == (late,)
    spans = layout.missing(CIRCUIT_HOUR, after, (valid,), lambda *_: 240_000)
    assert spans[0] == (late, late + DAY)
    assert all(start >= MARCH for start, _ in spans[1:])
    # The same again is valid as it is, and the next late day joins the first.
    assert layout.still_valid((valid,), after, lambda _: before.days) == (valid,)
    more = layout.Versions({**after.days, late + DAY: 98}, before.hours)
    [both] = layout.still_valid((valid,), more, lambda _: before.days)
    assert both.superseded == (late, late + DAY)


def test_a_day_that_a_month_did_not_have_is_not_taken_for_part_of_it() -> None:
    before = versions(datetime(2026, 2, 10), NEWEST)
    february = (datetime(2026, 2, 1), MARCH)
    file = DataFile("f", *february, str(before.state(*february)), 7_000_000, "c")
    earlier = datetime(2026, 2, 9)
    after = layout.Versions({**before.days, earlier: 99}, before.hours)
    [valid] = layout.still_valid((file,), after, lambda _: before.days)
    assert (earlier, earlier + DAY) in layout.missing(
        CIRCUIT_HOUR, after, (valid,), lambda *_: 9**9
    )


@pytest.fixture
def by_hour(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A table of six rows is a large one."""
    monkeypatch.setattr(layout, "FEW_ROWS", 0)
    return home


def test_hours_become_days_and_days_a_month_with_the_same_rows(by_hour: Home) -> None:
    home = by_hour
    for hour in (3, 19):  # 00:00 of 9 March is 19 hours after 05:00 of the 8th
        home.store(hour, "c1", "c2")
    home.publish()
    assert len(home.copy.manifest.files["circuit_hour"]) == 5
    home.store(4 * 24, "c1")  # 8 March is over for days
    home.publish()
    assert compact(home.folder) == 1
    assert [f.rows for f in home.copy.manifest.files["circuit_hour"]] == [8, 2, 1]
    assert home.count("circuit_hour") == 8 + 2 + 1
    assert home.publish().files == 0  # nothing differs from the warehouse
    home.store(33 * 24, "c1")  # 10 April
    home.publish()
    assert compact(home.folder) == 1
    assert [f.rows for f in home.copy.manifest.files["circuit_hour"]] == [11, 1]
    assert home.count("circuit_hour") == 12
    assert home.publish().files == 0


def test_hours_of_a_new_day_become_blocks_of_six_until_one_changes(by_hour: Home) -> None:
    home = by_hour  # 05:00 to 07:00 of 8 March
    for hour in range(3, 11):  # 08:00 to 15:00
        home.store(hour, "c1")
    home.publish()

    def spans() -> list[tuple[int, int]]:
        files = home.copy.manifest.files["circuit_hour"]
        return [(file.start.hour, file.end.hour) for file in files]

    assert spans() == [(hour, hour + 1) for hour in range(5, 16)]
    assert compact(home.folder) == 1  # 00:00 to 06:00 has one file; 06:00 to 12:00 is over for 3 h
    assert spans() == [(5, 6), (6, 12), *((hour, hour + 1) for hour in range(12, 16))]
    assert home.count("circuit_hour") == 3 * 2 + 8
    assert home.publish().files == 0  # nothing differs from the warehouse
    home.store(4, "c1", "c9")
    assert home.publish().files == 6
    assert spans() == [(hour, hour + 1) for hour in range(5, 16)]
    assert home.count("circuit_hour") == 3 * 2 + 9


def test_the_hours_that_live_runs_still_store_are_in_no_block(by_hour: Home) -> None:
    """At 15:00 the first run of the hour stores 11:00 to 15:00, at 16:00 the next one 12:00 on."""
    home = by_hour
    for hour in range(3, 10):  # to 14:00
        home.store(hour, "c1")
    home.publish()
    assert compact(home.folder) == 0
    home.store(10, "c1")  # 15:00
    home.publish()
    assert compact(home.folder) == 1
    for hour in range(7, 12):  # 12:00 to 16:00
        home.store(hour, "c1")
    assert home.publish().files == 5  # of each hour that was stored
    assert compact(home.folder) == 0


def test_a_live_run_merges_one_file(by_hour: Home) -> None:
    home = by_hour
    for hour in range(3, 17):  # to 21:00
        home.store(hour, "c1")
    home.publish()
    assert [compact(home.folder, most=1) for _ in range(3)] == [1, 1, 0]


def test_an_hour_of_a_merged_month_that_changes_is_read_from_its_own_file(by_hour: Home) -> None:
    home = by_hour
    home.store(30, "c1")  # 9 March
    home.store(33 * 24, "c1")  # 10 April
    home.publish()
    assert [f.rows for f in home.copy.manifest.files["circuit_hour"]] == [7, 1]
    home.store(1, "c9", flap_count=7)
    assert home.publish().files == 1
    month = home.copy.manifest.files["circuit_hour"][0]
    assert (month.rows, month.superseded) == (7, (datetime(2026, 3, 8),))
    query = "SELECT circuit_id, flap_count FROM circuit_hour WHERE hour = ?"
    assert home.copy.query(query, [H5 + HOUR]) == [{"circuit_id": "c9", "flap_count": 7}]
    assert home.count("circuit_hour") == (2 + 1 + 2) + 1 + 1


def test_a_merge_gives_way_to_a_publication_of_its_files(
    by_hour: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wan_perf.published import compaction

    home = by_hour
    home.publish()
    home.store(4 * 24, "c1")
    home.publish()
    persist = compaction.persist

    def meanwhile(path: object) -> None:
        home.store(0, "c1")
        home.publish()
        persist(path)  # type: ignore[arg-type]

    monkeypatch.setattr(compaction, "persist", meanwhile)
    assert compact(home.folder) == 0
    assert home.count("circuit_hour") == 6
    assert not list(home.folder.glob("*/*.merging"))


def test_a_merge_that_meets_a_long_publication_is_left_to_a_later_run(by_hour: Home) -> None:
    home = by_hour
    home.publish()
    home.store(4 * 24, "c1")
    home.publish()
    with FileLock(home.folder / replacement._LOCK):
        assert compact(home.folder, patience_s=0.1) == 0
    assert not list(home.folder.glob("*/*.merging"))
    assert compact(home.folder) == 1
