"""Alarms of Mist: how each stood at the newest request, and how many are open.

Belongs here: the newest row of each alarm.
Keep out: our own alerts (`now`).
"""

from wan_perf.schema.tables import RAW_ALARM
from wan_perf.web.data import Data, Row
from wan_perf.web.query import TimeRange

_OTHERS = ", ".join(f"a.{name}" for name in RAW_ALARM.columns if name != "is_resolved")
NEWEST = f"""(SELECT {_OTHERS},
    CASE WHEN a.is_resolved OR a.hour = a.newest_hour THEN a.is_resolved END AS is_resolved
  FROM (SELECT *, max(hour) OVER () AS newest_hour,
      row_number() OVER (PARTITION BY alarm_id ORDER BY hour DESC) AS nth
    FROM @raw_alarm WHERE hour >= ? AND hour < ?) a WHERE a.nth = 1)"""
"""Alarms that were open or changed in a range, as the range's newest request found them.

One that was open and that a later request no longer has is of no known state.
"""


def alarms_of(data: Data, site_id: str, reach: TimeRange, most: int) -> list[Row]:
    """Alarms of a site in the range, those first that are not resolved, then the newest."""
    return data.rows(
        f"SELECT * FROM {NEWEST} n WHERE site_id = ? "
        "ORDER BY is_resolved NULLS FIRST, raised_at DESC, alarm_id LIMIT ?",
        [reach.start, reach.end, site_id, most],
    )


def open_alarms(data: Data) -> Row:
    """How many alarms the newest request found open, and how many of these are critical."""
    return data.first(
        """SELECT count_if(NOT is_resolved) AS open_alarm_count,
          count_if(NOT is_resolved AND alarm_severity = 'critical') AS critical_alarm_count
        FROM @raw_alarm:newest WHERE hour = (SELECT max(hour) FROM @raw_alarm:newest)
        HAVING count(*) > 0"""
    )
