"""Every table, once: grain, key, how it is replaced, columns, and what its rows must satisfy.

Belongs here: which columns a table has and the formulas that its rows keep.
Keep out: what a column means (`columns`), what a declaration can say (`declaration`), how rows are
computed (`kpi`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf import formulas
from wan_perf.columns import SEVERITIES
from wan_perf.declaration import Rule, Table, View
from wan_perf.episodes import failover_events, flap_events, threshold_runs
from wan_perf.metrics import JUDGED, QUALITY
from wan_perf.overviews import (
    OF_24_HOURS,
    OF_MONTH,
    circuit_drilldowns,
    engineering_views,
    executive_overviews,
    named_offenders,
    region_drilldowns,
    site_drilldowns,
)
from wan_perf.threshold_rules import PIECE_RULES, RUN_RULES, TIME_ABOVE_RULES


def _agrees(left: ir.NumericValue, right: ir.NumericValue, within: float) -> ir.BooleanValue:
    return (left - right).abs() <= within


# Stored minutes are rounded to 0.0001 min and percentages to 0.0001: a sum can be off by a step.
_STEP = 0.00015


def _utilization_of_hour(t: ir.Table) -> ir.NumericValue:
    up_mbps = t.bandwidth_up_mbps.fill_null(t.bandwidth_mbps)
    return formulas.utilization_pct(
        t.rx_bytes,
        t.tx_bytes,
        formulas.capacity_bytes(t.bandwidth_mbps, t.observed_minutes),
        formulas.capacity_bytes(up_mbps, t.observed_minutes),
    )


SAMPLES_DAYS = 3
"""Days of samples in the published copy: 2.9 million rows a day of 10,000 circuits."""
HISTORY_DAYS = 31
WINDOWS_DAYS = 2
"""Days of trailing windows in it: those of every hour take three times what the hours take."""

_DOWN_IS_KNOWN_AND_UNKNOWN = Rule(
    "known_down_and_unknown_make_down",
    "known_down_minutes + unknown_minutes = down_minutes.",
    lambda t: _agrees(t.known_down_minutes + t.unknown_minutes, t.down_minutes, _STEP),
)

_FIGURES_ARE_POSSIBLE = Rule(
    "figures_are_possible",
    "No figure of the row was outside its bounds: such are unknown, and the column has them.",
    lambda t: t.impossible_figures.isnull(),
    enforced=False,
)

_HOUR_RULES = (
    Rule(
        "down_minutes_is_60_minus_up_minutes",
        "down_minutes = 60 - up_minutes.",
        lambda t: _agrees(t.down_minutes, formulas.down_minutes(t.up_minutes, 60), _STEP),
    ),
    _DOWN_IS_KNOWN_AND_UNKNOWN,
    Rule(
        "status_follows_up_minutes",
        "status_hourly is Up if up_minutes > 0, Unknown if all 60 are unknown, else Down.",
        lambda t: t.status_hourly == formulas.status_hourly(t.up_minutes, t.unknown_minutes),
    ),
    Rule(
        "utilization_follows_its_formula",
        "utilization_pct = max(rx_bytes, tx_bytes) / bandwidth_bytes * 100.",
        lambda t: _agrees(t.utilization_pct, _utilization_of_hour(t), _STEP),
    ),
    Rule(
        "utilization_is_at_most_100_pct",
        "utilization_pct above 100 is burst or a wrong bandwidth.",
        lambda t: t.utilization_pct <= 100,
        enforced=False,
    ),
    Rule(
        "bandwidth_is_known",
        "A circuit without bandwidth has no utilization.",
        lambda t: t.bandwidth_mbps.notnull(),
        enforced=False,
    ),
    Rule(
        "counters_are_possible",
        "No counter went back without a boot or grew faster than the line: such are left out.",
        lambda t: t.dropped_count == 0,
        enforced=False,
    ),
)

_DAY_RULES = (
    Rule(
        "down_minutes_is_the_rest",
        "down_minutes = 60 * hour_count - up_minutes.",
        lambda t: _agrees(
            t.down_minutes, formulas.down_minutes(t.up_minutes, 60 * t.hour_count), _STEP
        ),
    ),
    _DOWN_IS_KNOWN_AND_UNKNOWN,
    *TIME_ABOVE_RULES,
)

_VALIDITY = Rule(
    "valid_from_is_before_valid_to",
    "A row holds for some time.",
    lambda t: t.valid_from < t.valid_to,
)

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
    own_rules=(_FIGURES_ARE_POSSIBLE,),
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
    own_rules=(_FIGURES_ARE_POSSIBLE,),
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
    own_rules=(_FIGURES_ARE_POSSIBLE,),
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
GATEWAY_SILENCE = Table(
    "gateway_silence",
    "One row per ended telemetry gap of a gateway, and one per port of it; by the hour it ended.",
    group="events",
    partition="ended_at",
    key=("ended_at", "gateway_mac", "port_id"),
    nullable_key=("port_id",),
    required=("started_at",),
    columns=("ended_at", "gateway_mac", "port_id", "started_at", "outcome"),
    own_rules=(
        Rule(
            "silences_end_after_they_start",
            "A telemetry gap ends after it starts.",
            lambda t: t.started_at < t.ended_at,
        ),
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
    own_rules=(_FIGURES_ARE_POSSIBLE,),
)
CIRCUIT_POLL = Table(
    "circuit_poll",
    "One row per circuit and pass whose peer paths, or without any its ports, report a new sample.",
    group="facts",
    partition="pass_at",
    published_days=SAMPLES_DAYS,
    key=("pass_at", "circuit_id"),
    required=("sampled_at", "is_up"),
    columns=(
        *("pass_at", "circuit_id", "sampled_at", "is_up", "is_active"),
        *("latency_ms", "jitter_ms", "loss_pct", "mos", "measured_on"),
    ),
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
DIM_SITE = Table(
    "dim_site",
    "One row per site and period in which its description did not change.",
    group="dimensions",
    key=("site_id", "valid_from"),
    required=("region", "store_type"),
    columns=(
        *("site_id", "site_name", "site_kind", "region", "store_type", "country_code"),
        *("time_zone", "latitude", "longitude", "valid_from", "valid_to"),
    ),
    own_rules=(_VALIDITY,),
)
DIM_CONTRACT = Table(
    "dim_contract",
    "One row per contract of the contract file and circuit that it is for, in the newest snapshot.",
    group="dimensions",
    key=("site_id", "gateway_mac", "circuit_port_id", "contract_valid_from"),
    nullable_key=("gateway_mac", "contract_valid_from"),
    required=("taken_at",),
    columns=(
        *("site_id", "gateway_mac", "circuit_port_id", "contract_valid_from", "contract_valid_to"),
        *("contract_circuit_id", "contract_down_mbps", "contract_up_mbps", "contract_role"),
        *("contract_role_rank", "contract_provider", "contract_medium", "contract_on_demand"),
        *("contract_line", "taken_at"),
    ),
)
DIM_CIRCUIT = Table(
    "dim_circuit",
    "One row per contracted or measured circuit, and period in which nothing of it changed.",
    group="dimensions",
    key=("circuit_id", "valid_from"),
    required=("site_id",),
    columns=(
        *("circuit_id", "site_id", "wan_name", "provider", "medium", "bandwidth_mbps"),
        *("bandwidth_up_mbps", "bandwidth_source", "role", "role_rank", "role_source"),
        *("is_on_demand", "is_disabled", "is_in_service", "valid_from", "valid_to"),
    ),
    own_rules=(_VALIDITY,),
)
CIRCUIT_PORT = Table(
    "circuit_port",
    "One row per circuit, member port and period.",
    group="dimensions",
    key=("circuit_id", "gateway_mac", "port_id", "valid_from"),
    columns=(
        *("circuit_id", "gateway_mac", "port_id", "interface", "is_aggregate", "port_speed_mbps"),
        *("valid_from", "valid_to"),
    ),
    own_rules=(_VALIDITY,),
)
DIM_POLICY = Table(
    "dim_policy",
    "One row per metric, severity, scope and period: the level in force.",
    group="dimensions",
    key=("metric", "severity", "scope", "scope_name", "valid_from"),
    required=("level",),
    columns=("metric", "severity", "scope", "scope_name", "level", "valid_from", "valid_to"),
    own_rules=(_VALIDITY,),
)
DIM_HOUR = Table(
    "dim_hour",
    "One row per UTC hour and time zone in which a site lies, and UTC.",
    group="dimensions",
    partition="hour",
    key=("hour", "time_zone"),
    columns=(
        *("hour", "time_zone", "utc_offset_minutes", "local_day", "local_hour", "local_iso_week"),
        *("local_month", "local_quarter", "is_weekend", "is_trading_hour", "trading_day"),
        "trading_hour_count",
    ),
)
CIRCUIT_STATE = Table(
    "circuit_state",
    "One row per circuit and interval of one state and use within one UTC hour, end to end; none "
    "where a circuit has no port.",
    group="facts",
    partition="started_at",
    key=("started_at", "circuit_id"),
    required=("site_id", "ended_at", "state", "is_link_up"),
    columns=(
        *("started_at", "ended_at", "circuit_id", "site_id", "site_kind", "role_rank", "state"),
        *("down_cause", "activity", "is_link_up", "evidence", "turned_to"),
    ),
    own_rules=(
        Rule(
            "stretches_lie_within_their_hour",
            "An interval ends after it starts, and with its hour at the latest.",
            lambda t: (
                (t.started_at < t.ended_at)
                & (t.ended_at <= t.started_at.truncate("h") + ibis.interval(hours=1))
            ),
        ),
        Rule(
            "only_a_down_has_a_cause",
            "down_cause is given where the state is down, and only there.",
            lambda t: (t.state == "down") == t.down_cause.notnull(),
        ),
        Rule(
            "known_states_have_evidence",
            "A known state says what it rests on.",
            lambda t: ~t.state.isin(("up", "down")) | t.evidence.notnull(),
        ),
    ),
)
CIRCUIT_HOUR = Table(
    "circuit_hour",
    "One row per circuit in service and UTC hour, also where nothing was received.",
    group="facts",
    partition="hour",
    minutes=60,
    key=("hour", "circuit_id"),
    required=(
        *("site_id", "up_minutes", "down_minutes", "known_down_minutes", "unknown_minutes"),
        *("status_hourly", "observed_minutes", "sample_count"),
        *("quality_minutes", "quality_sample_count"),
    ),
    columns=(
        *("hour", "circuit_id", "site_id", "site_kind", "gateway_mac", "port_id"),
        *("rx_bytes", "tx_bytes"),
        *("observed_minutes", "bandwidth_mbps", "bandwidth_up_mbps", "bandwidth_source"),
        "utilization_pct",
        *(figure for metric in QUALITY for figure in (metric.avg, metric.max, metric.p95)),
        *("mos_avg", "quality_sample_count", "quality_minutes", "quality_source"),
        *(metric.severity for metric in JUDGED),
        *(metric.level(severity) for metric in JUDGED for severity in SEVERITIES),
        *("up_minutes", "down_minutes", "known_down_minutes", "unknown_minutes"),
        *("standby_minutes", "disabled_minutes", "unheard_minutes", "link_up_minutes"),
        *("active_minutes", "down_cause", "state_evidence", "status_hourly", "availability_pct"),
        *(
            "flap_count",
            "sample_count",
            "reset_count",
            "dropped_count",
            "is_trading_hour",
            "source",
        ),
    ),
    own_rules=_HOUR_RULES,
)
SITE_HOUR = Table(
    "site_hour",
    "One row per site and UTC hour in which a circuit of it was in service.",
    group="facts",
    partition="hour",
    minutes=60,
    key=("hour", "site_id"),
    required=(
        *("circuit_count", "up_minutes", "dark_minutes", "unreachable_minutes"),
        *("unknown_minutes", "redundancy_lost_minutes"),
    ),
    columns=(
        *("hour", "site_id", "circuit_count", "up_minutes", "dark_minutes"),
        *("unreachable_minutes", "unknown_minutes", "availability_pct", "on_backup_minutes"),
        *("redundancy_lost_minutes", "flap_count", "utilization_worst_pct"),
        "utilization_worst_circuit_id",
    ),
    own_rules=(
        Rule(
            "the_hour_is_all_of_its_parts",
            "up_minutes + dark_minutes + unreachable_minutes + unknown_minutes = 60.",
            lambda t: _agrees(
                t.up_minutes + t.dark_minutes + t.unreachable_minutes + t.unknown_minutes,
                ibis.literal(60.0),
                2 * _STEP,
            ),
        ),
    ),
)
FLAP_EVENT = View(
    "flap_event",
    "One row per change of a circuit between up and down.",
    group="events",
    key=("turned_at", "circuit_id"),
    required=("site_id", "turned_to"),
    columns=("turned_at", "circuit_id", "site_id", "turned_to", "down_cause", "evidence"),
    sources=("circuit_state",),
    expression=flap_events,
)
_FAILOVER = (
    *("started_at", "ended_at", "primary_circuit_id", "backup_circuit_id", "failover_cause"),
)
_FAILOVER_MINUTES = ("on_backup_minutes", "dark_minutes", "unheard_minutes")
_FAILOVER_PEAKS = tuple(metric.max for metric in QUALITY)
_FAILOVER_BEFORE = (
    "utilization_before_pct",
    *(f"{metric.quantity}_before_{metric.unit}" for metric in QUALITY),
)
FAILOVER_PIECE = Table(
    "failover_piece",
    "One row per part of a failover within one UTC day.",
    group="events",
    partition="day",
    key=("day", "site_id", "started_at"),
    required=("ended_at", "is_inferred", "is_begin", *_FAILOVER_MINUTES),
    minutes=1440,
    columns=(
        *("day", "site_id", *_FAILOVER, "is_inferred", "is_begin", *_FAILOVER_MINUTES),
        *("rx_bytes", "tx_bytes", "capacity_down_bytes", "capacity_up_bytes"),
        *(f"{metric.quantity}_sum_{metric.unit}" for metric in QUALITY),
        *(f"{metric.quantity}_count" for metric in QUALITY),
        *_FAILOVER_PEAKS,
        *_FAILOVER_BEFORE,
    ),
    own_rules=(
        Rule(
            "lies_within_its_day",
            "It lasts for some time, within its UTC day.",
            lambda t: (
                (t.started_at < t.ended_at)
                & (t.started_at.date() == t.day)
                & (t.ended_at <= t.day.cast("timestamp") + ibis.interval(days=1))
            ),
        ),
    ),
)
FAILOVER_EVENT = View(
    "failover_event",
    "One row per failover of a site, over any number of days; an open one ends with what is known.",
    group="events",
    key=("site_id", "started_at"),
    columns=(
        *("site_id", *_FAILOVER, "is_open", "is_inferred", *_FAILOVER_MINUTES),
        *("rx_bytes", "tx_bytes", "utilization_pct"),
        *(figure for metric in QUALITY for figure in (metric.avg, metric.max)),
        *_FAILOVER_BEFORE,
    ),
    sources=("failover_piece", "circuit_hour"),
    expression=failover_events,
)
_RUN = (
    *("circuit_id", "site_id", "metric", "severity", "level", "started_at", "ended_at"),
    *("above_hours", "value_max", "value_mean"),
)
THRESHOLD_PIECE = Table(
    "threshold_piece",
    "One row per part of a run above a level within one UTC day, one level and one site.",
    group="events",
    partition="day",
    key=("day", "circuit_id", "metric", "severity", "started_at"),
    required=tuple(dict.fromkeys((*_RUN, "value_sum"))),
    columns=("day", *_RUN, "value_sum"),
    own_rules=PIECE_RULES,
)
THRESHOLD_RUN = View(
    "threshold_run",
    "One row per run of consecutive hours at or above the level in force, over any number of days; "
    "a run in which the level or the site changed shows the newest.",
    group="events",
    key=("circuit_id", "metric", "severity", "started_at"),
    columns=(*_RUN, "is_open"),
    own_rules=RUN_RULES,
    sources=("threshold_piece", "circuit_hour"),
    expression=threshold_runs,
)
_TIME_ABOVE = tuple(
    name
    for metric in JUDGED
    for name in (
        metric.judged,
        *(mode(s) for s in SEVERITIES for mode in (metric.cumulative, metric.continuous)),
    )
)
"""Both modes of time above as columns of every period and scope, beside the hours judged."""
_PERIOD_FIGURES = (
    *("site_id", "hour_count", "observed_hour_count", "rx_bytes"),
    *("tx_bytes", "observed_minutes", "used_rx_bytes", "used_tx_bytes", "capacity_down_bytes"),
    *("capacity_up_bytes", "utilization_pct", "utilization_max_pct", "utilization_p95_pct"),
    *(n for m in QUALITY for n in (m.minutes, m.weighted, m.avg, m.max, m.p95)),
    *_TIME_ABOVE,
    *(metric.level(severity) for metric in JUDGED for severity in SEVERITIES),
    *("up_minutes", "down_minutes", "known_down_minutes", "unknown_minutes"),
    *("availability_pct", "availability_low_pct"),
    *("availability_high_pct", "coverage_pct", "flap_count"),
)
_DAY_FIGURES = (*_PERIOD_FIGURES, "failover_count", "failed_over_minutes")
CIRCUIT_WINDOW = Table(
    "circuit_window",
    "One row per circuit, hour and length of a trailing window that ends with the hour.",
    group="rollups",
    partition="hour",
    minutes=1440,
    published_days=WINDOWS_DAYS,
    key=("hour", "window_hours", "circuit_id"),
    required=("site_id", "hour_count", "up_minutes", "down_minutes", "unknown_minutes"),
    columns=("hour", "window_hours", "circuit_id", *_PERIOD_FIGURES),
    own_rules=(
        *_DAY_RULES,
        Rule(
            "a_window_has_at_most_its_hours",
            "hour_count <= window_hours.",
            lambda t: t.hour_count <= t.window_hours,
        ),
    ),
)
CIRCUIT_DAY = Table(
    "circuit_day",
    "One row per circuit and UTC day in which it was in service for an hour or more.",
    group="rollups",
    partition="day",
    minutes=1440,
    key=("day", "circuit_id"),
    required=("site_id", "hour_count", "up_minutes", "down_minutes", "unknown_minutes"),
    columns=("day", "circuit_id", "is_whole", *_DAY_FIGURES),
    own_rules=_DAY_RULES,
)
_CALENDAR = ("site_id", "hour_count", "up_minutes", "down_minutes", "unknown_minutes")
CIRCUIT_HISTOGRAM = Table(
    "circuit_histogram",
    "One row per circuit, UTC day, metric and range of values that occurred.",
    group="rollups",
    partition="day",
    published_days=0,
    key=("day", "circuit_id", "site_id", "metric", "bucket"),
    required=("sample_count",),
    columns=("day", "circuit_id", "site_id", "metric", "bucket", "sample_count"),
)
CIRCUIT_MONTH_HISTOGRAM = Table(
    "circuit_month_histogram",
    "One row per circuit, month, metric and range of values that occurred.",
    group="rollups",
    partition="month",
    published_days=0,
    key=("month", "circuit_id", "site_id", "metric", "bucket"),
    required=("sample_count",),
    columns=("month", "circuit_id", "site_id", "metric", "bucket", "sample_count"),
)
CIRCUIT_WEEK = Table(
    "circuit_week",
    "One row per circuit and ISO week in which it was in service for an hour or more.",
    group="rollups",
    partition="week",
    minutes=7 * 1440,
    key=("week", "circuit_id"),
    required=_CALENDAR,
    columns=("week", "circuit_id", *_DAY_FIGURES),
    own_rules=_DAY_RULES,
)
CIRCUIT_MONTH = Table(
    "circuit_month",
    "One row per circuit and month in which it was in service for an hour or more.",
    group="rollups",
    partition="month",
    minutes=31 * 1440,
    key=("month", "circuit_id"),
    required=_CALENDAR,
    columns=("month", "circuit_id", *_DAY_FIGURES),
    own_rules=_DAY_RULES,
)
CIRCUIT_13_MONTH = Table(
    "circuit_13_month",
    "One row per circuit and month: the month and the twelve before it, as far as it was in "
    "service.",
    group="rollups",
    partition="month",
    minutes=397 * 1440,
    key=("month", "circuit_id"),
    required=_CALENDAR,
    columns=("month", "circuit_id", *_DAY_FIGURES),
    own_rules=_DAY_RULES,
)
_SITE_FIGURES = (
    *("site_up_minutes", "dark_minutes", "unreachable_minutes", "site_unknown_minutes"),
    *("site_availability_pct", "on_backup_minutes", "redundancy_lost_minutes"),
)


def _of_places(figures: tuple[str, ...]) -> tuple[str, ...]:
    """A circuit's figures without what only one circuit has, and what several have together."""
    own = {"site_id", *(m.level(s) for m in JUDGED for s in SEVERITIES)}
    return (
        "circuit_count",
        *(name for name in figures if name not in own),
        *(m.longest_circuit(s) for m in JUDGED for s in SEVERITIES),
        *(m.breach for m in JUDGED),
        *("utilization_p95_worst_pct", "utilization_p95_worst_circuit_id"),
        *_SITE_FIGURES,
    )


