"""The worst circuits by one figure, as many as requested.

Belongs here: which figure and period are requested, and the message where there is no answer.
Keep out: ranking (`kpi.reports.top_offenders`).
"""

import pandas as pd
from rich.console import Console

from wan_perf.cli.arguments import suggestion
from wan_perf.cli.machine_readable import print_csv, print_json
from wan_perf.cli.read_source import Readable
from wan_perf.cli.row_grid import print_grid
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.kpi.reports.report_date import newest_period
from wan_perf.kpi.reports.top_offenders import RANKED, top_offenders
from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.periods import PERIODS
from wan_perf.schema.tables import (
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_MONTH,
    CIRCUIT_WEEK,
    DIM_SITE,
)

SOURCES = {
    "day": (CIRCUIT_DAY, "daily"),
    "week": (CIRCUIT_WEEK, "weekly"),
    "month": (CIRCUIT_MONTH, "monthly"),
    "13_month": (CIRCUIT_13_MONTH, "monthly"),
}
"""The table of each period, and the command that fills it."""


def print_top(
    source: Readable,
    console: Console,
    figure: str,
    places: int,
    period: str,
    form: str | None = None,
) -> None:
    """Print the circuits that are worst by a figure in the newest period.

    Of days it is the newest whole one. `form` is json or csv for programs; None: a grid.

    Raises:
        UsageError: the figure or period is unknown.
        WanPerfError: nothing is stored of the period yet.
    """
    ranked = [one for one in RANKED if one.column == figure]
    if not ranked:
        known = suggestion(figure, [one.column for one in RANKED])
        raise UsageError(f"Nothing is ranked by {figure}; {known}")
    if period not in PERIODS:
        raise UsageError(f"Period {period} is unknown; {suggestion(period, PERIODS)}")
    table, made_by = SOURCES[period]
    whole = "whole day" if period == "day" else period
    nothing = WanPerfError(
        f"There is no {whole} to rank yet; run wan-perf collect and wan-perf aggregate {made_by} "
        "first."
    )
    warehouse = source.tables
    if not (warehouse.holds(table) and warehouse.holds(DIM_SITE)):
        raise nothing
    rows, sites = warehouse.lazy(table), warehouse.lazy(DIM_SITE)
    newest = warehouse.query(newest_period(rows, PERIODS[period]))["period_start"].iloc[0]
    if pd.isna(newest):
        raise nothing
    found = warehouse.query(top_offenders({period: rows}, sites, places, ranked))
    ranking = found.sort_values(["place", "circuit_id"])
    if form == "csv":
        print_csv(ranking)
        return
    if form == "json":
        of = {"ranked_by": figure, "period": period, "period_start": newest}
        of |= {"published_at": source.published_at}
        print_json({**of, "rows": ranking})
        return
    headings = {
        "place": "place",
        "site_name": "site",
        "region": "region",
        "circuit_id": "circuit",
        "value": COLUMNS[figure].unit or "count",
        "coverage_pct": "known %",
    }
    title = f"The worst circuits by {figure}, {period} of {newest:%Y-%m-%d} (UTC){source.as_of}"
    print_grid(console, title, headings, ranking)
