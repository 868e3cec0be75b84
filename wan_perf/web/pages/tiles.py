"""The key figures of Now: a value, of how many, its last 24 hours and the week before."""

from dataclasses import dataclass

from markupsafe import Markup

from wan_perf.web.charts.spark import spark
from wan_perf.web.data import Row
from wan_perf.web.questions.fleet import FleetHours
from wan_perf.web.visit import Visit
from wan_perf.web.words import figure, since


@dataclass(frozen=True)
class Tile:
    """A key figure as it is shown; `change` compares the last closed hour with the week before."""

    name: str
    label: str
    value: int | None
    of: str
    note: str
    tone: str
    shape: str
    line: Markup
    change: float | None
    link: str


@dataclass(frozen=True)
class _Kind:
    """What a tile counts: its words, its look when not 0, the hours' figure, where it leads."""

    name: str
    label: str
    tone: str
    shape: str
    hourly: str
    leads_to: tuple[tuple[str, str], ...]


_KINDS = (
    _Kind("dark", "Sites dark", "critical", "triangle", "dark_count", (("site_state", "site "),)),
    _Kind("down", "Circuits down", "critical", "triangle", "down_count", (("state", "down"),)),
    _Kind(
        *("backup", "Sites on backup", "failover", "swap", "backup_count"),
        (("site_state", "on backup"),),
    ),
    _Kind(
        *("load", "Circuits at critical load", "high", "diamond", "critical_count"),
        (("sort", "-utilization_now_pct"),),
    ),
    _Kind(
        *("quality", "Circuits with bad quality", "high", "diamond", "bad_quality_count"),
        (("sort", "-loss_avg_pct"),),
    ),
    _Kind(
        *("flaps", "Flaps in the last hour", "warning", "disc", "flap_count"),
        (("sort", "-recent_flap_count"),),
    ),
)


def now_tiles(visit: Visit, counts: Row, fleet: FleetHours) -> list[Tile]:
    """The tiles in their order; without a poll every value is unknown."""
    closed = visit.trust.last_closed_hour
    values = _values(counts, since(counts.get("backup_since"), visit.trust.as_of_at))
    tiles = []
    for kind in _KINDS:
        value, of, note = values[kind.name] if counts["circuit_count"] else (None, "no poll", "")
        tone = kind.tone if value else ""
        tiles.append(
            Tile(
                *(kind.name, kind.label, value, of, note, tone, kind.shape),
                spark(fleet.values(kind.hourly), tone=tone),
                fleet.change(closed, kind.hourly) if closed else None,
                visit.link("grid", "circuits", **dict(kind.leads_to)),
            )
        )
    return tiles


def _values(counts: Row, longest: str) -> dict[str, tuple[int | None, str, str]]:
    """Of each tile its value, of how many, and a note."""
    sites = f"of {figure(counts['site_count'])} sites"
    circuits = f"of {figure(counts['circuit_count'])} circuits"
    dark = (counts["dark_count"] or 0) + (counts["unreachable_count"] or 0)
    quality = " · ".join(
        f"{name} {figure(counts[f'{name}_high_count'])}" for name in ("loss", "jitter", "latency")
    )
    flaps = counts["flap_count"]
    return {
        "dark": (dark, sites, f"{counts['unreachable_count']} of them unreachable"),
        "down": (counts["down_count"], circuits, f"{counts['unknown_count']} unknown, not counted"),
        "backup": (
            *(counts["backup_count"], sites),
            f"longest {longest}" if counts["backup_count"] else "",
        ),
        "load": (
            *(counts["utilization_critical_count"], f"of {counts['measured_count']:,} measured"),
            f"high or worse {figure(counts['utilization_high_count'])}",
        ),
        "quality": (counts["bad_quality_count"], circuits, quality),
        "flaps": (None if flaps is None else int(flaps), circuits, ""),
    }
