"""Columns of raw rows: samples of ports and paths, history, events, Mist's own scores."""

from wan_perf.schema.columns.column import (
    Column,
    byte_count,
    count,
    flag,
    milliseconds,
    minutes,
    percent,
    rate,
    text,
)

SAMPLE = (
    text("counter_source", "Which statistics the counters come from.", ("device", "port")),
    flag(
        "is_up",
        "The port, of a path's row the path, is up; of a circuit's poll, a path of it is.",
    ),
    flag(
        "is_active",
        "The port or path is the active one of several; of a circuit's poll, a path that is up is.",
    ),
    flag("is_connected", "Mist has a connection to the gateway; NULL: neither with nor without."),
    Column("uptime_seconds", "real", "Time since the gateway booted.", unit="s", ge=0),
    byte_count("rx_bytes_counter", "Bytes received since the gateway booted."),
    byte_count("tx_bytes_counter", "Bytes sent since the gateway booted."),
    rate("rx_bps", "Last known receive rate.", "bit/s"),
    rate("tx_bps", "Last known transmit rate.", "bit/s"),
    rate("rx_bps_mean", "Mean receive rate of the hour's covered minutes.", "bit/s"),
    rate("tx_bps_mean", "Mean transmit rate of the hour's covered minutes.", "bit/s"),
    rate("rx_bps_max", "Highest receive rate of the hour's covered minutes.", "bit/s"),
    rate("tx_bps_max", "Highest transmit rate of the hour's covered minutes.", "bit/s"),
    minutes("covered_minutes", "Minutes of the hour whose history is known."),
    minutes("carrying_minutes", "Minutes of the hour whose history shows traffic."),
    milliseconds("latency_ms_mean", "Mean round-trip delay of the hour's known minutes."),
    milliseconds("jitter_ms_mean", "Mean variation of delay of the hour's known minutes."),
    percent("loss_pct_mean", "Mean share of packets lost in the hour's known minutes."),
    minutes(
        "quality_minutes",
        "Minutes that loss, jitter and latency speak for; NULL in a history where Mist keeps none.",
    ),
    text(
        "impossible_figures",
        "Figures as received that are impossible, stored as unknown: loss_pct=130. NULL: none.",
    ),
    text("event_kind", "What happened, in our words; 'other' where it has no meaning here."),
    text("event_name", "What happened, as the source names it."),
    text("detail", "Text of the event."),
)

PATH = (
    text("peer_mac", "Gateway at the far end of the path."),
    text("peer_port_id", "Interface of the far end, as received."),
    text("peer_name", "Name of the gateway at the far end of the path."),
    text("path_name", "Name of the VPN that the path belongs to."),
    Column("latency_ms", "real", "Round-trip delay when last sampled.", unit="ms", ge=0),
    Column("jitter_ms", "real", "Variation of delay when last sampled.", unit="ms", ge=0),
    percent("loss_pct", "Packets lost when last sampled."),
    Column("mos", "real", "Mean opinion score of a call when last sampled.", ge=0, le=5),
    text(
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

SCORE = (
    Column("wan_link_health", "real", "Mist's own score of the site's WAN links.", ge=0, le=1),
    Column("gateway_health", "real", "Mist's own score of the site's gateways.", ge=0, le=1),
    Column("application_health", "real", "Mist's own score of applications.", ge=0, le=1),
    count("gateway_count", "Gateways of the site, as Mist counts them."),
    count("client_count", "Clients of the site, as Mist counts them."),
)
