"""What was received: one row per sample, event, history hour, score, alarm or imported hour."""

from wan_perf.schema.declaration import Table
from wan_perf.schema.metrics import QUALITY
from wan_perf.schema.tables.publication import HISTORY_DAYS, SAMPLES_DAYS
from wan_perf.schema.tables.rules import FIGURES_ARE_POSSIBLE

RAW_DAYS = 400
"""How long samples, events and history are retained: thirteen months can be computed again. The
inventory stays: circuits are valid from the first snapshot that shows them. So do imported hours,
whose file may be gone. [days]"""

RAW_INVENTORY = Table(
    "raw_inventory",
    "One row per site, gateway and WAN port in an inventory snapshot.",
    group="raw",
    snapshot="taken_at",
    published_days=0,
    key=("taken_at", "site_id", "gateway_mac", "port_id"),
    nullable_key=("site_id", "gateway_mac", "port_id"),
    columns=(
        *("taken_at", "site_id", "site_name", "site_groups", "country_code", "time_zone"),
        *("latitude", "longitude", "gateway_mac", "gateway_name", "gateway_model", "port_id"),
        *("circuit_port_id", "interface", "is_aggregate", "is_redundant", "path_order"),
        *("wan_name", "provider", "medium", "port_speed_mbps", "shaped_up_mbps"),
        *("vpn_preference", "is_hub_end", "is_lte_backup", "is_configured", "is_seen"),
        *("is_disabled", "was_up"),
        *("contract_circuit_id", "contract_down_mbps", "contract_up_mbps", "contract_role"),
        *("contract_role_rank", "contract_provider", "contract_medium", "contract_on_demand"),
        "contract_valid_from",
        *("variable_down_mbps", "variable_up_mbps", "tested_down_mbps", "tested_up_mbps"),
        *("site_asked_at", "gateway_device_id", "site_variables", "variables_requested_at"),
    ),
)

RAW_PORT_SAMPLE = Table(
    "raw_port_sample",
    "One row per WAN port, pass and source of its counters.",
    group="raw",
    retention_days=RAW_DAYS,
    partition="pass_at",
    snapshot="pass_at",
    published_days=SAMPLES_DAYS,
    key=("pass_at", "gateway_mac", "port_id", "counter_source"),
    required=("sampled_at",),
    columns=(
        *("pass_at", "gateway_mac", "port_id", "counter_source", "site_id", "sampled_at", "is_up"),
        *("is_active", "uptime_seconds", "rx_bytes_counter", "tx_bytes_counter", "rx_bps"),
        *("tx_bps", "port_speed_mbps", "last_flapped_at", "latency_ms", "jitter_ms", "loss_pct"),
        "impossible_figures",
    ),
    own_rules=(FIGURES_ARE_POSSIBLE,),
)

RAW_GATEWAY_STATUS = Table(
    "raw_gateway_status",
    "One row per gateway and hour: its status in the newest poll of the hour.",
    group="raw",
    retention_days=RAW_DAYS,
    partition="hour",
    by_key=True,
    published_days=SAMPLES_DAYS,
    key=("hour", "gateway_mac"),
    required=("pass_at", "site_id"),
    columns=(
        *("hour", "gateway_mac", "pass_at", "site_id", "gateway_name", "gateway_model"),
        *("software_version", "is_connected", "sampled_at", "uptime_seconds"),
        "impossible_figures",
    ),
    own_rules=(FIGURES_ARE_POSSIBLE,),
)

RAW_PORT_HISTORY = Table(
    "raw_port_history",
    "One row per WAN port and past hour whose history was requested, also where there is none.",
    group="raw",
    retention_days=RAW_DAYS,
    partition="hour",
    by_key=True,
    published_days=HISTORY_DAYS,
    key=("hour", "gateway_mac", "port_id"),
    required=("site_id", "covered_minutes", "carrying_minutes", "fetched_at"),
    columns=(
        *("hour", "gateway_mac", "port_id", "site_id", "covered_minutes", "carrying_minutes"),
        *("rx_bps_mean", "tx_bps_mean", "rx_bps_max", "tx_bps_max", "latency_ms_mean"),
        *("jitter_ms_mean", "loss_pct_mean", "quality_minutes", "up_through_from", "seen_at"),
        *("fetched_at", "impossible_figures"),
    ),
    own_rules=(FIGURES_ARE_POSSIBLE,),
)

