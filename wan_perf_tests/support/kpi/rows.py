"""Rows of raw tables, in an engineer's notation: "10:58", up, so many bytes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

HOUR = datetime(2026, 3, 10, 10)
"""The hour that the cases speak of: 10:00 to 11:00."""
H = timedelta(hours=1)
PORT = "ge-0/0/0"
GATEWAY = "0000000000aa"
BOOTED = datetime(2026, 3, 1)
Row = dict[str, Any]


def at(clock: str) -> datetime:
    """An instant of the day of HOUR; `-1 10:58` is the day before."""
    days, _, time = clock.rpartition(" ")
    parts = [float(part) for part in time.split(":")]
    hours, minutes, seconds = [*parts, 0.0][:3]
    midnight = HOUR.replace(hour=0) + timedelta(days=int(days or 0))
    return midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def sample(
    clock: str | datetime,
    rx: int | None = None,
    tx: int | None = None,
    *,
    up: bool | None = True,
    source: str = "device",
    booted: str | datetime | None = BOOTED,
    polled: str | datetime | None = None,
    flapped: str | None = None,
    port: str = PORT,
    gateway: str = GATEWAY,
    **more: float | None,
) -> Row:
    """A sample; tx follows rx where it is not given, and the poll was due when it was sampled."""
    sampled_at = at(clock) if isinstance(clock, str) else clock
    boot = at(booted) if isinstance(booted, str) else booted
    due = at(polled) if isinstance(polled, str) else polled
    return {
        "pass_at": due or sampled_at,
        "gateway_mac": gateway,
        "port_id": port,
        "counter_source": source,
        "sampled_at": sampled_at,
        "is_up": up,
        "uptime_seconds": None if boot is None else (sampled_at - boot).total_seconds(),
        "rx_bytes_counter": rx,
        "tx_bytes_counter": rx if tx is None else tx,
        "last_flapped_at": at(flapped) if flapped else None,
        **more,
    }


def polled_at(speed_mbps: float | None, samples: Iterable[Row]) -> list[Row]:
    """The samples, each with the speed that its poll reports of the port if it has no other."""
    return [{"port_speed_mbps": speed_mbps, **row} for row in samples]


def path(
    clock: str | datetime,
    *,
    up: bool | None = True,
    hub: str | None = "hub1",
    polled: str | datetime | None = None,
    port: str = PORT,
    gateway: str = GATEWAY,
    **figures: float | bool | None,
) -> Row:
    """A sample of a peer path to a hub; the poll was due when it was sampled."""
    sampled_at = at(clock) if isinstance(clock, str) else clock
    due = at(polled) if isinstance(polled, str) else polled
    return {
        "pass_at": due or sampled_at,
        "gateway_mac": gateway,
        "port_id": port,
        "site_id": "S1",
        "peer_mac": hub,
        "peer_port_id": "ge-0/0/0",
        "path_name": None,
        "sampled_at": sampled_at,
        "is_up": up,
        **figures,
    }


def event(
    clock: str | datetime, kind: str, *, port: str = PORT, gateway: str = GATEWAY, detail: str = ""
) -> Row:
    """An event of a port: `up`, `down`, or a kind that has no meaning for the state."""
    return {
        "event_at": at(clock) if isinstance(clock, str) else clock,
        "gateway_mac": gateway,
        "port_id": port,
        "event_kind": f"port_{kind}" if kind in ("up", "down") else kind,
        "event_name": f"GW_PORT_{kind.upper()}",
        "detail": detail,
    }


def past(
    hour: datetime = HOUR,
    rx_bps: float | None = None,
    *,
    covered: float = 60,
    carrying: float | None = None,
    up: tuple[datetime, datetime] | None = None,
    port: str = PORT,
) -> Row:
    """History of a port's hour; the upload is half the download, traffic in every bucket of it."""
    all_carry = covered if rx_bps else 0
    return {
        "hour": hour,
        "gateway_mac": GATEWAY,
        "port_id": port,
        "site_id": "S1",
        "covered_minutes": covered,
        "carrying_minutes": all_carry if carrying is None else carrying,
        "rx_bps_mean": rx_bps,
        "tx_bps_mean": None if rx_bps is None else rx_bps / 2,
        "up_through_from": up[0] if up else None,
        "seen_at": up[1] if up else None,
        "fetched_at": hour + 48 * H,
    }
