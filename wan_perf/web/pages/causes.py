"""Causes of a site's low scores: a bar for each classifier, and what was impacted."""

from typing import Any

from wan_perf.web.charts.bars import Bar, ranked
from wan_perf.web.charts.chart import Chart
from wan_perf.web.questions import causes as queries
from wan_perf.web.visit import Visit
from wan_perf.web.words import figure, with_unit

BARS_SHOWN = 12
SCORES = {
    "wan_link_health": "WAN link",
    "gateway_health": "gateway",
    "application_health": "application",
}


def causes_of(visit: Visit, site_id: str) -> dict[str, Any]:
    """What the section of causes shows of a site in the range."""
    gateways = queries.impacted_gateways_of(visit.data, site_id, visit.range)
    # A disconnected gateway is shown as that elsewhere, and would hide what is wrong beside it.
    shown = [row for row in gateways if row["is_connected"] is not False]
    return {
        **queries.causes_state(visit.data, site_id, visit.range),
        "gateways": shown,
        "disconnected": len({row["gateway_mac"] for row in gateways if row not in shown}),
        "interfaces": queries.impacted_interfaces_of(visit.data, site_id, visit.range),
    }


def classifier_chart(visit: Visit, site_id: str) -> list[Chart]:
    """The classifiers of the range, the worst first; no chart without any."""
    rows = queries.classifiers_of(visit.data, site_id, visit.range)
    if not rows:
        return []
    bars = [
        Bar(
            row["classifier"],
            row["degraded_minutes"],
            f"{with_unit(row['degraded_minutes'], 'min')} · {SCORES[row['sle_metric']]}",
            f"{row['classifier']}: {with_unit(row['degraded_minutes'], 'min')} of "
            f"{with_unit(row['total_minutes'], 'min')} ({figure(row['degraded_pct'], '%')} %)",
        )
        for row in rows[:BARS_SHOWN]
    ]
    more = f"; {len(rows) - BARS_SHOWN} more in the list" if len(rows) > BARS_SHOWN else ""
    return [
        Chart(
            "classifiers",
            "Causes by Mist's classifiers",
            ranked(bars, label="Degraded minutes by classifier, the worst first"),
            note=f"degraded minutes, worst first{more}",
            reach=visit.reach,
        )
    ]
