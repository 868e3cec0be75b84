"""The canonical fact, what it stands on, and its trailing windows."""

from wan_perf.defs.assets.declared import asset_of
from wan_perf.defs.partitions import (
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
from wan_perf.kpi.state.telemetry_gaps import telemetry_gaps
from wan_perf.kpi.windows.trailing_windows import circuit_windows, region_windows, site_windows
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_STATE,
    CIRCUIT_WINDOW,
    REGION_WINDOW,
    SITE_HOUR,
    SITE_WINDOW,
    TELEMETRY_GAP,
)

gateway_silence = asset_of(
    TELEMETRY_GAP,
    telemetry_gaps,
    HOURLY,
    sees={"raw_gateway_event": EVENTS_BEFORE, "raw_port_sample": SAMPLES_BEFORE},
)
circuit_poll = asset_of(
    CIRCUIT_POLL,
    circuit_polls,
    HOURLY,
    sees={"raw_path_sample": PATHS_BEFORE, "raw_port_sample": PATHS_BEFORE},
)
circuit_state = asset_of(
    CIRCUIT_STATE,
    circuit_states,
    HOURLY,
    sees={
        "raw_port_sample": SAMPLES_AROUND,
        "raw_path_sample": SAMPLES_AROUND,
        "circuit_poll": SAMPLES_AROUND,
        "raw_gateway_event": EVENTS_AROUND,
        "gateway_silence": TELEMETRY_GAPS_AFTER,
    },
)
circuit_hour = asset_of(
    CIRCUIT_HOUR,
    circuit_hours,
    HOURLY,
    sees={
        "raw_port_sample": SAMPLES_AROUND,
        "circuit_poll": SAMPLES_AROUND,
        "raw_gateway_event": SAMPLES_AROUND,
    },
)
site_hour = asset_of(SITE_HOUR, site_hours, HOURLY)

_OF_CIRCUIT_WINDOW = {"circuit_hour": HOURS_OF_WINDOWS, "circuit_poll": POLLS_OF_WINDOWS}
_OF_WINDOW = {**_OF_CIRCUIT_WINDOW, "site_hour": HOURS_OF_WINDOWS}
circuit_window = asset_of(CIRCUIT_WINDOW, circuit_windows, HOURLY, sees=_OF_CIRCUIT_WINDOW)
site_window = asset_of(SITE_WINDOW, site_windows, HOURLY, sees=_OF_WINDOW)
region_window = asset_of(REGION_WINDOW, region_windows, HOURLY, sees=_OF_WINDOW)
