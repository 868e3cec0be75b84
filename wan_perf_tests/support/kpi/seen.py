"""Reference: what an hour may look at, from the definition in `kpi.state.evidence_window`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from wan_perf_tests.support.kpi.rows import H, Row

NEAR = timedelta(minutes=20)
DAY = timedelta(hours=24)


def hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def hours_near(sampled_at: datetime) -> list[datetime]:
    """The hours that the instant lies in or is within 20 minutes of."""
    own = hour_of(sampled_at)
    around = (own - H, own, own + H)
    return [h for h in around if h - NEAR <= sampled_at < h + H + NEAR]


def is_in_time(row: Row) -> bool:
    """At most 20 minutes lie between a sample and its poll; without an instant it is the poll's."""
    return abs((row["sampled_at"] or row["pass_at"]) - row["pass_at"]) <= NEAR


def samples_of(raw: Iterable[Row], gateway: str, port: str, hour: datetime) -> list[Row]:
    """The port's samples that the hour may look at, each instant of each source once."""
    found: dict[tuple[str, datetime], Row] = {}
    for row in raw:
        if (row["gateway_mac"], row["port_id"]) != (gateway, port) or not is_in_time(row):
            continue
        if hour not in hours_near(row["sampled_at"]):
            continue
        key = (row["counter_source"], row["sampled_at"])
        if key not in found or row["pass_at"] < found[key]["pass_at"]:
            found[key] = row
    return sorted(found.values(), key=lambda row: row["sampled_at"])


def events_of(raw: Iterable[Row], gateway: str, port: str, hour: datetime) -> list[Row]:
    """The port's events that the hour may look at: 24 hours before it to one after."""
    return [
        row
        for row in raw
        if (row["gateway_mac"], row["port_id"]) == (gateway, port)
        and row["event_kind"] in ("port_up", "port_down", "port_disabled")
        and hour - DAY <= row["event_at"] < hour + 2 * H
    ]


def history_of(raw: Iterable[Row], gateway: str, port: str, hour: datetime) -> Row | None:
    """The history of the port's hour, of which there is one row or none."""
    key = (gateway, port, hour)
    rows = [row for row in raw if (row["gateway_mac"], row["port_id"], row["hour"]) == key]
    return rows[0] if rows else None
