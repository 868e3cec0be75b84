"""Reports, worked out from their definitions in plain Python, day by day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from wan_perf.kpi.reports.top_offenders import RANKED
from wan_perf_tests.support.kpi.ragged_days import METRICS
from wan_perf_tests.support.kpi.rows import Row


def as_of(days: Sequence[Row]) -> date:
    return max(row["day"] for row in days if row["is_whole"])


def current_sites(sites: Sequence[Row], newest: date) -> dict[str, Row]:
    end = datetime(newest.year, newest.month, newest.day) + timedelta(days=1)
    begun = (s for s in sites if s["valid_from"] < end)
    current = (s for s in begun if not s.get("valid_to") or s["valid_to"] >= end)
    return {s["site_id"]: s for s in current if s.get("site_kind") != "hub"}


def compared_days(
    days: Sequence[Row], zones: dict[str, str], hours: Sequence[Row]
) -> dict[str, list[date]]:
    """The last 20 trading days of each zone, up to the newest whole one of its sites."""
    traded, whole = defaultdict(set), defaultdict(set)
    for hour in hours:
        traded[hour["time_zone"]].add(hour["trading_day"])
    for row in days:
        whole[zones[row["site_id"]]].add(row["day"])
    return {
        zone: sorted(d for d in traded[zone] if d and d <= max(found))[-20:]
        for zone, found in whole.items()
    }


def slow_chronic(days: Sequence[Row], sites: Sequence[Row], hours: Sequence[Row]) -> list[Row]:
    newest = as_of(days)
    current = current_sites(sites, newest)
    zones = {site_id: site["time_zone"] for site_id, site in current.items()}
    days = [row for row in days if row["site_id"] in current and row["is_whole"]]
    last = compared_days(days, zones, hours)
    of_circuit = defaultdict(list)
    compared = {}
    for row in sorted(days, key=lambda r: r["day"]):
        of_zone = last[zones[row["site_id"]]]
        if row["day"] in of_zone:
            of_circuit[row["circuit_id"]].append(row)
            compared[row["circuit_id"]] = max(compared.get(row["circuit_id"], 0), len(of_zone))
    found = []
    for circuit, rows in sorted(of_circuit.items()):
        known = [r for r in rows if r["coverage_pct"] >= 50]
        high = {
            r["day"] for r in known if any((r.get(f"{m}_high_hours") or 0) >= 1 for m in METRICS)
        }
        flapping = {r["day"] for r in known if r["flap_count"] >= 4}
        out = {
            r["day"]
            for r in known
            if r["availability_pct"] is not None and r["availability_pct"] < 99.5
        }
        bad = high | flapping | out
        if len(bad) >= 10:
            home = current[rows[-1]["site_id"]]
            found.append(
                {
                    "as_of_day": newest,
                    "circuit_id": circuit,
                    "site_id": home["site_id"],
                    "site_name": home["site_name"],
                    "region": home["region"],
                    "trading_day_count": compared[circuit],
                    "comparable_day_count": len(known),
                    "bad_day_count": len(bad),
                    "high_day_count": len(high),
                    "flapping_day_count": len(flapping),
                    "outage_day_count": len(out),
                    "bad_since_day": min(bad),
                    "bad_last_day": max(bad),
                }
            )
    return found


def end_of(start: date, period: str) -> date:
    """Last day of the period that begins with a day."""
    if period == "day":
        return start
    if period == "week":
        return start + timedelta(days=6)
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def slow_top(
    rows: Sequence[Row], sites: Sequence[Row], count: int, period: str = "day"
) -> dict[str, list[tuple[int, str, float]]]:
    column = period.removeprefix("13_")
    newest = as_of(rows) if period == "day" else max(row[column] for row in rows)
    current = current_sites(sites, end_of(newest, period))
    rows = [r for r in rows if r[column] == newest and r["site_id"] in current]
    found = {}
    for ranked in RANKED:
        lowest = ranked.column == "availability_pct"
        sign = 1 if lowest else -1
        offenders = [
            (sign * r[ranked.column], r["circuit_id"])
            for r in rows
            if r.get(ranked.column) is not None
            and (r[ranked.column] < 100 if lowest else r[ranked.column] > 0)
            and (not lowest or r["coverage_pct"] >= 90)
        ]
        offenders.sort()
        found[ranked.column] = [
            (1 + sum(other < value for other, _ in offenders), circuit, sign * value)
            for value, circuit in offenders[:count]
        ]
    return found
