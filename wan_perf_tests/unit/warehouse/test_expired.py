"""Retention of raw rows: what goes, what stays, and what is refused afterwards."""

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from wan_perf.policy.thresholds import Retention
from wan_perf.schema.declaration import Table
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_HOUR, RAW_INVENTORY, RAW_PORT_SAMPLE, TABLES
from wan_perf.warehouse import DuckDBWarehouse, Warehouse, Window
from wan_perf.warehouse.duckdb_file import DuckDBFile
from wan_perf.warehouse.expired import ExpiredRowsError, computable_from, remove_expired
from wan_perf.warehouse.shrink import shrink
from wan_perf_tests.support.warehouse.processes import PROCESSES
from wan_perf_tests.support.warehouse.rows import HOUR, circuit_hours, stored, window

NOW = datetime(2027, 4, 20, 15, 30)
LIMIT = datetime(2026, 3, 16)
"""400 days before the day of NOW."""
DAY = 24 * HOUR
RETENTION = Retention()


def age_of(table: Table) -> timedelta | None:
    return RETENTION.row_age(table.retention_days)


def sample(at: datetime) -> dict[str, object]:
    return {
        "pass_at": at, "gateway_mac": "aa0000000001", "port_id": "ge-0/0/0",
        "counter_source": "device", "site_id": "s1", "sampled_at": at, "is_up": True,
    }  # fmt: skip


def store_samples(warehouse: Warehouse, *instants: datetime) -> None:
    for at in instants:
        warehouse.store(
            RAW_PORT_SAMPLE, conform([sample(at)], RAW_PORT_SAMPLE), Window(at, at + HOUR)
        )


def hours_from_samples(warehouse: Warehouse, around: Window) -> object:
    """An expression of circuit-hours that reads the samples, as the fact does; it has no rows."""
    samples = warehouse.lazy(RAW_PORT_SAMPLE, around)
    facts = warehouse.unbound(CIRCUIT_HOUR)
    return facts.semi_join(samples, facts.hour == samples.pass_at).filter(facts.hour.isnull())


def passes(warehouse: Warehouse) -> list[datetime]:
    return [row[0] for row in stored(warehouse, RAW_PORT_SAMPLE)]


def test_samples_past_their_retention_go_but_for_the_neighbours_of_what_can_be_computed(
    warehouse: Warehouse,
):
    old, neighbour, within = LIMIT - 2 * DAY - HOUR, LIMIT - 2 * DAY, LIMIT
    store_samples(warehouse, old, neighbour, within)
    assert computable_from(warehouse) is None
    assert remove_expired(warehouse, NOW, age_of) == {"raw_port_sample": 1}
    assert passes(warehouse) == [neighbour, within]
    assert computable_from(warehouse) == LIMIT
    assert remove_expired(warehouse, NOW, age_of) == {}


def test_an_hour_whose_samples_are_gone_is_not_replaced_by_an_empty_one(warehouse: Warehouse):
    gone = LIMIT - 3 * DAY
    hour = Window(gone, gone + HOUR)
    warehouse.store(CIRCUIT_HOUR, circuit_hours({"hour": gone}), hour)
    store_samples(warehouse, gone, NOW - DAY)
    remove_expired(warehouse, NOW, age_of)
    with pytest.raises(ExpiredRowsError) as refused:
        warehouse.store(CIRCUIT_HOUR, hours_from_samples(warehouse, hour), hour)
    assert str(refused.value) == (
        "circuit_hour of 2026-03-13 00:00 to 2026-03-13 01:00 UTC cannot be computed again: rows "
        "of raw_port_sample before 2026-03-16 were removed by their retention (raw_days under "
        "[retention] in the policy). What is stored stands; give a range from 2026-03-16 on."
    )
    assert len(stored(warehouse, CIRCUIT_HOUR)) == 1


