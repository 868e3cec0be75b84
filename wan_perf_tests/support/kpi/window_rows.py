"""Trailing windows of given hours, and the percentiles of their samples as numpy has them.

Belongs here: the queries, ragged hours with their polls.
Keep out: cases, and what else a window comes to (`test_windows`).
"""

import random
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from wan_perf.kpi.windows.trailing_windows import circuit_windows, region_windows, site_windows
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_WINDOW,
    DIM_HOUR,
    DIM_SITE,
    SITE_HOUR,
)
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.loads import ragged
from wan_perf_tests.support.kpi.rows import Row

LENGTHS = (3, 12, 24)
MBIT_MINUTE = 7_500_000
QUALITY = {"loss": "pct", "jitter": "ms", "latency": "ms"}


@cache
def query() -> Query:
    return Query(circuit_windows(*map(unbound, (CIRCUIT_HOUR, CIRCUIT_POLL, DIM_HOUR))))


def windows(hours: list[Row], *ends: datetime) -> list[Row]:
    return query().rows(
        circuit_hour=hours, circuit_poll=polls_of(hours), dim_hour=[{"hour": end} for end in ends]
    )


def filled(seed: int) -> list[Row]:
    """Ragged hours with bytes and states."""
    chance = random.Random(seed)
    found = []
    for row in ragged(seed, circuits=3, hours=60):
        pct, observed = row["utilization_pct"], row["observed_minutes"] or 0.0
        bytes_ = None if pct is None else round(10 * observed * MBIT_MINUTE * pct / 100)
        up = float(chance.randrange(61))
        down = float(chance.randrange(61 - int(up)))
        state = {"up_minutes": up, "known_down_minutes": down, "unknown_minutes": 60 - up - down}
        more = {"bandwidth_mbps": 10.0, "flap_count": chance.randrange(3)}
        peaks = {
            f"{q}_max_{u}": row[f"{q}_avg_{u}"] and row[f"{q}_avg_{u}"] + 1
            for q, u in QUALITY.items()
        }
        more["quality_source"] = chance.choice(["samples", "samples", "history", None])
        found.append({**row, **state, **more, **peaks, "rx_bytes": bytes_, "tx_bytes": 0})
    return found


def polls_of(hours: list[Row]) -> list[Row]:
    """Up to six polls in each hour, of which the history's hours and those of no path are none."""
    found = []
    for hour in hours:
        chance = random.Random(f"{hour['circuit_id']} {hour['hour']}")
        for minute in sorted(chance.sample(range(60), chance.randrange(7))):
            at = hour["hour"] + timedelta(minutes=minute)
            row = {"circuit_id": hour["circuit_id"], "pass_at": at, "sampled_at": at}
            row |= {"is_up": chance.random() < 0.9}
            row |= {name: round(chance.uniform(0, 90), 4) for name in ("latency_ms", "jitter_ms")}
            found.append(row | {"loss_pct": chance.choice([None, 0.0, 0.0, 2.5])})
    return found


def percentiles(own: list[Row]) -> Row:
    """Of the samples behind the hours' quality, as numpy has them."""
    polls = polls_of([hour for hour in own if hour.get("quality_source") == "samples"])
    found: Row = {}
    for quantity, unit in QUALITY.items():
        samples = [poll[f"{quantity}_{unit}"] for poll in polls if poll["is_up"]]
        values = [value for value in samples if value is not None]
        exact = float(np.percentile(values, 95)) if values else None
        found[f"{quantity}_p95_{unit}"] = exact
    return found


@cache
def place_query(place: str) -> Query:
    sources = [*map(unbound, (CIRCUIT_WINDOW, CIRCUIT_HOUR, CIRCUIT_POLL, SITE_HOUR))]
    ends = unbound(DIM_HOUR)
    if place == "site_id":
        return Query(site_windows(*sources, ends))
    return Query(region_windows(*sources, unbound(DIM_SITE), ends))


def places(place: str, hours: list[Row], sites: list[Row], *ends: datetime) -> list[Row]:
    """Windows of sites, or of the regions West (S1) and East (all others)."""
    always = {"site_kind": "store", "valid_from": datetime(1970, 1, 1), "valid_to": None}
    names = sorted({row["site_id"] for row in hours})
    return place_query(place).rows(
        circuit_window=windows(hours, *ends),
        circuit_hour=hours,
        circuit_poll=polls_of(hours),
        site_hour=sites,
        dim_site=[
            {**always, "site_id": name, "region": "West" if name == "S1" else "East"}
            for name in names
        ],
        dim_hour=[{"hour": end} for end in ends],
    )
