"""What began and ended: pieces of one day, and the views that chain them."""

from typing import Any

import dagster as dg

from wan_perf.defs.assets.declared import asset_of, declared
from wan_perf.defs.partitions import (
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

threshold_piece = asset_of(
    THRESHOLD_PIECE, threshold_pieces, DAILY, sees={"circuit_hour": HOURS_OF_PERIOD}
)
failover_piece = asset_of(
    FAILOVER_PIECE,
    failover_pieces,
    DAILY,
    sees={
        "circuit_state": HOURS_AROUND_DAY,
        "circuit_hour": HOURS_UNTIL_DAY,
        "raw_port_sample": SAMPLES_AROUND,
        "circuit_poll": SAMPLES_AROUND,
    },
)


def _spec(view: View) -> dg.AssetSpec:
    arguments: dict[str, Any] = declared(view)
    name = arguments.pop("name")
    return dg.AssetSpec(name, deps=view.sources, kinds={"view"}, **arguments)


VIEWS = [_spec(view) for view in TABLES.values() if isinstance(view, View)]
"""For the lineage: the warehouse makes a view with its first source, and no run fills it."""
