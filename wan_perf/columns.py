"""Every column of every table, once: type, unit, meaning, bounds.

Belongs here: what a column name means in the whole system.
Keep out: which table has which columns (`tables`), how a value is computed (`kpi`).

Names are `<quantity>_<statistic>_<unit>`; the statistic is dropped where there is only one.
Instants are naive UTC. Unknown is NULL, never 0. What a figure means in full stands in the
docstrings of `formulas` and `kpi`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from wan_perf.metrics import JUDGED, QUALITY, Metric

Type = Literal["text", "integer", "large_integer", "real", "boolean", "instant", "date"]
"""A large integer has up to 38 digits: bytes of a fleet exceed what 64 bits hold."""

STATUSES = ("Up", "Down", "Unknown")
SEVERITIES = ("warning", "high", "critical")
"""Rising; a fact below all of them is `normal`."""
SEVERITY_WORDS = ("normal", *SEVERITIES)
EVIDENCE = ("heard", "settled", "history")
"""What a known state can rest on, the strongest first."""
ACTIVE = ("active", "inferred")
"""A circuit that carries its site's traffic: polled so, or inferred from its primary's outage."""
STORE, HUB = SITE_KINDS = ("store", "hub")
"""Hubs have circuits as stores have; rankings, regions and failovers leave them out."""
SCOPES = ("default", "region", "store_type", "site", "circuit")
"""From the widest to the narrowest; the narrowest that speaks wins."""


@dataclass(frozen=True)
class Column:
    """One column: what its values are and what they mean."""

    name: str
    type: Type
    meaning: str
    unit: str = ""
    ge: float | None = None
    le: float | None = None
    one_of: tuple[str, ...] = ()


def _text(name: str, meaning: str, one_of: tuple[str, ...] = ()) -> Column:
    return Column(name, "text", meaning, one_of=one_of)


def _flag(name: str, meaning: str) -> Column:
    return Column(name, "boolean", meaning)


def _instant(name: str, meaning: str) -> Column:
    return Column(name, "instant", meaning)


def _count(name: str, meaning: str) -> Column:
    return Column(name, "integer", meaning, ge=0)


def _bytes(name: str, meaning: str) -> Column:
    return Column(name, "integer", meaning, unit="B", ge=0)


def _minutes(name: str, meaning: str) -> Column:
    return Column(name, "real", meaning, unit="min", ge=0)


def _rate(name: str, meaning: str, unit: str = "Mbit/s") -> Column:
    return Column(name, "real", meaning, unit=unit, ge=0)


def _percent(name: str, meaning: str, le: float | None = 100) -> Column:
    return Column(name, "real", meaning, unit="%", ge=0, le=le)


def _milliseconds(name: str, meaning: str) -> Column:
    return Column(name, "real", meaning, unit="ms", ge=0)


_UNITS = {"pct": "%", "ms": "ms"}


def _judged_columns(metric: Metric) -> Iterator[Column]:
    """Levels of an hour, and of a period the hours above them in both modes."""
    yield _count(
        metric.judged,
        f"Hours with {metric.quantity} and levels, observed for 30 minutes or more: those that can "
        "be above.",
    )
    yield _text(metric.severity, f"Highest level that {metric.quantity} reaches.", SEVERITY_WORDS)
    for severity in SEVERITIES:
        yield Column(
            metric.level(severity),
            "real",
            f"The {severity} level of {metric.quantity} in force in the hour, of a period in its "
            "last hour in service; at it is above.",
            unit=_UNITS[metric.unit],
        )
        yield _count(
            metric.cumulative(severity),
            f"Hours at or above the {severity} level in force, in all (cumulative); NULL where "
            "none could be judged.",
        )
        yield _count(
            metric.continuous(severity),
            f"Longest run of hours at or above the {severity} level in force (continuous); NULL "
            "where none could be judged.",
        )
        yield _text(
            metric.longest_circuit(severity),
            f"Circuit of the place that had the longest run at or above the {severity} level.",
        )
    yield _percent(
        metric.breach,
        f"Share of the place's circuits that were at or above the high level of {metric.quantity} "
        "for an hour or more, of those that could be judged.",
    )


def _sample_columns(metric: Metric) -> Iterator[Column]:
    """Average, maximum and percentile of an hour's samples of the peer paths."""
    unit, le = _UNITS[metric.unit], 100 if metric.unit == "pct" else None
    name = metric.quantity.capitalize()
    of = "of the circuit's peer paths in the hour"
    yield Column(
        metric.minutes, "real", f"Minutes that {metric.avg} of a period rests on.", "min", 0
    )
    yield Column(
        metric.weighted,
        "real",
        f"Sum of the hours' {metric.avg}, each times its minutes.",
        f"{unit} min",
        0,
    )
    yield Column(metric.avg, "real", f"{name} {of}: mean of its samples.", unit, 0, le)
    yield Column(
        metric.max,
        "real",
        f"{name} {of}: highest sample; NULL where only the history is known.",
        unit,
        0,
        le,
    )
    yield Column(
        metric.p95,
        "real",
        f"{name} {of}: 95th percentile of its samples (linear); beyond a day at most 2 % off; NULL "
        "where only the history is known.",
        unit,
        0,
        le,
    )


