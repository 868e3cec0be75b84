"""Service levels of the WAN: /insights/sites-sle, and /sle/... of one site.

Belongs here: Mist's own scores, what degraded them, and which gateways and ports were concerned.
Keep out: our own figures of the same faults (`truth`).

Each score is a plain share of time without a fault, 0 to 1: of the circuits, of the gateway, of the
site. What degrades it is attributed to the first classifier that applies, so that the classifiers
add up to the whole.
"""

from collections.abc import Iterable, Sequence

from wan_perf.simulator.api import Json
from wan_perf.simulator.circuit_life import Life
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.instants import HOUR, MINUTE, Interval, overlap_seconds
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.spans import FOREVER, intersection, union, without

WAN_LINK, GATEWAY, APPLICATION = METRICS = (
    "wan-link-health",
    "gateway-health",
    "application-health",
)
CLASSIFIERS = {
    WAN_LINK: (  # in the order of `Life.degraded_by`
        "interface-port-down",
        "isp-reachability-arp",
        "isp-reachability-dhcp",
        "network-loss",
        "network-jitter",
        "network-latency",
    ),
    GATEWAY: ("gateway-disconnected",),
    APPLICATION: ("application-services-application-disconnects",),
}
_NAMES_IN_ROW = {metric: metric for metric in METRICS} | {APPLICATION: "application_health"}
_PAGE_ROWS = 1000
_Intervals = tuple[Interval, ...]


def site_row(fleet: Fleet, site_id: str, start: float, end: float) -> Json:
    """Give a site's row over a window: one value for each score [epoch s]."""
    lives = _monitored_lives(fleet, site_id)
    gateways = sum(g.is_assigned(end) for g in fleet.gateways_at[site_id])
    row: Json = {"site_id": site_id, "num_gateways": gateways, "num_clients": 0}
    if not lives or end <= start:
        return row
    for metric, name in _NAMES_IN_ROW.items():
        subjects = _subjects(fleet, site_id, metric)
        bad = sum(overlap_seconds(union(*causes), start, end) for causes in subjects)
        row[name] = round(1 - bad / (len(subjects) * (end - start)), 4)
    return row


def trend(fleet: Fleet, site_id: str, metric: str, start: float, end: float) -> Json:
    """Give a site's score by hour, in minutes of its subjects, with what degraded it."""
    subjects = _subjects(fleet, site_id, metric)
    hours = range(int(start // HOUR) * HOUR, int(end), HOUR)
    total = [float(len(subjects) * HOUR // MINUTE)] * len(hours)
    degraded = _minutes([union(*causes) for causes in subjects], hours)
    value = [
        round(1 - bad / whole, 4) if whole else None
        for bad, whole in zip(degraded, total, strict=True)
    ]
    series: Json = {"interval": HOUR, "x_label": "seconds", "y_label": "minutes"}
    return {
        "start": start,
        "end": end,
        "sle": {
            "name": metric,
            **series,
            "samples": {"total": total, "degraded": degraded, "value": value},
        },
        "classifiers": [
            {
                "name": name,
                **series,
                "samples": {
                    "degraded": (bad := _minutes([causes[nth] for causes in subjects], hours)),
                    "duration": bad,
                    "total": total,
                },
            }
            for nth, name in enumerate(CLASSIFIERS[metric])
        ],
    }


def impacted_gateways(
    fleet: Fleet, site_id: str, metric: str, start: float, end: float, classifier: str = ""
) -> Json:
    """Give the gateways of a site that were degraded within a window, in minutes."""
    minutes = round((end - start) / MINUTE)
    found = []
    for gateway in fleet.gateways_at[site_id]:
        causes = _causes_at(fleet, gateway, metric, classifier)
        bad = sum(_in_window(cause, start, end) for _, cause in causes)
        if bad:
            found.append(
                {
                    "degraded": round(bad, 3),
                    "duration": minutes,
                    "gateway_mac": gateway.mac,
                    "gateway_model": gateway.model,
                    "gateway_version": gateway.version,
                    "name": gateway.name,
                    "total": len(causes) * minutes,
                }
            )
    return _impacted("gateways", found, metric, start, end, classifier)


def impacted_interfaces(
    fleet: Fleet, site_id: str, metric: str, start: float, end: float, classifier: str = ""
) -> Json:
    """Give the ports of a site that were degraded within a window, in minutes.

    The description names their gateway as it names a switch. Only WAN links have ports.
    """
    minutes = (end - start) / MINUTE
    found = [
        {
            "degraded": bad,
            "duration": minutes,
            "interface_name": port,
            "switch_mac": gateway.mac,
            "switch_name": gateway.name,
            "total": minutes,
        }
        for gateway in fleet.gateways_at[site_id]
        for port, cause in _causes_at(fleet, gateway, metric, classifier)
        if port and (bad := _in_window(cause, start, end))
    ]
    return _impacted("interfaces", found, metric, start, end, classifier)


def _impacted(
    what: str, rows: list[Json], metric: str, start: float, end: float, classifier: str
) -> Json:
    return {
        "classifier": classifier,
        "end": int(end),
        "failure": "",
        what: sorted(rows, key=lambda row: -row["degraded"]),
        "limit": _PAGE_ROWS,
        "metric": metric,
        "page": 1,
        "start": int(start),
        "total_count": len(rows),
    }


def _monitored_lives(fleet: Fleet, site_id: str) -> list[Life]:
    lives = fleet.lives_at.get(site_id, [])
    return [life for life in lives if life.circuit.is_lit and not life.circuit.on_demand]


def _subjects(fleet: Fleet, site_id: str, metric: str) -> list[Sequence[_Intervals]]:
    """What degraded each subject of a score, by classifier; no two at an instant."""
    lives = _monitored_lives(fleet, site_id)
    if metric == WAN_LINK or not lives:
        return [life.degraded_by for life in lives]
    if metric == GATEWAY:
        return [[union(*(life.off for life in lives))]]
    return [[without([FOREVER], union(*(life.active for life in fleet.lives_at[site_id])))]]


def _causes_at(
    fleet: Fleet, gateway: Gateway, metric: str, classifier: str
) -> list[tuple[str, _Intervals]]:
    """What degraded each subject while the gateway had it: the port of a link, and when."""
    names = CLASSIFIERS[metric]
    chosen = [nth for nth, name in enumerate(names) if classifier in ("", name)]
    if metric != WAN_LINK:
        subjects = _subjects(fleet, gateway.site_id, metric)
        of_gateway = gateway.offs if metric == GATEWAY else (gateway.assigned,)
        return [
            ("", intersection(union(*(causes[nth] for nth in chosen)), of_gateway))
            for causes in subjects
        ]
    return [
        (life.key, intersection(union(*(life.degraded_by[nth] for nth in chosen)), [when]))
        for life in _monitored_lives(fleet, gateway.site_id)
        for mac, when in life.holders
        if mac == gateway.mac
    ]


def _in_window(intervals: _Intervals, start: float, end: float) -> float:
    return round(overlap_seconds(intervals, start, end) / MINUTE, 3)


def _minutes(causes: Iterable[_Intervals], hours: range) -> list[float]:
    found = list(causes)
    return [
        round(sum(overlap_seconds(cause, hour, hour + HOUR) for cause in found) / MINUTE, 3)
        for hour in hours
    ]
