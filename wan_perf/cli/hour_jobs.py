"""Jobs of hours, with trailing windows of the newest days only.

Belongs here: the tables of an hour, and which of them a range of hours has computed.
Keep out: which hours a command covers (`runs`), when windows are too old (`due`).
"""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg

from wan_perf.cli.due import DueJobs
from wan_perf.cli.ranges import hour_keys
from wan_perf.definitions import HOURLY_ASSETS, HOURLY_JOB
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import RAW_PORT_HISTORY, TABLES, TRAILING_WINDOWS

HOURLY = tuple(TABLES[key.to_user_string()] for asset in HOURLY_ASSETS for key in asset.keys)
SAMPLED = tuple(table for table in HOURLY if table is not RAW_PORT_HISTORY)
"""What can be collected and computed before there is an inventory."""


class HourJobs(DueJobs):
    """Jobs that compute tables of hours."""

    def _run_hourly(
        self,
        begin: datetime,
        end: datetime,
        tables: Sequence[Table],
        tags: dict[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Run the tables of the hours of [begin, end); trailing windows of the newest days only.

        Returns:
            The run of those that are no trailing windows.
        """
        recent = max(begin, min(self.windows_from(), end))
        if recent == begin:
            # To cut a job that is run whole takes time for nothing.
            only = () if tables is HOURLY else tables
            return self._run(HOURLY_JOB, hour_keys(begin, end), tags, only)
        others = [table for table in tables if table not in TRAILING_WINDOWS]
        result = self._run(HOURLY_JOB, hour_keys(begin, end), tags, others)
        self._run_windows(recent, end)
        return result

    def _run_windows(self, begin: datetime, end: datetime) -> None:
        """Run the trailing windows of the hours of [begin, end), if there are any such hours."""
        if begin < end:
            self._run(HOURLY_JOB, hour_keys(begin, end), only=TRAILING_WINDOWS)