_IDENTITY = (
    _text("site_id", "Site as Mist identifies it."),
    _text("site_name", "Name of the site."),
    _text(
        "circuit_id",
        "The provider's service: the contract's id, else `<site_id>:<port>`, with the gateway's "
        "name between them where a site has several.",
    ),
    _text("gateway_mac", "WAN edge device, 12 hexadecimal digits."),
    _text("site_variables", "Values of the variables that the site's templates need, as JSON."),
    _text("gateway_device_id", "Mist's own id of the gateway; calls for its history name it."),
    _text("gateway_name", "Name of the gateway."),
    _text("gateway_model", "Hardware model of the gateway."),
    _text("software_version", "Version of the gateway's software."),
    _text("port_id", "WAN interface of a gateway without its unit, such as ge-0/0/0."),
    _text("circuit_port_id", "Port that names the circuit: its aggregate, else the port itself."),
    _text(
        "interface", "Logical interface over the port, such as pp0, where it is named otherwise."
    ),
    _text("wan_name", "Name of the WAN as configured on the port."),
    _text("provider", "Company that provides the circuit."),
    _text("medium", "How the circuit reaches the provider: broadband, dsl, lte, as configured."),
)

_DESCRIPTION = (
    _text(
        "site_groups",
        "Names of the site's groups, each between line breaks; in older rows between bars: "
        "|Region-West|Type-Express|.",
    ),
    _text(
        "site_kind",
        "hub where a port of the site is the hub's end of a VPN, else store.",
        SITE_KINDS,
    ),
    _text("region", "Group of sites used in reports; 'Unassigned' where no rule gives one."),
    _text("store_type", "Kind of store; 'Unassigned' where no rule gives one."),
    _text("country_code", "ISO 3166 country of the site."),
    _text("time_zone", "IANA time zone of the site."),
    Column("latitude", "real", "Latitude of the site.", unit="deg", ge=-90, le=90),
    Column("longitude", "real", "Longitude of the site.", unit="deg", ge=-180, le=180),
    _text("role", "primary or secondary, from evidence only; NULL without."),
    Column("role_rank", "integer", "Order of preference; 1 is primary.", ge=1, le=99),
    _text(
        "role_source",
        "Where role and rank come from.",
        ("contract", "vpn_preference", "path_order", "lte_backup", "only_circuit"),
    ),
    _flag("is_on_demand", "The circuit is brought up only when it is needed."),
    _flag("is_configured", "A template or device profile configures the port as WAN."),
    _flag("is_seen", "The gateway reports the port as WAN."),
    _flag("is_disabled", "The port is administratively off."),
    _flag(
        "is_in_service",
        "False: contracted, but no gateway at the site carries the circuit; it has no hours.",
    ),
    _flag("is_aggregate", "The port is an aggregate (reth, ae) of ports that have rows too."),
    _flag("is_redundant", "One member of the circuit stands in for another: nodes of a cluster."),
    _flag("was_up", "The port is up, or has carried bytes since the gateway booted."),
    _flag("is_lte_backup", "The template marks the port as LTE backup."),
    _flag("is_hub_end", "The port is the hub's end of a VPN."),
    Column("vpn_preference", "integer", "Preference of the port's VPN path; lower is preferred."),
    Column("path_order", "integer", "Place of the port's WAN among ordered paths; 1 is first."),
    _rate("port_speed_mbps", "Negotiated speed of the port; not the bought rate, 0 is unknown."),
    _rate("shaped_up_mbps", "Transmit rate to which the template shapes the port."),
    _rate("variable_down_mbps", "Download rate in the site's variable of the WAN's name."),
    _rate("variable_up_mbps", "Upload rate in the site's variable of the WAN's name."),
    _rate("tested_down_mbps", "Download rate of the port's best speed test of 30 days."),
    _rate("tested_up_mbps", "Upload rate of the port's best speed test of 30 days."),
    _rate("bandwidth_mbps", "Provisioned rate, download where there are two figures."),
    _rate("bandwidth_up_mbps", "Provisioned upload rate; NULL where one figure is for both."),
    _text(
        "bandwidth_source",
        "Where the provisioned rate comes from, of two directions the better source; speed_test is "
        "what was measured once, port_speed only an upper bound, import what an older tool knew.",
        ("contract", "site_variable", "shaping", "speed_test", "port_speed", "import"),
    ),
    _text("contract_circuit_id", "Circuit id in the contract file."),
    _rate("contract_down_mbps", "Download rate in the contract file."),
    _rate("contract_up_mbps", "Upload rate in the contract file."),
    _text("contract_role", "Role in the contract file."),
    Column("contract_role_rank", "integer", "Rank in the contract file; 1 is primary.", ge=1),
    _text("contract_provider", "Provider in the contract file."),
    _text("contract_medium", "Medium in the contract file."),
    _instant("contract_valid_from", "First instant at which the contract holds; NULL: open."),
    _instant("contract_valid_to", "First instant at which it no longer holds; NULL: open."),
    Column("contract_line", "integer", "Line of the contract file in which the row begins.", ge=1),
    _flag("contract_on_demand", "The contract file says the circuit is used on demand."),
)

