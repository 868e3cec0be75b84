"""Episodes out of pieces: what lasts longer than a day is stored as pieces of one UTC day each.

Belongs here: how pieces are chained, and the views that show a row an episode.
Keep out: how a piece is found (`kpi`), how a view is stored (`warehouse`).

A piece joins the next where one ends as the other starts. So a day is computed from its own hours
alone, in any order and any number of times, and an episode over any number of days is one row.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from wan_perf.schema import formulas
from wan_perf.schema.metrics import JUDGED, QUALITY
from wan_perf.schema.values import SEVERITIES


def number_episodes(pieces: ir.Table, by: Sequence[str]) -> ir.Table:
    """Each piece with the number of its episode, counted within `by` in order of time."""
    group = [pieces[name] for name in by]
    before = pieces.ended_at.lag().over(ibis.window(group_by=group, order_by=pieces.started_at))
    goes_on = (pieces.started_at == before).fill_null(False)
    flagged = pieces.mutate(begins=goes_on.ifelse(0, 1))
    so_far = ibis.cumulative_window(
        group_by=[flagged[name] for name in by], order_by=flagged.started_at
    )
    return flagged.mutate(episode=flagged.begins.sum().over(so_far)).drop("begins")


def flap_events(circuit_state: ir.Table) -> ir.Table:
    """One row per transition: the states that begin with one."""
    turned = circuit_state.filter(circuit_state.turned_to.notnull())
    return turned.select(
        *("circuit_id", "site_id", "turned_to", "down_cause", "state_evidence"),
        turned_at=turned.started_at,
    )


def failover_events(failover_piece: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    """One row per failover, its parts joined; figures are of the circuit in use during it.

    Load and quality are ratios of sums over all parts. It is inferred where every part is. It is
    open where it reaches the end of the newest hour that is known.
    """
    joined = number_episodes(failover_piece, ("site_id",))
    whole = ibis.window(group_by=[joined.site_id, joined.episode])
    longest = joined.on_backup_minutes.max().over(whole)
    # Among parts of equal length the first by name, so that the result is deterministic.
    pieces = joined.mutate(is_longest=joined.on_backup_minutes == longest)
    figures: dict[str, ir.Scalar] = {}
    for metric in QUALITY:
        total = pieces[f"{metric.quantity}_sum_{metric.unit}"].sum()
        count = pieces[f"{metric.quantity}_count"].sum()
        figures[metric.avg] = formulas.mean_value(total, count).round(formulas.VALUE_DECIMALS)
        figures[metric.max] = pieces[metric.max].max()
        before = f"{metric.quantity}_before_{metric.unit}"
        figures[before] = pieces[before].max(where=pieces.is_begin)
    events = pieces.group_by("site_id", "episode").aggregate(
        started_at=pieces.started_at.min(),
        ended_at=pieces.ended_at.max(),
        primary_circuit_id=pieces.primary_circuit_id.argmin(pieces.started_at),
        backup_circuit_id=pieces.backup_circuit_id.min(where=pieces.is_longest),
        failover_cause=pieces.failover_cause.max(where=pieces.is_begin),
        is_inferred=pieces.is_inferred.ifelse(1, 0).min() == 1,
        on_backup_minutes=pieces.on_backup_minutes.sum(),
        dark_minutes=pieces.dark_minutes.sum(),
        no_telemetry_minutes=pieces.no_telemetry_minutes.sum(),
        rx_bytes=pieces.rx_bytes.sum(),
        tx_bytes=pieces.tx_bytes.sum(),
        down_bytes=pieces.capacity_down_bytes.sum(),
        up_bytes=pieces.capacity_up_bytes.sum(),
        utilization_before_pct=pieces.utilization_before_pct.max(where=pieces.is_begin),
        **figures,
    )
    newest = circuit_hour.aggregate(newest=circuit_hour.hour.max())
    dated = events.cross_join(newest)
    utilization = formulas.utilization_pct(
        dated.rx_bytes, dated.tx_bytes, dated.down_bytes, dated.up_bytes
    )
    return dated.mutate(
        utilization_pct=utilization.round(formulas.VALUE_DECIMALS),
        is_open=dated.ended_at > dated.newest,
    )


def threshold_runs(threshold_piece: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    """One row per run: consecutive hours that are each at or above the level in force in that hour.

    Site and level are those of its newest piece. A run is open where no hour that is known ends it:
    it reaches the end of the newest hour there is; or the hour after it is the newest one and not
    judged yet, as the hour in progress is; or the hour after it is above too and only its day's
    pieces are older than that. The last is seen for the day of the newest hour and the day before.
    """
    key = ("circuit_id", "metric", "severity")
    pieces = number_episodes(threshold_piece, key)
    runs = pieces.group_by(*key, "episode").aggregate(
        site_id=pieces.site_id.argmax(pieces.started_at),
        level=pieces.level.argmax(pieces.started_at),
        started_at=pieces.started_at.min(),
        ended_at=pieces.ended_at.max(),
        above_hours=pieces.above_hours.sum(),
        value_max=pieces.value_max.max(),
        value_sum=pieces.value_sum.sum().round(formulas.VALUE_DECIMALS),
    )
    latest = circuit_hour.aggregate(newest=circuit_hour.hour.max())
    dated = runs.cross_join(latest)
    next_hour = _recent_hours(circuit_hour, latest)
    followed = dated.left_join(
        next_hour, [dated.circuit_id == next_hour.circuit_id, dated.ended_at == next_hour.hour]
    )
    is_known, is_above = _next(followed)
    return followed.mutate(
        value_mean=formulas.mean_value(followed.value_sum, followed.above_hours),
        is_open=(followed.ended_at > followed.newest)
        | is_above
        | ((followed.hour == followed.newest).fill_null(False) & ~is_known),
    )


def _recent_hours(circuit_hour: ir.Table, latest: ir.Table) -> ir.Table:
    """What is judged of the hours since the day before the newest hour's: the rest stays unread."""
    values = [name for m in JUDGED for name in (m.value, m.observed)]
    levels = [m.level(severity) for m in JUDGED for severity in SEVERITIES]
    since = latest.newest.truncate("D") + ibis.interval(days=-1)
    first = latest.select(since=since).as_scalar()
    recent = circuit_hour.filter(circuit_hour.hour >= first)
    return recent.select("circuit_id", "hour", *dict.fromkeys((*values, *levels)))


def _next(runs: ir.Table) -> tuple[ir.BooleanValue, ir.BooleanValue]:
    """Whether the hour after each run could be judged, and whether it is above the run's level."""
    known, above = [], []
    for metric in JUDGED:
        for severity in SEVERITIES:
            this = (runs.metric == metric.name) & (runs.severity == severity)
            hour = runs[metric.value], runs[metric.level(severity)], runs[metric.observed]
            known.append((this, formulas.is_judged(*hour)))
            above.append((this, formulas.is_above(*hour)))
    return ibis.cases(*known, else_=False), ibis.cases(*above, else_=False)
