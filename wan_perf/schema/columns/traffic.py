"""Columns of traffic: bytes, utilization, and what they were computed from."""

from wan_perf.schema.columns.column import byte_count, count, minutes, percent, text

TRAFFIC = (
    byte_count("rx_bytes", "Bytes received while observed; NULL where nothing was observed."),
    byte_count("tx_bytes", "Bytes sent while observed; NULL where nothing was observed."),
    minutes("observed_minutes", "Minutes covered by what the bytes come from, see source."),
    percent(
        "utilization_pct",
        "Busier direction's bytes over what the provisioned rate carries in the observed time "
        "(RFC 5136); above 100 is burst or a wrong rate.",
        le=None,
    ),
)

RECEIVED = (
    count(
        "sample_count",
        "Readings of the circuit's port that were received; of a histogram its hours or samples.",
    ),
    count("reset_count", "Counter differences that began at 0 because the gateway booted."),
    count("dropped_count", "Counter differences left out: went back, or no line could carry."),
    text(
        "source",
        "Where bytes come from, never mixed; NULL where nothing was observed.",
        ("samples", "history", "import"),
    ),
)