_TIME = (
    _instant("hour", "Start of the UTC hour; the row covers [hour, hour + 1 h)."),
    Column("day", "date", "UTC day; of trading hours the trading day at the site."),
    Column("week", "date", "ISO week by its Monday, UTC; the row covers its seven days."),
    Column("month", "date", "Month by its first day, UTC; of 13 months the last of them."),
    _instant("pass_at", "Instant at which the sampling pass was due."),
    _instant("taken_at", "Instant of the inventory snapshot."),
    _instant(
        "site_asked_at", "Snapshot for which the site's variables and speed tests were requested."
    ),
    _instant(
        "variables_requested_at", "When the variables of the site's templates were requested."
    ),
    _instant("sampled_at", "Newest instant at which the gateway reported what the row says."),
    _instant("event_at", "Instant of the event, as the gateway saw it."),
    _instant("started_at", "First instant of it."),
    _instant("ended_at", "First instant after it."),
    _instant("last_flapped_at", "Instant at which the port last changed its state."),
    _instant("up_through_from", "Since when the port is known to be up without a break."),
    _instant("seen_at", "Until when the port is known to be up since up_through_from."),
    _instant("fetched_at", "Instant of the request for what the cloud retains."),
    _instant("valid_from", "First instant at which the row holds; 1970: since before we looked."),
    _instant("valid_to", "First instant at which the row no longer holds; NULL while it holds."),
    Column("utc_offset_minutes", "integer", "Local time minus UTC.", unit="min", ge=-1440),
    Column("local_day", "date", "Day at the site."),
    Column("local_hour", "integer", "Hour of the day at the site.", ge=0, le=23),
    Column("local_iso_week", "text", "ISO week at the site, such as 2026-W09."),
    Column("local_month", "text", "Month at the site, such as 2026-03."),
    Column("local_quarter", "text", "Quarter at the site, such as 2026-Q1."),
    _flag("is_weekend", "Saturday or Sunday at the site."),
    _flag(
        "is_trading_hour",
        "The hour begins within the trading hours of the policy, local time; NULL where the site's "
        "time zone is unknown.",
    ),
    Column(
        "trading_day",
        "date",
        "Trading day that the hour belongs to: the local date on which the store opened, also "
        "after midnight; NULL while it is closed.",
    ),
    _count("trading_hour_count", "Hours that begin in the trading day; NULL while it is closed."),
    _flag(
        "is_whole",
        "Every hour of the day has rows and is closed: a later hour has rows, or it rests on "
        "history or an import. False while the day is in progress.",
    ),
)

