"""Every column of every table, once: type, unit, meaning, bounds.

Belongs here: what a column name means in the whole system, a module a family.
Keep out: which table has which columns (`schema.tables`), how a value is computed (`kpi`).

Names are `<quantity>_<statistic>_<unit>`; the statistic is dropped where there is only one.
Instants are naive UTC. Unknown is NULL, never 0. What a figure means in full stands in the
docstrings of `schema.formulas` and `kpi`.
"""

from wan_perf.schema.columns.alarms import ALARM
from wan_perf.schema.columns.column import Column
from wan_perf.schema.columns.events import EPISODE, FAILOVER
from wan_perf.schema.columns.identity import DESCRIPTION, IDENTITY
from wan_perf.schema.columns.levels import POLICY, TIME_ABOVE
from wan_perf.schema.columns.quality import QUALITY_OF_HOUR
from wan_perf.schema.columns.reports import BACKUP, NOW, REPORT, TREND
from wan_perf.schema.columns.rollups import PERIOD, SITE
from wan_perf.schema.columns.samples import PATH, SAMPLE, SCORE
from wan_perf.schema.columns.site_causes import CAUSE
from wan_perf.schema.columns.state import EVIDENCE_OF_HOUR, STATE, STATE_MINUTES
from wan_perf.schema.columns.time import TIME
from wan_perf.schema.columns.traffic import RECEIVED, TRAFFIC
from wan_perf.schema.columns.views import OVERVIEW

__all__ = ["COLUMNS", "Column"]

COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        *(*IDENTITY, *DESCRIPTION, *TIME, *STATE, *SAMPLE, *PATH, *SCORE, *CAUSE),
        *ALARM,
        *POLICY,
        *(*TRAFFIC, *STATE_MINUTES, *RECEIVED, *PERIOD, *TIME_ABOVE, *QUALITY_OF_HOUR),
        *(*EVIDENCE_OF_HOUR, *SITE, *FAILOVER, *EPISODE, *REPORT, *TREND, *NOW, *BACKUP),
        *OVERVIEW,
    )
}
