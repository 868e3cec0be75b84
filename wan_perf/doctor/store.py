"""The warehouse: whether it opens, its privileges, whether its tables are as declared.

Belongs here: checks through the public interface of a warehouse, and the grants that are missing.
Keep out: how an engine connects or names things (`warehouse`).
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pandas as pd

from wan_perf.defs.resources import clock_for, warehouse_for
from wan_perf.doctor.finding import Finding, first_line, join_names, skip
from wan_perf.doctor.folders import is_there, unwritable
from wan_perf.errors import WanPerfError
from wan_perf.mist.collect.clock import Clock
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.settings import Settings
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse, Warehouse
from wan_perf.warehouse.duckdb_file import FILE
from wan_perf.warehouse.engine import Session
from wan_perf.warehouse.future import rows_after
from wan_perf.warehouse.integrity import read_whole
from wan_perf.warehouse.schema_version import admit_reader
from wan_perf.warehouse.snowflake_errors import Names

STORE = ("warehouse", "privileges", "blocks", "tables", "views", "future")

PATIENCE_S = 5
"""A run locks the file briefly; a longer lock is reported."""
_READ_WITHIN_S = 30
"""Longest time that reading the blocks of all tables may take. [s]"""
_PLACES = ("ROLE", "WAREHOUSE", "DATABASE", "SCHEMA", "VERSION")


def examine_store(
    settings: Settings, clock: Clock, patience_s: float = PATIENCE_S
) -> Iterator[Finding]:
    """The warehouse of the settings; what the checks create is dropped again.

    `patience_s`: longest wait for a file that another process has locked. [s]
    """
    try:
        warehouse = warehouse_for(settings)
    except WanPerfError as error:
        yield Finding("warehouse", "FAILED", str(error))
        yield from skip(STORE[1:], "the settings name no whole warehouse")
        return
    if isinstance(warehouse, DuckDBWarehouse):
        warehouse = replace(warehouse, patience_s=patience_s)
        if not is_there(warehouse.path):
            yield _no_file_yet(warehouse)
            yield from skip(STORE[1:], "there is no warehouse yet")
            return
    opened = _open(warehouse)
    yield opened
    if opened.verdict == "FAILED":
        yield from skip(STORE[1:], "the warehouse is not open")
        return
    blocks = _blocks(warehouse) if isinstance(warehouse, DuckDBWarehouse) else None
    if blocks and blocks.verdict == "FAILED":
        # A write may reuse blocks from which rows could still be recovered.
        yield from skip(["privileges"], "blocks of the file cannot be read; it is not written to")
    else:
        yield _privileges(warehouse)
    if blocks:
        yield blocks
    yield from _tables_and_views(warehouse)
    yield _future(warehouse, settings, clock)


def _no_file_yet(warehouse: DuckDBWarehouse) -> Finding:
    problem = unwritable(warehouse.path.parent)
    if problem:
        return Finding("warehouse", "FAILED", problem, "Set WAN_PERF_DUCKDB to another file.")
    return Finding("warehouse", "ok", f"none yet; wan-perf collect makes {warehouse.path}.")


def _open(warehouse: DuckDBWarehouse | SnowflakeWarehouse) -> Finding:
    try:
        # Read-only, to distinguish a file that cannot be written from one that is damaged.
        with warehouse.session(read_only=True) as session:
            if isinstance(warehouse, SnowflakeWarehouse):
                return place(_snowflake_places(session), warehouse.names)
            [[version]] = session.run("SELECT version()")
    except WanPerfError as error:
        return Finding("warehouse", "FAILED", str(error))
    except Exception as error:  # only `warehouse` knows the errors of an engine
        return Finding("warehouse", "FAILED", f"it opens and does not answer: {first_line(error)}.")
    size = warehouse.path.stat().st_size / 1e6
    return Finding("warehouse", "ok", f"DuckDB {version}, {warehouse.path} ({size:,.1f} MB).")


def _blocks(warehouse: DuckDBWarehouse) -> Finding:
    """Whether every block of the file can be read within the time limit."""
    with warehouse.session(read_only=True) as session:
        reading = read_whole(session.connection, FILE, _READ_WITHIN_S)
    if reading.damaged:
        name, why = next(iter(reading.damaged.items()))
        return Finding(
            "blocks",
            "FAILED",
            f"{join_names(reading.damaged)} cannot be read ({name}: {why}).",
            "Restore a backup (wan-perf restore), or collect into a new file (WAN_PERF_DUCKDB).",
        )
    rows = sum(content.rows for content in reading.read.values())
    if reading.not_reached:
        return Finding(
            "blocks",
            "ok",
            f"{len(reading.read)} tables ({rows:,} rows) read whole in {_READ_WITHIN_S} s, not "
            f"reached: {join_names(reading.not_reached)}. wan-perf backup reads all.",
        )
    return Finding("blocks", "ok", f"all of {len(reading.read)} tables, {rows:,} rows, read whole.")


def _future(warehouse: Warehouse, settings: Settings, clock: Clock) -> Finding:
    """Rows that lie after the present: stored while the clock was ahead."""
    try:
        now = clock_for(settings).now() if settings.clock == "simulator" else clock.now()
        rows = rows_after(warehouse, now)
    except Exception as error:  # as above
        return Finding("future", "skipped", f"not checked: {first_line(error)}.")
    if not rows:
        return Finding("future", "ok", "no table has rows of the future.")
    found = join_names(f"{name} ({count:,})" for name, count in rows.items())
    why = "this machine's clock was ahead when they were stored."
    what = "Correct the clock, then remove them: wan-perf prune --future."
    if settings.clock == "simulator":
        why = f"the simulator was started again with an earlier clock ({now:%Y-%m-%d %H:%M} UTC)."
        what = "Start it with a later --start, or collect into another home (WAN_PERF_HOME)."
    return Finding("future", "FAILED", f"rows lie after the present in {found}: {why}", what)


def _snowflake_places(session: Session) -> dict[str, str | None]:
    """Role, warehouse, database, schema and version of the session, without those that fail."""
    current: dict[str, str | None] = {}
    for name in _PLACES:
        with suppress(Exception):  # informative only; the other checks are made all the same
            [[current[name]]] = session.run(f"SELECT CURRENT_{name}()")
    return current


def place(current: dict[str, str | None], names: Names) -> Finding:
    """The context of a Snowflake session; one may open without objects its role has no right to.

    `current`: results of CURRENT_ROLE() and the like, by the name after CURRENT_; may be NULL.
    """
    role = current.get("ROLE") or names.role or "of SNF_USER"
    wanted = {
        "WAREHOUSE": names.warehouse,
        "DATABASE": names.database,
        "SCHEMA": f"{names.database}.{names.schema}",
    }
    words = [f"{name.lower()} {current[name]}" for name in _PLACES[:-1] if current.get(name)]
    found = f"Snowflake {current.get('VERSION') or ''}".strip()
    found = ", ".join((f"{found} in account {names.account}", *words))
    # Without its database a session has no schema either, so only the first is reported.
    for name, object_name in wanted.items():
        if name in current and current[name] is None:
            return Finding(
                "warehouse",
                "FAILED",
                f"{found}; {name.lower()} {object_name} is not there or not granted.",
                f"Correct SNF_{name}, or GRANT USAGE ON {name} {object_name} TO ROLE {role}.",
            )
    return Finding("warehouse", "ok", f"{found}.")


def _privileges(warehouse: Warehouse) -> Finding:
    """Whether a table of the doctor's own can be made, used and dropped."""
    probe = f"doctor_probe_{uuid.uuid4().hex[:8]}"
    doing, problem, remains = "opening it for writing", "", ""
    try:
        with warehouse.session() as session:
            try:
                for doing, step in _steps(warehouse, session, probe).items():  # noqa: B007 - reported below
                    step()
            finally:
                remains = _drop(session, probe)
    except Exception as error:  # as above
        message = str(error) if isinstance(error, WanPerfError) else f"{first_line(error)}."
        problem = f"{doing} fails: {message}"
    if problem or remains:
        found = " ".join(filter(None, (problem, remains)))
        return Finding("privileges", "FAILED", found, _grant(warehouse, doing) if problem else "")
    return Finding(
        "privileges", "ok", "tables can be made, filled, altered, viewed, staged and dropped."
    )


