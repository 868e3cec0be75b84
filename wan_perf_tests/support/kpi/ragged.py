"""Ragged lives of ports: holes, repeats, boots, missing values, late and repeated events."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st

from wan_perf_tests.support.kpi.rows import BOOTED, GATEWAY, HOUR, H, Row, event, past, sample

HALF_MINUTES_A_DAY = 2 * 60 * 24
Life = tuple[list[Row], list[Row]]


def instants(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    """Half minutes, so that equal instants and edges of hours are common; some a little off."""
    steps = int((last - first) / timedelta(seconds=30))
    odd = st.sampled_from([0, 0, 0, 1, 500_000, 999_999])
    return st.builds(
        lambda step, us: first + timedelta(seconds=30 * step, microseconds=us),
        st.integers(0, steps - 1),
        odd,
    )


@st.composite
def lives(
    draw: st.DrawFn, port: str, first: datetime = HOUR - H, last: datetime = HOUR + 2 * H
) -> Life:
    """Samples of both sources and events of one port in [first, last), events also a day before."""
    boots = [BOOTED, *sorted(draw(st.lists(instants(first, last), max_size=2)))]
    samples: list[Row] = []
    for source in ("device", "port"):
        samples += _counted(draw, source, port, boots, first, last)
    recent = st.lists(instants(first, last), max_size=4)
    edges = st.sampled_from([HOUR, HOUR + H, HOUR - 24 * H, HOUR - 23.5 * H, HOUR - 25 * H])
    at_all = [
        *draw(recent),
        *draw(st.lists(st.one_of(edges, instants(first - 24 * H, first)), max_size=2)),
    ]
    events = [
        event(
            instant,
            draw(st.sampled_from(["up", "down", "down", "other"])),
            port=port,
            detail=str(n),
        )
        for n, instant in enumerate(at_all)
    ]
    repeats = draw(st.lists(st.sampled_from(events), max_size=2)) if events else []
    again = [{**row, "detail": f"{row['detail']} again {n}"} for n, row in enumerate(repeats)]
    return samples, [*events, *again]


def _counted(
    draw: st.DrawFn, source: str, port: str, boots: list[datetime], first: datetime, last: datetime
) -> list[Row]:
    rows: list[Row] = []
    counter, boot_of_last = 0, BOOTED
    for instant in sorted(set(draw(st.lists(instants(first, last), max_size=14)))):
        booted = max(boot for boot in boots if boot <= instant)
        carried = draw(st.sampled_from([0, 1, 7, 1_001, 999_983, 5_000_000_000]))
        counter = carried if booted != boot_of_last else counter + carried
        boot_of_last = booted
        odd = draw(st.sampled_from(ODD))
        row = sample(
            instant,
            _READS[odd](counter) if odd in _READS else counter,
            _READS[odd](counter // 2) if odd in ("zero", "high") else counter // 2,
            up=draw(st.sampled_from([True, True, True, False])),
            source=source,
            booted=booted,
            polled=instant + draw(st.sampled_from(DELAYS)),
            port=port,
        )
        row |= _MISSING.get(odd, {})
        if source == "port" and draw(st.booleans()):
            row["last_flapped_at"] = instant - timedelta(seconds=draw(st.integers(0, 1500)))
        if odd == "ahead":
            row["uptime_seconds"] = draw(st.integers(0, 1200))
        if odd == "other node":
            row["uptime_seconds"] += 86_400
        if (speed := draw(st.sampled_from(SPEEDS))) is not ...:
            row["port_speed_mbps"] = speed
        rows.append(row)
        if draw(st.integers(0, 4)) == 0:
            rows.append(_reported_again(draw, row))
    return rows


DELAYS = [
    timedelta(),
    timedelta(),
    timedelta(minutes=4),
    timedelta(minutes=-3),
    timedelta(minutes=50),
    timedelta(minutes=95),
]
ODD = (
    *("", "", "", "", "", "", "back", "zero", "high", "other node"),
    *("no counter", "no uptime", "no state", "ahead"),
)
_READS: dict[str, Callable[[int], int]] = {
    "back": lambda counter: counter // 3,
    "zero": lambda _: 0,
    "high": lambda counter: 3 * counter,
    "other node": lambda counter: counter // 2,
}
SPEEDS = (..., ..., ..., ..., ..., None, 0.0, -1.0, 10.0, 400.0)
"""Speeds that a poll reports; `...` stands for the port's."""
_MISSING: dict[str, Row] = {
    "no counter": {"rx_bytes_counter": None},
    "no uptime": {"uptime_seconds": None},
    "no state": {"is_up": None},
}


