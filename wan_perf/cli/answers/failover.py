"""Answers on failovers: which sites run on a backup, which did, and how good it was.

Belongs here: which rows answer, and in which order.
Keep out: computing a figure (`kpi`).
"""

import ibis.expr.types as ir

from wan_perf.cli.answers.answer import WHO, Answer
from wan_perf.kpi.reports.alerts import ON_BACKUP
from wan_perf.schema.tables import (
    CURRENT_STATE,
    FAILOVER_EVENT,
)
from wan_perf.schema.values import ACTIVE, STORE
from wan_perf.warehouse import Warehouse


def on_backup_now(warehouse: Warehouse) -> Answer:
    """The stores that run on a backup as of the newest pass, those that do so longest first."""
    now = warehouse.lazy(CURRENT_STATE)
    stores = now.filter((now.site_kind.fill_null(STORE) == STORE) & (now.site_state == ON_BACKUP))
    carrying = stores.filter(stores.activity.isin(ACTIVE))
    return Answer(
        "Which sites run on a backup now? (the circuit that carries them)",
        carrying.order_by([carrying.failover_since, "site_name", "circuit_id"]),
        {
            **WHO,
            "as_of_at": "as of (UTC)",
            "failover_since": "since (UTC)",
            "utilization_now_pct": "load %",
            "latency_avg_ms": "ms",
            "loss_avg_pct": "loss %",
        },
    )


def failovers(warehouse: Warehouse, days: ir.Table) -> Answer:
    """The failovers that reach into the day, the longest first, with how good the backup was.

    Beside each figure during the failover stands the one of the circuit in use the day before.
    """
    events = warehouse.lazy(FAILOVER_EVENT)
    sites = days.select("site_id", "site_name", "day", "end").distinct()
    of_day = events.join(
        sites,
        [
            events.site_id == sites.site_id,
            events.ended_at > sites.day.cast("timestamp"),
            events.started_at < sites.end,
        ],
    )
    return Answer(
        "Which sites ran on a backup, and how good was it? (was: the day before)",
        of_day.order_by([of_day.on_backup_minutes.desc(), "site_name", "started_at"]),
        {
            "site_name": "site",
            "started_at": "since (UTC)",
            "failover_cause": "cause",
            "on_backup_minutes": "min",
            "utilization_pct": "load %",
            "utilization_before_pct": "load was",
            "latency_avg_ms": "ms",
            "latency_before_ms": "ms was",
            "loss_avg_pct": "loss %",
        },
    )
