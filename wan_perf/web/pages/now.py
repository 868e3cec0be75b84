"""Now: the first screen of a NOC engineer."""

from dataclasses import dataclass

from markupsafe import Markup

from wan_perf.web.charts.spark import spark
from wan_perf.web.data import Row
from wan_perf.web.questions.fleet import FleetHours, fleet_hours
from wan_perf.web.questions.now import alerts_by_site, state_counts
from wan_perf.web.rendering import page
from wan_perf.web.visit import Visit
from wan_perf.web.words import since

ALERTS_SHOWN = 60


@dataclass(frozen=True)
class Tile:
    """A key figure: its value now, of how many, and how it went over 24 hours.

    `change` compares the last closed hour with the same hour of the week before.
    """

    name: str
    label: str
    value: int | None
    of: str
    tone: str
    shape: str
    line: Markup
    change: float | None
    link: str
    note: str = ""


def now_page(visit: Visit) -> str:
    """The page `/`."""
    data, trust = visit.data, visit.trust
    counts = state_counts(data)
    closed = trust.last_closed_hour
    fleet = fleet_hours(data, trust.newest_end)
    groups, alert_counts = alerts_by_site(data, ALERTS_SHOWN)
    return page(
        "now.html",
        visit,
        tiles=_tiles(visit, counts, fleet),
        closed=closed,
        groups=groups,
        alert_counts=alert_counts,
        shown=sum(len(group.alerts) for group in groups),
    )


def _tiles(visit: Visit, counts: Row, fleet: FleetHours) -> list[Tile]:
    closed = visit.trust.last_closed_hour
    has_now = bool(counts.get("circuit_count"))

    def tile(
        name: str,
        label: str,
        value: int,
        of: str,
        tone: str,
        shape: str,
        hourly: str,
        note: str = "",
        **link: object,
    ) -> Tile:
        shown = value if has_now else None
        loud = tone if shown else ""
        values = fleet.values(hourly)
        return Tile(
            *(name, label, shown, of, loud, shape, spark(values, tone=loud)),
            fleet.change(closed, hourly) if closed else None,
            visit.link("grid", "circuits", **link),
            note,
        )

    sites, circuits = counts["site_count"], counts["circuit_count"]
    dark = (counts["dark_count"] or 0) + (counts["unreachable_count"] or 0)
    longest = since(counts["backup_since"], visit.trust.as_of_at)
    critical = counts["utilization_critical_count"]
    return [
        tile(
            "dark",
            "Sites dark",
            dark,
            f"of {sites:,} sites",
            "critical",
            "triangle",
            "dark_count",
            f"{counts['unreachable_count']} of them unreachable",
            site_state="site",
        ),
        tile(
            "down",
            "Circuits down",
            counts["down_count"],
            f"of {circuits:,} circuits",
            "critical",
            "triangle",
            "down_count",
            f"{counts['unknown_count']} unknown, not counted",
            state="down",
        ),
        tile(
            "backup",
            "Sites on backup",
            counts["backup_count"],
            f"of {sites:,} sites",
            "failover",
            "swap",
            "backup_count",
            f"longest {longest}" if counts["backup_count"] else "",
            site_state="on backup",
        ),
        tile(
            "load",
            "Circuits at critical load",
            critical,
            f"of {counts['measured_count']:,} measured",
            "high",
            "diamond",
            "critical_count",
            f"high or worse {counts['utilization_high_count']}",
            sort="-utilization_now_pct",
        ),
        tile(
            "quality",
            "Circuits with bad quality",
            counts["bad_quality_count"],
            f"of {circuits:,} circuits",
            "high",
            "diamond",
            "bad_quality_count",
            f"loss {counts['loss_high_count']} · jitter {counts['jitter_high_count']} · "
            f"latency {counts['latency_high_count']}",
            sort="-loss_avg_pct",
        ),
        tile(
            "flaps",
            "Flaps in the last hour",
            int(counts["flap_count"] or 0),
            f"of {circuits:,} circuits",
            "warning",
            "disc",
            "flap_count",
            "",
            sort="-recent_flap_count",
        ),
    ]