_STATE = (
    _text(
        "state",
        "Known: up, down. No known state: standby (on demand, not needed), disabled (switched off "
        "by a person), unheard (no telemetry, unsettled), unknown.",
        ("up", "down", "standby", "disabled", "unheard", "unknown"),
    ),
    _text(
        "activity",
        "Whether the circuit carries its site's traffic: active or inactive as polls of the peer "
        "paths say, inferred where only its primary's outage does; NULL where unknown.",
        (*ACTIVE, "inactive"),
    ),
    _flag("is_link_up", "A member port's link is up, whatever lies behind it."),
    _text(
        "evidence",
        "What the known state rests on: events and samples (heard), what followed a telemetry gap "
        "(settled), the history.",
        EVIDENCE,
    ),
    _text(
        "turned_to",
        "Where the row begins with a transition, the state it turned to.",
        ("up", "down"),
    ),
)

_SAMPLE = (
    _text("counter_source", "Which statistics the counters come from.", ("device", "port")),
    _flag(
        "is_up",
        "The port, of a path's row the path, is up; of a circuit's poll, a path of it is.",
    ),
    _flag(
        "is_active",
        "The port or path is the active one of several; of a circuit's poll, a path that is up is.",
    ),
    _flag("is_connected", "Mist has a connection to the gateway; NULL: neither with nor without."),
    Column("uptime_seconds", "real", "Time since the gateway booted.", unit="s", ge=0),
    _bytes("rx_bytes_counter", "Bytes received since the gateway booted."),
    _bytes("tx_bytes_counter", "Bytes sent since the gateway booted."),
    _rate("rx_bps", "Last known receive rate.", "bit/s"),
    _rate("tx_bps", "Last known transmit rate.", "bit/s"),
    _rate("rx_bps_mean", "Mean receive rate of the hour's covered minutes.", "bit/s"),
    _rate("tx_bps_mean", "Mean transmit rate of the hour's covered minutes.", "bit/s"),
    _rate("rx_bps_max", "Highest receive rate of the hour's covered minutes.", "bit/s"),
    _rate("tx_bps_max", "Highest transmit rate of the hour's covered minutes.", "bit/s"),
    _minutes("covered_minutes", "Minutes of the hour whose history is known."),
    _minutes("carrying_minutes", "Minutes of the hour whose history shows traffic."),
    _milliseconds("latency_ms_mean", "Mean round-trip delay of the hour's known minutes."),
    _milliseconds("jitter_ms_mean", "Mean variation of delay of the hour's known minutes."),
    _percent("loss_pct_mean", "Mean share of packets lost in the hour's known minutes."),
    _minutes(
        "quality_minutes",
        "Minutes that loss, jitter and latency speak for; NULL in a history where Mist keeps none.",
    ),
    _text(
        "impossible_figures",
        "Figures as received that are impossible, stored as unknown: loss_pct=130. NULL: none.",
    ),
    _text("event_kind", "What happened, in our words; 'other' where it has no meaning here."),
    _text("event_name", "What happened, as the source names it."),
    _text("detail", "Text of the event."),
)

_PATH = (
    _text("peer_mac", "Gateway at the far end of the path."),
    _text("peer_port_id", "Interface of the far end, as received."),
    _text("peer_name", "Name of the gateway at the far end of the path."),
    _text("path_name", "Name of the VPN that the path belongs to."),
    Column("latency_ms", "real", "Round-trip delay when last sampled.", unit="ms", ge=0),
    Column("jitter_ms", "real", "Variation of delay when last sampled.", unit="ms", ge=0),
    _percent("loss_pct", "Packets lost when last sampled."),
    Column("mos", "real", "Mean opinion score of a call when last sampled.", ge=0, le=5),
    _text(
        "measured_on",
        "What the poll's loss and delay are of: peer paths, or ports where a circuit has no path.",
        ("paths", "ports"),
    ),
    Column(
        "path_uptime_seconds",
        "real",
        "Time since the path came up; more than 20 years is no duration but an instant.",
        unit="s",
        ge=0,
        le=20 * 365 * 86_400,
    ),
)

