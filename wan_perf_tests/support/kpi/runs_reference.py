"""Time above a level, worked out from the definition in plain Python, hour by hour.

An hour is above where its value and level are known, it was observed for 30 minutes or more, and
the value is at or above the level. A run is hours above on end; a piece is what one UTC day, one
level and one site have of it. Sums are exact decimals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product

from wan_perf_tests.support.kpi.rows import Row

H = timedelta(hours=1)
SEVERITIES = ("warning", "high", "critical")


@dataclass(frozen=True)
class Judged:
    """A metric's columns of an hour: its value, and the minutes that this rests on."""

    name: str
    value: str
    observed: str

    def level(self, hour: Row, severity: str) -> float | None:
        quantity, unit = self.name.split("_")
        return hour.get(f"{quantity}_{severity}_level_{unit}")

    def is_judged(self, hour: Row, severity: str) -> bool:
        if hour.get(self.value) is None or self.level(hour, severity) is None:
            return False
        observed = hour.get(self.observed)
        return observed is not None and observed >= 30

    def is_above(self, hour: Row, severity: str) -> bool:
        level = self.level(hour, severity)
        return self.is_judged(hour, severity) and level is not None and hour[self.value] >= level


METRICS = (
    Judged("utilization_pct", "utilization_pct", "observed_minutes"),
    Judged("loss_pct", "loss_avg_pct", "quality_minutes"),
    Judged("jitter_ms", "jitter_avg_ms", "quality_minutes"),
    Judged("latency_ms", "latency_avg_ms", "quality_minutes"),
)


def unbroken_runs(hours: list[Row], metric: Judged, severity: str) -> Iterator[list[Row]]:
    """Hours above on end, a list a run."""
    for circuit in sorted({hour["circuit_id"] for hour in hours}):
        run: list[Row] = []
        own = [h for h in hours if h["circuit_id"] == circuit and metric.is_above(h, severity)]
        for hour in sorted(own, key=lambda row: row["hour"]):
            if run and hour["hour"] != run[-1]["hour"] + H:
                yield run
                run = []
            run.append(hour)
        if run:
            yield run


def figures(run: list[Row], metric: Judged, severity: str) -> Row:
    values = [hour[metric.value] for hour in run]
    value_sum = float(sum(Decimal(str(value)) for value in values))
    return {
        "circuit_id": run[0]["circuit_id"],
        "site_id": run[-1]["site_id"],
        "metric": metric.name,
        "severity": severity,
        "level": metric.level(run[-1], severity),
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
    for metric, severity in product(METRICS, SEVERITIES):
        for run in unbroken_runs(hours, metric, severity):
            kinds = [(h["hour"].date(), metric.level(h, severity), h["site_id"]) for h in run]
            cuts = [n for n in range(1, len(run)) if kinds[n] != kinds[n - 1]]
            for a, b in zip([0, *cuts], [*cuts, len(run)], strict=True):
                day = run[a]["hour"].date()
                found.append({"day": day, **figures(run[a:b], metric, severity)})
    return in_order(found)


def runs(hours: list[Row]) -> list[Row]:
    """Rows of threshold_run, from the hours alone, where every day's pieces are up to date."""
    newest = max((hour["hour"] for hour in hours), default=None)
    found = []
    for metric, severity in product(METRICS, SEVERITIES):
        for run in unbroken_runs(hours, metric, severity):
            row = figures(run, metric, severity)
            del row["value_sum"]
            row["is_open"] = row["ended_at"] > newest or any(
                not metric.is_judged(hour, severity)
                for hour in hours
                if hour["hour"] == newest == row["ended_at"]
                and hour["circuit_id"] == row["circuit_id"]
            )
            found.append(row)
    return in_order(found)


def time_above(hours: list[Row], circuit: str, day: datetime) -> dict[str, int | None]:
    """Both modes of every metric over one UTC day; unknown where no hour could be judged."""
    own = [h for h in hours if h["circuit_id"] == circuit and h["hour"].date() == day.date()]
    found: dict[str, int | None] = {}
    for metric in METRICS:
        name = metric.name.split("_")[0]
        count = sum(metric.is_judged(hour, "warning") for hour in own)
        found[f"{name}_judged_hours"] = count
        for severity in SEVERITIES:
            lengths = [len(run) for run in unbroken_runs(own, metric, severity)]
            longest = max(lengths, default=0)
            found[f"{name}_{severity}_hours"] = sum(lengths) if count else None
            found[f"{name}_{severity}_longest_hours"] = longest if count else None
    return found


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(
        rows, key=lambda r: (r["circuit_id"], r["metric"], r["severity"], r["started_at"])
    )
