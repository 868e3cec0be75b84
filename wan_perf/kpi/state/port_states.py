"""Up, down, unknown: the state of a port's link in an hour.

Belongs here: how samples and events prove a state, and for how long.
Keep out: bytes (`kpi.hour.traffic`), which evidence belongs to an hour (`evidence_window`), what a
link means for its circuit (`circuit_states`).

Between two consecutive observations (events and samples; at one instant events first, DOWN before
UP):

1. at most 20 minutes apart, the later an event: the earlier one's state lasts until the event;
2. at most 20 minutes apart, both samples (or an event, then a sample), equal: that state;
3. the same, but different states: the state changes at `last_flapped` if that lies between them,
   else midway;
4. otherwise only events are evidence: the state of the last one (for 24 hours at most, then it is
   unknown); without one, the opposite of the next one (back to the start of the hour before the
   event's own); where a sample at either end contradicts it, the state is unknown.

Samples with NULL `is_up` are ignored. Samples of one instant are one observation; where they
contradict each other its state is unknown, and it agrees with nothing. A repeated event changes
nothing: the first sets the time.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.state.constant_series import constant_series
from wan_perf.kpi.state.evidence_window import (
    DOWN_KINDS,
    EVENT_REACH_BACK,
    FOR_EVER_US,
    HOUR_US,
    LINK_KINDS,
    SAMPLE_REACH,
    microseconds,
    without_repeats,
)

_EVENT, _SAMPLE, _NOTHING = 0, 1, 2
_LONG_AGO_US = -FOR_EVER_US


def link_intervals(readings: ir.Table, events: ir.Table, ports: ir.Table) -> ir.Table:
    """When each port's link is known to be up or down: port_hour, from_us, to_us, is_up.

    A port whose readings are a constant series without an event among them has that state from the
    first to the last, by rule 2: of such ports with events before or after, only these two readings
    are sorted, and of those without events none. Events of long ago are no matter where the series
    covers the hour: what they prove of the time before the first reading is left out.
    """
    links = events.filter(events.event_kind.isin(LINK_KINDS))
    series = constant_series(readings, "port_hour", "is_up")
    disturbed = series.inner_join(links.select("port_hour", "at_us"), "port_hour").filter(
        lambda t: (t.at_us >= t.from_us) & (t.at_us <= t.to_us)
    )
    constant = series.anti_join(disturbed, "port_hour")
    whole = constant.filter((constant.from_us <= 0) & (constant.to_us >= HOUR_US))
    same = ibis.union(
        constant.anti_join(links, "port_hour"),
        whole.semi_join(links, "port_hour").anti_join(
            links.filter(~is_long_ago(links)), "port_hour"
        ),
    )
    lasting = constant.anti_join(same, "port_hour")
    ends = readings.inner_join(lasting.select("port_hour", "from_us", "to_us"), "port_hour")
    ends = ends.filter((ends.at_us == ends.from_us) | (ends.at_us == ends.to_us))
    ends = ends.mutate(lasts=ends.at_us < ends.to_us).select(*readings.columns, "lasts")
    others = readings.anti_join(constant, "port_hour").mutate(lasts=ibis.literal(False))
    samples = ibis.union(without_repeats(others), without_repeats(ends))
    changes, other_ports = (table.anti_join(same, "port_hour") for table in (links, ports))
    gap = gaps(samples, changes, other_ports)
    halves = ibis.union(
        gap.select("port_hour", "from_us", to_us=gap.change_us, is_up=gap.state_before == 1),
        gap.select("port_hour", from_us=gap.change_us, to_us=gap.to_us, is_up=gap.state_after == 1),
    )
    return ibis.union(
        same.select("port_hour", "from_us", "to_us", is_up=same.is_up == 1),
        halves.filter(halves.is_up.notnull()),
    )


def is_long_ago(events: ir.Table) -> ir.BooleanValue:
    """True of events of a link before any reading of the evidence window."""
    return events.event_kind.isin(LINK_KINDS) & (events.at_us < -microseconds(SAMPLE_REACH))


def gaps(samples: ir.Table, events: ir.Table, ports: ir.Table) -> ir.Table:
    """The time between each observation and the next, with the state before and after its change.

    One row per port_hour and pair of observations: from_us, change_us, to_us, state_before (in
    [from, change)), state_after (in [change, to)): 1 up, 0 down, NULL unknown; is_shared where
    rules 1 to 3 apply and the neighbouring hour has the same two observations.

    Args:
        samples: port_hour, at_us, is_up, flapped_us; lasts where the state is that of the next
            sample whatever the time between them, since others of the same state are left out.
        events: port_hour, at_us, event_kind.
        ports: port_hour of all ports.
    """
    gap = _pairs(_observations(samples, events, ports))
    is_near = (gap.to_us - gap.from_us <= microseconds(SAMPLE_REACH)) | gap.lasts
    close = (gap.kind != _NOTHING) & is_near
    to_event = gap.next_kind.fill_null(_NOTHING) == _EVENT
    next_state = ibis.ifelse(to_event, ibis.null("int8"), gap.next_up)
    is_same = close & (to_event | (gap.is_up == next_state)).fill_null(False)
    has_changed = close & ~to_event & (gap.is_up != next_state).fill_null(False)

    proven = gap.event_before.fill_null(1 - gap.event_after)
    agrees = _agrees(gap.kind, gap.is_up, proven) & _agrees(gap.next_kind, gap.next_up, proven)
    by_events = ibis.ifelse(agrees, proven, ibis.null("int8"))
    expires = ibis.greatest(gap.event_before_us + microseconds(EVENT_REACH_BACK), gap.from_us)
    # Of an event after the hour; one within the hour proves the state back to before the hour.
    begins = ibis.ifelse(gap.event_after_us >= HOUR_US, 0, gap.from_us)
    from_next = ~is_same & ~has_changed & gap.event_before.isnull()

    flapped = (gap.next_flapped_us > gap.from_us) & (gap.next_flapped_us <= gap.to_us)
    midway = ((gap.from_us + gap.to_us) / 2).floor().cast("int64")
    change = ibis.cases(
        (has_changed & flapped.fill_null(False), gap.next_flapped_us),
        (has_changed, midway),
        (~is_same & gap.event_before.notnull(), ibis.least(expires, gap.to_us)),
        (from_next, ibis.least(ibis.greatest(begins, gap.from_us), gap.to_us)),
        else_=gap.to_us,
    )
    return gap.select(
        "port_hour",
        "from_us",
        "to_us",
        change_us=change,
        state_before=ibis.cases((is_same | has_changed, gap.is_up), (~from_next, by_events)),
        state_after=ibis.cases((has_changed, next_state), (from_next, by_events)),
        is_shared=(is_same | has_changed) & (_is_around(gap, 0) | _is_around(gap, HOUR_US)),
    )


def _is_around(gap: ir.Table, edge_us: int) -> ir.BooleanValue:
    """True where both observations are in the evidence windows of both hours at the edge."""
    reach = microseconds(SAMPLE_REACH)
    return (gap.from_us >= edge_us - reach) & (gap.to_us < edge_us + reach)


def _agrees(
    kind: ir.IntegerValue, is_up: ir.IntegerValue, proven: ir.IntegerValue
) -> ir.BooleanValue:
    """False where a sample contradicts the events; events and missing observations agree."""
    return (kind.fill_null(_NOTHING) != _SAMPLE) | (is_up == proven).fill_null(False)


def edge_downs(readings: ir.Table, events: ir.Table, ports: ir.Table) -> ir.Table:
    """Intervals around the hour's edges in which both hours know that the port is down.

    Only ports with a down reading or event within 20 minutes of the hour are evaluated: few.

    Columns: port_hour, down_from_us, down_to_us.
    """
    down = ibis.union(
        readings.filter(readings.is_up == 0).select("port_hour"),
        close_down_events(events).select("port_hour"),
    ).distinct()
    own, changes, few = (table.semi_join(down, "port_hour") for table in (readings, events, ports))
    samples = without_repeats(own).mutate(lasts=ibis.literal(False))
    return _downs(gaps(samples, changes, few))


def close_down_events(events: ir.Table) -> ir.Table:
    """The events that took a link down within 20 minutes of the hour."""
    reach = microseconds(SAMPLE_REACH)
    is_close = events.at_us.between(-reach, HOUR_US + reach)
    return events.filter(is_close & events.event_kind.isin(DOWN_KINDS))


def _downs(gap: ir.Table) -> ir.Table:
    first = gap.filter(gap.is_shared & (gap.state_before == 0))
    second = gap.filter(gap.is_shared & (gap.state_after == 0))
    return ibis.union(
        first.select("port_hour", down_from_us=first.from_us, down_to_us=first.change_us),
        second.select("port_hour", down_from_us=second.change_us, down_to_us=second.to_us),
    )


def _observations(samples: ir.Table, events: ir.Table, ports: ir.Table) -> ir.Table:
    """Observations in each evidence window, after a first row without a state long before it."""
    no_state, no_instant = ibis.null("int8"), ibis.null("int64")
    links = events.filter(events.event_kind.isin(LINK_KINDS))
    with_state = samples.filter(samples.is_up.notnull())
    instants = with_state.group_by("port_hour", "at_us").aggregate(
        least=with_state.is_up.min(),
        most=with_state.is_up.max(),
        flapped_us=with_state.flapped_us.max(),
        lasts=with_state.lasts.ifelse(1, 0).max() == 1,
    )
    return ibis.union(
        instants.select(
            "port_hour",
            "at_us",
            is_up=ibis.ifelse(instants.least == instants.most, instants.least, no_state),
            flapped_us=instants.flapped_us,
            kind=ibis.literal(_SAMPLE),
            lasts=instants.lasts,
        ),
        links.select(
            "port_hour",
            "at_us",
            is_up=ibis.ifelse(links.event_kind.isin(DOWN_KINDS), 0, 1).cast("int8"),
            flapped_us=no_instant,
            kind=ibis.literal(_EVENT),
            lasts=ibis.literal(False),
        ),
        ports.select(
            "port_hour",
            at_us=ibis.literal(_LONG_AGO_US, "int64"),
            is_up=no_state,
            flapped_us=no_instant,
            kind=ibis.literal(_NOTHING),
            lasts=ibis.literal(False),
        ),
    )


def _pairs(observations: ir.Table) -> ir.Table:
    """Each observation with the next one, and the last and next event's state."""
    order = [observations.at_us, observations.kind, observations.is_up]
    in_order = ibis.window(group_by=observations.port_hour, order_by=order)
    numbered = observations.mutate(
        nth=ibis.row_number().over(in_order),
        to_us=observations.at_us.lead().over(in_order).fill_null(FOR_EVER_US),
        next_kind=observations.kind.lead().over(in_order),
        next_up=observations.is_up.lead().over(in_order),
        next_flapped_us=observations.flapped_us.lead().over(in_order),
    )
    # The newest event so far has the highest 2 * instant + state; no IGNORE NULLS is needed, which
    # not every engine offers in a form that the other compiles to.
    marked = numbered.mutate(
        mark=ibis.ifelse(
            numbered.kind == _EVENT,
            2 * (numbered.at_us - _LONG_AGO_US) + numbered.is_up,
            ibis.null("int64"),
        )
    )
    so_far = ibis.window(
        group_by=marked.port_hour, order_by=marked.nth, preceding=None, following=0
    )
    to_come = ibis.window(group_by=marked.port_hour, order_by=marked.nth, following=(1, None))
    before, after = marked.mark.max().over(so_far), marked.mark.min().over(to_come)
    return marked.mutate(
        from_us=marked.at_us,
        event_before=before % 2,
        event_before_us=before // 2 + _LONG_AGO_US,
        event_after=after % 2,
        event_after_us=after // 2 + _LONG_AGO_US,
    )