def _steps(warehouse: Warehouse, session: Session, probe: str) -> dict[str, Callable[[], Any]]:
    """The statements of a store by what they do; each needs those before it."""
    integer, text = (warehouse.type_names[kind] for kind in ("integer", "text"))

    def run(sql: str) -> Callable[[], Any]:
        return lambda: session.run(sql)

    return {
        "making a table": run(f"CREATE TABLE {probe} (figure {integer})"),
        "filling a table": run(f"INSERT INTO {probe} (figure) VALUES (1)"),  # noqa: S608 - own name
        "deleting rows": run(f"DELETE FROM {probe} WHERE figure = 1"),  # noqa: S608 - own name
        "altering a table": run(f"ALTER TABLE {probe} ADD COLUMN label {text}"),
        "making a view": run(f"CREATE VIEW {probe}_view AS SELECT figure FROM {probe}"),  # noqa: S608 - own name
        "making a stage": run(f"CREATE TEMPORARY TABLE {probe}_stage (figure {integer})"),
        "filling a stage": lambda: session.stage_frame(
            f"{probe}_stage", pd.DataFrame({"figure": [1]})
        ),
    }


def _drop(session: Session, probe: str) -> str:
    """Drop the probe; a sentence about the objects that remain."""
    remaining = []
    for kind, name in (("VIEW", f"{probe}_view"), ("TABLE", f"{probe}_stage"), ("TABLE", probe)):
        try:
            session.run(f"DROP {kind} IF EXISTS {name}")
        except Exception:  # the others are dropped all the same
            remaining.append(name)
    return (
        f"Could not be dropped: {', '.join(remaining)}; drop what is still there."
        if remaining
        else ""
    )


