"""Circuit-hours that were loaded so and so much, as hands and chance write them."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from wan_perf_tests.support.kpi.rows import HOUR, Row

MIDNIGHT = HOUR.replace(hour=0)
LEVELS = (70.0, 80.0, 90.0)
RAISED = (75.0, 85.0, 95.0)


def loaded(
    nth: int,
    pct: float | None,
    circuit: str = "C1",
    *,
    observed: float | None = 60.0,
    levels: Sequence[float | None] = LEVELS,
    site: str = "S1",
) -> Row:
    """The nth hour since midnight of the day of HOUR, at so many percent."""
    warning, high, critical = levels
    return {
        "hour": MIDNIGHT + timedelta(hours=nth),
        "circuit_id": circuit,
        "site_id": site,
        "utilization_pct": pct,
        "observed_minutes": observed,
        "utilization_warning_level_pct": warning,
        "utilization_high_level_pct": high,
        "utilization_critical_level_pct": critical,
        "up_minutes": 60.0,
        "known_down_minutes": 0.0,
        "unknown_minutes": 0.0,
        "flap_count": 0,
    }


def ragged(seed: int, circuits: int = 5, hours: int = 96) -> list[Row]:
    """Days of circuits that are busy for long, with all that can cut a run.

    Missing hours, unknown values and levels, hours observed for 29 and 30 minutes, levels that
    change at an instant, moves to another site, circuits that appear late and vanish.
    """
    chance = Random(seed)
    found = []
    for n in range(circuits):
        begins = chance.choice([0, 0, 7])
        ends = chance.choice([hours, hours, hours - 1, chance.randrange(8, hours)])
        raised, moved, busy = chance.randrange(hours), chance.randrange(2 * hours), 70.0
        for nth in range(begins, ends):
            if chance.random() < 0.25:
                busy = chance.choice([10.0, 69.9999, 70.0, 74.0, 80.0, 85.5, 90.0, 95.0, 130.1234])
            if chance.random() < 0.03:
                continue
            pct = None if chance.random() < 0.03 else busy
            levels = RAISED if nth >= raised else LEVELS
            found.append(
                loaded(
                    nth,
                    pct,
                    f"C{n}",
                    observed=chance.choice([60.0] * 20 + [30.0, 29.9999, 0.0]),
                    levels=(None, None, None) if chance.random() < 0.01 else levels,
                    site="S2" if nth >= moved else "S1",
                )
            )
    chance.shuffle(found)
    for row in found:
        row |= _quality(chance)
    return found


QUALITY_LEVELS = {
    "loss_pct": (0.1, 0.5, 1.0),
    "jitter_ms": (10, 30, 50),
    "latency_ms": (50, 100, 150),
}


def _quality(chance: Random) -> Row:
    """Loss, jitter and latency of an hour: below, at and over their levels, or unknown."""
    row: Row = {"quality_minutes": chance.choice([60.0] * 9 + [30.0, 29.9999, 0.0])}
    for metric, levels in QUALITY_LEVELS.items():
        quantity, unit = metric.split("_")
        row[f"{quantity}_avg_{unit}"] = chance.choice([None, 0.0, *levels, 2.5 * levels[2]])
        known = chance.random() < 0.98
        for severity, level in zip(("warning", "high", "critical"), levels, strict=True):
            row[f"{quantity}_{severity}_level_{unit}"] = level if known else None
    return row
