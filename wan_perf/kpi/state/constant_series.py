"""Constant series: values that never change within an hour, as one row instead of many.

Belongs here: how to detect constant series without sorting.
Keep out: what the values mean (`port_states`, `activity`).

Nearly all ports and circuits report the same value for hours. Sorting their samples to compare each
with the next is most of the work of an hour; one flag per slot of ten minutes needs a single pass.
"""

import ibis.expr.types as ir

from wan_perf.kpi.state.evidence_window import HOUR_US, SAMPLE_REACH, microseconds

_REACH_US = microseconds(SAMPLE_REACH)
_SLOT_US = _REACH_US // 2
_SLOTS = (HOUR_US + 2 * _REACH_US) // _SLOT_US
"""Samples in neighbouring slots are less than 20 minutes apart."""


def constant_series(samples: ir.Table, key: str, value: str) -> ir.Table:
    """Series of one value, with a sample in every slot of ten minutes from the first to the last.

    Args:
        samples: key, at_us from 20 minutes before an hour to 20 after it, and `value`: 0, 1 or
            NULL.
        key: Column that identifies the series.
        value: Column of the value.

    Returns:
        key, from_us, to_us of the first and the last sample, `value`. A series with a NULL is not
        constant, nor is one of NULLs only.
    """
    slot = (samples.at_us + _REACH_US) // _SLOT_US
    series = samples.group_by(key).aggregate(
        from_us=samples.at_us.min(),
        to_us=samples.at_us.max(),
        least=samples[value].min(),
        most=samples[value].max(),
        is_whole=samples[value].count() == samples.count(),
        **{f"slot_{n}": (slot == n).ifelse(1, 0).max() for n in range(_SLOTS)},
    )
    filled = sum((series[f"slot_{n}"] for n in range(1, _SLOTS)), series.slot_0)
    first_slot = (series.from_us + _REACH_US) // _SLOT_US
    last_slot = (series.to_us + _REACH_US) // _SLOT_US
    is_filled = filled == last_slot - first_slot + 1
    constant = series.filter(series.is_whole & (series.least == series.most) & is_filled)
    return constant.select(key, "from_us", "to_us", **{value: constant.least})
