"""Time above a level, worked out from the definition in plain Python, hour by hour.

An hour is above where its value and level are known, it was observed for 30 minutes or more, and
the value is at or above the level. A run is hours above on end; a piece is what one UTC day, one
level and one site have of it. Sums are exact decimals.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from wan_perf_tests.kpi.rows import Row

H = timedelta(hours=1)
SEVERITIES = ("warning", "high", "critical")


def level(hour: Row, severity: str) -> float | None:
    return hour[f"utilization_{severity}_level_pct"]


def judged(hour: Row, severity: str) -> bool:
    if hour["utilization_pct"] is None or level(hour, severity) is None:
        return False
    return hour["observed_minutes"] is not None and hour["observed_minutes"] >= 30


def above(hour: Row, severity: str) -> bool:
    return judged(hour, severity) and hour["utilization_pct"] >= level(hour, severity)


def stretches(hours: list[Row], severity: str) -> Iterator[list[Row]]:
    """Hours above on end, a list a run."""
    for circuit in sorted({hour["circuit_id"] for hour in hours}):
        run: list[Row] = []
        own = [h for h in hours if h["circuit_id"] == circuit and above(h, severity)]
        for hour in sorted(own, key=lambda row: row["hour"]):
            if run and hour["hour"] != run[-1]["hour"] + H:
                yield run
                run = []
            run.append(hour)
        if run:
            yield run


def figures(run: list[Row], severity: str) -> Row:
    values = [hour["utilization_pct"] for hour in run]
    value_sum = float(sum(Decimal(str(value)) for value in values))
    return {
        "circuit_id": run[0]["circuit_id"],
        "site_id": run[-1]["site_id"],
        "metric": "utilization_pct",
        "severity": severity,
        "level": level(run[-1], severity),
        "started_at": run[0]["hour"],
        "ended_at": run[-1]["hour"] + H,
        "above_hours": len(run),
        "value_max": max(values),
        "value_sum": value_sum,
        "value_mean": value_sum / len(run),
    }


def pieces(hours: list[Row]) -> list[Row]:
    """Rows of threshold_piece."""
    found = []
    for severity in SEVERITIES:
        for run in stretches(hours, severity):
            kinds = [(h["hour"].date(), level(h, severity), h["site_id"]) for h in run]
            cuts = [n for n in range(1, len(run)) if kinds[n] != kinds[n - 1]]
            for a, b in zip([0, *cuts], [*cuts, len(run)], strict=True):
                found.append({"day": run[a]["hour"].date(), **figures(run[a:b], severity)})
    return in_order(found)


def runs(hours: list[Row]) -> list[Row]:
    """Rows of threshold_run, from the hours alone, where every day's pieces are up to date."""
    newest = max((hour["hour"] for hour in hours), default=None)
    found = []
    for severity in SEVERITIES:
        for run in stretches(hours, severity):
            row = figures(run, severity)
            del row["value_sum"]
            row["is_open"] = row["ended_at"] > newest or any(
                not judged(hour, severity)
                for hour in hours
                if hour["hour"] == newest == row["ended_at"]
                and hour["circuit_id"] == row["circuit_id"]
            )
            found.append(row)
    return in_order(found)


def time_above(hours: list[Row], circuit: str, day: datetime) -> dict[str, int | None]:
    """Both modes over one UTC day; unknown where no hour could be judged."""
    own = [h for h in hours if h["circuit_id"] == circuit and h["hour"].date() == day.date()]
    count = sum(judged(hour, "warning") for hour in own)
    found: dict[str, int | None] = {"utilization_judged_hours": count}
    for severity in SEVERITIES:
        lengths = [len(run) for run in stretches(own, severity)]
        found[f"utilization_{severity}_hours"] = sum(lengths) if count else None
        found[f"utilization_{severity}_longest_hours"] = max(lengths, default=0) if count else None
    return found


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda r: (r["circuit_id"], r["severity"], r["started_at"]))
