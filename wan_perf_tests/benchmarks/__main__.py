"""What the system costs, measured.

    python -m wan_perf_tests.benchmarks circuit-hour --hours 24     raw to facts, windows, events
    python -m wan_perf_tests.benchmarks steady --hours 24           the same, a real day behind it
    python -m wan_perf_tests.benchmarks month --days 31             raw to months, all stored
    python -m wan_perf_tests.benchmarks calendar --months 13        hours to days, weeks, months
    python -m wan_perf_tests.benchmarks threshold-runs --days 31    runs, pieces and hours above
    python -m wan_perf_tests.benchmarks by-hand --circuits 2000     SQL, polars, pandas instead
    python -m wan_perf_tests.benchmarks publish --circuits 10000    the published copy, live runs
    python -m wan_perf_tests.benchmarks live-hour --sites 5000      calls to the Mist Cloud
    python -m wan_perf_tests.benchmarks snowflake --sites 20        rows, statements, bytes of a day
    python -m wan_perf_tests.benchmarks backfill --sites 600        two weeks, in process and by UI
    python -m wan_perf_tests.benchmarks week --sites 2 --days 7     days that run by themselves
    python -m wan_perf_tests.benchmarks daemon --sites 4            a daemon that is started twice
    python -m wan_perf_tests.benchmarks screens --days 9            server time of the dashboard
    python -m wan_perf_tests.benchmarks refreshes --passes 1440     a wall screen for a day
    python -m wan_perf_tests.benchmarks event-log --hours 336       Dagster's log of a range
    python -m wan_perf_tests.benchmarks growth --passes 300         bytes that a live pass adds

All but the last nine fill a DuckDB file with a synthetic estate and store what the graph stores;
steady does so for a loud and a realistic estate; month and calendar also print bytes on disk;
by-hand computes a day without storing it, beside what a user would write in DuckDB's SQL, polars
(`pip install -e ".[benchmark]"`) and pandas, and counts the figures that agree. For live-hour a
simulated cloud counts what an hour of `wan-perf collect` requests; for snowflake its stand-in
counts what it is sent; backfill starts a real Dagster; week ticks schedules and sensors under a
virtual clock, beside a cloud that fails, and reports what is missing at its end; daemon is a real
one on the real clock, half an hour long; screens times pages over Parquet files; refreshes drives a
browser; event-log runs empty assets over two event logs; growth takes live passes and weighs the
home. Every figure is of this one run.
"""

import argparse
import tempfile
from pathlib import Path

from rich.console import Console

from wan_perf_tests.benchmarks.backfill import backfill
from wan_perf_tests.benchmarks.by_hand.report import by_hand
from wan_perf_tests.benchmarks.calendar import calendar
from wan_perf_tests.benchmarks.circuit_hour import circuit_hour
from wan_perf_tests.benchmarks.daemon import daemon
from wan_perf_tests.benchmarks.estate import LOUD, REALISTIC
from wan_perf_tests.benchmarks.event_log import event_log
from wan_perf_tests.benchmarks.growth import growth
from wan_perf_tests.benchmarks.month import month
from wan_perf_tests.benchmarks.publish import publish_live
from wan_perf_tests.benchmarks.refreshes import refreshes
from wan_perf_tests.benchmarks.screens import screens
from wan_perf_tests.benchmarks.snowflake import on_snowflake
from wan_perf_tests.benchmarks.steady import steady
from wan_perf_tests.benchmarks.threshold_runs import threshold_runs
from wan_perf_tests.benchmarks.week import week
from wan_perf_tests.support.live_hour import counted, summary

ESTATES = {noise.name: noise for noise in (LOUD, REALISTIC)}


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    measured = {
        "circuit-hour": lambda: circuit_hour(given.circuits, given.hours),
        "steady": lambda: steady(given.circuits, given.hours),
        "month": lambda: month(given.circuits, given.days, ESTATES[given.estate], given.windows),
        "calendar": lambda: calendar(given.circuits, given.months, given.chunk),
        "threshold-runs": lambda: threshold_runs(given.circuits, given.days),
        "by-hand": lambda: by_hand(given.circuits),
        "publish": lambda: publish_live(given.circuits),
        "live-hour": lambda: _live_hour(given.sites),
        "snowflake": lambda: on_snowflake(given.sites),
        "backfill": lambda: backfill(given.sites, min(given.days, 14)),
        "week": lambda: week(given.sites, given.days),
        "screens": lambda: screens(given.circuits, given.days, given.months),
        "refreshes": lambda: refreshes(given.circuits, given.passes),
        "event-log": lambda: event_log(given.hours),
        "daemon": lambda: daemon(given.sites, given.passes),
        "growth": lambda: growth(min(given.sites, 60), given.passes, given.within),
    }
    parser.add_argument("what", choices=measured)
    parser.add_argument("--circuits", type=int, help="10000 by default, of by-hand 2000")
    parser.add_argument("--hours", type=int, default=1, help="of circuit-hour, steady, event-log")
    parser.add_argument("--days", type=int, default=31, help="of all that run for days")
    parser.add_argument("--estate", choices=ESTATES, default=LOUD.name, help="of month")
    parser.add_argument("--windows", type=int, default=31, help="last days with windows, of month")
    parser.add_argument("--months", type=int, default=13, help="of calendar")
    parser.add_argument("--chunk", type=int, default=31, help="days that calendar stores at a time")
    parser.add_argument("--sites", type=int, default=5000, help="of a simulated cloud")
    parser.add_argument("--passes", type=int, default=3, help="of daemon, twice; growth; refreshes")
    parser.add_argument("--within", type=float, default=3600, help="seconds of passes of growth")
    given = parser.parse_args()
    given.circuits = given.circuits or (2_000 if given.what == "by-hand" else 10_000)
    print(measured[given.what]())  # noqa: T201 - what a benchmark is for


def _live_hour(sites: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return summary(counted(sites, Path(folder), Console(stderr=True)), sites)


if __name__ == "__main__":
    main()