def _reported_again(draw: st.DrawFn, row: Row) -> Row:
    """The same statistics in a later poll; now and then their values differ."""
    later = {**row, "pass_at": row["pass_at"] + timedelta(minutes=5)}
    if draw(st.booleans()):
        later |= {"rx_bytes_counter": 5, "is_up": not row["is_up"]}
    return later


def estates(ports: int = 6) -> st.SearchStrategy[Life]:
    """Several ports of one gateway, all rows together."""
    each = st.tuples(*(lives(f"ge-0/0/{n}") for n in range(ports)))
    return each.map(
        lambda all_lives: (
            [row for samples, _ in all_lives for row in samples],
            [row for _, events in all_lives for row in events],
        )
    )


@st.composite
def histories(draw: st.DrawFn, ports: int = 6) -> list[Row]:
    """History of some hours of some ports: none known, idle, in part, with and without evidence."""
    rows = []
    for port in range(ports):
        for hour in (HOUR - H, HOUR, HOUR + H):
            covered = draw(st.sampled_from([None, 0, 50, 60, 60, 60]))
            if covered is None:
                continue
            since, seen = sorted(
                (draw(instants(hour - H, hour + H)), draw(instants(hour, hour + 2 * H)))
            )
            row = past(
                hour,
                draw(st.sampled_from([0.0, 8.0, 1e6])) if covered else None,
                covered=covered,
                up=(since, seen) if draw(st.booleans()) else None,
                port=f"ge-0/0/{port}",
            )
            rows.append(row)
    return rows


@st.composite
def imports(draw: st.DrawFn, ports: int = 6) -> list[Row]:
    """Imported hours of some circuits, each named after its port: whole, in part, with holes."""
    minutes = st.sampled_from([None, 0.0, 20.0, 44.0, 45.0, 60.0, 60.0])
    rows = []
    for port in range(ports):
        for hour in (HOUR - H, HOUR, HOUR + H):
            if draw(st.booleans()):
                continue
            observed, up, judged = draw(minutes), draw(minutes), draw(minutes)
            carried, rest = st.integers(0, 10**10), st.sampled_from([0.0, 60 - (up or 0)])
            delay = st.sampled_from([None, 0.0, 49.9, 50.0, 1_000.25])
            rows.append(
                {
                    "hour": hour,
                    "circuit_id": f"ge-0/0/{port}",
                    "rx_bytes": None if observed is None else draw(carried),
                    "tx_bytes": None if observed is None else draw(carried),
                    "observed_minutes": observed,
                    "up_minutes": up,
                    "unknown_minutes": None if up is None else draw(rest),
                    "flap_count": draw(st.sampled_from([None, 0, 3])),
                    "quality_minutes": judged,
                    "latency_avg_ms": None if judged is None else draw(delay),
                    "latency_p95_ms": None if judged is None else draw(delay),
                }
            )
    return rows


PORTS = [(GATEWAY, f"ge-0/0/{n}") for n in range(6)]
_NAMES = ("circuit_id", "gateway_mac", "site_id")


def among(number: int, rows: list[Row]) -> list[Row]:
    """The rows under names that no other estate uses, to compute many estates in one query."""
    return [
        {**row, **{name: f"{row[name]} of {number}" for name in _NAMES if name in row}}
        for row in rows
    ]