_SCORE = (
    Column("wan_link_health", "real", "Mist's own score of the site's WAN links.", ge=0, le=1),
    Column("gateway_health", "real", "Mist's own score of the site's gateways.", ge=0, le=1),
    Column("application_health", "real", "Mist's own score of applications.", ge=0, le=1),
    _count("gateway_count", "Gateways of the site, as Mist counts them."),
    _count("client_count", "Clients of the site, as Mist counts them."),
)

_POLICY = (
    _text("metric", "Column that the level is for."),
    _text("severity", "How bad it is; of a level how bad reaching it is.", SEVERITY_WORDS),
    _text("scope", "What the level is set for.", SCOPES),
    _text("scope_name", "Name of the region, store type, site or circuit; empty for the default."),
    Column("level", "real", "A value at the level is above it."),
)

_FACT = (
    _bytes("rx_bytes", "Bytes received while observed; NULL where nothing was observed."),
    _bytes("tx_bytes", "Bytes sent while observed; NULL where nothing was observed."),
    _minutes("observed_minutes", "Minutes covered by what the bytes come from, see source."),
    _percent(
        "utilization_pct",
        "Busier direction's bytes over what the provisioned rate carries in the observed time "
        "(RFC 5136); above 100 is burst or a wrong rate.",
        le=None,
    ),
    _minutes("up_minutes", "Minutes in which the circuit is known to be up."),
    _minutes("down_minutes", "60 (the period's minutes) - up_minutes: known down plus unknown."),
    _minutes("known_down_minutes", "Minutes in which the circuit is known to be down."),
    _minutes("link_up_minutes", "Minutes in which the port's link is up, whatever lies behind it."),
    _minutes("standby_minutes", "Unknown minutes in which the circuit was not needed, on demand."),
    _minutes("disabled_minutes", "Unknown minutes in which a person had switched the port off."),
    _text(
        "down_cause",
        "The cause of the longest down time: the circuit's port, its provider (isp), all its peer "
        "paths while their hubs were up (path), its gateway without power, or lines that were cut "
        "while the gateway sent no telemetry (wan).",
        ("port", "isp", "path", "gateway", "wan"),
    ),
    _text(
        "outcome",
        "What settled a telemetry gap: the gateway booted; its port carried traffic; its lines "
        "were cut. NULL where nothing did.",
        ("restarted", "carried", "cut"),
    ),
    _minutes("unknown_minutes", "Minutes in which no state is known; part of down_minutes."),
    _text("status_hourly", "Up where up_minutes > 0; Unknown where all are unknown.", STATUSES),
    _count(
        "flap_count",
        "Transitions Up to Down or Down to Up; NULL where an import that counts none is all there "
        "is.",
    ),
    _percent("availability_pct", "Up over the minutes whose state is known."),
    _percent("availability_low_pct", "Availability if every unknown minute was down."),
    _percent("availability_high_pct", "Availability if every unknown minute was up."),
    _percent("coverage_pct", "Share of the minutes whose state is known."),
    _count(
        "sample_count",
        "Readings of the circuit's port that were received; of a histogram its hours or samples.",
    ),
    _count("reset_count", "Counter differences that began at 0 because the gateway booted."),
    _count("dropped_count", "Counter differences left out: went back, or no line could carry."),
    _text(
        "source",
        "Where bytes come from, never mixed; NULL where nothing was observed.",
        ("samples", "history", "import"),
    ),
    Column("window_hours", "integer", "Length of the trailing window.", unit="h", ge=1),
    Column(
        "bucket",
        "integer",
        "Range of values: 0 is zero, of the others each ends 4 % above the one before it, the "
        "first at 0.0001.",
        ge=0,
    ),
    _count("hour_count", "Hours in which the circuit was in service."),
    _count("observed_hour_count", "Hours with a utilization."),
    _bytes("used_rx_bytes", "Bytes received in the hours with a utilization."),
    _bytes("used_tx_bytes", "Bytes sent in the hours with a utilization."),
    _percent("utilization_max_pct", "Highest utilization of an hour.", le=None),
    _percent("utilization_p95_pct", "95th percentile of the hours' utilization (linear).", le=None),
    *(column for metric in JUDGED for column in _judged_columns(metric)),
    *(column for metric in QUALITY for column in _sample_columns(metric)),
    Column(
        "mos_avg", "real", "Mean opinion score of a call, mean of the hour's samples.", "", 0, 5
    ),
    _count("quality_sample_count", "Polls of the circuit (`circuit_poll`) with loss or delay."),
    _text(
        "quality_source",
        "Where loss, jitter and latency come from, never mixed; NULL where nothing is known.",
        ("samples", "history", "import"),
    ),
    _minutes(
        "active_minutes",
        "Minutes in which the circuit carried its site's traffic, or is inferred to have; NULL "
        "where its use is unknown.",
    ),
    _minutes("unheard_minutes", "Unknown minutes without telemetry of its gateway, unsettled."),
    _text(
        "state_evidence",
        "Weakest evidence that the hour's known state rests on: events and samples (heard), what "
        "followed a telemetry gap (settled), the history; or an older tool alone (import).",
        (*EVIDENCE, "import"),
    ),
)


