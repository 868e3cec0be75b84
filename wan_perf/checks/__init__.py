"""What a person should look at although every row keeps its table's rules.

Belongs here: checks that need more than one table or more than one row, and the rows they find.
Keep out: predicates of a single row (`schema.tables`), running them after a run (`defs.checks`).
"""

from wan_perf.checks.declaration import Check
from wan_perf.checks.orphans import ORPHAN_HOURS, ORPHAN_PORTS, UNKNOWN_EVENTS, UNKNOWN_PORTS
from wan_perf.checks.policy import RISING, UNKNOWN_ZONES, UNMATCHED
from wan_perf.checks.telemetry import NO_TELEMETRY, SKEWED_PATHS, SKEWED_SAMPLES, UNKNOWN_SHARE

__all__ = ["CHECKS", "Check"]

CHECKS = (
    *(UNMATCHED, UNKNOWN_ZONES, RISING),
    *(ORPHAN_HOURS, ORPHAN_PORTS, UNKNOWN_PORTS, UNKNOWN_EVENTS),
    *(NO_TELEMETRY, UNKNOWN_SHARE, SKEWED_SAMPLES, SKEWED_PATHS),
)
