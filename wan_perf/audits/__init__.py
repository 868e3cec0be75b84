"""What a person should look at although every row keeps its table's rules.

Belongs here: questions that need more than one table or more than one row, as the rows they find.
Keep out: predicates of a single row (`schema.tables`), asking them after a run (`defs.checks`).
"""

from wan_perf.audits.declaration import Audit
from wan_perf.audits.hearing import SILENT, SKEWED_PATHS, SKEWED_SAMPLES, UNKNOWN_SHARE
from wan_perf.audits.orphans import ORPHAN_HOURS, ORPHAN_PORTS, UNKNOWN_EVENTS, UNKNOWN_PORTS
from wan_perf.audits.policy import RISING, UNKNOWN_ZONES, UNMATCHED

__all__ = ["AUDITS", "Audit"]

AUDITS = (
    *(UNMATCHED, UNKNOWN_ZONES, RISING),
    *(ORPHAN_HOURS, ORPHAN_PORTS, UNKNOWN_PORTS, UNKNOWN_EVENTS),
    *(SILENT, UNKNOWN_SHARE, SKEWED_SAMPLES, SKEWED_PATHS),
)
