"""Time partitions: when a slice starts, and what an asset sees of its neighbours.

Belongs here: hourly and daily partitions in UTC, the mappings between them.
Keep out: how far evidence reaches (`kpi.state.evidence_window`, from which the mappings follow).
"""

from datetime import datetime, timedelta

import dagster as dg

from wan_perf.kpi.state import evidence_window
from wan_perf.schema.periods import ROLLING_MONTHS, WINDOWS_H

_HOUR = timedelta(hours=1)
CHUNK = dg.BackfillPolicy.multi_run(max_partitions_per_run=400)
"""Two weeks of hours, all that Mist keeps, in one run of all assets: where a backfill is larger
than a chunk, Dagster runs asset after asset, and one run an hour would spend hours on starts."""


def hourly(start: datetime) -> dg.HourlyPartitionsDefinition:
    """UTC hours since the hour of the start, the one in progress included."""
    return dg.HourlyPartitionsDefinition(start_date=f"{start:%Y-%m-%d-%H:00}", end_offset=1)


def daily(start: datetime) -> dg.DailyPartitionsDefinition:
    """UTC days since the day of the start, the one in progress included."""
    return dg.DailyPartitionsDefinition(start_date=f"{start:%Y-%m-%d}", end_offset=1)


def weekly(start: datetime) -> dg.WeeklyPartitionsDefinition:
    """ISO weeks since the week of the start, the one in progress included."""
    monday = start - timedelta(days=start.weekday())
    return dg.WeeklyPartitionsDefinition(
        start_date=f"{monday:%Y-%m-%d}", day_offset=1, end_offset=1
    )


def monthly(start: datetime) -> dg.MonthlyPartitionsDefinition:
    """Months since the month of the start, the one in progress included."""
    return dg.MonthlyPartitionsDefinition(start_date=f"{start:%Y-%m}-01", end_offset=1)


_ANY_START = datetime(2020, 1, 1)  # noqa: DTZ001 - the settings' start replaces it, see `build`
HOURLY = hourly(_ANY_START)
DAILY = daily(_ANY_START)
WEEKLY = weekly(_ANY_START)
MONTHLY = monthly(_ANY_START)


def neighbours(before: timedelta, after: timedelta) -> dg.TimeWindowPartitionMapping:
    """An hour sees that much of the hours before and after it; missing ones are allowed."""
    return dg.TimeWindowPartitionMapping(
        start_offset=-(before // _HOUR),
        end_offset=after // _HOUR,
        allow_nonexistent_upstream_partitions=True,
    )


SAMPLES_AROUND = neighbours(_HOUR, _HOUR)
"""20 minutes of samples would do; partitions are hours."""
HOURS_OF_PERIOD = neighbours(timedelta(), timedelta())
"""A period sees its hours; those before the first partition do not exist."""
HOURS_OF_WINDOWS = neighbours((max(WINDOWS_H) - 1) * _HOUR, timedelta())
"""The longest window sees its hours."""
POLLS_OF_WINDOWS = neighbours(max(WINDOWS_H) * _HOUR, _HOUR)
"""And a poll can be of the pass due an hour before or after its sample."""
HOURS_AROUND_DAY = neighbours(timedelta(hours=24), _HOUR)
"""A failover goes on from the day before; that it is over may be seen in the hour after."""
HOURS_UNTIL_DAY = neighbours(timedelta(hours=24), timedelta())
TELEMETRY_GAPS_AFTER = neighbours(timedelta(), evidence_window.EVENT_REACH_BACK)
"""A gap is stored in the hour of its end, at most that long after an hour that it covers."""
PATHS_BEFORE = neighbours(_HOUR, timedelta())
"""Samples that a poll repeats were reported within the hour before."""
SAMPLES_BEFORE = neighbours(evidence_window.EVENT_REACH_BACK + _HOUR, _HOUR)
"""A telemetry gap that ends in an hour began within the 24 before; samples adjoin both ends."""
EVENTS_BEFORE = neighbours(evidence_window.EVENT_REACH_BACK, timedelta())
EVENTS_AROUND = neighbours(evidence_window.EVENT_REACH_BACK, evidence_window.EVENT_REACH_AHEAD)
HOURS_OF_DAY_AND_NEXT = neighbours(timedelta(), _HOUR)
"""That the last hour of a day is over shows in the hour after it."""
HOURS_OF_TRADING_DAY = neighbours(timedelta(hours=14), timedelta(hours=37))
"""A local day begins up to 14 hours before the UTC day of its name and ends up to 12 after it; its
trading hours may go on into the next, for up to 24 more; and that the last one is over shows in the
hour after it."""
POLLS_OF_TRADING_DAY = neighbours(timedelta(hours=15), timedelta(hours=38))
"""And a poll can be of the pass due an hour before or after its sample."""
DAYS_OF_PERIOD = neighbours(timedelta(), timedelta())
"""A week or month sees its days; those before the first partition do not exist."""
MONTHS_BEFORE = dg.TimeWindowPartitionMapping(
    start_offset=1 - ROLLING_MONTHS, allow_nonexistent_upstream_partitions=True
)
"""Thirteen months see the month and the twelve before it."""
DAYS_OF_MONTHS = dg.TimeWindowPartitionMapping(
    start_offset=-366, allow_nonexistent_upstream_partitions=True
)
"""And the days of these: twelve months have 366 of them at most."""
