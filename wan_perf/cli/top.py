"""The worst circuits by one figure, as many as a person asks for.

Belongs here: which figure and period are asked for, and what is said where there is no answer.
Keep out: ranking (`kpi.ranking`).
"""

from rich.console import Console

from wan_perf.cli.showing import grid
from wan_perf.columns import COLUMNS
from wan_perf.errors import UsageError
from wan_perf.kpi.newest import newest_whole_day
from wan_perf.kpi.ranking import RANKED, top_offenders
from wan_perf.periods import DAY
from wan_perf.tables import CIRCUIT_DAY, DIM_SITE
from wan_perf.warehouse import Warehouse

PERIODS = (DAY.column,)
_NO_DAY = (
    "There is no whole day to rank yet; run wan-perf collect and wan-perf aggregate daily first."
)


def print_top(
    warehouse: Warehouse, console: Console, figure: str, places: int, period: str
) -> None:
    """Print the circuits that are worst by a figure in the newest whole period.

    Raises:
        UsageError: the figure or period is unknown, or the warehouse has no whole period.
    """
    ranked = [one for one in RANKED if one.column == figure]
    if not ranked:
        known = ", ".join(one.column for one in RANKED)
        raise UsageError(f"Nothing is ranked by {figure}; give one of {known}.")
    if period not in PERIODS:
        raise UsageError(f"Period {period} is unknown; give one of {', '.join(PERIODS)}.")
    if not (warehouse.holds(CIRCUIT_DAY) and warehouse.holds(DIM_SITE)):
        raise UsageError(_NO_DAY)
    days = warehouse.lazy(CIRCUIT_DAY)
    newest = warehouse.query(newest_whole_day(days))["as_of_day"].iloc[0]
    if newest is None:
        raise UsageError(_NO_DAY)
    found = warehouse.query(top_offenders(days, warehouse.lazy(DIM_SITE), places, ranked))
    headings = {
        "place": "place",
        "site_name": "site",
        "region": "region",
        "circuit_id": "circuit",
        "value": COLUMNS[figure].unit or "count",
        "coverage_pct": "known %",
    }
    title = f"The worst circuits by {figure}, {period} of {newest:%Y-%m-%d} (UTC)"
    console.print(grid(title, headings, found.sort_values(["place", "circuit_id"])))
