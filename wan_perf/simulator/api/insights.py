"""History of a gateway's ports and paths: the insights, in buckets.

The cloud averages what it received: a bucket without telemetry is null, a bucket with some is the
average of that part. Only whole buckets of the past exist.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from wan_perf.simulator.api import Json
from wan_perf.simulator.instants import DAY, HOUR, MINUTE, Interval
from wan_perf.simulator.paths import Path, mean
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port
from wan_perf.simulator.query import BadParameterError, Parameters, TimeRange, cut, limit, page
from wan_perf.simulator.spans import overlapping, without

INTERVALS = {"10m": (10 * MINUTE, DAY), "1h": (HOUR, 14 * DAY)}
"""Length of a bucket and how old the oldest one may be [s]."""
_SECONDS = {name: name for name in INTERVALS} | {
    str(length): name for name, (length, _) in INTERVALS.items()
}
RATES = ("rx_bps", "tx_bps", "max_rx_bps", "max_tx_bps")
FIGURES = ("avg_latency", "avg_jitter", "avg_loss")
_LOOKS = 6
"""Instants of a bucket at which a quality is read."""


class Buckets:
    """The requested buckets that the cloud still has."""

    def __init__(self, parameters: Parameters, now: float) -> None:
        """Read `interval`, the time range, `limit` and `page`.

        Raises:
            BadParameterError: an interval that is none, or a malformed range.
        """
        interval = parameters.get("interval", "1h")
        if interval not in _SECONDS:
            raise BadParameterError(f"interval must be one of: {', '.join(_SECONDS)}")
        self.length, age = INTERVALS[_SECONDS[interval]]
        window = TimeRange.read(parameters, now)
        oldest = now - age
        self.start = max(window.start // self.length, -int(-oldest // self.length)) * self.length
        self.end = window.end
        newest = min(window.end, now)
        whole = range(self.start, int(newest // self.length) * self.length, self.length)
        self.limit, self.page = limit(parameters), page(parameters)
        self.labels = cut(whole, (self.page - 1) * self.limit, self.limit)

    def answer(self, arrays: dict[str, list[float | None]] | dict[str, list[int | None]]) -> Json:
        """Write the answer around arrays that are aligned to the buckets."""
        return {
            "start": self.labels[0] if self.labels else self.start,
            "end": self.end,
            "interval": self.length,
            "limit": self.limit,
            "page": self.page,
            "rt": [_stamp(label) for label in self.labels],
            **arrays,
        }


def bandwidth(
    gateway: Gateway, ports: Sequence[Port], metrics: Sequence[str], buckets: Buckets
) -> dict[str, list[int | None]]:
    """Give the rates of some ports together, by metric [bit/s]."""
    rows = [_rates(gateway, ports, label, buckets.length) for label in buckets.labels]
    return {metric: [row[metric] if row else None for row in rows] for metric in metrics}


def link_health(
    gateway: Gateway, paths: Sequence[Path], buckets: Buckets
) -> dict[str, list[float | None]]:
    """Give the average quality of some paths; arrays without a value where there are none."""
    if not paths:
        return {name: [] for name in FIGURES}
    rows = [_quality(gateway, paths, label, buckets.length) for label in buckets.labels]
    has_jitter = any(path.has_jitter for path in paths)
    columns: dict[str, Callable[[tuple[float, ...]], float | None]] = {
        "avg_latency": lambda row: row[0],
        "avg_jitter": lambda row: row[1] if has_jitter else None,
        "avg_loss": lambda row: row[2],
    }
    return {name: [of(row) if row else None for row in rows] for name, of in columns.items()}


def _reported_intervals(gateway: Gateway, label: int, length: int) -> tuple[Interval, ...]:
    bucket = (label, label + length)
    gaps = overlapping(gateway.telemetry_gaps, *bucket)
    return without([bucket], gaps) if gaps else (bucket,)


def _rates(
    gateway: Gateway, ports: Sequence[Port], label: int, length: int
) -> dict[str, int] | None:
    reported = _reported_intervals(gateway, label, length)
    seconds = sum(end - start for start, end in reported)
    if not seconds:
        return None
    volumes = [port.bytes_between(*piece) for port in ports for piece in reported]
    edges = [(s, (s + e) / 2, e - 1) for s, e in reported]
    peaks = [
        tuple(map(sum, zip((0.0, 0.0), *(port.rates(at) for port in ports), strict=True)))
        for instants in edges
        for at in instants
    ]
    rates = {}
    for place, direction in enumerate(("rx", "tx")):
        average = sum(volume[place] for volume in volumes) * 8 / seconds
        rates[f"{direction}_bps"] = round(average)
        rates[f"max_{direction}_bps"] = round(max(average, *(peak[place] * 8 for peak in peaks)))
    return rates


def _quality(
    gateway: Gateway, paths: Sequence[Path], label: int, length: int
) -> tuple[float, ...] | None:
    reported = _reported_intervals(gateway, label, length)
    looks = [label + (number + 0.5) * length / _LOOKS for number in range(_LOOKS)]
    found = [
        quality
        for at in looks
        if any(start <= at < end for start, end in reported)
        for path in paths
        if (quality := path.quality(at))
    ]
    averages = mean(found)
    return tuple(round(value, 3) for value in averages) if averages else None


def _stamp(label: int) -> str:
    return datetime.fromtimestamp(label, UTC).isoformat()
