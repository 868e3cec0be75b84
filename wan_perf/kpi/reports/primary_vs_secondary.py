"""A store's primary and backup side by side: load, quality and headroom of the backup.

Belongs here: which circuits are compared, and the headroom of the backup.
Keep out: the current state of each (`current_state`), a day's percentile
(`kpi.rollups.period_sums`).

The primary's usual load is the median of its days' 95th percentiles over the last 28 whole days, so
that it is also known while the primary is down. Utilization is that of the busier direction, so the
primary carries at most that share of its rate in either direction: the true headroom is at least
the reported one.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.kpi.hour.circuit_hours import PERCENT_DECIMALS
from wan_perf.kpi.reports.report_date import newest_whole_day
from wan_perf.kpi.rollups.whole_days import is_whole
from wan_perf.schema.metrics import QUALITY
from wan_perf.schema.tables import PRIMARY_VS_SECONDARY
from wan_perf.schema.values import ACTIVE, STORE

_USUAL_DAYS = 28
_ENOUGH_DAYS = 7
_NOW = ("state", "utilization_now_pct", *(metric.avg for metric in QUALITY))


def primaries_and_backups(
    current_state: ir.Table, circuit_day: ir.Table, dim_circuit: ir.Table
) -> ir.Table:
    """One row per store with circuits of rank 1 and lower (PRIMARY_VS_SECONDARY).

    Of several circuits of one rank the first by name is used. The active circuit is the best ranked
    that carries traffic; NULL if no use is known.
    """
    stores = current_state.filter(current_state.site_kind.fill_null(STORE) == STORE)
    first, lower = stores.filter(stores.role_rank == 1), stores.filter(stores.role_rank > 1)
    primary, backup = _first(first), _first(lower)
    active = _first(stores.filter(stores.activity.isin(ACTIVE)))
    rates = _rates(current_state, dim_circuit)
    usual = _usual(circuit_day)
    pairs = _role_columns(primary, "primary", "as_of_at", "site_name", "region").inner_join(
        _role_columns(backup, "secondary"), "site_id"
    )
    pairs = pairs.left_join(_role_columns(active, "active"), "site_id").drop("site_id_right")
    for name, circuits in {
        "primary": rates.rename(primary_down="down", primary_up="up"),
        "secondary": rates.rename(backup_down="down", backup_up="up"),
        "primary_": usual,
    }.items():
        key = f"{name.rstrip('_')}_circuit_id"
        pairs = pairs.left_join(circuits, pairs[key] == circuits.circuit_id).drop("circuit_id")
    needed = ibis.greatest(
        pairs.primary_down / pairs.backup_down.nullif(0),
        pairs.primary_up / pairs.backup_up.nullif(0),
    )
    known = pairs.backup_down.notnull() & pairs.primary_down.notnull()
    left = ibis.ifelse(known, 100 - pairs.primary_usual_p95_pct * needed, ibis.null("float64"))
    return pairs.mutate(headroom_pct=left.round(PERCENT_DECIMALS)).select(
        *PRIMARY_VS_SECONDARY.columns
    )


def _first(circuits: ir.Table) -> ir.Table:
    """The best ranked circuit of each site, of equal ranks the first by name."""
    order = ibis.window(
        group_by=circuits.site_id, order_by=[circuits.role_rank, circuits.circuit_id]
    )
    return circuits.mutate(nth=ibis.row_number().over(order)).filter(lambda t: t.nth == 0)


def _role_columns(circuits: ir.Table, name: str, *more: str) -> ir.Table:
    """The circuit's figures as those of the primary, the secondary or the active one."""
    figures = {f"{name}_{figure}": figure for figure in ("circuit_id", *_NOW)}
    return circuits.select("site_id", *more, **figures)


def _rates(current_state: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    now = current_state.aggregate(as_of_at=current_state.as_of_at.max())
    dated = dim_circuit.cross_join(now)
    valid = dated.filter(in_force(dated, dated.as_of_at))
    return valid.select(
        "circuit_id",
        down=valid.bandwidth_mbps,
        up=valid.bandwidth_up_mbps.fill_null(valid.bandwidth_mbps),
    )


def _usual(circuit_day: ir.Table) -> ir.Table:
    whole = circuit_day.filter(is_whole(circuit_day))
    dated = whole.cross_join(newest_whole_day(circuit_day))
    first = dated.as_of_day.cast("timestamp") + ibis.interval(days=1 - _USUAL_DAYS)
    recent = dated.filter(dated.day.cast("timestamp") >= first)
    found = recent.group_by("circuit_id").aggregate(
        days=recent.utilization_p95_pct.count(), median=recent.utilization_p95_pct.median()
    )
    usual = ibis.ifelse(found.days >= _ENOUGH_DAYS, found.median, ibis.null("float64"))
    return found.select("circuit_id", primary_usual_p95_pct=usual.round(PERCENT_DECIMALS))
