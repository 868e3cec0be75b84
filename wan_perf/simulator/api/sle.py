"""Service levels of WAN links: /insights/sites-sle and /sle/.../summary-trend.

Mist's own score. Here it is the plain share of circuit time without a fault, 0 to 1.
"""

from collections.abc import Iterable

from wan_perf.simulator.api import Json
from wan_perf.simulator.circuit_life import Life
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.instants import HOUR, MINUTE, Interval, overlap_seconds
from wan_perf.simulator.spans import FOREVER, union, without

METRICS = ("wan-link-health", "gateway-health", "application-health")
_CLASSIFIERS = (
    "interface-port-down",
    "isp-reachability-arp",
    "isp-reachability-dhcp",
    "network-loss",
    "network-jitter",
    "network-latency",
)


def site_row(fleet: Fleet, site_id: str, start: float, end: float) -> Json:
    """Give a site's row over a window: one value for each score [epoch s]."""
    lives = _monitored_lives(fleet, site_id)
    gateways = sum(g.is_assigned(end) for g in fleet.gateways_at[site_id])
    row: Json = {"site_id": site_id, "num_gateways": gateways, "num_clients": 0}
    if not lives or end <= start:
        return row
    bad = sum(overlap_seconds(_degraded_intervals(life), start, end) for life in lives)
    off = max(overlap_seconds(life.off, start, end) for life in lives)
    dark = without([FOREVER], union(*(life.active for life in fleet.lives_at[site_id])))
    return row | {
        "wan-link-health": round(1 - bad / (len(lives) * (end - start)), 4),
        "gateway-health": round(1 - off / (end - start), 4),
        "application_health": round(1 - overlap_seconds(dark, start, end) / (end - start), 4),
    }


def trend(fleet: Fleet, site_id: str, start: float, end: float) -> Json:
    """Give a site's WAN link health by hour, in circuit minutes, with what degraded it."""
    lives = _monitored_lives(fleet, site_id)
    hours = range(int(start // HOUR) * HOUR, int(end), HOUR)
    total = [float(len(lives) * HOUR // MINUTE)] * len(hours)
    degraded = _minutes([_degraded_intervals(life) for life in lives], hours)
    return {
        "start": start,
        "end": end,
        "sle": {
            "name": METRICS[0],
            "interval": HOUR,
            "x_label": "seconds",
            "y_label": "minutes",
            "samples": {
                "total": total,
                "degraded": degraded,
                "value": [
                    round(1 - bad / whole, 4) if whole else 0.0
                    for bad, whole in zip(degraded, total, strict=True)
                ],
            },
        },
        "classifiers": [
            {
                "name": name,
                "interval": HOUR,
                "x_label": "seconds",
                "y_label": "minutes",
                "samples": {
                    "degraded": (bad := _minutes([_cause(life, name) for life in lives], hours)),
                    "duration": bad,
                    "total": total,
                },
            }
            for name in _CLASSIFIERS
        ],
    }


def _monitored_lives(fleet: Fleet, site_id: str) -> list[Life]:
    lives = fleet.lives_at.get(site_id, [])
    return [life for life in lives if life.circuit.is_lit and not life.circuit.on_demand]


def _cause(life: Life, classifier: str) -> tuple[Interval, ...]:
    if classifier.startswith("network-"):
        metric = classifier.removeprefix("network-")
        return tuple((f.start, f.end) for f in life.quality if f.detail == metric)
    return {
        "interface-port-down": life.link_down,
        "isp-reachability-arp": life.arp_dead,
        "isp-reachability-dhcp": life.dhcp_dead,
    }[classifier]


def _degraded_intervals(life: Life) -> tuple[Interval, ...]:
    return union(*(_cause(life, name) for name in _CLASSIFIERS))


def _minutes(causes: Iterable[tuple[Interval, ...]], hours: range) -> list[float]:
    found = list(causes)
    return [
        round(sum(overlap_seconds(cause, hour, hour + HOUR) for cause in found) / MINUTE, 3)
        for hour in hours
    ]
