"""Reference: bytes of an hour from differences of counters, from the rules in `kpi.traffic`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from wan_perf_tests.kpi.rows import H, Row
from wan_perf_tests.kpi.state_reference import MICROSECOND, PortLife

HOLE = timedelta(minutes=15)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Difference:
    """What a counter source says was carried in [start, end)."""

    start: datetime
    end: datetime
    rx: int
    tx: int
    is_reset: bool
    is_dropped: bool

    @property
    def counts(self) -> bool:
        return not self.is_dropped and self.end - self.start <= HOLE


def traffic(life: PortLife, speed_mbps: float | None) -> Row:
    """The figures of `port_traffic` for one port and hour."""
    by_source: dict[str, list[Difference]] = {}
    for source in sorted({row["counter_source"] for row in life.samples}):
        found = differences([r for r in life.samples if r["counter_source"] == source], speed_mbps)
        if found:
            by_source[source] = found
    best = min(by_source, key=lambda source: -observed_us(life, by_source[source]), default=None)
    chosen = by_source[best] if best is not None else []
    here = [d for d in chosen if life.hour <= d.end < life.hour + H]
    seen_us = observed_us(life, chosen)
    return {
        "rx_bytes": sum(part(life, d, d.rx) for d in chosen) if seen_us else None,
        "tx_bytes": sum(part(life, d, d.tx) for d in chosen) if seen_us else None,
        "observed_us": seen_us or None,
        "reset_count": sum(d.is_reset for d in here),
        "dropped_count": sum(d.is_dropped for d in here),
        "sample_count": sum(life.hour <= r["sampled_at"] < life.hour + H for r in life.samples),
    }


def differences(rows: list[Row], speed_mbps: float | None) -> list[Difference]:
    """Each sample with counters against the one before it."""
    counted = [
        row
        for row in rows
        if row["rx_bytes_counter"] is not None and row["tx_bytes_counter"] is not None
    ]
    return [_difference(last, row, speed_mbps) for last, row in pairwise(counted)]


def _difference(last: Row, row: Row, speed_mbps: float | None) -> Difference:
    start, end = last["sampled_at"], row["sampled_at"]
    rx, tx = row["rx_bytes_counter"], row["tx_bytes_counter"]
    booted = _boot_between(last, row)
    if booted is not None:
        start = max(start, booted)
    else:
        rx, tx = rx - last["rx_bytes_counter"], tx - last["tx_bytes_counter"]
    impossible = False
    if speed_mbps is not None:
        impossible = max(rx, tx) > speed_mbps / 8 * 1.05 * ((end - start) // MICROSECOND)
    went_back = booted is None and min(rx, tx) < 0
    return Difference(start, end, rx, tx, booted is not None, went_back or impossible)


def _boot_between(last: Row, row: Row) -> datetime | None:
    """The boot's instant, if the uptime puts it between the samples, give or take a second."""
    if row["uptime_seconds"] is None:
        return None
    booted: datetime = row["sampled_at"] - timedelta(seconds=row["uptime_seconds"])
    if booted > last["sampled_at"] + SECOND:
        return booted
    is_younger = (
        last["uptime_seconds"] is not None and row["uptime_seconds"] < last["uptime_seconds"]
    )
    return booted if is_younger and booted >= last["sampled_at"] - SECOND else None


def observed_us(life: PortLife, found: list[Difference]) -> int:
    """Time of the hour that the differences cover. [us]"""
    covered = timedelta()
    for d in found:
        if d.counts:
            inside = min(d.end, life.hour + H) - max(d.start, life.hour)
            covered += max(inside, timedelta())
    return covered // MICROSECOND


def part(life: PortLife, d: Difference, amount: int) -> int:
    """What of the amount belongs to the hour; over an edge by the time in which it could flow."""
    start, end = max(d.start, life.hour), min(d.end, life.hour + H)
    if not d.counts or start >= end:
        return 0
    return _until(life, d, amount, end) - _until(life, d, amount, start)


def _until(life: PortLife, d: Difference, amount: int, edge: datetime) -> int:
    if edge == d.start:
        return 0
    if edge == d.end:
        return amount
    live, before = _live_us(life, d.start, d.end, edge), _live_us(life, d.start, edge, edge)
    if not live:
        live, before = (d.end - d.start) // MICROSECOND, (edge - d.start) // MICROSECOND
    return int(Decimal(amount * (before / live)).quantize(Decimal(1), ROUND_HALF_UP))


def _live_us(life: PortLife, start: datetime, end: datetime, edge: datetime) -> int:
    down = timedelta()
    for low, high, _ in life.stretches(start, end):
        if life.is_down_for_both(low, edge):
            down += high - low
    return (end - start - down) // MICROSECOND