def _grant(warehouse: Warehouse, doing: str) -> str:
    if not isinstance(warehouse, SnowflakeWarehouse):
        return "Give this user the right to write the file of WAN_PERF_DUCKDB and its folder."
    names = warehouse.names
    schema, role = f"{names.database}.{names.schema}", names.role or "of SNF_USER"
    if doing == "making a view":
        return f"GRANT CREATE VIEW ON SCHEMA {schema} TO ROLE {role}."
    kinds = "CREATE TABLE, CREATE STAGE" if "stage" in doing else "CREATE TABLE"
    return f"GRANT {kinds} ON SCHEMA {schema} TO ROLE {role}."


def _tables_and_views(warehouse: Warehouse) -> Iterator[Finding]:
    declared = TABLES.values()
    try:
        with warehouse.session(read_only=True) as session:
            admit_reader(warehouse, session)
            yield _tables(warehouse, session, [t for t in declared if not isinstance(t, View)])
            yield _views(warehouse, session, [t for t in declared if isinstance(t, View)])
    except WanPerfError as error:
        yield Finding("tables", "FAILED", str(error))
        yield from skip(("views",), "the tables cannot be read")
    except Exception as error:  # as above
        why = f"they cannot be read: {first_line(error)}."
        yield Finding("tables", "FAILED", why, "Look whether the role may read the schema.")


def _tables(warehouse: Warehouse, session: Session, declared: list[Table]) -> Finding:
    existing = {table.name: warehouse.existing_columns(session, table) for table in declared}
    missing = [name for name, columns in existing.items() if not columns]
    there = [table for table in declared if existing[table.name]]
    lacking = [
        f"{table.name}.{column}"
        for table in there
        for column in table.columns
        if column not in existing[table.name]
    ]
    unlike = [
        f"{table.name}.{column} is {found} and declared {wanted}"
        for table in there
        for column, found, wanted in warehouse.unlike(table, existing[table.name])
    ]
    parts = [f"{len(there)} of {len(declared)} exist"]
    if missing:
        parts.append(f"made with their first store: {join_names(missing)}")
    if lacking:
        parts.append(f"added with the next store: {join_names(lacking)}")
    if not unlike:
        return Finding("tables", "ok", f"{'; '.join(parts)}.")
    return Finding(
        "tables",
        "FAILED",
        f"{'; '.join((*parts, *unlike))}.",
        "Rename or drop the table, then run the collection again; until then it stores nothing.",
    )


def _views(warehouse: Warehouse, session: Session, declared: list[View]) -> Finding:
    missing = [view.name for view in declared if not warehouse.view_text(session, view)]
    there = [view for view in declared if view.name not in missing]
    older = [view.name for view in there if not warehouse.is_as_declared(session, view)]
    parts = [f"{len(there) - len(older)} of {len(declared)} are as declared"]
    if missing:
        parts.append(f"made with their tables: {join_names(missing)}")
    if older:
        parts.append(f"made again with the next store: {join_names(older)}")
    return Finding("views", "ok", f"{'; '.join(parts)}.")