@pytest.mark.parametrize(
    ("start", "hours", "is_refused"),
    [
        pytest.param(LIMIT, 24, False, id="the first day that can be computed"),
        pytest.param(LIMIT - HOUR, 1, True, id="the hour before"),
        pytest.param(LIMIT - HOUR, 48, True, id="a range that begins before"),
        pytest.param(LIMIT - 9 * DAY, 24, False, id="before the oldest sample ever: an import"),
    ],
)
def test_what_is_refused(
    on_duckdb: DuckDBWarehouse, start: datetime, hours: int, *, is_refused: bool
):
    store_samples(on_duckdb, LIMIT - 5 * DAY)
    remove_expired(on_duckdb, NOW, age_of)
    slice_ = window(start, hours)
    if is_refused:
        with pytest.raises(ExpiredRowsError, match="from 2026-03-16 on"):
            on_duckdb.store(CIRCUIT_HOUR, hours_from_samples(on_duckdb, slice_), slice_)
    else:
        on_duckdb.store(CIRCUIT_HOUR, hours_from_samples(on_duckdb, slice_), slice_)


def test_the_record_grows_from_prune_to_prune(on_duckdb: DuckDBWarehouse):
    store_samples(on_duckdb, LIMIT - 5 * DAY, LIMIT - 2 * DAY)
    remove_expired(on_duckdb, NOW, age_of)
    remove_expired(on_duckdb, NOW + DAY, age_of)
    assert computable_from(on_duckdb) == LIMIT + DAY
    with on_duckdb.session() as session:
        rows = session.run("SELECT * FROM removed_rows")
    assert rows == [("raw_port_sample", LIMIT - 5 * DAY, LIMIT + DAY)]


def test_facts_the_inventory_and_imports_have_no_retention():
    retained = {table.name for table in TABLES.values() if table.retention_days is not None}
    assert retained == {
        *("raw_port_sample", "raw_path_sample", "raw_port_history", "raw_gateway_event"),
        *("raw_gateway_status", "raw_site_sle", "raw_alarm"),
        *("raw_sle_metric", "raw_sle_classifier", "raw_sle_gateway", "raw_sle_interface"),
    }
    assert age_of(RAW_INVENTORY) is None
    assert Retention(raw_days=90).row_age(400) == 90 * DAY
    assert Retention(raw_days=90).row_age(None) is None


def test_a_prune_that_is_interrupted_removes_nothing(
    on_duckdb: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
):
    store_samples(on_duckdb, LIMIT - 5 * DAY)
    with on_duckdb.session() as session:
        kind = type(session)
    run = kind.run

    def stop(session: object, sql: str) -> object:
        if sql.startswith("DELETE FROM raw_port_sample"):
            raise KeyboardInterrupt
        return run(session, sql)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(kind, "run", stop)
        with pytest.raises(KeyboardInterrupt):
            remove_expired(on_duckdb, NOW, age_of)
    assert computable_from(on_duckdb) is None
    assert len(passes(on_duckdb)) == 1


def test_removed_hours_have_a_new_version_for_the_published_copy(on_duckdb: DuckDBWarehouse):
    store_samples(on_duckdb, LIMIT - 5 * DAY, LIMIT)
    versions = "SELECT unit, version FROM stored_change WHERE table_name = 'raw_port_sample'"
    with on_duckdb.session() as session:
        before = dict(session.run(versions))
    remove_expired(on_duckdb, NOW, age_of)
    with on_duckdb.session() as session:
        after = dict(session.run(versions))
    assert [unit for unit in after if after[unit] != before[unit]] == [LIMIT - 5 * DAY]


MIB = 2**20


def filled(path: Path) -> DuckDBWarehouse:
    """A file with four days of 50,000 samples, whose text takes some blocks of 256 KiB each."""
    warehouse = DuckDBWarehouse(path, patience_s=20)
    with warehouse.session() as session:
        warehouse.create(session, RAW_PORT_SAMPLE)
        for day in range(4):
            at = LIMIT + day * DAY
            session.run(
                "INSERT INTO raw_port_sample BY NAME SELECT "
                f"TIMESTAMP '{at}' + to_seconds(n) AS pass_at, md5(n::VARCHAR) AS gateway_mac, "
                f"md5((n + {day})::VARCHAR) AS port_id, 'device' AS counter_source, "
                f"TIMESTAMP '{at}' AS sampled_at FROM range(50_000) AS numbers(n)"
            )
            session.run("CHECKPOINT")
    return warehouse


