"""Reference: what an import makes of an hour, from the rules in `kpi.hour.imported_hours`."""

from wan_perf_tests.support.kpi.rows import Row

QUALITY = (
    *("loss_avg_pct", "loss_max_pct", "loss_p95_pct", "jitter_avg_ms", "jitter_max_ms"),
    *("jitter_p95_ms", "latency_avg_ms", "latency_max_ms", "latency_p95_ms"),
)

STATE_PARTS = ("standby_minutes", "disabled_minutes", "no_telemetry_minutes", "link_up_minutes")


def with_import(row: Row, imported: Row) -> Row:
    """A row of circuit_hour that was made without the import, as it is with it."""
    found = dict(row)
    if takes_over(imported["observed_minutes"], row["observed_minutes"]):
        found |= {name: imported[name] for name in ("rx_bytes", "tx_bytes", "observed_minutes")}
        found["source"] = "import"
        most = row["bandwidth_mbps"] * 1e6 / 8 * imported["observed_minutes"] * 60
        found["utilization_pct"] = round(
            100 * max(imported["rx_bytes"], imported["tx_bytes"]) / most, 4
        )
    known = row["up_minutes"] + row["known_down_minutes"]
    known += row["standby_minutes"] + row["disabled_minutes"]
    up, unknown = imported["up_minutes"], imported["unknown_minutes"]
    if up is not None and takes_over(60 - unknown, known):
        down = 60 - up - unknown
        found |= dict.fromkeys((*STATE_PARTS, "down_cause"))
        found |= {"up_minutes": up, "known_down_minutes": down, "unknown_minutes": unknown}
        found |= {"down_minutes": 60 - up, "flap_count": imported["flap_count"]}
        found |= {"state_evidence": "import", "status_hourly": "Up" if up else "Down"}
        found["availability_pct"] = round(100 * up / (up + down), 4)
    if takes_over(imported["quality_minutes"], row["quality_minutes"]):
        found |= {name: imported[name] for name in (*QUALITY, "quality_minutes")}
        found |= {"quality_source": "import", "mos_avg": None}
    if found["known_down_minutes"] == 60:  # delay is conditional on arrival (RFC 7679)
        found |= dict.fromkeys((*QUALITY, "quality_source", "mos_avg"))
        found |= {"quality_minutes": 0.0, "quality_sample_count": 0}
    return found


def takes_over(offered: float | None, stored: float) -> bool:
    """Whether a source that comes later replaces one that covers less than 45 minutes."""
    return offered is not None and stored < 45 and offered > stored