def _of_failover(metric: Metric) -> Iterator[Column]:
    """Sums of the samples during a failover, and the mean before it."""
    unit, name = _UNITS[metric.unit], metric.quantity
    yield Column(f"{name}_sum_{metric.unit}", "real", f"Sum of the samples' {name}.", unit, 0)
    yield _count(f"{name}_count", f"Samples with {name}.")
    yield Column(
        f"{name}_before_{metric.unit}",
        "real",
        f"Mean {name} of the circuit in use in the 24 hours before the hour in which it began.",
        unit,
        0,
    )


_SITE = (
    _count("circuit_count", "Circuits of the site in service."),
    _minutes("dark_minutes", "Minutes in which no circuit is up, and all is known."),
    _minutes(
        "unreachable_minutes",
        "Minutes in which no circuit is known to be up, without telemetry of the gateway, "
        "unsettled.",
    ),
    _minutes(
        "on_backup_minutes",
        "Minutes in which a lower-ranked circuit carries the site and none of rank 1 does; NULL "
        "where use is unknown.",
    ),
    _minutes("lost_minutes", "Minutes of trading in which the site is dark or unreachable."),
    _minutes("redundancy_lost_minutes", "Minutes in which a circuit is down and another is up."),
    _percent("utilization_worst_pct", "Highest utilization of the site's circuits.", le=None),
    _text("utilization_worst_circuit_id", "Circuit with the highest utilization."),
    _percent(
        "utilization_p95_worst_pct",
        "Highest 95th percentile of utilization of the place's circuits.",
        le=None,
    ),
    _text("utilization_p95_worst_circuit_id", "Circuit with it; the first by name of equals."),
    _minutes("site_up_minutes", "Minutes of sites in which a circuit of them was up."),
    _minutes("site_unknown_minutes", "Minutes of sites of which too little is known."),
    _percent(
        "site_availability_pct",
        "Up over up, dark and unreachable minutes of sites: unreachable counts as down.",
    ),
)

_FAILOVER = (
    _text("primary_circuit_id", "Circuit of rank 1; the first by name of several."),
    _count(
        "failover_count",
        "Failovers that began, of those from the circuit; NULL where use is unknown.",
    ),
    _minutes(
        "failed_over_minutes",
        "Minutes on a backup in failovers from the circuit; NULL where use is unknown.",
    ),
    _text("backup_circuit_id", "Lower-ranked circuit that carried the site longest."),
    _text(
        "failover_cause",
        "What the primary was down with as it began, in the words of down_cause; NULL where it "
        "was not known to be down.",
        ("port", "isp", "path", "gateway", "wan"),
    ),
    _flag("is_inferred", "No poll saw the backup in use: the primary was down, the backup up."),
    _flag("is_begin", "The failover began in this part; else it goes on from the day before."),
    _bytes("capacity_down_bytes", "What the rates carry down in the time the bytes are known of."),
    _bytes("capacity_up_bytes", "What the rates carry up in the time the bytes are known of."),
    _percent(
        "utilization_before_pct",
        "Mean utilization of the circuit in use in the 24 hours before the hour in which it began.",
        le=None,
    ),
    *(column for metric in QUALITY for column in _of_failover(metric)),
    _instant("turned_at", "Instant of the transition."),
)

