"""The canonical fact, what it stands on, and its trailing windows."""

import dagster as dg
import ibis.expr.types as ir

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.partitions import (
    CHUNK,
    EVENTS_AROUND,
    EVENTS_BEFORE,
    HOURLY,
    HOURS_OF_WINDOWS,
    PATHS_BEFORE,
    POLLS_OF_WINDOWS,
    SAMPLES_AROUND,
    SAMPLES_BEFORE,
    TELEMETRY_GAPS_AFTER,
)
from wan_perf.kpi.hour.circuit_hours import circuit_hours
from wan_perf.kpi.hour.site_hours import site_hours
from wan_perf.kpi.state.circuit_polls import circuit_polls
from wan_perf.kpi.state.circuit_states import circuit_states
from wan_perf.kpi.state.telemetry_gaps import gateway_silences
from wan_perf.kpi.windows.trailing_windows import circuit_windows, region_windows, site_windows
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_STATE,
    CIRCUIT_WINDOW,
    GATEWAY_SILENCE,
    REGION_WINDOW,
    SITE_HOUR,
    SITE_WINDOW,
)
from wan_perf.warehouse import sql_asset


@dg.asset(
    **declared(GATEWAY_SILENCE),
    kinds={"sql"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    ins={
        "raw_gateway_event": dg.AssetIn(partition_mapping=EVENTS_BEFORE),
        "raw_port_sample": dg.AssetIn(partition_mapping=SAMPLES_BEFORE),
    },
)
@sql_asset
def gateway_silence(raw_gateway_event: ir.Table, raw_port_sample: ir.Table) -> ir.Table:
    return gateway_silences(raw_gateway_event, raw_port_sample)


@dg.asset(
    **declared(CIRCUIT_POLL),
    kinds={"sql"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    ins={
        "raw_path_sample": dg.AssetIn(partition_mapping=PATHS_BEFORE),
        "raw_port_sample": dg.AssetIn(partition_mapping=PATHS_BEFORE),
    },
)
@sql_asset
def circuit_poll(
    raw_path_sample: ir.Table, raw_port_sample: ir.Table, circuit_port: ir.Table
) -> ir.Table:
    return circuit_polls(raw_path_sample, raw_port_sample, circuit_port)


@dg.asset(
    **declared(CIRCUIT_STATE),
    kinds={"sql"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    ins={
        "raw_port_sample": dg.AssetIn(partition_mapping=SAMPLES_AROUND),
        "raw_path_sample": dg.AssetIn(partition_mapping=SAMPLES_AROUND),
        "circuit_poll": dg.AssetIn(partition_mapping=SAMPLES_AROUND),
        "raw_gateway_event": dg.AssetIn(partition_mapping=EVENTS_AROUND),
        "gateway_silence": dg.AssetIn(partition_mapping=TELEMETRY_GAPS_AFTER),
    },
)
@sql_asset
def circuit_state(
    raw_port_sample: ir.Table,
    raw_port_history: ir.Table,
    raw_path_sample: ir.Table,
    circuit_poll: ir.Table,
    raw_gateway_event: ir.Table,
    gateway_silence: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    dim_hour: ir.Table,
) -> ir.Table:
    return circuit_states(
        raw_port_sample,
        raw_port_history,
        raw_path_sample,
        circuit_poll,
        raw_gateway_event,
        gateway_silence,
        dim_site,
        dim_circuit,
        circuit_port,
        dim_hour,
    )


@dg.asset(
    **declared(CIRCUIT_HOUR),
    kinds={"sql"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    ins={
        "raw_port_sample": dg.AssetIn(partition_mapping=SAMPLES_AROUND),
        "circuit_poll": dg.AssetIn(partition_mapping=SAMPLES_AROUND),
        "raw_gateway_event": dg.AssetIn(partition_mapping=SAMPLES_AROUND),
    },
)
@sql_asset
def circuit_hour(
    circuit_state: ir.Table,
    raw_port_sample: ir.Table,
    raw_port_history: ir.Table,
    raw_circuit_hour: ir.Table,
    circuit_poll: ir.Table,
    raw_gateway_event: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    dim_hour: ir.Table,
    dim_policy: ir.Table,
) -> ir.Table:
    return circuit_hours(
        circuit_state,
        raw_port_sample,
        raw_port_history,
        raw_circuit_hour,
        circuit_poll,
        raw_gateway_event,
        dim_site,
        dim_circuit,
        circuit_port,
        dim_hour,
        dim_policy,
    )


@dg.asset(**declared(SITE_HOUR), kinds={"sql"}, partitions_def=HOURLY, backfill_policy=CHUNK)
@sql_asset
def site_hour(circuit_state: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    return site_hours(circuit_state, circuit_hour)


_OF_WINDOWS = {
    "circuit_hour": dg.AssetIn(partition_mapping=HOURS_OF_WINDOWS),
    "circuit_poll": dg.AssetIn(partition_mapping=POLLS_OF_WINDOWS),
    "site_hour": dg.AssetIn(partition_mapping=HOURS_OF_WINDOWS),
}


@dg.asset(
    **declared(CIRCUIT_WINDOW),
    kinds={"sql"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    ins={name: _OF_WINDOWS[name] for name in ("circuit_hour", "circuit_poll")},
)
@sql_asset
def circuit_window(circuit_hour: ir.Table, circuit_poll: ir.Table, dim_hour: ir.Table) -> ir.Table:
    return circuit_windows(circuit_hour, circuit_poll, dim_hour)


@dg.asset(
    **declared(SITE_WINDOW),
    kinds={"sql"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    ins=_OF_WINDOWS,
)
@sql_asset
def site_window(
    circuit_window: ir.Table,
    circuit_hour: ir.Table,
    circuit_poll: ir.Table,
    site_hour: ir.Table,
    dim_hour: ir.Table,
) -> ir.Table:
    return site_windows(circuit_window, circuit_hour, circuit_poll, site_hour, dim_hour)


@dg.asset(
    **declared(REGION_WINDOW),
    kinds={"sql"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    ins=_OF_WINDOWS,
)
@sql_asset
def region_window(
    circuit_window: ir.Table,
    circuit_hour: ir.Table,
    circuit_poll: ir.Table,
    site_hour: ir.Table,
    dim_site: ir.Table,
    dim_hour: ir.Table,
) -> ir.Table:
    return region_windows(circuit_window, circuit_hour, circuit_poll, site_hour, dim_site, dim_hour)
