"""When a site ran on a backup: where each failover begins and ends, within a UTC day.

Belongs here: the states that a day depends on, the parts of episodes, their minutes of each kind.
Keep out: load and quality (`failovers`, `failover_load`), which circuit carries a site at an
instant (`kpi.state.activity`), chaining parts (`episodes`).

A failover begins when a lower-ranked circuit carries the site and none of rank 1 does, at a site
with a known circuit of rank 1 in service. It ends when one of rank 1 carries the site again for 60
seconds or, if its use is unknown, is up for 60 seconds while no backup is known to carry the site.
Everything in between belongs to it: changes among backups, time in which no circuit is up (dark)
and time without telemetry, up to the day after. So a day depends on the 24 hours before it
and the hour after it, and on nothing else.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.circuit_hours import MINUTE_DECIMALS
from wan_perf.kpi.state.evidence_window import HOUR_US, MINUTE_US, instant_us, microseconds
from wan_perf.kpi.state.interval_overlay import kind_intervals, overlap_us, overlay_intervals
from wan_perf.schema.values import ACTIVE, STORE

BACK_AFTER = timedelta(seconds=60)
"""How long the primary carries the site before the failover ends."""
DAY_US = 24 * HOUR_US
_KINDS = ("backup", "inferred", "first", "first_up", "up", "open", "covered")
INTERVAL = ("site_day", "from_us", "to_us")
_A_DAY = ibis.interval(days=1)
A_DAY_BACK = ibis.interval(days=-1)


def failover_spans(circuit_state: ir.Table) -> ir.Table:
    """Intervals of the failovers of each day that depends on these states, without figures.

    Columns as in FAILOVER_PIECE: day, site_id, started_at, ended_at, is_begin.
    """
    found = pieces_of_days(day_states(circuit_state))
    return found.select("day", "site_id", "started_at", "ended_at", "is_begin")


def day_states(circuit_state: ir.Table) -> ir.Table:
    """States of stores on backup, a copy for each day that depends on them.

    Columns: site_day (a number), day, midnight, site_id, circuit_id, role_rank, from_us, to_us from
    the day's start, state, down_cause, is_first, is_backup, carries, is_inferred, is_use_known.
    """
    circuit_state = circuit_state.filter(circuit_state.site_kind.fill_null(STORE) == STORE)
    own_day = circuit_state.started_at.truncate("D")
    next_hour = circuit_state.filter(circuit_state.started_at.hour() == 0)
    copies = ibis.union(
        circuit_state.mutate(midnight=own_day),
        circuit_state.mutate(midnight=own_day + _A_DAY),
        next_hour.mutate(midnight=next_hour.started_at.truncate("D") + A_DAY_BACK),
    )
    carries = copies.activity.isin(ACTIVE).fill_null(False)
    struck = copies.filter(carries & (copies.role_rank > 1)).select("site_id", "midnight")
    sites = struck.distinct()
    order = ibis.window(order_by=[sites.midnight, sites.site_id])
    numbered = sites.mutate(site_day=ibis.row_number().over(order))
    rows = copies.inner_join(numbered, ["site_id", "midnight"])
    of_hour = ibis.window(group_by=[rows.site_day, rows.started_at.truncate("h")])
    has_first = (rows.role_rank == 1).fill_null(False).ifelse(1, 0).max().over(of_hour) == 1
    return rows.select(
        *("site_day", "site_id", "circuit_id", "role_rank", "state", "down_cause"),
        day=rows.midnight.date(),
        midnight=rows.midnight,
        from_us=instant_us(rows.started_at, rows.midnight),
        to_us=instant_us(rows.ended_at, rows.midnight),
        is_first=(rows.role_rank == 1).fill_null(False),
        is_backup=(rows.role_rank > 1).fill_null(False) & has_first,
        carries=rows.activity.isin(ACTIVE).fill_null(False),
        is_inferred=(rows.activity == "inferred").fill_null(False),
        is_use_known=rows.activity.notnull(),
    )


def pieces_of_days(states: ir.Table) -> ir.Table:
    """The part of each failover in its day: site_day, episode, from_us, to_us, minutes of kinds."""
    seen = overlay_intervals("site_day", _kind_intervals(states), _KINDS)
    on_backup = seen.backup & ~seen["first"]
    back = seen["first"] | (seen.first_up & ~seen.backup)
    marked = seen.mutate(
        word=ibis.cases((on_backup, 1), (back, 2), else_=0),
        is_dark=~seen.up & ~seen.open,
        is_unknown=~seen.up & seen.open,
    )
    blocks = _blocks(marked)
    closes = (blocks.word == 2) & (blocks.to_us - blocks.from_us >= microseconds(BACK_AFTER))
    so_far = ibis.cumulative_window(group_by=blocks.site_day, order_by=blocks.from_us)
    numbered = blocks.mutate(closing=closes.ifelse(1, 0)).mutate(
        episode=lambda t: t.closing.sum().over(so_far).cast("int64")
    )
    begun = numbered.filter(numbered.word == 1)
    starts = begun.group_by("site_day", "episode").aggregate(began_us=begun.from_us.min())
    closing = numbered.filter(numbered.closing == 1).select(
        "site_day", end_us="from_us", episode=lambda t: t.episode - 1
    )
    of_day = states.group_by("site_day", "site_id", "day", "midnight").aggregate(
        last_us=states.to_us.max()
    )
    bounded = starts.left_join(closing, ["site_day", "episode"]).drop(
        "site_day_right", "episode_right"
    )
    dated = bounded.inner_join(of_day, "site_day")
    spanned = dated.mutate(
        from_us=ibis.greatest(dated.began_us, 0),
        to_us=ibis.least(dated.end_us.fill_null(dated.last_us), dated.last_us, DAY_US),
    )
    pieces = spanned.filter(spanned.from_us < spanned.to_us)
    return _with_minutes(pieces, marked)


def _with_minutes(pieces: ir.Table, marked: ir.Table) -> ir.Table:
    """The pieces with the minutes of each kind in them."""
    during = pieces.select(*INTERVAL, "episode").inner_join(
        marked.select(
            "site_day",
            *("word", "is_dark", "is_unknown", "inferred"),
            start_us=marked.from_us,
            end_us=marked.to_us,
        ),
        "site_day",
    )
    length = overlap_us(during.start_us, during.end_us, during.from_us, during.to_us)

    def minutes(where: ir.BooleanValue) -> ir.FloatingValue:
        return (ibis.ifelse(where, length, 0).sum() / MINUTE_US).round(MINUTE_DECIMALS)

    sums = during.group_by("site_day", "episode").aggregate(
        on_backup_minutes=minutes(during.word == 1),
        dark_minutes=minutes(during.is_dark),
        no_telemetry_minutes=minutes(during.is_unknown),
        observed_us=ibis.ifelse((during.word == 1) & ~during.inferred, length, 0).sum(),
    )
    timed = pieces.inner_join(sums, ["site_day", "episode"])
    return timed.mutate(
        started_at=timed.midnight + timed.from_us.as_interval("us"),
        ended_at=timed.midnight + timed.to_us.as_interval("us"),
        is_begin=timed.began_us >= 0,
        is_inferred=timed.observed_us == 0,
    ).drop("observed_us")


def _kind_intervals(states: ir.Table) -> ir.Table:
    """Intervals of `_KINDS`, of the circuits of a site together."""
    unsure = states.state.isin(("no_telemetry", "unknown"))
    return ibis.union(
        kind_intervals(states.filter(states.is_backup & states.carries), *INTERVAL, "backup"),
        kind_intervals(states.filter(states.is_backup & states.is_inferred), *INTERVAL, "inferred"),
        kind_intervals(states.filter(states.is_first & states.carries), *INTERVAL, "first"),
        kind_intervals(
            states.filter(states.is_first & ~states.is_use_known & (states.state == "up")),
            *INTERVAL,
            "first_up",
        ),
        kind_intervals(states.filter(states.state == "up"), *INTERVAL, "up"),
        kind_intervals(states.filter(unsure), *INTERVAL, "open"),
        # Without it no part would cover dark time at the end of the day.
        kind_intervals(states, *INTERVAL, "covered"),
    )


def _blocks(marked: ir.Table) -> ir.Table:
    """Consecutive parts of one word, merged."""
    along = ibis.window(group_by=marked.site_day, order_by=marked.from_us)
    flagged = marked.mutate(begins=(marked.word != marked.word.lag().over(along)).fill_null(True))
    so_far = ibis.cumulative_window(group_by=flagged.site_day, order_by=flagged.from_us)
    numbered = flagged.mutate(block=flagged.begins.ifelse(1, 0).sum().over(so_far))
    return numbered.group_by("site_day", "block", "word").aggregate(
        from_us=numbered.from_us.min(), to_us=numbered.to_us.max()
    )
