"""Days of circuits, as an engineer says them, and ragged ones with all that can go wrong."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from wan_perf_tests.support.kpi.estate import site
from wan_perf_tests.support.kpi.rows import Row

LAST = date(2026, 3, 10)
METRICS = ("utilization", "loss", "jitter", "latency")


def day(back: int, circuit: str = "C1", site_id: str = "S1", **more: Any) -> Row:
    """A whole day without a fault, so many days before the last."""
    return {
        "day": LAST - timedelta(days=back),
        "circuit_id": circuit,
        "site_id": site_id,
        "hour_count": 24,
        "is_whole": True,
        "flap_count": 0,
        "availability_pct": 100.0,
        "coverage_pct": 100.0,
        "known_down_minutes": 0.0,
        **{f"{metric}_high_hours": 0 for metric in METRICS},
        **more,
    }


def calendar(days: int = 30, closed: Sequence[int] = (), zone: str = "Europe/Berlin") -> list[Row]:
    """Hours at 12:00 of the last days; on a closed one, so many days back, nobody trades."""
    noon = datetime(LAST.year, LAST.month, LAST.day, 12)
    return [
        {
            "hour": noon - timedelta(days=back),
            "time_zone": zone,
            "is_trading_hour": back not in closed,
            "trading_day": None if back in closed else LAST - timedelta(days=back),
        }
        for back in range(days)
    ]


def ragged(seed: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Circuits that appear, vanish and move, with days unknown, missing and in progress."""
    chance = Random(seed)
    sites = [
        site(site_id="S1"),
        site(site_id="S2", time_zone="America/New_York", valid_to=datetime(2026, 3, 1)),
        site(site_id="S2", time_zone="UTC", region="East", valid_from=datetime(2026, 3, 1)),
        site(site_id="S3", site_kind="hub"),
        site(site_id="S4", time_zone="Nowhere/None"),
    ]
    hours = [
        row
        for zone in ("Europe/Berlin", "America/New_York", "UTC")
        for row in calendar(40, [b for b in range(40) if chance.random() < 0.15], zone)
    ]
    days = []
    for n in range(45):
        badness, home = chance.random(), chance.choice(["S1", "S2", "S3", "S4"])
        moves = chance.randrange(40) if chance.random() < 0.2 else 99
        for back in range(chance.choice([39, 25, 12]), chance.choice([-2, -1, 0, 3]), -1):
            if chance.random() < 0.05:
                continue
            bad = chance.random() < badness
            days.append(
                day(
                    back,
                    f"C{n:02}",
                    "S1" if back < moves < 99 else home,
                    hour_count=24 if back >= 0 else 7,
                    is_whole=back >= 0,
                    flap_count=chance.choice([4, 8, 0]) if bad else chance.choice([0, 3]),
                    availability_pct=chance.choice([None, 100.0, 99.5, 98.0 if bad else 99.9]),
                    coverage_pct=chance.choice([100.0, 100.0, 95.0, 50.0, 30.0]),
                    known_down_minutes=chance.choice([0.0, 1.5, 30.0]),
                    utilization_p95_pct=chance.choice([None, 50.0, 80.0, 120.5]),
                    loss_high_hours=chance.choice([None, 0, 1 if bad else 0]),
                )
            )
    return days, sites, hours
