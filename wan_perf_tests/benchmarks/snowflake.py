"""What a day costs on Snowflake in rows, statements and bytes, counted on its stand-in.

Belongs here: a simulated day as the command line collects it, and its extrapolation to an estate.
Keep out: seconds and credits: the stand-in is not Snowflake's engine. What Snowflake's
published rules make of these counts is in docs/guides/snowflake.md.

Rows and bytes are those of an estate of `sites`, scaled by the number of sites; statements do not
depend on it. Bytes are Parquet's with zstd, which is near to what Snowflake's own files take.
"""

import io
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd

from wan_perf.cli.runs import Runs
from wan_perf.schema.declaration import View
from wan_perf.schema.tables import TABLES
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, staged
from wan_perf_tests.support.warehouse.snowflake import SETTINGS, in_process, listening, logins

ESTATES = (1_000, 5_000, 10_000)
PASSES_A_DAY = 288
_LIVE = 3
"""Live passes that are counted; each is one command of every five minutes, which knows nothing of
the one before."""


def on_snowflake(sites: int) -> str:
    """Collect a day of `sites` stores on the stand-in; what it stored and sent, scaled."""
    day = 24 * HOUR
    fleet = Fleet.whole(11, sites, START, START + 2 * day)
    with (
        tempfile.TemporaryDirectory() as home,
        in_process(),
        staged(fleet, Path(home), **SETTINGS) as stage,
    ):
        stage.runs.collect(START, START + day)
        with listening() as rollups:
            stage.runs.aggregate_daily(START, START + day)
            stage.runs.aggregate_weekly()
            stage.runs.aggregate_monthly()
        rows, size = _stored(stage)
        with listening() as live, logins() as entered:
            for _ in range(_LIVE):
                stage.cloud.clock.advance_to(stage.cloud.clock.now() + HOUR / 12)
                with Runs(stage.runs.settings, stage.runs.console, stage.runs._instance) as runs:
                    runs.collect(None, None)
    return _report(sites, rows, size, len(live) / _LIVE, len(entered) / _LIVE, len(rollups))


def _stored(stage: Stage) -> tuple[Counter[str], Counter[str]]:
    """Rows and bytes by group of tables."""
    rows: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for table in TABLES.values():
        if not isinstance(table, View):
            found = stage.rows(table)
            rows[table.group] += len(found)
            size[table.group] += _parquet_bytes(found)
    return rows, size


def _parquet_bytes(rows: pd.DataFrame) -> int:
    buffer = io.BytesIO()
    rows.to_parquet(buffer, compression="zstd")
    return buffer.getbuffer().nbytes


def _report(
    sites: int,
    rows: Counter[str],
    size: Counter[str],
    a_pass: float,
    entered: float,
    rollups: int,
) -> str:
    lines = [
        f"Counted: {sites} stores, a day of passes, its rollups and reports.",
        f"Statements: {a_pass:.0f} a live pass over {entered:.0f} logins, "
        f"{a_pass * PASSES_A_DAY:,.0f} a day; {rollups} for all rollups and reports.",
        "",
        "Rows a day, and MB of Parquet (zstd), scaled by sites:",
        "group        " + "".join(f"{estate:>22,}" for estate in ESTATES),
    ]
    for group in (*sorted(rows), "all"):
        counted = sum(rows.values()) if group == "all" else rows[group]
        taken = sum(size.values()) if group == "all" else size[group]
        scaled = "".join(
            f"{counted * estate / sites:>13,.0f} {taken * estate / sites / 1e6:>5,.0f} MB"
            for estate in ESTATES
        )
        lines.append(f"{group:<13}{scaled}")
    return "\n".join(lines)
