"""Reference: bytes of an hour, from the rules of `kpi.hour`: `counter_deltas` and `traffic`."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, pairwise

from wan_perf_tests.support.kpi.rows import H, Row
from wan_perf_tests.support.kpi.seen import NEAR
from wan_perf_tests.support.kpi.state_reference import MICROSECOND, PortLife

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
    own_mbps: float | None = None

    @property
    def counts(self) -> bool:
        return not self.is_dropped and self.end - self.start <= HOLE

    def limited(self, hour: datetime, fastest_mbps: float | None) -> "Difference":
        """Dropped, if no line of the speed that polls report could carry it."""
        within = hour <= self.start and self.end <= hour + H
        mbps = fastest_mbps if within else self.own_mbps
        most = None if mbps is None else mbps / 8 * 1.05 * ((self.end - self.start) // MICROSECOND)
        return replace(
            self,
            is_dropped=self.is_dropped or (most is not None and max(self.rx, self.tx) > most),
        )


def traffic(life: PortLife) -> Row:
    """The figures of `port_traffic` for one port and hour."""
    fastest = max((speed for row in life.samples if (speed := speed_mbps(row))), default=None)
    by_source: dict[str, list[Difference]] = {}
    for source in sorted({row["counter_source"] for row in life.samples}):
        found = differences([r for r in life.samples if r["counter_source"] == source])
        if found:
            by_source[source] = [d.limited(life.hour, fastest) for d in found]
    best = min(by_source, key=lambda source: -observed_us(life, by_source[source]), default=None)
    chosen = by_source[best] if best is not None else []
    here = [d for d in chosen if life.hour < d.end <= life.hour + H]
    seen_us = observed_us(life, chosen)
    return {
        "rx_bytes": sum(part(life, d, d.rx) for d in chosen) if seen_us else None,
        "tx_bytes": sum(part(life, d, d.tx) for d in chosen) if seen_us else None,
        "observed_us": seen_us or None,
        "reset_count": sum(d.is_reset for d in here),
        "dropped_count": sum(d.is_dropped for d in here),
        "sample_count": sum(life.hour <= r["sampled_at"] < life.hour + H for r in life.samples),
    }


def speed_mbps(row: Row) -> float | None:
    """The speed that the row's poll reports; 0 and less are unknown."""
    speed = row.get("port_speed_mbps")
    return speed if speed and speed > 0 else None


def differences(rows: list[Row]) -> list[Difference]:
    """One for each reading with counters but the first, without regard to any line."""
    counted = [
        row
        for row in rows
        if row["rx_bytes_counter"] is not None and row["tx_bytes_counter"] is not None
    ]
    pairs = chosen_pairs(counted, boots_of(counted))
    starts = {later: earlier for earlier, later in pairs}
    inside = {n for earlier, later in pairs for n in range(earlier + 1, later)}
    found = []
    for n, row in list(enumerate(counted))[1:]:
        last = counted[starts.get(n, n - 1)]
        booted = _boot_between(last, row) if n not in starts and n not in inside else None
        is_near = row["sampled_at"] - last["sampled_at"] <= NEAR
        is_odd = not _grew(last, row) or not _of_one_boot(last, row)
        found.append(
            _difference(
                last,
                row,
                booted,
                n not in starts and booted is None and (n in inside or is_near or is_odd),
            )
        )
    return found


def boots_of(counted: list[Row]) -> list[bool]:
    """Whether each reading comes with an uptime that puts a boot between it and the last one."""
    return [False, *(_boot_between(last, row) is not None for last, row in pairwise(counted))]


def chosen_pairs(counted: list[Row], boots: list[bool]) -> list[tuple[int, int]]:
    """Which reading each difference starts from and which it ends at, by their places."""

    def rank(pair: tuple[int, int]) -> tuple[int, int, int]:
        reading = counted[pair[1]]
        return reading["rx_bytes_counter"], reading["tx_bytes_counter"], pair[1]

    def yields(one: tuple[int, int], other: tuple[int, int]) -> bool:
        (n, m), (a, b) = one, other
        if b <= n or a >= m or one == other:
            return False
        if a < n and b > m:
            return True
        return (a < n or b > m) and rank(other) > rank(one)

    nearest = nearest_pairs(counted, boots)
    return [one for one in nearest if not any(yields(one, other) for other in nearest)]


def nearest_pairs(counted: list[Row], boots: list[bool]) -> list[tuple[int, int]]:
    """The readings of which each is the nearest of those that the other continues."""

    def counter(n: int) -> tuple[int, int]:
        return counted[n]["rx_bytes_counter"], counted[n]["tx_bytes_counter"]

    possible = [
        (n, m)
        for n, m in combinations(range(len(counted)), 2)
        if counted[m]["sampled_at"] - counted[n]["sampled_at"] <= NEAR
        and _grew(counted[n], counted[m])
        and _same_boot(counted[n], counted[m], any(boots[n + 1 : m + 1]))
    ]
    return [
        (n, m)
        for n, m in possible
        if n == max((a for a, b in possible if b == m), key=lambda a: (counter(a), a))
        and m == min((b for a, b in possible if a == n), key=lambda b: (counter(b), b))
    ]


def _difference(last: Row, row: Row, booted: datetime | None, is_dropped: bool) -> Difference:
    start = last["sampled_at"]
    rx, tx = row["rx_bytes_counter"], row["tx_bytes_counter"]
    if booted is not None:
        start = max(start, booted)
    else:
        rx, tx = rx - last["rx_bytes_counter"], tx - last["tx_bytes_counter"]
    speeds = [speed_mbps(last), speed_mbps(row)]
    own = None if None in speeds else max(speeds)
    return Difference(start, row["sampled_at"], rx, tx, booted is not None, is_dropped, own)


def _grew(last: Row, row: Row) -> bool:
    return all(row[name] >= last[name] for name in ("rx_bytes_counter", "tx_bytes_counter"))


def _same_boot(last: Row, row: Row, booted_between: bool) -> bool:
    """Whether both count since one boot; where the later has no uptime, as those between say."""
    if row["uptime_seconds"] is None:
        return not booted_between
    return _boot_between(last, row) is None and _of_one_boot(last, row)


def _of_one_boot(last: Row, row: Row) -> bool:
    """Whether the uptimes put the two boots within 15 minutes of each other, or do not tell."""
    if last["uptime_seconds"] is None or row["uptime_seconds"] is None:
        return True
    boots = [r["sampled_at"] - timedelta(seconds=r["uptime_seconds"]) for r in (last, row)]
    return abs(boots[1] - boots[0]) <= HOLE


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
    for low, high, _ in life.intervals(start, end):
        if life.is_down_for_both(low, edge):
            down += high - low
    return (end - start - down) // MICROSECOND
