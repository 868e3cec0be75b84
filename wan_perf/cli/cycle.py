"""A full cycle: collecting, and every period that stands on the collected hours.

Belongs here: which days, weeks and months follow from a collection.
Keep out: collecting and aggregating themselves (`runs`).
"""

from datetime import datetime

from wan_perf.cli.corrections import CorrectingRuns
from wan_perf.cli.ranges import DAY, HOUR
from wan_perf.errors import WanPerfError
from wan_perf.schema.periods import DAY as DAYS
from wan_perf.schema.periods import MONTH, WEEK
from wan_perf.schema.tables import CIRCUIT_HOUR


class FullCycle(CorrectingRuns):
    """Runs that leave no day, week or month behind the hours."""

    def full_cycle(self, start: datetime | None, end: datetime | None) -> None:
        """Collect as `collect` does, then aggregate all that the collected hours are part of.

        A trading day is of the local calendar: its hours are of the UTC days beside it too, so that
        days begin one day earlier. A past month is part of the 13 months of the twelve months after
        it, so that months go up to the newest. A failed inventory is left to
        `raise_inventory_failure`.

        Raises:
            UsageError: the range is none, or lies outside what is stored.
            WanPerfError: Mist or the warehouse failed; what was stored stays.
        """
        first = self.collect_what_succeeds(start, end)
        oldest, newest = self._ends(CIRCUIT_HOUR, "hour")
        if oldest is None or newest is None:
            self.raise_inventory_failure()
            raise WanPerfError("There are no circuit-hours yet; run wan-perf collect first.")
        begin = max(min(first, newest) - DAY, oldest)
        for aggregate, period in (
            (self.aggregate_daily, DAYS),
            (self.aggregate_weekly, WEEK),
            (self.aggregate_monthly, MONTH),
        ):
            # What was collected without being aggregated is behind as well, from the newest on.
            begin = max(min(begin, self.newest_of_all(period) or oldest), oldest)
            aggregate(begin, newest + HOUR)
