"""Hours above a level as bits of an integer: their number and the most consecutive ones.

Belongs here: from an hour's bit to both modes of time above, over windows of up to a day.
Keep out: what counts as above (`schema.formulas`), stored runs (`kpi.events.threshold_runs`), the
hours of a window (`trailing_windows`).

Consecutive hours are adjacent bits; a missing hour is a 0 bit. So a window needs neither sorted
hours nor runs, and its cost does not depend on their number. Each bit is summed with 2^32 added:
the low 32 bits of the sum are the hours, the rest is their number.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.schema import formulas
from wan_perf.schema.metrics import JUDGED
from wan_perf.schema.periods import WINDOWS_H
from wan_perf.schema.values import SEVERITIES

_MOST = max(WINDOWS_H)
_ONE = 2**32
_SIZES = (1, 3, 9)
_MODES = {m.continuous(s): (m, s) for m in JUDGED for s in SEVERITIES}


def above_parts(hours: ir.Table) -> ir.Table:
    """The hours with whether they are above, per metric and severity."""
    return hours.mutate(
        **{
            name: formulas.is_above(
                hours[metric.value], hours[metric.level(severity)], hours[metric.observed]
            )
            for name, (metric, severity) in _MODES.items()
        }
    )


def bit(hours_back: ir.IntegerValue) -> ir.FloatingValue:
    """The summand of an hour above; the last hour of a window has the lowest bit.

    A float, since both engines add floats fastest; the sum is exact, an integer below 2^53.
    """
    return ibis.literal(2.0, "float64") ** hours_back + float(_ONE)


def above_bits(parts: ir.Table, bit: ir.FloatingValue) -> dict[str, ir.Scalar]:
    """The bits of the hours above, of `above_parts`."""
    return {name: parts[name].ifelse(bit, 0.0).sum() for name in _MODES}


def with_time_above_of_bits(rows: ir.Table) -> ir.Table:
    """The rows with both modes of time above instead of the bits.

    Both are NULL if no hour could be evaluated, and 0 if none was above.
    """
    sums = rows.mutate(**{name: rows[name].cast("int64") for name in _MODES})
    rows = sums.mutate(**{f"{name}_1": sums[name] % _ONE for name in _MODES})
    for length in _SIZES[1:]:
        rows = rows.mutate(**{f"{n}_{length}": _begins(rows, n, length) for n in _MODES})
    modes: dict[str, ir.Value] = {}
    for name, (metric, severity) in _MODES.items():
        is_known = rows[metric.judged] > 0
        modes[metric.cumulative(severity)] = is_known.ifelse(rows[name] // _ONE, None)
        modes[name] = is_known.ifelse(_length(rows, name, 0, _MOST), None)
    return rows.mutate(**modes).drop(*(f"{n}_{size}" for n in _MODES for size in _SIZES))


def _begins(rows: ir.Table, name: str, length: int) -> ir.IntegerValue:
    """Bits at which `length` consecutive hours begin, from those of the next smaller size."""
    size = max((n for n in _SIZES if n < length), default=1)
    known = rows[f"{name}_{size}"]
    found = known
    for offset in (*range(size, length - size, size), length - size):
        found = found & (known >> offset)
    return found


def _length(rows: ir.Table, name: str, low: int, high: int) -> ir.IntegerValue:
    """The most consecutive hours, by binary search."""
    if low == high:
        return ibis.literal(low, "int64")
    middle = (low + high + 1) // 2
    longer, shorter = _length(rows, name, middle, high), _length(rows, name, low, middle - 1)
    return (_begins(rows, name, middle) > 0).ifelse(longer, shorter)
