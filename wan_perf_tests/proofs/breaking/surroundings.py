"""A full disk, a warehouse that another process uses, a wrong clock, names with control characters.

Belongs here: what the machine and the estate do to a command.
Keep out: what a person types (`refused`), how a home is damaged (`odd_homes`).
"""

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import uvicorn.server

from wan_perf import cli
from wan_perf.simulator import Fleet
from wan_perf_tests.proofs.breaking.forked import forked
from wan_perf_tests.proofs.breaking.lab import FILE, STEPS, Lab
from wan_perf_tests.proofs.breaking.outcome import Case, Outcome, outcome
from wan_perf_tests.support.graph.staged import HOUR

STAGE = "days"
READERS = (
    ("top", "flap_count"),
    ("export", "circuit_hour"),
    ("export", "circuit_hour", "--format", "parquet"),
    ("backup",),
    ("prune",),
    ("doctor",),
)


def full_disk(_: Lab, seed: int, most: int) -> list[Case]:
    """Files that may not grow: commands that write little, then a collection that is repeated."""
    small = [
        Case(f"{' '.join(line)}, {room} B", partial(_without_room, line, room))
        for room in (0, 200, 30_000)
        for line in READERS
    ]
    large = [
        Case(f"{stage} with {room} B", partial(_repeated, stage, room))
        for stage, room in (("history", 50_000), ("days", 300_000), ("live", 1_000_000))
    ]
    return [*large, *small][:most] if most > len(large) else small[:most]


def _limited(room: int, home: Path | None = None) -> Callable[[Any], None]:
    def harm(_: Any) -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        most = room + ((home / FILE).stat().st_size if home and (home / FILE).exists() else 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return harm


def _without_room(line: tuple[str, ...], room: int, lab: Lab) -> Outcome:
    home = lab.copy(STAGE)
    ended = lab.run(home, *line, before=_limited(room))
    rows = lab.compare(home, STAGE)
    lab.discard(home)
    return outcome(ended, rows=rows, codes=(0, 1))


def _repeated(stage: str, room: int, lab: Lab) -> Outcome:
    step, home = STEPS[stage], lab.before(stage)
    filled = lab.run(home, *step.arguments, now=step.now, before=_limited(room, home))
    again = lab.run(home, *step.arguments, now=step.now)
    rows = lab.compare(home, stage)
    lab.discard(home)
    fault = "" if again.code == 0 else f"the repeated command ended with {again.code}: {again.err}"
    return outcome(filled, again, rows=rows, codes=(0, 1), fault=fault)


def locked_file(_: Lab, seed: int, most: int) -> list[Case]:
    """The warehouse in use: for longer than a command waits, and for less."""
    lines = [("collect",), ("aggregate", "daily"), *READERS]
    return [
        Case(f"{' '.join(line)}, {locked_s} s", partial(_while_used, line, locked_s))
        for locked_s in (60.0, 1.5)
        for line in lines
    ][:most]


def _while_used(line: tuple[str, ...], locked_s: float, lab: Lab) -> Outcome:
    home, ready = lab.copy(STAGE), lab.folder / "ready"
    ready.unlink(missing_ok=True)
    holder = os.fork()
    if not holder:
        try:
            with duckdb.connect(str(home / FILE)):
                ready.touch()
                time.sleep(locked_s)
        finally:
            os._exit(0)
    while not ready.exists():
        time.sleep(0.01)
    ended = lab.run(home, *line, before=lambda _: setattr(cli, "_PATIENCE_S", 3))
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    is_reader = line[0] not in ("collect", "aggregate")
    rows = lab.compare(home, STAGE) if is_reader or locked_s > 3 else None
    lab.discard(home)
    return outcome(ended, rows=rows, codes=(0, 1))


OFFSETS = {
    "a day ahead": timedelta(days=1),
    "a day behind": timedelta(days=-1),
    "6 minutes ahead": timedelta(minutes=6),
    "6 minutes behind": timedelta(minutes=-6),
    "an hour ahead": timedelta(hours=1),
    "thirteen months behind": timedelta(days=-395),
}


def wrong_clock(_: Lab, seed: int, most: int) -> list[Case]:
    """A clock that differs from Mist's: nothing is stored."""
    return [Case(name, partial(_by_clock, offset)) for name, offset in OFFSETS.items()][:most]


def _by_clock(offset: timedelta, lab: Lab) -> Outcome:
    """Mist's `Date` is moved the other way; this machine's clock, which Dagster reads, is not."""
    now = datetime.now(UTC).replace(tzinfo=None)
    real = Lab(lab.folder, Fleet.seeded(84, 2, now - 24 * HOUR, now + 24 * HOUR))
    home = lab.copy("")

    def moved(_: Any) -> None:
        original = uvicorn.server.formatdate
        uvicorn.server.formatdate = lambda at, **form: original(at - offset.total_seconds(), **form)
        time.sleep(1.5)  # the server renews its header each second

    start = f"{now - timedelta(days=400):%Y-%m-%d}"
    given = {"WAN_PERF_CLOCK": "real", "WAN_PERF_START": start}
    ended = real.run(home, "collect", now=now, ticking=True, before=moved, **given)
    rows = forked(lambda: _rows_of(home / FILE)).value
    lab.discard(home)
    fault = "" if rows == 0 else f"{rows} samples were stored"
    if "clock" not in ended.err:
        fault = f"{fault} the sentence does not name the clock".strip()
    return outcome(ended, codes=(1,), fault=fault)


def _rows_of(file: Path) -> int:
    if not file.exists():
        return 0
    with duckdb.connect(str(file), read_only=True) as connection:
        names = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
        if "raw_port_sample" not in names:
            return 0
        return int(connection.execute("SELECT count(*) FROM raw_port_sample").fetchall()[0][0])


NAMES = (
    "[red]Store[/red]", "[/]", "[bold", "]]>[[", "Store \x1b[2J\x1b]0;owned\x07", "\u202eerotS",
    "=cmd|' /C calc'!A0", "a\r\nb\tc", "\x00nul", "Ünïcödé 店 🏪", "%s %d {0} {x}", "x" * 3000,
)  # fmt: skip
SHOWN = (("export", "circuit_hour"), ("doctor",))


def odd_names(_: Lab, seed: int, most: int) -> list[Case]:
    """Site names from outside: no command obeys them, none fails for them."""
    return [
        Case(f"{name[:30]!r}: {line[0]}", partial(_named, name, line))
        for line in SHOWN
        for name in NAMES
    ][:most]


def _named(name: str, line: tuple[str, ...], lab: Lab) -> Outcome:
    home = lab.copy(STAGE)
    renamed = forked(lambda: _rename_sites(home / FILE, name))
    ended = lab.run(home, *line)
    lab.discard(home)
    return outcome(ended, renamed, codes=(0, 1) if line[0] == "doctor" else (0,))


def _rename_sites(file: Path, name: str) -> None:
    with duckdb.connect(str(file)) as connection:
        tables = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() "
            "USING (table_name) WHERE column_name IN ('site_name', 'region', 'circuit_id')"
        ).fetchall()
        for table, column in tables:
            suffix = f"{column} || ?" if column == "circuit_id" else "?"
            connection.execute(f"UPDATE {table} SET {column} = {suffix}", [name])
