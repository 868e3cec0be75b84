"""Columns of windows and periods, and of sites and regions over them."""

from wan_perf.schema.columns.column import Column, byte_count, count, minutes, percent, text

PERIOD = (
    Column("window_hours", "integer", "Length of the trailing window.", unit="h", ge=1),
    Column(
        "bucket",
        "integer",
        "Range of values: 0 is zero, of the others each ends 4 % above the one before it, the "
        "first at 0.0001.",
        ge=0,
    ),
    count("hour_count", "Hours in which the circuit was in service."),
    count("observed_hour_count", "Hours with a utilization."),
    byte_count("used_rx_bytes", "Bytes received in the hours with a utilization."),
    byte_count("used_tx_bytes", "Bytes sent in the hours with a utilization."),
    percent("utilization_max_pct", "Highest utilization of an hour.", le=None),
    percent(
        "utilization_p95_pct",
        "95th percentile of the hours' utilization (linear); exact but in windows of regions and "
        "in 13 months, which are at most 2 % off.",
        le=None,
    ),
)

SITE = (
    count("circuit_count", "Circuits of the site in service."),
    minutes("dark_minutes", "Minutes in which no circuit is up, and all is known."),
    minutes(
        "unreachable_minutes",
        "Minutes in which no circuit is known to be up, without telemetry of the gateway, "
        "unsettled.",
    ),
    minutes(
        "on_backup_minutes",
        "Minutes in which a lower-ranked circuit carries the site and none of rank 1 does; NULL "
        "where use is unknown.",
    ),
    minutes("lost_minutes", "Minutes of trading in which the site is dark or unreachable."),
    minutes("redundancy_lost_minutes", "Minutes in which a circuit is down and another is up."),
    percent("utilization_worst_pct", "Highest utilization of the site's circuits.", le=None),
    text("utilization_worst_circuit_id", "Circuit with the highest utilization."),
    percent(
        "utilization_p95_worst_pct",
        "Highest 95th percentile of utilization of the place's circuits.",
        le=None,
    ),
    text("utilization_p95_worst_circuit_id", "Circuit with it; the first by name of equals."),
    minutes("site_up_minutes", "Minutes of sites in which a circuit of them was up."),
    minutes("site_unknown_minutes", "Minutes of sites of which too little is known."),
    percent(
        "site_availability_pct",
        "Up over up, dark and unreachable minutes of sites: unreachable counts as down.",
    ),
)
