"""A circuit: its hours, states, days, runs above levels, and what was known of it when."""

from datetime import datetime, timedelta

from wan_perf.schema.metrics import JUDGED, QUALITY
from wan_perf.schema.values import SEVERITIES
from wan_perf.web.charts.timeline import Span
from wan_perf.web.data import Data, Row
from wan_perf.web.query import TimeRange
from wan_perf.web.questions import DIRECTIONS

HOUR = timedelta(hours=1)
HOUR_FIGURES = (
    *("status_hourly", "up_minutes", "known_down_minutes", "unknown_minutes", "utilization_pct"),
    *("utilization_severity", "rx_bytes", "tx_bytes", "latency_avg_ms", "loss_avg_pct"),
    *("jitter_avg_ms", "flap_count", "sample_count", "source"),
)
"""Columns of the table of hours."""
_COLUMNS = ", ".join(
    dict.fromkeys(
        (
            *("circuit_id", "hour", "down_cause"),
            *HOUR_FIGURES,
            *(metric.level(severity) for metric in JUDGED for severity in SEVERITIES),
            *(name for metric in QUALITY for name in (metric.avg, metric.p95, metric.max)),
        )
    )
)
"""What the pages show of a circuit-hour; its other columns are those of `/why`."""


def hours_of(data: Data, circuits: list[str], reach: TimeRange) -> dict[str, dict[datetime, Row]]:
    """The circuit-hours of the range, with both directions' utilization."""
    found: dict[str, dict[datetime, Row]] = {circuit: {} for circuit in circuits}
    if not circuits:
        return found
    places = ", ".join("?" * len(circuits))
    rows = data.rows(
        f"SELECT {_COLUMNS}, {DIRECTIONS} FROM @circuit_hour:within WHERE circuit_id IN ({places}) "
        "AND hour >= ? AND hour < ?",
        [*circuits, reach.start, reach.end],
        within=reach.span,
    )
    for row in rows:
        found[row["circuit_id"]][row["hour"]] = row
    return found


def states_of(
    data: Data, hours: dict[str, dict[datetime, Row]], reach: TimeRange
) -> dict[str, list[Span]]:
    """The states of circuits over the range; equal ones that adjoin are one.

    Where the states of an hour are not published, the hour's own status stands for it.
    """
    circuits = list(hours)
    places = ", ".join("?" * len(circuits))
    rows = (
        data.rows(
            "SELECT circuit_id, started_at, ended_at, state, down_cause FROM @circuit_state:within "
            f"WHERE circuit_id IN ({places}) AND started_at >= ? AND started_at < ? "
            "ORDER BY circuit_id, started_at",
            [*circuits, reach.start, reach.end],
            within=reach.span,
        )
        if circuits
        else []
    )
    known = {(row["circuit_id"], _hour(row["started_at"])) for row in rows}
    for circuit, of_circuit in hours.items():
        rows += [
            {
                "circuit_id": circuit,
                "started_at": hour,
                "ended_at": hour + HOUR,
                "state": row["status_hourly"].lower(),
                "down_cause": row["down_cause"],
            }
            for hour, row in of_circuit.items()
            if (circuit, hour) not in known
        ]
    return {c: _join_spans([r for r in rows if r["circuit_id"] == c]) for c in circuits}


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _join_spans(rows: list[Row]) -> list[Span]:
    spans: list[Span] = []
    for row in sorted(rows, key=lambda row: row["started_at"]):
        last = spans[-1] if spans else None
        note = row["down_cause"] or ""
        adjoins = last is not None and last.end == row["started_at"]
        if last and adjoins and (last.state, last.note) == (row["state"], note):
            spans[-1] = Span(last.start, row["ended_at"], last.state, note)
        else:
            spans.append(Span(row["started_at"], row["ended_at"], row["state"], note))
    return spans


def circuit(data: Data, circuit_id: str) -> Row:
    """The circuit as it is described now, and its site's name; empty where it is unknown."""
    return data.first(
        """
        SELECT d.*, s.site_name, s.region, s.store_type, s.time_zone
        FROM @dim_circuit d LEFT JOIN @dim_site s ON d.site_id = s.site_id AND s.valid_to IS NULL
        WHERE d.circuit_id = ? ORDER BY d.valid_to IS NOT NULL, d.valid_from DESC""",
        [circuit_id],
    )


def versions(data: Data, circuit_id: str) -> list[Row]:
    """What was known of the circuit when: rate, role and their sources, the newest first."""
    return data.rows(
        "SELECT * FROM @dim_circuit WHERE circuit_id = ? ORDER BY valid_from DESC", [circuit_id]
    )


def ports(data: Data, circuit_id: str) -> list[Row]:
    """The ports that carry the circuit now."""
    return data.rows(
        "SELECT * FROM @circuit_port WHERE circuit_id = ? AND valid_to IS NULL "
        "ORDER BY gateway_mac, port_id",
        [circuit_id],
    )


def days_of(data: Data, circuit_id: str, since: datetime) -> list[Row]:
    """The circuit's days from an instant on, in order."""
    return data.rows(
        "SELECT day, utilization_p95_pct, utilization_max_pct, availability_pct, coverage_pct, "
        "flap_count, is_whole FROM @circuit_day WHERE circuit_id = ? AND day >= ? ORDER BY day",
        [circuit_id, since.date()],
    )


def runs_of(data: Data, circuit_id: str, reach: TimeRange, most: int) -> list[Row]:
    """Runs at or above a level that reach into the range, the longest first."""
    return data.rows(
        "SELECT * FROM @threshold_run WHERE circuit_id = ? AND ended_at > ? AND started_at < ? "
        "ORDER BY above_hours DESC, metric, severity, started_at LIMIT ?",
        [circuit_id, reach.start, reach.end, most],
    )


def levels_of(row: Row) -> list[Row]:
    """The levels in force in a circuit-hour, one row a metric."""
    return [
        {"metric": metric.name}
        | {severity: row.get(metric.level(severity)) for severity in SEVERITIES}
        for metric in JUDGED
    ]


def trend_of(data: Data, circuit_id: str) -> Row:
    """Whether the circuit's busy hours grow."""
    return data.first("SELECT * FROM @trend WHERE circuit_id = ?", [circuit_id])
