"""Windows and calendar periods, once: their names and their starts.

Belongs here: when a period starts.
Keep out: the calendar at a site (`policy.local_calendar`), what is summed over a period
(`kpi.rollups.period_sums`).

Periods are UTC: days start at midnight UTC. Local time serves trading hours only.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import ibis
import ibis.expr.types as ir


@dataclass(frozen=True)
class Period:
    """A calendar period: its column and the start of the one that an hour or a day lies in."""

    column: str
    unit: str

    @property
    def length(self) -> ir.IntervalScalar:
        """How long it is, from its start to its end."""
        return ibis.interval(1, unit=self.unit)

    def start(self, at: ir.TimestampValue | ir.DateValue) -> ir.DateValue:
        """First day of the period."""
        return at.cast("timestamp").truncate(self.unit).cast("date")

    def begun(self, at: datetime) -> datetime:
        """Midnight with which the period of an instant begins."""
        midnight = datetime.combine(at, time())
        back = {"D": 0, "W": at.weekday(), "M": at.day - 1}[self.unit]
        return midnight - timedelta(days=back)


DAY = Period("day", "D")
WEEK = Period("week", "W")
"""ISO weeks, named by their Monday."""
MONTH = Period("month", "M")
ROLLING = "13_month"
ROLLING_MONTHS = 13
"""The month and the twelve before it; named by the last."""
PERIODS = {"day": DAY, "week": WEEK, "month": MONTH, ROLLING: MONTH}
"""The stored periods by name, each with the one that its column names."""

WINDOWS_H = (3, 12, 24)
"""Trailing windows; that of hour h covers as many hours as it is long, up to the end of h. [h]"""
