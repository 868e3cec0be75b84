"""Homes as no installation leaves them: damaged files, foreign folders, missing rights.

Belongs here: how a home is damaged, and which commands then run on it.
Keep out: damage to what an export writes (`outputs`).
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from wan_perf_tests.proofs.breaking.forked import Ended, forked
from wan_perf_tests.proofs.breaking.lab import FILE, Lab
from wan_perf_tests.proofs.breaking.outcome import Case, Outcome, outcome

STAGE = "days"
NOBODY = 65534
COMMANDS = (
    ("collect",),
    ("top", "flap_count"),
    ("export", "circuit_hour", "--out", "-"),
    ("doctor",),
    ("prune",),
)
Harm = Callable[[Path], None]


def _zeroed(name: str, share: float) -> Harm:
    def harm(home: Path) -> None:
        file = home / name
        with file.open("r+b") as opened:
            size = file.stat().st_size
            opened.seek(int(size * (1 - share)))
            opened.write(bytes(int(size * share)))

    return harm


def _text(name: str, content: bytes) -> Harm:
    def harm(home: Path) -> None:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)

    return harm


def _truncated(name: str) -> Harm:
    return lambda home: os.truncate(home / name, (home / name).stat().st_size // 2)


def _replaced_by_folder(name: str) -> Harm:
    def harm(home: Path) -> None:
        place = home / name
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        (place / "a folder of somebody else").mkdir(parents=True)

    return harm


def _replaced_by_file(name: str) -> Harm:
    def harm(home: Path) -> None:
        shutil.rmtree(home / name, ignore_errors=True)
        (home / name).write_bytes(b"a file of somebody else")

    return harm


def _sql(*statements: str) -> Harm:
    def in_child(home: Path) -> None:
        with duckdb.connect(str(home / FILE)) as connection:
            for statement in statements:
                connection.execute(statement)

    def harm(home: Path) -> None:
        forked(lambda: in_child(home))

    return harm


def _runs_locked(home: Path) -> None:
    with sqlite3.connect(home / "dagster" / "history" / "runs.db") as connection:
        connection.execute("DROP TABLE runs")


RUNS = "dagster/history/runs.db"
BESIDE: dict[str, Harm] = {
    "runs.db truncated": _truncated(RUNS),
    "runs.db zeroed": _zeroed(RUNS, 1),
    "runs.db is text": _text(RUNS, b"not a database\n" * 500),
    "runs.db is empty": _text(RUNS, b""),
    "runs.db is a folder": _replaced_by_folder(RUNS),
    "runs.db without its table": _runs_locked,
    "dagster is a file": _replaced_by_file("dagster"),
    "dagster.yaml is binary": _text("dagster/dagster.yaml", b"\xff\xfe\x00\x81"),
    "dagster.yaml is no configuration": _text("dagster/dagster.yaml", b"run_queue: [1, {"),
    "dagster.yaml is a folder": _replaced_by_folder("dagster/dagster.yaml"),
    ".env is not UTF-8": _text(".env", b"MIST_HOST=\xff\xfe\xe4\n"),
    ".env is a folder": _replaced_by_folder(".env"),
    "contracts are binary": _text("contracts.csv", bytes(range(256)) * 4),
    "contracts are a folder": _replaced_by_folder("contracts.csv"),
    "compared days are no JSON": _text("compared_days.json", b"[1, "),
    "published is a file": _replaced_by_file("published"),
    "published manifest is no JSON": _text("published/manifest.json", b"{"),
    "processes is a file": _replaced_by_file("dagster/processes"),
    "logs is a file": _text("logs", b"a file of somebody else"),
    "exports is a file": _text("exports", b"a file of somebody else"),
}
"""Damage beside the warehouse: its rows stay as they are."""
OF_WAREHOUSE: dict[str, Harm] = {
    "warehouse truncated": _truncated(FILE),
    "warehouse empty": _text(FILE, b""),
    "warehouse is text": _text(FILE, b"not a database\n" * 5000),
    "warehouse zeroed whole": _zeroed(FILE, 1),
    "warehouse zeroed by three quarters": _zeroed(FILE, 0.75),
    "warehouse zeroed by a tenth": _zeroed(FILE, 0.1),
    "warehouse is a folder": _replaced_by_folder(FILE),
    "a foreign write-ahead log": _text(f"{FILE}.wal", b"not a log" * 100),
    "a view in place of a table": _sql(
        "DROP TABLE raw_port_sample", "CREATE VIEW raw_port_sample AS SELECT 1 AS pass_at"
    ),
    "a table of other columns": _sql(
        "DROP TABLE dim_site", "CREATE TABLE dim_site (site_id INTEGER, valid_from VARCHAR)"
    ),
    "a table in place of a view": _sql(
        "DROP VIEW threshold_run", "CREATE TABLE threshold_run (started_at VARCHAR)"
    ),
}
"""Damage to the warehouse: a file that cannot be read must not be written to."""
REPLACED = ("a view in place of a table", "a table of other columns", "a table in place of a view")
"""Damage after which the file can be read, and blocks of it are free: its tables lose no rows."""


def damaged(_: Lab, seed: int, most: int) -> list[Case]:
    """A case for each kind of damage and command; the commands take turns."""
    cases = [
        Case(f"{name}: {line[0]}", partial(_on_damage, name, line))
        for nth in range(len(COMMANDS))
        for place, name in enumerate((*BESIDE, *OF_WAREHOUSE))
        for line in (COMMANDS[(place + nth + seed) % len(COMMANDS)],)
    ]
    return cases[:most]


def _on_damage(name: str, line: tuple[str, ...], lab: Lab) -> Outcome:
    home = lab.copy(STAGE)
    (BESIDE | OF_WAREHOUSE)[name](home)
    foreign = list(home.rglob("a folder of somebody else"))
    intact = name in REPLACED and forked(lambda: _rows_by_table(home / FILE)).value
    content = (home / FILE).read_bytes() if (home / FILE).is_file() else b""
    ended = lab.run(home, *line)
    fault = "a foreign folder is gone" if not all(path.exists() for path in foreign) else ""
    if name in REPLACED and line[0] != "prune":  # which removes rows past their retention
        stored = forked(lambda: _rows_by_table(home / FILE)).value
        fewer = [table for table, rows in intact.items() if stored.get(table, 0) < rows]
        fault = f"{fault} fewer rows in {', '.join(fewer)}".strip() if fewer else fault
    elif name in OF_WAREHOUSE and ended.code and content:
        is_same = (home / FILE).read_bytes() == content
        fault = fault if is_same else f"{fault} the damaged warehouse was written to".strip()
    is_same = name in BESIDE and line[0] != "collect"
    rows = lab.compare(home, STAGE) if is_same else None
    lab.discard(home)
    return outcome(ended, rows=rows, codes=(0, 1, 2), fault=fault)


def _rows_by_table(file: Path) -> dict[str, int]:
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'"
        ).fetchall()
        return {
            name: int(connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0])
            for (name,) in names
        }


def _as_nobody(home: Path, mode: int, of: str) -> Callable[[object], None]:
    def harm(_: object) -> None:
        for path in (home, *home.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        (home / of).chmod(mode)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)

    return harm


RIGHTS = {
    "a home that may not be read": (0o000, "."),
    "a home that may not be written": (0o555, "."),
    "a warehouse that may not be read": (0o000, FILE),
    "a warehouse that may not be written": (0o444, FILE),
    "records that may not be read": (0o000, RUNS),
    "records that may not be written": (0o444, RUNS),
    "a folder of records that may not be read": (0o000, "dagster"),
}


def forbidden(_: Lab, seed: int, most: int) -> list[Case]:
    """A case for each missing right and command, as a user who is not the owner."""
    named = [(name, line) for line in COMMANDS for name in RIGHTS]
    return [
        Case(f"{name}: {line[0]}", partial(_without_right, name, line)) for name, line in named
    ][:most]


def _without_right(name: str, line: tuple[str, ...], lab: Lab) -> Outcome:
    home = lab.copy(STAGE)
    for folder in (lab.folder, home):
        folder.chmod(0o755)
    ended = lab.run(home, *line, before=_as_nobody(home, *RIGHTS[name]))
    for path in (home, *home.rglob("*")):
        path.chmod(0o700)
    has_collected = line[0] == "collect" and not ended.code
    rows = None if has_collected else lab.compare(home, STAGE)
    lab.discard(home)
    return outcome(ended, rows=rows, codes=(0, 1, 2))


PLACES: dict[str, Callable[[Path], Path]] = {
    "a file": lambda home: home / "contracts.csv",
    "below a file": lambda home: home / "contracts.csv" / "home",
    "a missing parent": lambda home: home / "new" / "deep",
    "a device": lambda _: Path("/dev/null"),
    "not a folder of ours": lambda _: Path("/proc/home"),
    "a name that is too long": lambda home: home / ("n" * 300),
    "a link to itself": lambda home: _link(home / "ring", home / "ring"),
    "a dangling link": lambda home: _link(home / "link", home / "none"),
    "a name with letters of everywhere": lambda home: home / "Zürich 店 [red]",
}


def _link(link: Path, to: Path) -> Path:
    link.symlink_to(to)
    return link


def places(_: Lab, seed: int, most: int) -> list[Case]:
    """A case for each odd place of a new home and command."""
    named = [(name, line) for line in COMMANDS[1:] for name in PLACES]
    cases = [Case(f"{name}: {line[0]}", partial(_at_place, name, line)) for name, line in named]
    return [Case("letters of everywhere, LC_ALL=C", _in_locale_c), *cases][:most]


def _at_place(name: str, line: tuple[str, ...], lab: Lab) -> Outcome:
    home = lab.copy("")
    place = PLACES[name](home)
    given = {"WAN_PERF_HOME": str(place), "WAN_PERF_DUCKDB": str(place / FILE)}
    ended = lab.run(home, *line, **given)
    lab.discard(home)
    return outcome(ended, codes=(0, 1, 2))


def _in_locale_c(lab: Lab) -> Outcome:
    """Only a new process has another encoding of names."""
    home = lab.copy(STAGE)
    place = home.rename(home.with_name("Zürich 店"))
    bare = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    given = {"WAN_PERF_HOME": str(place), "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "wan_perf", "export", "circuit_hour"],
        env=bare | given | {"PYTHONCOERCECLOCALE": "0"},
        cwd=lab.folder,
        capture_output=True,
        timeout=300,
        check=False,
    )
    out, err = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    rows = lab.compare(place, STAGE)
    lab.discard(place)
    return outcome(Ended(done.returncode, out, err, None, 0), rows=rows, codes=(2,))


__all__ = ["damaged", "forbidden", "places"]
