"""The current state of every circuit, as of the newest sample.

Belongs here: the newest state and quality of a circuit, and the state of its site.
Keep out: the load (`current_load`); severity and messages (`alerts`); the clock: now is the newest
sample received (`newest_samples`).

A poll takes seconds to minutes and gateways have clocks of their own, so the samples of a poll are
later than its due time; now is the newest of them.

Input does not grow with the history: each table is cut to the lookback of what is computed from it
(`_recent`), which is shorter than any retention.

What is unknown is NULL: state, load and severity.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.kpi.events.current_failover import on_backup_since
from wan_perf.kpi.hour.circuit_hours import PERCENT_DECIMALS
from wan_perf.kpi.reports.alerts import DARK, ON_BACKUP, UNREACHABLE, with_severity
from wan_perf.kpi.reports.current_load import LATELY, current_load
from wan_perf.kpi.reports.newest_sample import newest_readings, read_utilization_pct
from wan_perf.kpi.state.evidence_window import EVENT_REACH_BACK, fresh
from wan_perf.schema.tables import CURRENT_STATE
from wan_perf.schema.tables.reports import LOAD_OF
from wan_perf.schema.values import ACTIVE

_AN_HOUR = ibis.interval(hours=1)
_STALE_S = LATELY // timedelta(seconds=1)
_AHEAD = timedelta(minutes=10)
"""A sample can define now at most this long after its poll was due: otherwise one gateway with a
fast clock would make all others stale."""
_EVENTS_BACK = EVENT_REACH_BACK + timedelta(hours=2)
"""Lookback of events: 24 hours, of the hour in progress and the one before it."""
_SAMPLES_BACK = timedelta(hours=3)
"""Load covers the last 15 minutes, which lie in up to two hours."""
_WEEKS = 4
_ENOUGH_WEEKS = 3
_STATES_BACK = timedelta(days=14)
"""A state that began earlier has an unknown beginning."""


def current_states(
    circuit_state: ir.Table,
    circuit_hour: ir.Table,
    raw_port_sample: ir.Table,
    raw_gateway_event: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    failover_piece: ir.Table,
) -> ir.Table:
    """One row per circuit in service in the hour of the newest sample (CURRENT_STATE)."""
    now = newest_samples(raw_port_sample)
    circuit_state = _recent(circuit_state, "started_at", now, _STATES_BACK)
    circuit_hour = _recent(circuit_hour, "hour", now, _WEEKS * timedelta(days=7))
    raw_port_sample = _recent(raw_port_sample, "pass_at", now, _SAMPLES_BACK)
    raw_gateway_event = _recent(raw_gateway_event, "event_at", now, _EVENTS_BACK)
    hours = circuit_hour.cross_join(now)
    rows = hours.filter(hours.hour == hours.this_hour).drop("this_hour", "down_cause")
    for figures in (
        _states(circuit_state, now),
        current_load(hours, raw_port_sample, raw_gateway_event, circuit_port),
        _usual(hours),
        newest_readings(raw_port_sample, circuit_port, now, LATELY),
    ):
        rows = rows.left_join(figures, "circuit_id").drop("circuit_id_right")
    named = _with_readings(_with_dimensions(rows, dim_site, dim_circuit))
    stale = named.sampled_at.isnull() | (
        named.sampled_at < named.as_of_at + ibis.interval(seconds=-_STALE_S)
    )
    loaded = named.mutate(
        is_stale=stale,
        utilization_now_pct=ibis.ifelse(stale, ibis.null("float64"), named.utilization_now_pct),
        utilization_hour_pct=named.utilization_pct,
        **{name: ibis.ifelse(stale, ibis.null("int64"), named[name]) for name in LOAD_OF},
    )
    loaded = loaded.mutate(
        utilization_trend_pct=(loaded.utilization_now_pct - loaded.utilization_usual_pct).round(
            PERCENT_DECIMALS
        )
    )
    since = on_backup_since(circuit_state, failover_piece, now.drop("this_hour"))
    sited = _of_sites(loaded).left_join(since, "site_id").drop("site_id_right")
    on_backup = (sited.site_state == ON_BACKUP).fill_null(False)
    timed = sited.mutate(
        failover_since=ibis.ifelse(on_backup, sited.failover_since, ibis.null("timestamp"))
    )
    return with_severity(timed).select(*CURRENT_STATE.columns)


def _with_readings(rows: ir.Table) -> ir.Table:
    """The rows; until samples make an interval, state and load are those of the newest reading.

    A circuit on demand that is down may be in standby, which a single reading does not show.
    """
    is_open = rows.state.isnull() | (rows.state == "unknown")
    is_down = (rows.read_state == "down").fill_null(False)
    is_read = is_open & rows.read_state.notnull()
    is_read &= ~(is_down & rows.is_on_demand.fill_null(False))
    return rows.mutate(
        state=ibis.ifelse(is_read, rows.read_state, rows.state),
        down_cause=ibis.ifelse(
            is_read, ibis.ifelse(is_down, "port", ibis.null("string")), rows.down_cause
        ),
        state_since=ibis.ifelse(is_read, ibis.null("timestamp(6)"), rows.state_since),
        utilization_now_pct=rows.utilization_now_pct.fill_null(
            read_utilization_pct(rows).round(PERCENT_DECIMALS)
        ),
    )


def newest_samples(raw_port_sample: ir.Table) -> ir.Table:
    """The instant of the current state, in one row: as_of_at, and its hour, this_hour.

    The newest instant of a fresh sample in the newest poll, from the due time of the poll to 10
    minutes after it.
    """
    polls = raw_port_sample.aggregate(newest_at=raw_port_sample.pass_at.max())
    dated = raw_port_sample.cross_join(polls)
    newest = dated.filter(dated.pass_at == dated.newest_at)
    ahead = ibis.interval(seconds=_AHEAD // timedelta(seconds=1))
    known = fresh(newest)
    taken = known.aggregate(taken_at=ibis.least(known.sampled_at, known.pass_at + ahead).max())
    both = polls.cross_join(taken)
    late = both.taken_at.fill_null(both.newest_at)
    now = both.select(as_of_at=ibis.greatest(both.newest_at, late))
    return now.mutate(this_hour=now.as_of_at.truncate("h"))


def _recent(rows: ir.Table, at: str, now: ir.Table, back: timedelta) -> ir.Table:
    """The rows at most `back` before the hour of now."""
    dated = rows.cross_join(now.select(recent_to="this_hour"))
    since = dated.recent_to + ibis.interval(seconds=-(back // timedelta(seconds=1)))
    return dated.filter(dated[at] >= since).select(*rows.columns)


def _states(circuit_state: ir.Table, now: ir.Table) -> ir.Table:
    """Each circuit's last known state, since when, and its transitions of the last hour.

    A circuit's state is unknown after its newest sample, so the last known state of the past 15
    minutes is used; without one it is unknown.
    """
    dated = circuit_state.cross_join(now)
    recent = dated.filter(dated.started_at <= dated.as_of_at)
    of_circuit = ibis.window(group_by=recent.circuit_id)
    lately = recent.ended_at > recent.as_of_at + ibis.interval(seconds=-_STALE_S)
    is_known = lately & (recent.state != "unknown")
    known_at = ibis.ifelse(is_known, recent.started_at, None).max().over(of_circuit)
    chosen = recent.mutate(chosen_at=known_at.fill_null(recent.started_at.max().over(of_circuit)))
    last = chosen.filter(chosen.started_at == chosen.chosen_at).select(
        "circuit_id", "state", "down_cause", "chosen_at"
    )
    all_of = recent.select(
        *("circuit_id", "ended_at", "turned_to", "started_at", "as_of_at", "activity"),
        was="state",
    )
    both = all_of.inner_join(last, "circuit_id")
    states = both.filter(both.started_at <= both.chosen_at)
    in_hour = states.started_at > states.as_of_at + ibis.interval(hours=-1)
    return states.group_by("circuit_id").aggregate(
        state=states.state.max(),
        down_cause=states.down_cause.max(),
        activity=states.activity.argmax(
            states.started_at,
            where=states.activity.notnull()
            & (states.ended_at > states.as_of_at + ibis.interval(seconds=-_STALE_S)),
        ),
        # NULL without another state in the lookback: it began earlier.
        state_since=states.ended_at.max(where=states.was != states.state),
        # Counted, not summed: a sum is a decimal on Snowflake's stand-in and would print as 5.0.
        recent_flap_count=states.turned_to.count(where=in_hour),
    )


def _usual(hours: ir.Table) -> ir.Table:
    """Median utilization of the same hour of the last four weeks; NULL of fewer than three."""
    before = ibis.or_(
        *(
            hours.hour == hours.this_hour + ibis.interval(days=-7 * week)
            for week in range(1, _WEEKS + 1)
        )
    )
    same = hours.filter(before & hours.utilization_pct.notnull())
    found = same.group_by("circuit_id").aggregate(
        weeks=same.count(), median=same.utilization_pct.median()
    )
    usual = ibis.ifelse(found.weeks >= _ENOUGH_WEEKS, found.median, ibis.null("float64"))
    return found.select("circuit_id", utilization_usual_pct=usual.round(PERCENT_DECIMALS))


def _with_dimensions(rows: ir.Table, dim_site: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    """The rows with their dimensions as of the hour's end, like the hour's rows themselves.

    So a circuit that is new in the latest snapshot is described, though its samples are older.
    """
    sites = dim_site.select("site_id", "site_name", "region", "valid_from", "valid_to")
    sited = rows.left_join(
        sites, [rows.site_id == sites.site_id, in_force(sites, rows.hour + _AN_HOUR)]
    ).drop("site_id_right", "valid_from", "valid_to")
    roles = dim_circuit.select(
        *("circuit_id", "role", "role_rank", "is_on_demand", "valid_from", "valid_to")
    )
    return sited.left_join(
        roles, [sited.circuit_id == roles.circuit_id, in_force(roles, sited.hour + _AN_HOUR)]
    ).drop("circuit_id_right", "valid_from", "valid_to")


def _of_sites(rows: ir.Table) -> ir.Table:
    """The rows with the state of their site: up, on backup, unreachable, unknown or dark."""
    of_site = ibis.window(group_by=rows.site_id)

    def any_of(what: ir.BooleanValue) -> ir.BooleanValue:
        return what.fill_null(False).ifelse(1, 0).max().over(of_site) == 1

    carries, first = rows.activity.isin(ACTIVE), rows.role_rank == 1
    flags = rows.mutate(
        any_up=any_of(rows.state == "up"),
        any_unreachable=any_of(rows.state == "no_telemetry"),
        any_down=any_of(rows.state == "down"),
        any_unknown=any_of(rows.state.isnull() | (rows.state == "unknown")),
        on_backup=any_of(carries & (rows.role_rank > 1)) & any_of(first) & ~any_of(carries & first),
    )
    return flags.mutate(
        site_state=ibis.cases(
            (flags.any_up & flags.on_backup, ON_BACKUP),
            (flags.any_up, "up"),
            (flags.any_unreachable, UNREACHABLE),
            (flags.any_unknown, "unknown"),
            (flags.any_down, DARK),
        )
    )
