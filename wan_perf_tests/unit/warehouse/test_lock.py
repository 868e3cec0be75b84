"""One file, several writers and readers: who waits, for how long, and what is reported."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wan_perf import waiting as waiting_for_the_file
from wan_perf.errors import TransientError, WanPerfError
from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.waiting import waiting
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.warehouse.processes import PROCESSES
from wan_perf_tests.support.warehouse.rows import H5, HOUR, circuit_hours, stored, window

LOCKED_S = 0.6


def write(path: Path, first: int, times: int) -> None:
    warehouse = DuckDBWarehouse(path, patience_s=30)
    for n in range(first, first + times):
        at = H5 + n * HOUR
        warehouse.store(CIRCUIT_HOUR, circuit_hours({"hour": at}), window(at))


def hold(path: Path, read_only: bool, locked: Any, seconds: float = LOCKED_S) -> None:
    """Keep the file open for a while, as another process."""
    with DuckDBWarehouse(path).session(read_only=read_only):
        locked.set()
        time.sleep(seconds)


def hours(warehouse: DuckDBWarehouse) -> list[timedelta]:
    return [row[0] - H5 for row in stored(warehouse, CIRCUIT_HOUR)]


def test_two_processes_write_to_one_file(on_duckdb: DuckDBWarehouse) -> None:
    children = [
        PROCESSES.Process(target=write, args=(on_duckdb.path, first, 5)) for first in (0, 5)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=60)
    assert [child.exitcode for child in children] == [0, 0]
    assert hours(on_duckdb) == [n * HOUR for n in range(10)]


def test_threads_write_to_one_file_and_read_it(on_duckdb: DuckDBWarehouse) -> None:
    """The first store of each thread creates the table; reads fall between the writes."""

    def read(_: int) -> int:
        return len(on_duckdb.query(on_duckdb.lazy(CIRCUIT_HOUR)))

    with ThreadPoolExecutor(6) as pool:
        writes = [pool.submit(write, on_duckdb.path, 3 * n, 3) for n in range(4)]
        seen = list(pool.map(read, range(10)))
        for done in writes:
            done.result()
    assert all(0 <= count <= 12 for count in seen)
    assert hours(on_duckdb) == [n * HOUR for n in range(12)]


@pytest.mark.parametrize(
    ("they_read", "we_read"),
    [
        pytest.param(False, False, id="a writer waits for a writer"),
        pytest.param(False, True, id="a reader waits for a writer"),
        pytest.param(True, False, id="a writer waits for a reader"),
    ],
)
def test_who_is_locked_out_waits(
    on_duckdb: DuckDBWarehouse, they_read: bool, we_read: bool
) -> None:
    write(on_duckdb.path, 0, 1)
    locked = PROCESSES.Event()
    child = PROCESSES.Process(target=hold, args=(on_duckdb.path, they_read, locked))
    child.start()
    assert locked.wait(30)
    began = time.monotonic()
    with on_duckdb.session(read_only=we_read) as session:
        waited = time.monotonic() - began
        assert session.run("SELECT count(*) FROM circuit_hour") == [(1,)]
    child.join(timeout=30)
    assert waited > LOCKED_S / 2


def test_readers_do_not_wait_for_each_other(on_duckdb: DuckDBWarehouse) -> None:
    write(on_duckdb.path, 0, 1)
    locked = PROCESSES.Event()
    child = PROCESSES.Process(target=hold, args=(on_duckdb.path, True, locked))
    child.start()
    assert locked.wait(30)
    assert len(on_duckdb.query(on_duckdb.lazy(CIRCUIT_HOUR))) == 1
    assert child.is_alive()
    child.join(timeout=30)


@pytest.mark.parametrize("we_read", [True, False])
def test_a_file_locked_too_long_is_one_clear_sentence(
    on_duckdb: DuckDBWarehouse, we_read: bool
) -> None:
    write(on_duckdb.path, 0, 1)
    locked = PROCESSES.Event()
    child = PROCESSES.Process(target=hold, args=(on_duckdb.path, False, locked))
    child.start()
    assert locked.wait(30)
    hasty = DuckDBWarehouse(on_duckdb.path, patience_s=0.1)
    with pytest.raises(WanPerfError) as refused, hasty.session(read_only=we_read):
        pass
    child.join(timeout=30)
    message = str(refused.value)
    assert message.startswith(f"The warehouse {on_duckdb.path} cannot be opened: IO Error:")
    assert message.endswith("Close what uses it, or set WAN_PERF_DUCKDB to another file.")
    assert "\n" not in message


def test_a_thread_that_writes_too_long_is_one_clear_sentence(on_duckdb: DuckDBWarehouse) -> None:
    hasty = DuckDBWarehouse(on_duckdb.path, patience_s=0.1)
    failed: list[BaseException] = []

    def store() -> None:
        try:
            hasty.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
        except WanPerfError as error:
            failed.append(error)

    with on_duckdb.session():
        thread = threading.Thread(target=store)
        thread.start()
        thread.join(timeout=30)
    assert "Another thread of this process is writing." in str(failed[0])


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(
            'Unique file handle conflict: the file is already attached by "wan"', id="thread"
        ),
        pytest.param("The process cannot access the file: used by another process", id="Windows"),
    ],
)
def test_what_passes_by_itself_is_waited_for(
    on_duckdb: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    """Two ways in which the engine reports a busy file; neither can be produced at will here."""
    connect = duckdb.connect
    answers = iter([duckdb.Error(says), None])

    def busy_once(*given: Any, **named: Any) -> Any:
        error = next(answers)
        if error:
            raise error
        return connect(*given, **named)

    monkeypatch.setattr(duckdb, "connect", busy_once)
    with on_duckdb.session() as session:
        assert session.run("SELECT 1") == [(1,)]


def test_an_engine_serves_many_sessions_unless_one_fails(
    on_duckdb: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, started = duckdb.connect, []

    def counted(*given: Any, **named: Any) -> Any:
        started.append(given)
        return connect(*given, **named)

    monkeypatch.setattr(duckdb, "connect", counted)
    write(on_duckdb.path, 0, 3)
    assert hours(on_duckdb) == [n * HOUR for n in range(3)]
    assert len(started) == 1
    with pytest.raises(duckdb.Error), on_duckdb.session() as session:
        session.run("BEGIN; DELETE FROM circuit_hour; SELECT nothing")
    assert hours(on_duckdb) == [n * HOUR for n in range(3)]
    assert len(started) == 2


def test_a_broken_file_is_reported_at_once(on_duckdb: DuckDBWarehouse) -> None:
    on_duckdb.path.write_bytes(b"no database" * 1000)
    began = time.monotonic()
    with pytest.raises(WanPerfError, match="cannot be opened"), on_duckdb.session():
        pass
    assert time.monotonic() - began < on_duckdb.patience_s / 2


def test_reading_only_where_nothing_is_yet_creates_no_file(on_duckdb: DuckDBWarehouse) -> None:
    with on_duckdb.session(read_only=True) as session:
        assert on_duckdb.existing_columns(session, CIRCUIT_HOUR) == {}
    assert on_duckdb.query(on_duckdb.lazy(CIRCUIT_HOUR)).empty
    assert not on_duckdb.path.exists()


def test_a_session_that_fails_leaves_nothing_open(on_duckdb: DuckDBWarehouse) -> None:
    with pytest.raises(RuntimeError), on_duckdb.session():
        raise RuntimeError
    with on_duckdb.session(read_only=False) as session:
        assert session.run("SELECT 1") == [(1,)]
    write(on_duckdb.path, 0, 1)
    with on_duckdb.session(read_only=True):  # refused while a writer of this process is open
        assert on_duckdb.path.exists()


def test_a_command_reports_who_uses_the_file(
    on_duckdb: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
):
    """Ten silent minutes: a person could not know what was waited for."""
    assert waiting_for_the_file._NOTICE_AFTER_S == 2
    monkeypatch.setattr(waiting_for_the_file, "_NOTICE_AFTER_S", 0.2)
    locked = PROCESSES.Event()
    child = PROCESSES.Process(target=hold, args=(on_duckdb.path, False, locked, 60))
    child.start()
    assert locked.wait(30)
    notices: list[str] = []
    try:
        with (
            waiting(patience_s=3, notice=notices.append),
            pytest.raises(TransientError, match="Close what uses it"),
            on_duckdb.session(),
        ):
            pass
    finally:
        child.kill()
        child.join()
    [notice] = notices
    assert f"is in use by process {child.pid} (" in notice
    [left] = re.findall(r"waiting up to (\d+) s more", notice)
    assert int(left) <= 3