_PLACE_RULES = (
    Rule(
        "down_minutes_is_the_rest",
        "down_minutes = 60 * hour_count - up_minutes.",
        lambda t: _agrees(
            t.down_minutes,
            formulas.down_minutes(t.up_minutes, 60 * t.hour_count),
            _STEP * t.circuit_count,
        ),
    ),
)


def _places(name: str, grain: str, partition: str, *key: str) -> Table:
    figures = _PERIOD_FIGURES if "window_hours" in key else _DAY_FIGURES
    of_day = ("is_whole",) if partition == "day" else ()
    published = WINDOWS_DAYS if "window_hours" in key else None
    return Table(
        name,
        grain,
        group="rollups",
        partition=partition,
        sums_circuits=True,
        key=(partition, *key),
        required=("circuit_count", "hour_count", "up_minutes", "down_minutes", "unknown_minutes"),
        columns=(partition, *key, *of_day, *_of_places(figures)),
        own_rules=_PLACE_RULES,
        published_days=published,
    )


_LENGTHS = {
    "day": ("UTC day", "day"),
    "week": ("ISO week", "week"),
    "month": ("month", "month"),
    "13_month": ("month: it and the twelve before it", "month"),
}
SITE_WINDOW = _places(
    "site_window",
    "One row per site, hour and length of a trailing window that ends with the hour.",
    *("hour", "window_hours", "site_id"),
)
REGION_WINDOW = _places(
    "region_window",
    "One row per region, hour and length of a trailing window that ends with the hour.",
    *("hour", "window_hours", "region"),
)
SITE_PERIODS = {
    name: _places(f"site_{name}", f"One row per site and {words}.", column, "site_id")
    for name, (words, column) in _LENGTHS.items()
}
REGION_PERIODS = {
    name: _places(f"region_{name}", f"One row per region and {words}.", column, "region")
    for name, (words, column) in _LENGTHS.items()
}
CIRCUIT_TRADING_DAY = Table(
    "circuit_trading_day",
    "One row per circuit and trading day of its store: figures over its trading hours.",
    group="rollups",
    partition="day",
    minutes=25 * 60,
    key=("day", "circuit_id"),
    required=_CALENDAR,
    columns=("day", "circuit_id", "is_whole", *_PERIOD_FIGURES),
    own_rules=_DAY_RULES,
)
SITE_TRADING_DAY = Table(
    "site_trading_day",
    "One row per site and trading day: minutes over its trading hours.",
    group="rollups",
    partition="day",
    minutes=25 * 60,
    key=("day", "site_id"),
    required=("hour_count", "site_up_minutes", "lost_minutes", "site_unknown_minutes"),
    columns=(
        *("day", "site_id", "is_whole", "hour_count", "site_up_minutes", "dark_minutes"),
        *("unreachable_minutes", "lost_minutes", "site_unknown_minutes", "site_availability_pct"),
        *("on_backup_minutes", "redundancy_lost_minutes"),
    ),
    own_rules=(
        Rule(
            "lost_is_dark_and_unreachable",
            "lost_minutes = dark_minutes + unreachable_minutes.",
            lambda t: _agrees(t.lost_minutes, t.dark_minutes + t.unreachable_minutes, _STEP),
        ),
    ),
)
CHRONIC_OFFENDER = Table(
    "chronic_offender",
    "One row per circuit of a store that was bad on many of its last trading days.",
    group="reports",
    key=("circuit_id",),
    required=(
        *("as_of_day", "site_id", "trading_day_count", "comparable_day_count", "bad_day_count"),
        *("bad_since_day", "bad_last_day"),
    ),
    columns=(
        *("as_of_day", "circuit_id", "site_id", "site_name", "region", "trading_day_count"),
        *("comparable_day_count", "bad_day_count", "high_day_count", "flapping_day_count"),
        *("outage_day_count", "bad_since_day", "bad_last_day"),
    ),
    own_rules=(
        Rule(
            "bad_days_are_among_the_comparable",
            "Bad days are among the comparable ones, those among the trading days.",
            lambda t: (
                (t.bad_day_count <= t.comparable_day_count)
                & (t.comparable_day_count <= t.trading_day_count)
            ),
        ),
        Rule(
            "a_bad_day_has_a_reason",
            "Each bad day has one to three of the reasons.",
            lambda t: t.bad_day_count.between(
                ibis.greatest(t.high_day_count, t.flapping_day_count, t.outage_day_count),
                t.high_day_count + t.flapping_day_count + t.outage_day_count,
            ),
        ),
    ),
)
TOP_OFFENDER = Table(
    "top_offender",
    "One row per figure, period and circuit of a store among the worst by it.",
    group="reports",
    key=("period", "ranked_by", "circuit_id"),
    required=("period_start", "place", "site_id", "value"),
    columns=(
        *("period", "period_start", "ranked_by", "place", "circuit_id", "site_id", "site_name"),
        *("region", "value", "coverage_pct"),
    ),
)
CURRENT_STATE = Table(
    "current_state",
    "One row per circuit in service, as of the newest sample.",
    group="reports",
    key=("circuit_id",),
    required=("as_of_at", "site_id", "is_stale"),
    columns=(
        *("as_of_at", "circuit_id", "site_id", "site_name", "site_kind", "region", "role"),
        *("role_rank", "state", "state_since", "down_cause", "activity", "site_state"),
        *(
            "failover_since",
            "sampled_at",
            "is_stale",
            "utilization_now_pct",
            "utilization_hour_pct",
        ),
        *("utilization_usual_pct", "utilization_trend_pct", *(m.avg for m in QUALITY)),
        *("recent_flap_count", "severity", "messages"),
    ),
    own_rules=(
        Rule(
            "what_is_wrong_is_said",
            "A severity above normal has a message, and only such a one.",
            lambda t: t.severity.isin(SEVERITIES).fill_null(False) == t.messages.notnull(),
        ),
    ),
)
ACTIVE_ALERT = Table(
    "active_alert",
    "One row per circuit at warning or worse; one per site that is dark or unreachable.",
    group="reports",
    key=("site_id", "circuit_id"),
    nullable_key=("circuit_id",),
    required=("as_of_at", "severity", "messages"),
    columns=(
        *("as_of_at", "severity", "site_id", "site_name", "site_kind", "region", "circuit_id"),
        *("since", "messages"),
    ),
)
PRIMARY_VS_SECONDARY = Table(
    "primary_vs_secondary",
    "One row per store with a primary and a circuit of lower rank, as of the newest pass.",
    group="reports",
    key=("site_id",),
    required=("as_of_at", "primary_circuit_id", "secondary_circuit_id"),
    columns=(
        *("as_of_at", "site_id", "site_name", "region"),
        *(
            f"{name}_{figure}"
            for name in ("primary", "secondary", "active")
            for figure in (
                *("circuit_id", "state", "utilization_now_pct"),
                *(metric.avg for metric in QUALITY),
            )
        ),
        *("primary_usual_p95_pct", "headroom_pct"),
    ),
)
TREND = Table(
    "trend",
    "One row per circuit of a store with a day of trading of late.",
    group="reports",
    key=("circuit_id",),
    required=("as_of_day", "site_id", "day_count", "verdict"),
    columns=(
        *("as_of_day", "circuit_id", "site_id", "site_name", "region", "verdict", "day_count"),
        *("slope_pct_per_day", "slope_low_pct_per_day", "slope_high_pct_per_day", "p_value"),
        *("q_value", "is_significant", "level_pct", "days_to_80", "days_to_80_low"),
        *("days_to_80_high", "days_to_90", "days_to_90_low", "days_to_90_high"),
    ),
    own_rules=(
        Rule(
            "what_is_too_short_has_no_figures",
            "Without enough days there is neither slope nor p-value.",
            lambda t: (t.verdict != "too_short") | (t.p_value.isnull() & t.level_pct.isnull()),
        ),
    ),
)
EXECUTIVE_OVERVIEW = View(
    "executive_overview",
    "One row per region and month: availability, minutes lost, load and failovers of its stores, "
    "each beside its change against the month before.",
    group="overviews",
    key=("month", "region"),
    columns=(
        *("month", "region", "is_whole_month", "site_count", *OF_MONTH),
        *("availability_change_pct", "availability_13_month_pct", "utilization_high_hours_pct"),
        *("utilization_high_hours_change_pct", "lost_per_site_minutes"),
        *("lost_per_site_change_minutes", "failover_change_count"),
    ),
    # The one that is stored least often: each store of it looks whether the view is as declared.
    sources=("region_13_month", "region_month", "region_day", "site_month", "dim_site"),
    expression=executive_overviews,
)
ENGINEERING_VIEW = View(
    "engineering_view",
    "One row per circuit in service, as of the newest pass; hours above and flaps are those of the "
    "24 hours up to the end of the newest hour.",
    group="overviews",
    key=("circuit_id",),
    columns=(
        *CURRENT_STATE.columns,
        *("alert_severity", "alert_since", "store_type", "wan_name", "provider", "medium"),
        *("bandwidth_mbps", "bandwidth_up_mbps", "bandwidth_source", "hour"),
        *(*OF_24_HOURS, *_TIME_ABOVE, "flap_count"),
        *("verdict", "slope_pct_per_day", "level_pct", "days_to_80", "days_to_90"),
    ),
    sources=(
        *("trend", "active_alert", "current_state", "circuit_window", "dim_site", "dim_circuit"),
    ),
    expression=engineering_views,
)
TOP_OFFENDERS = View(
    "top_offenders",
    "One row per figure, period and circuit of top_offender, with who it is now and whether it is "
    "a chronic offender; the worst first.",
    group="overviews",
    # With the place, so that what is read in the order of the key begins with the worst.
    key=("period", "ranked_by", "place", "circuit_id"),
    columns=(
        *("period", "period_start", "ranked_by", "place", "value", "circuit_id", "wan_name"),
        *("provider", "medium", "role", "bandwidth_mbps", "bandwidth_up_mbps", "site_id"),
        *("site_name", "region", "store_type", "coverage_pct", "ranking_count"),
        *("bad_day_count", "comparable_day_count", "bad_since_day", "bad_last_day"),
    ),
    sources=("chronic_offender", "top_offender", "dim_site", "dim_circuit"),
    expression=named_offenders,
)
_DRILLDOWN = (
    "circuit_count",
    *(n for n in REGION_PERIODS["day"].columns if n in CIRCUIT_DAY.columns and n != "day"),
    "utilization_high_hours_pct",
)
"""The measures of every level: what a region, a site and a circuit have in common."""
DRILLDOWN_REGION = View(
    "drilldown_region",
    "One row per region and UTC day; drilldown_site has its stores.",
    group="overviews",
    sums_circuits=True,
    key=("day", "region"),
    columns=("day", "region", *_DRILLDOWN),
    sources=("region_day",),
    expression=region_drilldowns,
)
DRILLDOWN_SITE = View(
    "drilldown_site",
    "One row per store and UTC day, under its region; drilldown_circuit has its circuits.",
    group="overviews",
    sums_circuits=True,
    key=("day", "site_id"),
    columns=("day", "region", "site_id", "site_name", "store_type", *_DRILLDOWN),
    sources=("site_day", "dim_site"),
    expression=site_drilldowns,
)
DRILLDOWN_CIRCUIT = View(
    "drilldown_circuit",
    "One row per circuit of a store and UTC day, under its site; circuit_hour has its hours.",
    group="overviews",
    key=("day", "circuit_id"),
    columns=(
        *("day", "region", "site_id", "site_name", "circuit_id", "wan_name", "provider"),
        *("medium", "role", *_DRILLDOWN),
    ),
    sources=("circuit_day", "dim_site", "dim_circuit"),
    expression=circuit_drilldowns,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *(RAW_INVENTORY, RAW_PORT_HISTORY, RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_GATEWAY_EVENT),
        RAW_GATEWAY_STATUS,
        *(RAW_SITE_SLE, RAW_CIRCUIT_HOUR, GATEWAY_SILENCE),
        *(DIM_SITE, DIM_CONTRACT, DIM_CIRCUIT, CIRCUIT_PORT, DIM_POLICY, DIM_HOUR),
        *(
            CIRCUIT_POLL,
            CIRCUIT_STATE,
            CIRCUIT_HOUR,
            SITE_HOUR,
            FLAP_EVENT,
            FAILOVER_PIECE,
            FAILOVER_EVENT,
        ),
        *(THRESHOLD_PIECE, THRESHOLD_RUN, CIRCUIT_WINDOW, CIRCUIT_DAY),
        *(CIRCUIT_HISTOGRAM, CIRCUIT_WEEK, CIRCUIT_MONTH_HISTOGRAM, CIRCUIT_MONTH),
        CIRCUIT_13_MONTH,
        *(CIRCUIT_TRADING_DAY, SITE_TRADING_DAY),
        *(SITE_WINDOW, REGION_WINDOW, *SITE_PERIODS.values(), *REGION_PERIODS.values()),
        *(CHRONIC_OFFENDER, TOP_OFFENDER, TREND, CURRENT_STATE, ACTIVE_ALERT),
        PRIMARY_VS_SECONDARY,
        *(EXECUTIVE_OVERVIEW, ENGINEERING_VIEW, TOP_OFFENDERS),
        *(DRILLDOWN_REGION, DRILLDOWN_SITE, DRILLDOWN_CIRCUIT),
    )
}
