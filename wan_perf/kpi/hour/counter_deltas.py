"""Differences of a port's counters: the pairs of readings between which they are taken.

Belongs here: boots, outliers, counters of another node, what is dropped.
Keep out: which part of a difference belongs to an hour (`traffic`), what a line can carry
(`line_rate`).

A reading continues an earlier one if it is at most 20 minutes later, not lower in either direction,
and counted since the same boot (the uptime gives the boot's instant). A difference is taken between
two readings that are each other's closest: the later one continues no higher reading, and no lower
reading continues the earlier one.

- If counters only grow, each reading continues the one before it.
- A low or high outlier between two good readings is skipped, and so are the readings of another
  node of a cluster: the difference runs from the last good reading to the next good one. Of two
  differences that overlap the one that contains the other is used, else that of the higher counter.
- A boot starts the counters at 0: the new value was carried since then. A shorter uptime whose boot
  lies before the earlier reading is no boot in between, and a boot that contradicts the uptime of
  a later reading is an outlier too.
- A counter that goes back without a boot and stays low starts a series of its own.
- A reading at which no difference ends is dropped and counted, unless it is the first for over 20
  minutes and did not go back.
- A difference above 1.05 times the line's speed is dropped and counted. The speed is the polled
  one, never the inventory's: within the hour the fastest that any poll around the hour reports,
  over its edge that of the two readings themselves. Unknown (NULL, 0 or negative) is no limit.

Whatever decides about a difference over the edge of an hour lies within 20 minutes of that edge, so
both hours see it. (If another series overlaps it there, one hour may see more of that series.)
"""

from collections.abc import Sequence
from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.line_rate import exceeds_line, speed_limit
from wan_perf.kpi.state.evidence_window import (
    HOUR_US,
    SAMPLE_REACH,
    SECOND_US,
    microseconds,
    without_repeats,
)

LONGEST_DIFFERENCE = timedelta(minutes=15)
_SAME_BOOT_US = microseconds(timedelta(minutes=15))
"""Boot times from two readings of one boot differ by less, as uptime and instant are read apart."""
_SERIES = ("port_hour", "source")
READING_VALUES = ("rx", "tx", "uptime_us", "speed_mbps")
"""What a reading says, besides its instant."""
_READING = ("at_us", *READING_VALUES)


def ordered_readings(readings: ir.Table) -> ir.Table:
    """Each reading of an hour's ports once, with the one before it in its series.

    A series without repeated readings and with counters in each is sorted once; only of the others
    are repeated readings removed first. A reading without counters has none before it.

    Args:
        readings: port_hour, source, at_us, rx, tx [bytes], uptime_us, port_speed_mbps of the poll,
            pass_at; see `evidence_window.evidence_readings`.

    Returns:
        port_hour, source, at_us, rx, tx, uptime_us, speed_mbps (NULL where it is no limit), all of
        the reading before (`last_us`, `last_rx`, ...), is_reset: a boot lies between the two.
    """
    every = readings.select(
        *(*_SERIES, *_READING[:-1], "pass_at"), speed_mbps=speed_limit(readings.port_speed_mbps)
    )
    pairs = adjacent_pairs(every.drop("pass_at"), _SERIES)
    is_odd = (pairs.at_us == pairs.last_us) | pairs.rx.isnull() | pairs.tx.isnull()
    odd = pairs.filter(is_odd).select(*_SERIES).distinct()
    once = without_repeats(every.semi_join(odd, _SERIES))
    is_counted = once.rx.notnull() & once.tx.notnull()
    counted = adjacent_pairs(once.filter(is_counted), _SERIES)
    uncounted = once.filter(~is_counted).mutate(
        is_reset=ibis.literal(False),
        last_us=ibis.null("int64"),
        **{f"last_{name}": ibis.null(once[name].type()) for name in READING_VALUES},
    )
    columns = pairs.columns
    return ibis.union(
        pairs.anti_join(odd, _SERIES), counted.select(*columns), uncounted.select(*columns)
    )


def counter_deltas(pairs: ir.Table) -> ir.Table:
    """The differences between each port's readings, one row per reading but the first.

    Args:
        pairs: The readings, see `ordered_readings`.

    Returns:
        port_hour, source, from_us, to_us, rx_bytes, tx_bytes; is_reset: carried since a boot;
        is_dropped: does not count; is_hole: over more than 15 minutes.
    """
    irregular = pairs.filter(is_irregular(pairs)).select(*_SERIES).distinct()
    later = pairs.filter(pairs.last_us.notnull()).mutate(is_skipped=ibis.literal(False))
    counted = pairs.filter(pairs.rx.notnull() & pairs.tx.notnull())
    both = ibis.union(
        later.anti_join(irregular, _SERIES),
        _with_base(counted.semi_join(irregular, _SERIES)).select(*later.columns),
    )
    return _drop_impossible(byte_differences(both), pairs)


