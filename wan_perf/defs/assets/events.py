"""What began and ended: pieces of one day, and the views that chain them."""

from typing import Any

import dagster as dg
import ibis.expr.types as ir

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.partitions import (
    CHUNK,
    DAILY,
    HOURS_AROUND_DAY,
    HOURS_OF_PERIOD,
    HOURS_UNTIL_DAY,
    SAMPLES_AROUND,
)
from wan_perf.kpi.events.failovers import failover_pieces
from wan_perf.kpi.events.threshold_runs import threshold_pieces
from wan_perf.schema.declaration import View
from wan_perf.schema.tables import FAILOVER_PIECE, TABLES, THRESHOLD_PIECE
from wan_perf.warehouse import sql_asset


@dg.asset(
    **declared(THRESHOLD_PIECE),
    kinds={"sql"},
    partitions_def=DAILY,
    backfill_policy=CHUNK,
    ins={"circuit_hour": dg.AssetIn(partition_mapping=HOURS_OF_PERIOD)},
)
@sql_asset
def threshold_piece(circuit_hour: ir.Table) -> ir.Table:
    return threshold_pieces(circuit_hour)


@dg.asset(
    **declared(FAILOVER_PIECE),
    kinds={"sql"},
    partitions_def=DAILY,
    backfill_policy=CHUNK,
    ins={
        "circuit_state": dg.AssetIn(partition_mapping=HOURS_AROUND_DAY),
        "circuit_hour": dg.AssetIn(partition_mapping=HOURS_UNTIL_DAY),
        "raw_port_sample": dg.AssetIn(partition_mapping=SAMPLES_AROUND),
        "circuit_poll": dg.AssetIn(partition_mapping=SAMPLES_AROUND),
    },
)
@sql_asset
def failover_piece(
    circuit_state: ir.Table,
    circuit_hour: ir.Table,
    raw_port_sample: ir.Table,
    circuit_poll: ir.Table,
    circuit_port: ir.Table,
) -> ir.Table:
    return failover_pieces(circuit_state, circuit_hour, raw_port_sample, circuit_poll, circuit_port)


def _spec(view: View) -> dg.AssetSpec:
    arguments: dict[str, Any] = declared(view)
    name = arguments.pop("name")
    return dg.AssetSpec(name, deps=view.sources, kinds={"view"}, **arguments)


VIEWS = [_spec(view) for view in TABLES.values() if isinstance(view, View)]
"""For the lineage: the warehouse makes a view with its first source, and no run fills it."""