_EPISODE = (
    _instant("started_at", "When it began."),
    _instant("ended_at", "When it ended, not included: the part goes from start to end."),
    _count("above_hours", "Hours at or above the level, end to end."),
    Column("value_max", "real", "Highest value of the hours, in the metric's unit."),
    Column("value_sum", "real", "Sum of the hours' values, in the metric's unit; makes the mean."),
    Column("value_mean", "real", "Mean value of the hours, in the metric's unit."),
    _flag("is_open", "No hour that is known ends it: it can go on. NULL where no hours are known."),
)

_REPORT = (
    Column(
        "as_of_day",
        "date",
        "Newest whole day, with which the report ends: a UTC day, of trading days a trading day.",
    ),
    _count(
        "trading_day_count",
        "Last trading days in the site's zone, up to the newest whole one: those compared.",
    ),
    _count("comparable_day_count", "Days compared whose state is known for long enough."),
    _count("bad_day_count", "Comparable days that were bad for any reason."),
    _count("high_day_count", "Bad days with a metric at or above its high level for long enough."),
    _count("flapping_day_count", "Bad days with too many transitions."),
    _count("outage_day_count", "Bad days with too low an availability."),
    Column("bad_since_day", "date", "First bad day of those compared."),
    Column("bad_last_day", "date", "Last bad day of those compared."),
    _text("ranked_by", "Column of the period that circuits are ranked by."),
    _text(
        "period",
        "Period that is ranked; 13_month is the month and the twelve before it.",
        ("day", "week", "month", "13_month"),
    ),
    Column("period_start", "date", "First UTC day of the period; of 13 months that of the last."),
    Column(
        "place", "integer", "Place in the ranking; 1 is the worst, equal values share it.", ge=1
    ),
    Column("value", "real", "Value that is ranked, in the unit of the column."),
)

_TREND = (
    _count("day_count", "Days that count: with enough hours of utilization in trading hours."),
    _text(
        "verdict",
        "Whether the busy hours grow; too_short where there are too few days to tell.",
        ("rising", "falling", "steady", "too_short"),
    ),
    Column("p_value", "real", "Chance of such a trend where there is none.", "", 0, 1),
    Column(
        "q_value", "real", "Share of false ones among trends as sure, over the fleet.", "", 0, 1
    ),
    _flag("is_significant", "The p-value is under the policy's, before the fleet's correction."),
    *(
        Column(f"slope{name}_pct_per_day", "real", meaning, "% a day")
        for name, meaning in {
            "": "Median change of the busy hours' utilization (Theil-Sen), points a day.",
            "_low": "Least change that 95 of 100 samples would have.",
            "_high": "Highest change that 95 of 100 samples would have.",
        }.items()
    ),
    Column(
        "level_pct", "real", "Utilization of the busy hours now, on the line of the trend.", "%"
    ),
    *(
        Column(
            f"days_to_{target}{name}", "integer", f"{word} days to {target} %; 0: reached.", "d", 0
        )
        for target in (80, 90)
        for name, word in {"": "Likely", "_low": "Least", "_high": "Most"}.items()
    ),
)

_NOW = (
    _instant(
        "as_of_at", "Instant of the newest sample of the newest poll: the now that the row is of."
    ),
    _instant("state_since", "Since when it is in its state; NULL where for over 14 days."),
    _instant("since", "Since when it is so; NULL where for over 14 days or not known."),
    _flag("is_stale", "Its newest sample is more than 15 minutes older than as_of_at."),
    _text("site_state", "What its site does: up, on backup, site dark, site unreachable, unknown."),
    _instant(
        "failover_since",
        "Since when its site, on backup now, is in failover; NULL where not, or since unknown.",
    ),
    _percent(
        "utilization_now_pct",
        "Utilization of the last 15 minutes up to its newest sample; of a first sample by its "
        "rates; NULL where that is stale.",
        le=None,
    ),
    _percent("utilization_hour_pct", "Utilization of the hour so far.", le=None),
    _percent(
        "utilization_usual_pct",
        "Median utilization of the same hour of the last four weeks; NULL of under three of them.",
        le=None,
    ),
    Column("utilization_trend_pct", "real", "Utilization now minus the usual one.", "%"),
    _count("recent_flap_count", "Transitions in the hour up to now."),
    _text("messages", "What is wrong, a phrase each; NULL where nothing is."),
)