RAW_CIRCUIT_HOUR = Table(
    "raw_circuit_hour",
    "One row per circuit and hour that an older tool measured, as its file has it.",
    group="raw",
    partition="hour",
    by_key=True,
    published_days=0,
    key=("hour", "circuit_id"),
    columns=(
        *("hour", "circuit_id", "rx_bytes", "tx_bytes", "observed_minutes", "bandwidth_mbps"),
        *("up_minutes", "unknown_minutes", "flap_count"),
        *(figure for metric in QUALITY for figure in (metric.avg, metric.max, metric.p95)),
        "quality_minutes",
    ),
)

RAW_GATEWAY_EVENT = Table(
    "raw_gateway_event",
    "One row per event of a gateway.",
    group="raw",
    retention_days=RAW_DAYS,
    partition="event_at",
    key=("event_at", "gateway_mac", "port_id", "event_name", "detail"),
    nullable_key=("port_id", "detail"),
    required=("event_kind",),
    columns=(
        *("event_at", "gateway_mac", "site_id", "port_id", "event_kind", "event_name", "detail"),
    ),
)

RAW_PATH_SAMPLE = Table(
    "raw_path_sample",
    "One row per pass and end of a peer path; the end at a hub only where no other reports it.",
    group="raw",
    retention_days=RAW_DAYS,
    partition="pass_at",
    snapshot="pass_at",
    published_days=SAMPLES_DAYS,
    key=("pass_at", "gateway_mac", "port_id", "peer_mac", "peer_port_id", "path_name"),
    nullable_key=("peer_mac", "peer_port_id", "path_name"),
    columns=(
        *("pass_at", "gateway_mac", "port_id", "site_id", "peer_mac", "peer_name", "peer_port_id"),
        *("path_name", "sampled_at", "is_up", "is_active", "latency_ms", "jitter_ms", "loss_pct"),
        *("mos", "path_uptime_seconds", "impossible_figures"),
    ),
    own_rules=(FIGURES_ARE_POSSIBLE,),
)

RAW_SITE_SLE = Table(
    "raw_site_sle",
    "One row per site and hour: the scores (0 to 1) that Mist gives, to compare with ours.",
    group="raw",
    retention_days=RAW_DAYS,
    partition="hour",
    by_key=True,
    key=("hour", "site_id"),
    required=("fetched_at",),
    columns=(
        *("hour", "site_id", "wan_link_health", "gateway_health", "application_health"),
        *("gateway_count", "client_count", "fetched_at"),
    ),
)


def _causes(name: str, grain: str, of: tuple[str, ...], columns: tuple[str, ...]) -> Table:
    """A table about scores of sites; `of` is the rest of its key."""
    key = ("hour", "site_id", "sle_metric", *of)
    return Table(
        name,
        grain,
        group="raw",
        retention_days=RAW_DAYS,
        partition="hour",
        by_key=True,
        published_days=HISTORY_DAYS,
        key=key,
        required=("fetched_at",),
        columns=(*key, *columns, "fetched_at"),
    )


RAW_SLE_METRIC = _causes(
    "raw_sle_metric",
    "One row per site, hour and score under 0.9 whose causes were requested.",
    (),
    ("degraded_minutes", "total_minutes", "is_answered"),
)

RAW_SLE_CLASSIFIER = _causes(
    "raw_sle_classifier",
    "One row per site, hour, score and classifier: the minutes that Mist attributes to it.",
    ("classifier",),
    ("degraded_minutes", "total_minutes"),
)

RAW_SLE_GATEWAY = _causes(
    "raw_sle_gateway",
    "One row per site, hour, score and gateway that Mist names as impacted.",
    ("gateway_mac",),
    ("gateway_name", "gateway_model", "degraded_minutes", "impact_minutes", "total_minutes"),
)

RAW_SLE_INTERFACE = _causes(
    "raw_sle_interface",
    "One row per site, hour, score and port that Mist names as impacted.",
    ("gateway_mac", "port_id"),
    ("gateway_name", "degraded_minutes", "impact_minutes", "total_minutes"),
)

RAW_ALARM = Table(
    "raw_alarm",
    "One row per alarm and hour in whose request it was open or had changed.",
    group="raw",
    retention_days=RAW_DAYS,
    partition="hour",
    by_key=True,
    published_days=HISTORY_DAYS,
    key=("hour", "alarm_id"),
    required=("raised_at", "fetched_at"),
    columns=(
        *("hour", "alarm_id", "site_id", "gateway_mac", "device_names", "alarm_type"),
        *("alarm_group", "alarm_severity", "raised_at", "last_seen_at", "resolved_at"),
        *("is_resolved", "is_acknowledged", "incident_count", "fetched_at"),
    ),
)
