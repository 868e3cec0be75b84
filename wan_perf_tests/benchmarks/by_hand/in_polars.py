"""Hours, windows and days in polars, by hand: lazy frames over Parquet files.

Belongs here: the expressions, and collecting them: samples with the streaming engine, hours, which
are few and where it takes a third longer, in memory.
Keep out: what they leave out (this folder's docstring).

Instants are microseconds and hours are numbers since 1970: integers sort and divide fastest.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl

from wan_perf.schema.periods import WINDOWS_H
from wan_perf_tests.benchmarks.by_hand.in_duckdb import Result
from wan_perf_tests.benchmarks.by_hand.jobs import ABOVE, AVERAGES, DAY, JOBS, SUMS
from wan_perf_tests.benchmarks.estate import H

_HOUR_US = 3_600_000_000
_FIRST, _LAST = (pl.lit(at).dt.epoch("us") // _HOUR_US for at in (DAY.start, DAY.end - H))
_REACH_US = 20 * 60_000_000
_ADDENDS = (
    *("used_rx", "used_tx", "capacity"),
    *(f"{name}_{part}" for name in AVERAGES for part in ("sum", "weight")),
)


def prepared(job: str, folder: Path) -> Callable[[], Result]:
    """The plan of the job, ready to be collected."""
    plan = {"hours": _hours, "windows": _windows, "days": _days}[job]
    engine = "streaming" if job == "hours" else "in-memory"
    return partial(_collected, plan, folder, (*JOBS[job].key, *JOBS[job].figures), engine)


def _collected(
    plan: Callable[[Path], pl.LazyFrame],
    folder: Path,
    columns: Sequence[str],
    engine: Literal["streaming", "in-memory"],
) -> Result:
    return plan(folder).select(columns).collect(engine=engine).write_parquet


def _hours(folder: Path) -> pl.LazyFrame:
    circuits = pl.scan_parquet(folder / "dim_circuit.parquet")
    # Numbered before the join: its rows come in another order each time that the plan reads them.
    ports = (
        pl.scan_parquet(folder / "circuit_port.parquet")
        .with_row_index("port")
        .join(circuits, on="circuit_id")
        .select("port", "gateway_mac", "port_id", "circuit_id", "bandwidth_mbps")
    )
    samples = _of_ports(folder / "raw_port_sample.parquet", ports, "sampled_at").select(
        "port", "t", "is_up", rx="rx_bytes_counter", tx="tx_bytes_counter"
    )
    kinds = pl.col("event_kind").is_in(["port_up", "port_down", "port_disabled"])
    events = _of_ports(folder / "raw_gateway_event.parquet", ports, "event_at").filter(kinds)
    events = events.select("port", "t", kind=pl.lit(0), is_up=pl.col("event_kind") == "port_up")
    counts = samples.group_by("port", n=pl.col("t") // _HOUR_US).agg(sample_count=pl.len())
    joined = (
        _traffic(samples)
        .join(_states(samples, events), on=["port", "n"], how="full", coalesce=True)
        .join(counts, on=["port", "n"], how="left")
        .filter(pl.col("n").is_between(_FIRST, _LAST))
        .join(ports, on="port")
    )
    up = (pl.col("up_us").fill_null(0) / 6e7).round(4)
    known = (pl.col("known_us") / 6e7).round(4)
    observed = (pl.col("length_us") / 6e7).round(4)
    capacity = pl.col("bandwidth_mbps") * (1e6 / 8 * 60) * observed
    busier = pl.max_horizontal("rx_bytes", "tx_bytes")
    status = pl.when(up > 0).then(pl.lit("Up")).when(known == 0).then(pl.lit("Unknown"))
    return joined.with_columns(
        hour=pl.from_epoch(pl.col("n") * _HOUR_US, "us"),
        observed_minutes=observed,
        utilization_pct=_round(100 * busier / capacity, capacity > 0),
        up_minutes=up,
        down_minutes=(60 - up).round(4),
        known_down_minutes=(known - up).round(4),
        unknown_minutes=(60 - known).round(4),
        availability_pct=_round(100 * up / known, known > 0),
        status_hourly=status.otherwise(pl.lit("Down")),
    )


def _of_ports(file: Path, ports: pl.LazyFrame, at: str) -> pl.LazyFrame:
    """Rows close enough to the day, with the number of their port and the instant as `t`."""
    t = pl.col(at).dt.epoch("us")
    close = t.is_between(_FIRST * _HOUR_US - _REACH_US, (_LAST + 1) * _HOUR_US + _REACH_US)
    rows = pl.scan_parquet(file).filter(close)
    return rows.join(ports, on=["gateway_mac", "port_id"]).with_columns(t=t)


def _traffic(samples: pl.LazyFrame) -> pl.LazyFrame:
    """Bytes and observed time by port and hour: port, n, rx_bytes, tx_bytes, length_us."""
    counted = samples.filter(pl.col("rx").is_not_null() & pl.col("tx").is_not_null())
    pairs = counted.sort("port", "t").with_columns(
        pl.col("port", "t", "rx", "tx").shift(1).name.prefix("last_")
    )
    apart = pl.col("t") - pl.col("last_t")
    is_pair = (pl.col("port") == pl.col("last_port")) & (apart > 0) & (apart <= 900_000_000)
    is_reset = (pl.col("rx") < pl.col("last_rx")) | (pl.col("tx") < pl.col("last_tx"))
    grown = {
        name: pl.when(is_reset).then(pl.col(name)).otherwise(pl.col(name) - pl.col(f"last_{name}"))
        for name in ("rx", "tx")
    }
    deltas = pairs.filter(is_pair).select("port", from_t="last_t", to_t="t", **grown)
    share = (pl.col("edge") - pl.col("from_t")) / (pl.col("to_t") - pl.col("from_t"))
    first = {name: (pl.col(name) * share + 0.5).floor().cast(pl.Int64) for name in ("rx", "tx")}
    rest = {name: pl.col(name) - first[name] for name in first}
    parts = _by_hour(deltas, first, rest)
    return parts.group_by("port", "n").agg(
        pl.col("length_us").sum(), rx_bytes=pl.col("rx").sum(), tx_bytes=pl.col("tx").sum()
    )


def _states(samples: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """Time up and time whose state is known, by port and hour: port, n, up_us, known_us."""
    known = samples.filter(pl.col("is_up").is_not_null())
    both = pl.concat([known.select("port", "t", pl.lit(1).alias("kind"), "is_up"), events])
    nexts = both.sort("port", "t", "kind", "is_up").with_columns(
        pl.all().shift(-1).name.prefix("next_")
    )
    apart = pl.col("next_t") - pl.col("t")
    is_pair = (pl.col("port") == pl.col("next_port")) & (apart > 0) & (apart <= _REACH_US)
    changed = (pl.col("next_kind") == 1) & (pl.col("next_is_up") != pl.col("is_up"))
    midway = (pl.col("t") + pl.col("next_t")) // 2
    pairs = nexts.filter(is_pair).with_columns(
        has_changed=changed, change_t=pl.when(changed).then(midway).otherwise("next_t")
    )
    intervals = pl.concat(
        [
            pairs.select("port", "is_up", from_t="t", to_t="change_t"),
            pairs.filter("has_changed").select(
                "port", is_up="next_is_up", from_t="change_t", to_t="next_t"
            ),
        ]
    )
    is_up = {"is_up": pl.col("is_up")}
    return (
        _by_hour(intervals, is_up, is_up)
        .group_by("port", "n")
        .agg(
            up_us=pl.col("length_us").filter("is_up").sum(),
            known_us=pl.col("length_us").sum(),
        )
    )


def _by_hour(
    intervals: pl.LazyFrame, first: dict[str, pl.Expr], rest: dict[str, pl.Expr]
) -> pl.LazyFrame:
    """Intervals, split where the next hour begins: port, n, length_us and the values of a part."""
    n = pl.col("from_t") // _HOUR_US
    edges = intervals.with_columns(n=n, edge=pl.min_horizontal(pl.col("to_t"), (n + 1) * _HOUR_US))
    begun = edges.select("port", "n", length_us=pl.col("edge") - pl.col("from_t"), **first)
    over = edges.filter(pl.col("to_t") > pl.col("edge"))
    ended = over.select("port", pl.col("n") + 1, length_us=pl.col("to_t") - pl.col("edge"), **rest)
    return pl.concat([begun, ended])


def _grid(folder: Path, hours_before: int, within: str) -> pl.LazyFrame:
    """A row of each circuit for every hour, in order: addends, and hours above up to each hour.

    Rows are hours, so that a window of hours is one of rows and a missing hour ends a run.
    """
    read = pl.scan_parquet(folder / "circuit_hour.parquet").filter(
        pl.col("hour").is_between(DAY.start - hours_before * H, DAY.end, closed="left")
    )
    is_used = pl.col("utilization_pct").is_not_null()
    capacity = pl.col("bandwidth_mbps") * (1e6 / 8 * 60) * pl.col("observed_minutes")
    minutes = pl.col("quality_minutes")
    hours = read.select(
        *("circuit_id", "hour", "utilization_pct", *SUMS),
        hour_count=pl.lit(1, pl.Int64),
        used_rx=pl.when(is_used).then("rx_bytes"),
        used_tx=pl.when(is_used).then("tx_bytes"),
        capacity=pl.when(is_used).then(capacity),
        **{f"{name}_sum": pl.col(name) * minutes for name in AVERAGES},
        **{
            f"{name}_weight": pl.when(pl.col(name).is_not_null()).then(minutes) for name in AVERAGES
        },
        **{
            a.hours: pl.when(pl.col(a.observed) >= 30).then(
                (pl.col(a.value) >= a.level).cast(pl.Int8)
            )
            for a in ABOVE
        },
    )
    every = read.select("circuit_id").unique().join(read.select("hour").unique(), how="cross")
    grid = every.join(hours, on=["circuit_id", "hour"], how="left").sort("circuit_id", "hour")
    row = pl.int_range(pl.len(), dtype=pl.Int32)
    group = pl.struct("circuit_id", pl.col("hour").dt.truncate(within))
    edge = pl.when(group.ne_missing(group.shift(1))).then(row - 1)
    return grid.with_columns(
        **{
            a.longest: row
            - pl.when(pl.col(a.hours) == 1).then(edge).otherwise(row).cum_max().forward_fill()
            for a in ABOVE
        }
    )


def _windows(folder: Path) -> pl.LazyFrame:
    grid = _grid(folder, max(WINDOWS_H) - 1, "1y")
    # The first rows of a circuit, whose windows reach into another one, are before the day.
    lengths = [
        grid.select(
            *("circuit_id", "hour"),
            pl.lit(length).alias("window_hours"),
            pl.col("hour_count", *SUMS, *_ADDENDS).rolling_sum(length, min_samples=1),
            *(pl.col(a.hours).cast(pl.Int64).rolling_sum(length, min_samples=1) for a in ABOVE),
            *(_longest_in_window(a.longest, length) for a in ABOVE),
            utilization_max_pct=pl.col("utilization_pct").rolling_max(length, min_samples=1),
        ).filter(pl.col("hour") >= DAY.start, pl.col("hour_count") > 0)
        for length in WINDOWS_H
    ]
    return _with_ratios(pl.concat(lengths))


def _longest_in_window(run: str, length: int) -> pl.Expr:
    """The longest run up to any hour of the window, no longer than from the window's start on."""
    return pl.max_horizontal(
        pl.col(run).shift(back).clip(upper_bound=length - back) for back in range(length)
    ).alias(run)


