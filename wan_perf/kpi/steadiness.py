"""Steady: what said the same all along, told in one row instead of many.

Belongs here: how to know, without putting anything in order, that words never changed.
Keep out: what the words mean (`state`, `activity`).

Nearly all ports and circuits say the same for hours. Putting their words in order to find out that
neighbours agree is most of the work of an hour; a mark for every ten minutes tells it in one pass.
"""

import ibis.expr.types as ir

from wan_perf.kpi.nearness import HOUR_US, SAMPLE_REACH, microseconds

_REACH_US = microseconds(SAMPLE_REACH)
_SLOT_US = _REACH_US // 2
_SLOTS = (HOUR_US + 2 * _REACH_US) // _SLOT_US
"""Words in neighbouring slots are less than 20 minutes apart."""


def constant_series(words: ir.Table, key: str, said: str) -> ir.Table:
    """Those whose every word is the same, with no ten minutes without one from first to last.

    Args:
        words: key, at_us from 20 minutes before an hour to 20 after it, and `said`: 0, 1 or NULL.
        key: Column by which words belong together.
        said: The column that holds the word.

    Returns:
        key, from_us, to_us of the first and the last word, `said`. One whose words all are NULL is
        not steady, nor is one of which some are.
    """
    slot = (words.at_us + _REACH_US) // _SLOT_US
    each = words.group_by(key).aggregate(
        from_us=words.at_us.min(),
        to_us=words.at_us.max(),
        least=words[said].min(),
        most=words[said].max(),
        is_whole=words[said].count() == words.count(),
        **{f"slot_{n}": (slot == n).ifelse(1, 0).max() for n in range(_SLOTS)},
    )
    filled = sum((each[f"slot_{n}"] for n in range(1, _SLOTS)), each.slot_0)
    spanned = (each.to_us + _REACH_US) // _SLOT_US - (each.from_us + _REACH_US) // _SLOT_US + 1
    same = each.filter(each.is_whole & (each.least == each.most) & (filled == spanned))
    return same.select(key, "from_us", "to_us", **{said: same.least})
