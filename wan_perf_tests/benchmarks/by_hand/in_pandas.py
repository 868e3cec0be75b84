"""Hours, windows and days in pandas, by hand: frames read from Parquet files.

Belongs here: whole columns at a time, rows sorted once.
Keep out: what they leave out (this folder's docstring).

Texts are read as categories and instants become microseconds; after a sort by port the reading
before is the row before, so that no group is looked at on its own.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from wan_perf.schema.periods import WINDOWS_H
from wan_perf_tests.benchmarks.by_hand.in_duckdb import Result
from wan_perf_tests.benchmarks.by_hand.jobs import ABOVE, AVERAGES, DAY, JOBS, SUMS
from wan_perf_tests.benchmarks.estate import H

_HOUR_US = 3_600_000_000
_REACH = pd.Timedelta(minutes=20)
_PORT = ["gateway_mac", "port_id"]
_MINUTES = [name for name in SUMS if name.endswith("_minutes")]
_HOURS_ABOVE = [a.hours for a in ABOVE]
_LONGEST = [a.longest for a in ABOVE]
_QUALITY_PARTS = [f"{name}_{part}" for name in AVERAGES for part in ("sum", "weight")]
_ADDED = ["hour_count", *SUMS, "used_rx", "used_tx", "capacity", *_QUALITY_PARTS]


def prepared(job: str, folder: Path) -> Callable[[], Result]:
    """The function of the job, ready to run."""
    return partial(
        _computed, {"hours": _hours, "windows": _windows, "days": _days}[job], job, folder
    )


def _computed(work: Callable[[Path], pd.DataFrame], job: str, folder: Path) -> Result:
    rows = work(folder)[[*JOBS[job].key, *JOBS[job].figures]]
    return partial(rows.to_parquet, index=False)


def _hours(folder: Path) -> pd.DataFrame:
    circuits = _read(folder, "dim_circuit", ["circuit_id", "bandwidth_mbps"])
    ports = _read(folder, "circuit_port", [*_PORT, "circuit_id"]).merge(circuits, on="circuit_id")
    ports["port"] = np.arange(len(ports), dtype="int32")
    counters = ["rx_bytes_counter", "tx_bytes_counter"]
    samples = _of_ports(folder, "raw_port_sample", ports, "sampled_at", ["is_up", *counters])
    samples = samples.rename(columns={"rx_bytes_counter": "rx", "tx_bytes_counter": "tx"})
    events = _of_ports(folder, "raw_gateway_event", ports, "event_at", ["event_kind"])
    events = events[events["event_kind"].isin(["port_up", "port_down", "port_disabled"])]
    events = events.assign(is_up=events["event_kind"] == "port_up", kind=0)
    counts = samples.assign(n=samples["t"] // _HOUR_US).groupby(["port", "n"]).size()
    rows = _traffic(samples).join(_states(samples, events), how="outer")
    rows = rows.join(counts.rename("sample_count")).reset_index()
    rows = rows.merge(ports[["port", "circuit_id", "bandwidth_mbps"]], on="port")
    rows["hour"] = pd.to_datetime(rows["n"] * _HOUR_US, unit="us")
    rows = rows[(rows["hour"] >= DAY.start) & (rows["hour"] < DAY.end)].copy()
    observed, known = ((rows[name] / 6e7).round(4) for name in ("length_us", "known_us"))
    up = (rows["up_us"] / 6e7).round(4)
    capacity = rows["bandwidth_mbps"] * (1e6 / 8 * 60) * observed
    busier = rows[["rx_bytes", "tx_bytes"]].max(axis=1)
    status = np.select([up > 0, known == 0], ["Up", "Unknown"], "Down")
    return rows.assign(
        observed_minutes=observed,
        utilization_pct=_ratio(100 * busier, capacity),
        up_minutes=up,
        down_minutes=(60 - up).round(4),
        known_down_minutes=(known - up).round(4),
        unknown_minutes=(60 - known).round(4),
        availability_pct=_ratio(100 * up, known),
        status_hourly=status,
    )


def _read(folder: Path, table: str, columns: list[str], **options: object) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{table}.parquet", columns=columns, **options)


def _of_ports(
    folder: Path, table: str, ports: pd.DataFrame, at: str, columns: list[str]
) -> pd.DataFrame:
    """Rows close enough to the day, with the number of their port and the instant as `t`."""
    close = [(at, ">=", DAY.start - _REACH), (at, "<=", DAY.end + _REACH)]
    names = [*_PORT, at, *columns]
    rows = _read(folder, table, names, filters=close, read_dictionary=_PORT)
    # Of the same categories, so that codes are joined and not texts.
    same = ports[[*_PORT, "port"]].astype({name: rows[name].dtype for name in _PORT})
    rows = rows.merge(same, on=_PORT)
    rows["t"] = rows[at].astype("datetime64[us]").astype("int64")
    return rows[["port", "t", *columns]]


def _traffic(samples: pd.DataFrame) -> pd.DataFrame:
    """Bytes and observed time, by port and hour."""
    counted = samples.dropna(subset=["rx", "tx"]).sort_values(["port", "t"], ignore_index=True)
    apart = counted["t"].diff()
    is_pair = (counted["port"].diff() == 0) & (apart > 0) & (apart <= 900_000_000)
    is_reset = (counted["rx"].diff() < 0) | (counted["tx"].diff() < 0)
    deltas = pd.DataFrame(
        {
            "port": counted["port"],
            "from_t": counted["t"].shift(fill_value=0),
            "to_t": counted["t"],
            **{
                name: counted[name] - counted[name].shift(fill_value=0).where(~is_reset, 0)
                for name in ("rx", "tx")
            },
        }
    )[is_pair]
    n, edge = _edge(deltas)
    share = (edge - deltas["from_t"]) / (deltas["to_t"] - deltas["from_t"])
    first = {
        f"{name}_bytes": np.floor(deltas[name] * share + 0.5).astype("int64")
        for name in ("rx", "tx")
    }
    rest = {f"{name}_bytes": deltas[name] - first[f"{name}_bytes"] for name in ("rx", "tx")}
    return _by_hour(deltas, n, edge, first, rest).groupby(["port", "n"]).sum()


def _states(samples: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Time up and time whose state is known, by port and hour."""
    known = samples.dropna(subset="is_up").assign(kind=1)
    columns = ["port", "t", "kind", "is_up"]
    both = pd.concat([known[columns], events[columns]]).astype({"is_up": bool})
    both = both.sort_values(columns, ignore_index=True)
    after = both.shift(-1)
    apart = after["t"] - both["t"]
    is_pair = (after["port"] == both["port"]) & (apart > 0) & (apart <= 20 * 60_000_000)
    both, after = both[is_pair], after[is_pair].astype({"t": "int64", "is_up": bool})
    changed = (after["kind"] == 1) & (after["is_up"] != both["is_up"])
    change = after["t"].where(~changed, (both["t"] + after["t"]) // 2)
    until = pd.DataFrame(
        {"port": both["port"], "is_up": both["is_up"], "from_t": both["t"], "to_t": change}
    )
    since = pd.DataFrame(
        {"port": both["port"], "is_up": after["is_up"], "from_t": change, "to_t": after["t"]}
    )
    intervals = pd.concat([until, since[changed]])
    n, edge = _edge(intervals)
    is_up = {"is_up": intervals["is_up"]}
    parts = _by_hour(intervals, n, edge, is_up, is_up).rename(columns={"length_us": "known_us"})
    parts["up_us"] = parts["known_us"].where(parts["is_up"], 0)
    return parts.groupby(["port", "n"])[["up_us", "known_us"]].sum()


def _edge(intervals: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The hour in which each interval begins, and where its part of it ends."""
    n = intervals["from_t"] // _HOUR_US
    return n, np.minimum(intervals["to_t"], (n + 1) * _HOUR_US)


def _by_hour(
    intervals: pd.DataFrame,
    n: pd.Series,
    edge: pd.Series,
    first: dict[str, pd.Series],
    rest: dict[str, pd.Series],
) -> pd.DataFrame:
    """Intervals, split where the next hour begins: port, n, length_us and the values of a part."""
    port = intervals["port"]
    begun = pd.DataFrame({"port": port, "n": n, "length_us": edge - intervals["from_t"], **first})
    ended = pd.DataFrame({"port": port, "n": n + 1, "length_us": intervals["to_t"] - edge, **rest})
    return pd.concat([begun, ended[ended["length_us"] > 0]])


def _grid(folder: Path, hours_before: int) -> pd.DataFrame:
    """A row of each circuit for every hour, in order, with what is summed over hours.

    Rows are hours, so that a window of hours is one of rows and a missing hour ends a run.
    """
    columns = {*("circuit_id", "hour", "utilization_pct", "bandwidth_mbps", "quality_minutes")}
    columns |= {*SUMS, *AVERAGES, *(a.observed for a in ABOVE)}
    when = [("hour", ">=", DAY.start - hours_before * H), ("hour", "<", DAY.end)]
    rows = _read(
        folder, "circuit_hour", sorted(columns), filters=when, read_dictionary=["circuit_id"]
    )
    rows["hour_count"] = 1
    used = rows["utilization_pct"].notna()
    rows["used_rx"], rows["used_tx"] = rows["rx_bytes"].where(used), rows["tx_bytes"].where(used)
    capacity = rows["bandwidth_mbps"] * (1e6 / 8 * 60) * rows["observed_minutes"]
    rows["capacity"] = capacity.where(used)
    for name in AVERAGES:
        rows[f"{name}_sum"] = rows[name] * rows["quality_minutes"]
        rows[f"{name}_weight"] = rows["quality_minutes"].where(rows[name].notna())
    for a in ABOVE:
        judged = (rows[a.observed] >= 30) & rows[a.value].notna()
        rows[a.hours] = (rows[a.value] >= a.level).astype("float64").where(judged)
    every = pd.MultiIndex.from_product([rows["circuit_id"].unique(), rows["hour"].unique()])
    names = ["circuit_id", "hour", "utilization_pct", *_ADDED, *_HOURS_ABOVE]
    grid = rows[names].set_index(["circuit_id", "hour"]).reindex(every.sort_values())
    return grid.rename_axis(["circuit_id", "hour"]).reset_index()


def _runs(grid: pd.DataFrame, is_first: pd.Series) -> np.ndarray:
    """How many hours up to each one are above, of each level; those before a first hour are not."""
    row = np.arange(len(grid), dtype="int32")[:, None]
    edge = np.where(is_first, row[:, 0] - 1, -1).astype("int32")[:, None]
    breaks = np.where(grid[_HOURS_ABOVE].to_numpy() == 1, edge, row)
    return (row - np.maximum.accumulate(breaks, axis=0)).astype("int16")


def _windows(folder: Path) -> pd.DataFrame:
    grid = _grid(folder, max(WINDOWS_H) - 1)
    runs = _runs(grid, grid["circuit_id"] != grid["circuit_id"].shift())
    # The first rows of a circuit, whose windows reach into another one, are before the day.
    in_day = grid["hour"] >= DAY.start
    ends = np.flatnonzero(in_day)
    lengths = []
    for length in WINDOWS_H:
        rolling = grid[[*_ADDED, *_HOURS_ABOVE]].rolling(length, min_periods=1)
        rows = rolling.sum()[in_day]
        highest = grid["utilization_pct"].rolling(length, min_periods=1).max()[in_day]
        named = grid.loc[in_day, ["circuit_id", "hour"]]
        # The longest run up to an hour of the window, no longer than from the window's start on.
        windows = sliding_window_view(runs, length, axis=0)[ends - length + 1]
        longest = np.minimum(windows, np.arange(1, length + 1, dtype="int16")).max(axis=-1)
        more = pd.DataFrame(longest, index=rows.index, columns=_LONGEST)
        named = named.assign(window_hours=length, utilization_max_pct=highest)
        lengths.append(pd.concat([named, rows, more], axis=1)[rows["hour_count"] > 0])
    return _with_ratios(pd.concat(lengths, ignore_index=True))


def _days(folder: Path) -> pd.DataFrame:
    grid = _grid(folder, 0)
    day = grid["hour"].dt.normalize()
    circuit = grid["circuit_id"]
    grid[_LONGEST] = _runs(grid, (circuit != circuit.shift()) | (day != day.shift()))
    by = grid[grid["hour_count"] == 1].groupby([circuit, day.rename("day")], observed=True)
    days = pd.concat(
        [
            by[[*_ADDED, *_HOURS_ABOVE]].sum(min_count=1),
            by[_LONGEST].max(),
            by["utilization_pct"].max().rename("utilization_max_pct"),
            by["utilization_pct"].quantile(0.95).round(4).rename("utilization_p95_pct"),
        ],
        axis=1,
    )
    return _with_ratios(days.reset_index())


def _with_ratios(sums: pd.DataFrame) -> pd.DataFrame:
    up, known = sums["up_minutes"], sums["up_minutes"] + sums["known_down_minutes"]
    busier = sums[["used_rx", "used_tx"]].max(axis=1)
    averages = {name: _ratio(sums[f"{name}_sum"], sums[f"{name}_weight"]) for name in AVERAGES}
    longest = {a.longest: sums[a.longest].where(sums[a.hours].notna()) for a in ABOVE}
    return sums.assign(
        utilization_pct=_ratio(100 * busier, sums["capacity"]),
        down_minutes=(60 * sums["hour_count"] - up).round(4),
        availability_pct=_ratio(100 * up, known),
        **averages,
        **longest,
        **{name: sums[name].round(4) for name in _MINUTES},
    )


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Part / whole with four decimals; unknown where the whole is 0 or unknown."""
    return (part / whole.where(whole > 0)).round(4)
