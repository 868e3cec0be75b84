"""Since when a site that runs on a backup does so, as of an instant.

Belongs here: the failover that goes on, over any number of days.
Keep out: what a failover is (`failovers`), how its parts are chained (`episodes`).

Yesterday and today are read from the states, because their pieces are made once a day; what began
before is chained from the pieces of the days before. So it is the start that failover_event tells.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.episodes import chained
from wan_perf.kpi.failovers import failover_spans

_YESTERDAY = ibis.interval(days=-1)
_DAY_BEFORE = ibis.interval(days=-2)
"""Yesterday sees the day before it too."""
_LATELY = ibis.interval(minutes=-15)


def on_backup_since(circuit_state: ir.Table, failover_piece: ir.Table, now: ir.Table) -> ir.Table:
    """One row per site in a failover: site_id, failover_since; NULL where its start is not held.

    Args:
        circuit_state: Stretches of circuits; what begins after now is not looked at.
        failover_piece: Of the days before yesterday.
        now: One row: as_of_at. A failover of the last 15 minutes goes on: of later nothing may be
            known.
    """
    midnight = now.as_of_at.truncate("D")
    dates = now.mutate(
        first_at=midnight + _DAY_BEFORE,
        yesterday=(midnight + _YESTERDAY).date(),
        today=now.as_of_at.date(),
    )
    seen = circuit_state.cross_join(dates)
    seen = seen.filter(seen.started_at.between(seen.first_at, seen.as_of_at))
    found = failover_spans(seen.select(*circuit_state.columns))
    stored = failover_piece.select(*found.columns).cast(found.schema()).cross_join(dates)
    fresh = found.cross_join(dates)
    fresh = fresh.filter(fresh.day.between(fresh.yesterday, fresh.today))
    # Only what yesterday did not see begin is looked up in the days before, however many there are.
    begun_before = fresh.filter((fresh.day == fresh.yesterday) & ~fresh.is_begin)
    earlier = stored.filter(stored.day < stored.yesterday).semi_join(begun_before, "site_id")
    pieces = ibis.union(fresh.select(*found.columns), earlier.select(*found.columns))
    parts = chained(pieces, ("site_id",))
    episodes = parts.group_by("site_id", "episode").aggregate(
        failover_since=parts.started_at.min(where=parts.is_begin),
        ended_at=parts.ended_at.max(),
    )
    last = episodes.ended_at.max().over(ibis.window(group_by=episodes.site_id))
    newest = episodes.mutate(is_last=episodes.ended_at == last).cross_join(dates)
    goes_on = newest.is_last & (newest.ended_at > newest.as_of_at + _LATELY)
    return newest.filter(goes_on).select("site_id", "failover_since")