def without_outliers(readings: ir.Table, series: Sequence[str]) -> ir.Table:
    """The readings without outliers: those between two good ones that they do not continue.

    Args:
        readings: The columns of the series, at_us, rx, tx, uptime_us.
        series: Columns that identify a series of readings.
    """
    pairs = adjacent_pairs(readings.mutate(speed_mbps=ibis.null("float64")), series)
    irregular = pairs.filter(is_irregular(pairs)).select(*series).distinct()
    odd = pairs.semi_join(irregular, series)
    outliers = _skipped_readings(odd, continuations(odd, series), series)
    return readings.anti_join(outliers, [*series, "at_us"])


def adjacent_pairs(
    readings: ir.Table, series: Sequence[str], values: Sequence[str] = READING_VALUES
) -> ir.Table:
    """Each reading with the one before it (NULL for the first), and whether a boot lies between.

    `values` are the columns that are taken of the one before it too.
    """
    along = ibis.window(group_by=[readings[name] for name in series], order_by=readings.at_us)
    pairs = readings.mutate(
        last_us=readings.at_us.lag().over(along),
        **{f"last_{name}": readings[name].lag().over(along) for name in values},
    )
    return pairs.mutate(
        is_reset=_has_booted(pairs.at_us - pairs.last_us, pairs.uptime_us, pairs.last_uptime_us)
    )


def _has_booted(
    apart: ir.IntegerValue, uptime: ir.IntegerValue, last_uptime: ir.IntegerValue
) -> ir.BooleanValue:
    """Whether the later uptime puts a boot between two readings, give or take a second."""
    return (
        (uptime + SECOND_US < apart) | ((uptime < last_uptime) & (uptime - SECOND_US <= apart))
    ).fill_null(False)


def is_irregular(pairs: ir.Table) -> ir.BooleanValue:
    """Whether a reading went back, or is of another boot, without a boot in between."""
    return ~pairs.is_reset & (_went_back(pairs) | _is_of_another_boot(pairs))


def _went_back(pairs: ir.Table) -> ir.BooleanValue:
    return ((pairs.rx < pairs.last_rx) | (pairs.tx < pairs.last_tx)).fill_null(False)


def _is_of_another_boot(pairs: ir.Table) -> ir.BooleanValue:
    grown = pairs.uptime_us - pairs.last_uptime_us - (pairs.at_us - pairs.last_us)
    return (grown.abs() > _SAME_BOOT_US).fill_null(False)


def continuations(readings: ir.Table, series: Sequence[str]) -> ir.Table:
    """Pairs of readings between which differences are taken: last_us, at_us and both readings.

    Args:
        readings: Those of irregular series, with is_reset.
        series: Columns that identify a series of readings.
    """
    so_far = ibis.cumulative_window(
        group_by=[readings[name] for name in series], order_by=readings.at_us
    )
    boots = readings.is_reset.ifelse(1, 0).sum().over(so_far).cast("int64")
    # A view, or Ibis makes one join of this and the join that the readings come from, and counts
    # the boots over all of its rows.
    numbered = readings.select(*series, *_READING, boots=boots).view()
    earlier = numbered.rename({f"last_{name}": name for name in (*_READING, "boots")})
    earlier = earlier.rename(last_us="last_at_us")
    ordered = numbered.inner_join(earlier, list(series))
    apart = ordered.at_us - ordered.last_us
    close = ordered.filter((apart > 0) & (apart <= microseconds(SAMPLE_REACH)))
    same_boot = ibis.ifelse(
        close.uptime_us.isnull(),
        close.boots == close.last_boots,
        ~_has_booted(close.at_us - close.last_us, close.uptime_us, close.last_uptime_us)
        & ~_is_of_another_boot(close),
    )
    candidates = close.filter(same_boot & ~_went_back(close))
    key = [candidates[name] for name in series]
    before = ibis.window(
        group_by=[*key, candidates.at_us],
        order_by=[candidates[name].desc() for name in ("last_rx", "last_tx", "last_us")],
    )
    after = ibis.window(
        group_by=[*key, candidates.last_us],
        order_by=[candidates[name] for name in ("rx", "tx", "at_us")],
    )
    ranked = candidates.mutate(
        nth_before=ibis.row_number().over(before), nth_after=ibis.row_number().over(after)
    )
    closest = ranked.filter((ranked.nth_before == 0) & (ranked.nth_after == 0))
    return _without_overlaps(closest.drop("nth_before", "nth_after", "boots", "last_boots"), series)