def test_a_file_that_is_mostly_free_shrinks_and_has_the_same_rows(tmp_path: Path):
    warehouse = filled(tmp_path / "wan.duckdb")
    # Five days after the fourth: two days of neighbours stay besides those that can be computed.
    removed = remove_expired(warehouse, LIMIT + 405 * DAY, age_of)
    assert removed == {"raw_port_sample": 150_000}
    rows = stored(warehouse, RAW_PORT_SAMPLE)
    shrunk = shrink(warehouse, from_bytes=MIB // 4)
    assert shrunk.after == (tmp_path / "wan.duckdb").stat().st_size
    assert shrunk.after < 0.6 * shrunk.before
    assert stored(warehouse, RAW_PORT_SAMPLE) == rows
    assert [file.name for file in tmp_path.iterdir()] == ["wan.duckdb"]
    store_samples(warehouse, LIMIT + 9 * DAY)
    assert len(passes(warehouse)) == len(rows) + 1 == 50_001


def test_a_file_with_little_free_room_stays_the_same_file(tmp_path: Path):
    warehouse = filled(tmp_path / "wan.duckdb")
    inode = warehouse.path.stat().st_ino
    shrunk = shrink(warehouse)
    assert shrunk.why_not == ""
    assert warehouse.path.stat().st_ino == inode


def test_a_file_for_which_runs_would_wait_long_is_left_to_the_command(tmp_path: Path):
    warehouse = filled(tmp_path / "wan.duckdb")
    remove_expired(warehouse, LIMIT + 405 * DAY, age_of)
    shrunk = shrink(warehouse, from_bytes=MIB // 4, most_bytes=1)
    assert shrunk.after == shrunk.before
    assert "run wan-perf prune when they may" in shrunk.why_not


def test_a_copy_that_a_killed_process_left_is_removed_after_a_day(tmp_path: Path):
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb", patience_s=20)
    store_samples(warehouse, LIMIT)
    old, new, foreign = (tmp_path / f".wan.duckdb.{name}" for name in ("a" * 32, "b" * 32, "swp"))
    for file in (old, new, foreign):
        file.touch()
    for file in (old, foreign):
        os.utime(file, (0, 0))
    shrink(warehouse)
    assert sorted(tmp_path.glob(".wan*")) == [new, foreign]


def test_a_file_that_was_replaced_while_it_was_opened_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Opened under the old file's name and locked after it: its rows would be in no file."""
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb", patience_s=20)
    store_samples(warehouse, LIMIT)
    shutil.copy(warehouse.path, tmp_path / "rewritten")
    attach = DuckDBFile._attach_once

    def replaced_after(self: DuckDBFile, idle: list[object], read_only: bool) -> object:
        engine = attach(self, idle, read_only)  # type: ignore[arg-type]
        if (tmp_path / "rewritten").exists():
            (tmp_path / "rewritten").replace(self.path)
        return engine

    monkeypatch.setattr(DuckDBFile, "_attach_once", replaced_after)
    store_samples(warehouse, LIMIT + HOUR)
    assert passes(warehouse) == [LIMIT, LIMIT + HOUR]


def test_a_disk_without_room_for_a_copy_leaves_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    warehouse = filled(tmp_path / "wan.duckdb")
    with warehouse.session() as session:
        session.run(f"DELETE FROM raw_port_sample WHERE pass_at < '{LIMIT + 3 * DAY}'")
    usage = type("usage", (), {"free": 1})
    monkeypatch.setattr("wan_perf.warehouse.shrink.shutil.disk_usage", lambda _: usage)
    shrunk = shrink(warehouse, from_bytes=MIB // 4)
    assert shrunk.after == shrunk.before
    assert "its disk has no room for a copy" in shrunk.why_not


def _store_many(path: Path, times: int) -> None:
    warehouse = DuckDBWarehouse(path, patience_s=60)
    for n in range(times):
        store_samples(warehouse, LIMIT + 30 * DAY + n * HOUR)


@pytest.mark.proof
def test_a_process_that_stores_meanwhile_loses_nothing(tmp_path: Path):
    warehouse = filled(tmp_path / "wan.duckdb")
    with warehouse.session() as session:
        session.run(f"DELETE FROM raw_port_sample WHERE pass_at < '{LIMIT + 3 * DAY}'")
    before = len(passes(warehouse))
    child = PROCESSES.Process(target=_store_many, args=(warehouse.path, 60))
    child.start()
    while child.is_alive():
        shrink(warehouse, from_bytes=1)
    child.join()
    assert child.exitcode == 0
    assert len(passes(warehouse)) == before + 60
