"""Top offenders of the last 24 hours by a figure, and chronic offenders."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wan_perf.schema.metrics import QUALITY
from wan_perf.web.data import Data, Row
from wan_perf.web.questions import STORES


@dataclass(frozen=True)
class Ranking:
    """A tab: its label, the figure (table and column) that ranks, and the hours' figure beside."""

    label: str
    table: str
    column: str
    hourly: str
    is_lowest: bool = False

    @property
    def order(self) -> str:
        """The order of the list of circuits that is this ranking's, as its address has it."""
        names = {"availability_pct": "availability_24h_pct", "on_backup_minutes": "failover_since"}
        names |= {m.avg: f"{m.quantity}_avg_24h_{m.unit}" for m in QUALITY}
        names |= {m.p95: f"{m.quantity}_p95_24h_{m.unit}" for m in QUALITY}
        return f"{'' if self.is_lowest else '-'}{names.get(self.column, self.column)}"


RANKINGS = {
    "load": Ranking("Load now", "current_state", "utilization_now_pct", "utilization_pct"),
    "high": Ranking(
        "Hours at high load", "circuit_window", "utilization_high_hours", "utilization_pct"
    ),
    "loss": Ranking("Loss", "circuit_window", "loss_avg_pct", "loss_avg_pct"),
    "latency": Ranking("Latency p95", "circuit_window", "latency_p95_ms", "latency_avg_ms"),
    "jitter": Ranking("Jitter", "circuit_window", "jitter_avg_ms", "jitter_avg_ms"),
    "flaps": Ranking("Flaps", "circuit_window", "flap_count", "flap_count"),
    "availability": Ranking(
        "Availability", "circuit_window", "availability_pct", "up_minutes", is_lowest=True
    ),
    "backup": Ranking("On backup", "site_hour", "on_backup_minutes", "known_down_minutes"),
}
COUNTS = (5, 10, 20, 50)
_ENOUGH_COVERAGE_PCT = 90
_LENGTH = timedelta(hours=24)


def top_offenders(data: Data, ranking: Ranking, most: int, end: datetime) -> list[Row]:
    """The worst circuits of stores by a figure, with `value`; zero and unknown are no offence.

    A ranking by availability leaves out circuits of which under 90 % is known.
    """
    value = {"current_state": "n.", "circuit_window": "w.", "site_hour": "b."}[ranking.table]
    value += ranking.column
    worst = f"{value} {'ASC' if ranking.is_lowest else 'DESC'}"
    offends = f"{value} < 100 AND w.coverage_pct >= ?" if ranking.is_lowest else f"{value} > ?"
    backup, joined, primary, span = "", "", "", []
    if ranking.table == "site_hour":
        backup = """b AS (SELECT site_id, sum(on_backup_minutes) AS on_backup_minutes
          FROM @site_hour WHERE hour >= ? AND hour < ? GROUP BY site_id),"""
        joined = "LEFT JOIN b ON n.site_id = b.site_id"
        primary = " AND coalesce(n.role_rank, 1) = 1"
        span = [end - _LENGTH, end]
    return data.rows(
        f"""
        WITH n AS (SELECT * FROM @current_state WHERE {STORES}),
        w AS (SELECT * FROM @circuit_window:newest WHERE window_hours = 24
          AND hour = (SELECT max(hour) FROM @circuit_window:newest)),
        {backup}
        d AS (SELECT circuit_id, wan_name, provider, medium, bandwidth_mbps FROM @dim_circuit
          WHERE valid_to IS NULL),
        p AS (SELECT circuit_id, min(port_id) AS port_id FROM @circuit_port
          WHERE valid_to IS NULL GROUP BY circuit_id)
        SELECT n.circuit_id, n.site_id, n.site_name, n.region, n.role, n.state, n.severity,
          d.wan_name, d.provider, d.medium, d.bandwidth_mbps, p.port_id, w.hour,
          n.utilization_now_pct, w.window_hours,
          w.coverage_pct, w.utilization_high_hours, w.utilization_high_longest_hours,
          {value} AS value
        FROM n LEFT JOIN w ON n.circuit_id = w.circuit_id {joined}
          LEFT JOIN d ON n.circuit_id = d.circuit_id LEFT JOIN p ON n.circuit_id = p.circuit_id
        WHERE {offends}{primary} ORDER BY {worst}, n.circuit_id LIMIT ?""",
        [*span, _ENOUGH_COVERAGE_PCT if ranking.is_lowest else 0, most],
    )


def hourly_figures(
    data: Data, circuits: list[str], column: str, end: datetime
) -> dict[str, list[float | None]]:
    """A figure of each circuit over the 24 hours up to `end`; an hour without a row is None.

    `column` is a column of circuit_hour, never text of a person.
    """
    if not circuits:
        return {}
    start = end - _LENGTH
    places = ", ".join("?" * len(circuits))
    rows = data.rows(
        f"SELECT circuit_id, hour, {column} AS value FROM @circuit_hour:within "
        f"WHERE hour >= ? AND hour < ? AND circuit_id IN ({places})",
        [start, end, *circuits],
        within=(start, end),
    )
    found: dict[str, list[float | None]] = {circuit: [None] * 24 for circuit in circuits}
    for row in rows:
        found[row["circuit_id"]][int((row["hour"] - start) / timedelta(hours=1))] = row["value"]
    return found


def chronic_offenders(data: Data, most: int, region: str = "") -> list[Row]:
    """Circuits that were bad on many of their last trading days, those with most bad days first."""
    of_region, values = (" WHERE o.region = ?", [region]) if region else ("", [])
    return data.rows(
        "SELECT o.*, d.wan_name, d.provider FROM @chronic_offender o LEFT JOIN "
        "(SELECT circuit_id, wan_name, provider FROM @dim_circuit WHERE valid_to IS NULL) d "
        f"ON o.circuit_id = d.circuit_id{of_region} "
        "ORDER BY bad_day_count DESC, bad_last_day DESC, o.circuit_id LIMIT ?",
        [*values, most],
    )