def _days(folder: Path) -> pl.LazyFrame:
    grid = _grid(folder, 0, "1d").filter(pl.col("hour_count") == 1)
    days = grid.group_by("circuit_id", day=pl.col("hour").dt.date()).agg(
        pl.col("hour_count", *SUMS, *_ADDENDS).sum(),
        *(pl.when(pl.col(a.hours).count() > 0).then(pl.col(a.hours).sum()) for a in ABOVE),
        pl.col(*(a.longest for a in ABOVE)).max(),
        utilization_max_pct=pl.col("utilization_pct").max(),
        utilization_p95_pct=pl.col("utilization_pct").quantile(0.95, "linear").round(4),
    )
    return _with_ratios(days)


def _with_ratios(sums: pl.LazyFrame) -> pl.LazyFrame:
    up, known = pl.col("up_minutes"), pl.col("up_minutes") + pl.col("known_down_minutes")
    capacity = pl.col("capacity")
    busier = pl.max_horizontal("used_rx", "used_tx")
    return sums.with_columns(
        pl.col([name for name in SUMS if name.endswith("_minutes")]).round(4),
        utilization_pct=_round(100 * busier / capacity, capacity > 0),
        down_minutes=(60 * pl.col("hour_count") - up).round(4),
        availability_pct=_round(100 * up / known, known > 0),
        **{
            name: _round(
                pl.col(f"{name}_sum") / pl.col(f"{name}_weight"), pl.col(f"{name}_weight") > 0
            )
            for name in AVERAGES
        },
        **{a.longest: pl.when(pl.col(a.hours).is_not_null()).then(a.longest) for a in ABOVE},
    )


def _round(value: pl.Expr, is_known: pl.Expr) -> pl.Expr:
    """The value with four decimals; NULL where it is not known."""
    return pl.when(is_known).then(value.round(4))