def _beside(name: str) -> Iterator[Column]:
    """State, load and quality of one of the circuits that are compared."""
    what = f"the {name} circuit"
    yield _text(f"{name}_state", f"State of {what}.")
    yield _percent(f"{name}_utilization_now_pct", f"Utilization of {what} now.", le=None)
    for metric in QUALITY:
        unit = _UNITS[metric.unit]
        meaning = f"{metric.quantity.capitalize()} of {what} in the hour so far."
        yield Column(f"{name}_{metric.avg}", "real", meaning, unit, 0)


_BACKUP = (
    _text("secondary_circuit_id", "Best ranked circuit of a rank lower than 1."),
    _text("active_circuit_id", "Circuit that carries the site; NULL where use is unknown."),
    *(column for name in ("primary", "secondary", "active") for column in _beside(name)),
    _percent(
        "primary_usual_p95_pct",
        "Median of the 95th percentiles of the primary's utilization of 28 days; NULL of under 7.",
        le=None,
    ),
    Column(
        "headroom_pct",
        "real",
        "What the secondary would have left at least under the primary's usual load; negative: it "
        "cannot carry it. NULL where a rate is unknown.",
        "%",
    ),
)


def _of_24_hours(metric: Metric) -> Iterator[Column]:
    """Mean and percentile of a sampled figure beside that of now."""
    unit, le = _UNITS[metric.unit], 100 if metric.unit == "pct" else None
    for statistic, words in {"avg": "mean", "p95": "95th percentile"}.items():
        yield Column(
            f"{metric.quantity}_{statistic}_24h_{metric.unit}",
            "real",
            f"{metric.quantity.capitalize()} of the last 24 hours: {words}.",
            unit,
            0,
            le,
        )


_OVERVIEW = (
    _count("site_count", "Stores with a circuit in service in the period."),
    _flag("is_whole_month", "Every day of the month is whole; else it goes on or began late."),
    _percent(
        "utilization_high_hours_pct",
        "Share of the judged circuit-hours at or above the high level of utilization.",
    ),
    _minutes(
        "lost_per_site_minutes",
        "Minutes of the whole day in which a store was dark or unreachable, mean of the stores.",
    ),
    _percent("availability_13_month_pct", "Availability of the month and the twelve before it."),
    *(
        Column(
            f"{name}_change_pct",
            "real",
            f"{words} minus that of the month before, points; NULL without such a month.",
            "%",
        )
        for name, words in {
            "availability": "Availability",
            "utilization_high_hours": "Share of hours at or above high",
        }.items()
    ),
    Column(
        "lost_per_site_change_minutes",
        "real",
        "Minutes lost per store minus those of the month before; NULL unless both are whole.",
        "min",
    ),
    Column(
        "failover_change_count",
        "integer",
        "Failovers minus those of the month before; NULL unless both are whole.",
    ),
    _percent("utilization_24h_pct", "Utilization of the last 24 hours, bytes over bytes.", le=None),
    _percent(
        "utilization_p95_24h_pct",
        "95th percentile of the hours' utilization of the last 24 hours.",
        le=None,
    ),
    *(column for metric in QUALITY for column in _of_24_hours(metric)),
    _percent("availability_24h_pct", "Availability of the last 24 hours."),
    _percent("coverage_24h_pct", "Share of the last 24 hours whose state is known."),
    _text(
        "alert_severity",
        "How bad the alert is that is open for the circuit, else for its whole site.",
        SEVERITIES,
    ),
    _instant("alert_since", "Since when that alert is so; NULL where not known."),
    _count("ranking_count", "Figures by which the circuit is among the worst of the period."),
)

COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        *(*_IDENTITY, *_DESCRIPTION, *_TIME, *_STATE, *_SAMPLE, *_PATH, *_SCORE),
        *(*_POLICY, *_FACT, *_SITE, *_FAILOVER, *_EPISODE, *_REPORT, *_TREND, *_NOW, *_BACKUP),
        *_OVERVIEW,
    )
}