def _without_overlaps(pairs: ir.Table, series: Sequence[str]) -> ir.Table:
    """Of pairs that overlap the one that contains the other, else that of the higher counter."""
    other = pairs.select(
        *series, other_from="last_us", other_to="at_us", other_rx="rx", other_tx="tx"
    )
    both = pairs.inner_join(other, list(series))
    overlapping = both.filter((both.other_from < both.at_us) & (both.other_to > both.last_us))
    starts_before, ends_after = (
        overlapping.other_from < overlapping.last_us,
        overlapping.other_to > overlapping.at_us,
    )
    is_higher = (overlapping.other_rx > overlapping.rx) | (
        (overlapping.other_rx == overlapping.rx)
        & (
            (overlapping.other_tx > overlapping.tx)
            | ((overlapping.other_tx == overlapping.tx) & ends_after)
        )
    )
    outranked = overlapping.filter(
        (starts_before & ends_after) | ((starts_before != ends_after) & is_higher)
    )
    return pairs.anti_join(outranked.select(*series, "at_us").distinct(), [*series, "at_us"])


def _skipped_readings(readings: ir.Table, pairs: ir.Table, series: Sequence[str]) -> ir.Table:
    """The instants of readings between the two of a pair."""
    between = pairs.select(*series, low_us="last_us", high_us="at_us")
    both = readings.select(*series, "at_us").inner_join(between, list(series))
    inside = both.filter((both.at_us > both.low_us) & (both.at_us < both.high_us))
    return inside.select(*series, "at_us").distinct()


def _with_base(pairs: ir.Table) -> ir.Table:
    """Readings of irregular series, each with the one that it continues instead of the last."""
    chosen = continuations(pairs, _SERIES)
    skipped = _skipped_readings(pairs, chosen, _SERIES).mutate(is_outlier=True)
    key = [*_SERIES, "at_us"]
    last = ("last_us", *(f"last_{name}" for name in READING_VALUES))
    base = chosen.select(*key, **{f"base_{name}": chosen[name] for name in last})
    later = pairs.filter(pairs.last_us.notnull())
    based = later.left_join(base, key).drop(*(f"{name}_right" for name in key))
    based = based.left_join(skipped, key)
    continues, outlier = based.base_last_us.notnull(), based.is_outlier.fill_null(False)
    starts = based.is_reset & ~continues & ~outlier
    is_close = based.at_us - based.last_us <= microseconds(SAMPLE_REACH)
    is_odd = _went_back(based) | _is_of_another_boot(based)
    rebased = {name: ibis.ifelse(continues, based[f"base_{name}"], based[name]) for name in last}
    return based.mutate(
        is_reset=starts,
        is_skipped=~continues & ~starts & (outlier | is_close | is_odd),
        **rebased,
    )


def byte_differences(pairs: ir.Table) -> ir.Table:
    """The pairs with the bytes between their two readings, and from and to when they were carried.

    Columns are added: from_us, to_us, rx_bytes, tx_bytes.
    """
    start = ibis.ifelse(
        pairs.is_reset,
        ibis.greatest(pairs.at_us - pairs.uptime_us, pairs.last_us),
        pairs.last_us,
    )
    return pairs.mutate(
        from_us=start,
        to_us=pairs.at_us,
        rx_bytes=ibis.ifelse(pairs.is_reset, pairs.rx, pairs.rx - pairs.last_rx),
        tx_bytes=ibis.ifelse(pairs.is_reset, pairs.tx, pairs.tx - pairs.last_tx),
    )


def _drop_impossible(deltas: ir.Table, readings: ir.Table) -> ir.Table:
    """The differences; those above what a line of the polled speed can carry are dropped."""
    known = readings.filter(readings.speed_mbps.notnull())
    fastest = known.group_by("port_hour").aggregate(fastest_mbps=known.speed_mbps.max())
    timed = deltas.left_join(fastest, "port_hour").drop("port_hour_right")
    within = (timed.from_us >= 0) & (timed.to_us <= HOUR_US)
    own_speeds = timed.speed_mbps.notnull() & timed.last_speed_mbps.notnull()
    own_mbps = ibis.cases((own_speeds, ibis.greatest(timed.speed_mbps, timed.last_speed_mbps)))
    mbps = ibis.ifelse(within, timed.fastest_mbps, own_mbps)
    took_us = timed.to_us - timed.from_us
    impossible = exceeds_line(timed.rx_bytes, timed.tx_bytes, took_us, mbps)
    return timed.select(
        *_SERIES,
        *("from_us", "to_us", "rx_bytes", "tx_bytes", "is_reset"),
        is_dropped=timed.is_skipped | impossible,
        is_hole=took_us > microseconds(LONGEST_DIFFERENCE),
    )
