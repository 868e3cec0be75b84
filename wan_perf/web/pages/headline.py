"""The sentence above the executive overview, from the figures below it."""

from collections.abc import Sequence
from datetime import date

from wan_perf.web.data import Row
from wan_perf.web.words import figure, minutes


def headline(
    month: date, now: Row, before: Row, stores: Row, regions: Sequence[Row], target: float
) -> str:
    """What the month was, in at most three sentences; what is not known is left out.

    >>> text = headline(date(2026, 2, 1), {"availability_pct": 99.95, "coverage_pct": 98.0},
    ...          {"availability_pct": 99.91}, {"lost_minutes": 120.0, "site_count": 60},
    ...          [{"region": "West", "availability_pct": 99.8}], 99.9)
    >>> text.partition(" (")[0].partition("available ")[2]
    '99.95 % of the known time, 0.04 points more than the month before'
    >>> text.partition("). ")[2]
    'A store lost 2 min of trading. West missed the target of 99.9 %.'
    >>> headline(date(2026, 2, 1), {}, {}, {"lost_minutes": 0.0, "site_count": 60,
    ...          "site_unknown_minutes": 5.0}, [], 99.9).partition(". ")[2]
    'No store is known to have lost a minute of trading.'
    >>> headline(date(2026, 2, 1), {}, {}, {"lost_minutes": None, "site_count": 60}, [], 99.9)
    'Nothing is known of the circuits in February 2026.'
    """
    return " ".join(
        part
        for part in (
            _availability(month, now, before),
            _lost(stores),
            _misses(regions, target),
        )
        if part
    )


def _availability(month: date, now: Row, before: Row) -> str:
    value, old = now.get("availability_pct"), before.get("availability_pct")
    if value is None:
        return f"Nothing is known of the circuits in {month:%B %Y}."
    text = f"In {month:%B %Y} the circuits were available {figure(value, '%')} % of the known time"
    if old is not None:
        difference = round(value - old, 3)
        how = "more" if difference > 0 else "less"
        points = f"{abs(difference):.3f}".rstrip("0").rstrip(".")
        text += f", {points} points {how} than the month before" if difference else ", as before"
    return f"{text} (coverage {figure(now.get('coverage_pct'), '%')} %)."


def _lost(stores: Row) -> str:
    lost, count = stores.get("lost_minutes"), stores.get("site_count")
    if lost is None or not count:
        return ""
    is_all_known = not stores.get("site_unknown_minutes")
    if lost == 0:
        verb = "lost" if is_all_known else "is known to have lost"
        return f"No store {verb} a minute of trading."
    at_least = "" if is_all_known else "at least "
    return f"A store lost {at_least}{minutes(round(lost / count, 1))} of trading."


def _misses(regions: Sequence[Row], target: float) -> str:
    """Which regions missed the target.

    >>> _misses([{"region": r, "availability_pct": 99.0} for r in ("East", "South", "West")], 99.9)
    'East, South and West missed the target of 99.9 %.'
    """
    known = [row for row in regions if row["availability_pct"] is not None]
    missed = [row["region"] for row in known if row["availability_pct"] < target]
    if not known:
        return ""
    if not missed:
        return f"Every region met the target of {target:g} %."
    if len(missed) > 3:
        return f"{len(missed)} of {len(known)} regions missed the target of {target:g} %."
    names = " and ".join(filter(None, (", ".join(missed[:-1]), missed[-1])))
    return f"{names} missed the target of {target:g} %."
