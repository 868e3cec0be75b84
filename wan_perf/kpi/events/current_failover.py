"""Start of the failover that a site is in, as of an instant.

Belongs here: the open failover, over any number of days.
Keep out: what a failover is (`failovers`), how its parts are chained (`episodes`).

Yesterday and today are read from the states, because their pieces are computed once a day; earlier
days are chained from their stored pieces. The start is therefore that of `failover_event`.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.events.episodes import number_episodes
from wan_perf.kpi.events.failover_spans import failover_spans

_YESTERDAY = ibis.interval(days=-1)
_DAY_BEFORE = ibis.interval(days=-2)
"""Failovers of yesterday are read with the day before it."""
_LATELY = ibis.interval(minutes=-15)


def on_backup_since(circuit_state: ir.Table, failover_piece: ir.Table, now: ir.Table) -> ir.Table:
    """One row per site in a failover: site_id, failover_since; NULL where its start is not stored.

    Args:
        circuit_state: Intervals of circuits; those that begin after now are ignored.
        failover_piece: Of the days before yesterday.
        now: One row: as_of_at. A failover of the last 15 minutes is open: later states may not be
            known yet.
    """
    midnight = now.as_of_at.truncate("D")
    dates = now.mutate(
        first_at=midnight + _DAY_BEFORE,
        yesterday=(midnight + _YESTERDAY).date(),
        today=now.as_of_at.date(),
    )
    states = circuit_state.cross_join(dates)
    states = states.filter(states.started_at.between(states.first_at, states.as_of_at))
    found = failover_spans(states.select(*circuit_state.columns))
    stored = failover_piece.select(*found.columns).cast(found.schema()).cross_join(dates)
    fresh = found.cross_join(dates)
    fresh = fresh.filter(fresh.day.between(fresh.yesterday, fresh.today))
    # Earlier days are read only for failovers that began before yesterday.
    begun_before = fresh.filter((fresh.day == fresh.yesterday) & ~fresh.is_begin)
    earlier = stored.filter(stored.day < stored.yesterday).semi_join(begun_before, "site_id")
    pieces = ibis.union(fresh.select(*found.columns), earlier.select(*found.columns))
    parts = number_episodes(pieces, ("site_id",))
    episodes = parts.group_by("site_id", "episode").aggregate(
        failover_since=parts.started_at.min(where=parts.is_begin),
        ended_at=parts.ended_at.max(),
    )
    last = episodes.ended_at.max().over(ibis.window(group_by=episodes.site_id))
    newest = episodes.mutate(is_last=episodes.ended_at == last).cross_join(dates)
    goes_on = newest.is_last & (newest.ended_at > newest.as_of_at + _LATELY)
    return newest.filter(goes_on).select("site_id", "failover_since")
