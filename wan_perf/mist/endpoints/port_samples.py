"""Samples of the WAN ports, from the organization's newest statistics.

Belongs here: which statistics are a sample, of which port, at which instant.
Keep out: differences of counters, and what a state means (`kpi`).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pandas as pd
from msgspec.structs import asdict

from wan_perf.mist.client.rejected_rows import Rejections
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.figures import known_speed, with_possible
from wan_perf.mist.endpoints.instants import instant
from wan_perf.mist.endpoints.interfaces import is_wan, port_ids
from wan_perf.mist.endpoints.records.statistics import Gateway, Port
from wan_perf.mist.endpoints.wan_interfaces import wan_interfaces
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_PORT_SAMPLE

GATEWAY_UNDATED = "they do not say when the gateway was last seen, so they may be of any age"
PORT_UNDATED = "neither they nor their gateways say when they are of, so they may be of any age"
FIGURES = (
    *("uptime_seconds", "rx_bytes_counter", "tx_bytes_counter", "rx_bps", "tx_bps"),
    *("latency_ms", "jitter_ms", "loss_pct"),
)


def samples(
    gateways: list[Gateway], ports: list[Port], pass_at: datetime, rejections: Rejections
) -> pd.DataFrame:
    """Every WAN port of every gateway at a site, as last reported to the cloud (RAW_PORT_SAMPLE).

    A disconnected gateway has its last statistics, with their old `sampled_at`. Port statistics
    without a timestamp have that of their gateway; without either they are rejected, since they may
    be of any age. Spare gateways have no rows. Of several samples of one port, poll and
    source the newest is used.

    Args:
        gateways: Device statistics: counters and uptime.
        ports: Port statistics: rates, speed and last flap as well.
        pass_at: Instant at which the poll was due, naive UTC.
        rejections: Counts the rejected rows.
    """
    dated = {gateway.gateway_mac: gateway for gateway in gateways if gateway.sampled_at}
    undated = [gateway for gateway in gateways if gateway.site_id and not gateway.sampled_at]
    if undated:
        example = f"that of {undated[0].gateway_mac}"
        rejections.note(catalogue.GATEWAYS.path, GATEWAY_UNDATED, len(undated), example)
    reported = [
        *_of_gateways(dated.values(), pass_at),
        *_of_ports(ports, dated, pass_at, rejections),
    ]
    rows = [with_possible(row, FIGURES) for row in reported]
    newest = conform(rows, RAW_PORT_SAMPLE).sort_values("sampled_at", kind="stable")
    unique = newest.drop_duplicates(list(RAW_PORT_SAMPLE.key), keep="last")
    return unique.sort_index().reset_index(drop=True)


def _of_gateways(gateways: Iterable[Gateway], pass_at: datetime) -> Iterable[dict[str, Any]]:
    for gateway in gateways:
        if not gateway.site_id:
            continue
        for port_id, interface in wan_interfaces(gateway).items():
            yield {
                **asdict(interface.statistics),
                "pass_at": pass_at,
                "gateway_mac": gateway.gateway_mac,
                "port_id": port_id,
                "counter_source": "device",
                "site_id": gateway.site_id,
                "sampled_at": instant(gateway.sampled_at),
                "uptime_seconds": gateway.uptime_seconds,
            }


def _of_ports(
    ports: list[Port], gateways: dict[str, Gateway], pass_at: datetime, rejections: Rejections
) -> Iterable[dict[str, Any]]:
    wan = [port for port in ports if is_wan(port.usage, port.port_id)]
    names: dict[str, list[str]] = defaultdict(list)
    for port in wan:
        names[port.gateway_mac].append(port.port_id)
    ids = {mac: port_ids(interfaces) for mac, interfaces in names.items()}
    for port in wan:
        gateway = gateways.get(port.gateway_mac)
        site_id = port.site_id or (gateway.site_id if gateway else None)
        if not site_id:
            continue
        seconds = port.sampled_at or (gateway.sampled_at if gateway else None)
        if not seconds:
            example = f"that of {port.gateway_mac} {port.port_id}"
            rejections.note(catalogue.PORTS.path, PORT_UNDATED, 1, example)
            continue
        yield {
            **asdict(port),
            "pass_at": pass_at,
            "port_id": ids[port.gateway_mac][port.port_id],
            "counter_source": "port",
            "site_id": site_id,
            "sampled_at": instant(seconds),
            "port_speed_mbps": known_speed(port.port_speed_mbps),
            "uptime_seconds": _uptime_of_the_same_report(port, gateway),
            "last_flapped_at": instant(port.last_flapped_at),
        }


def _uptime_of_the_same_report(port: Port, gateway: Gateway | None) -> float | None:
    """Uptime, unless the port's statistics are of another instant: a boot may lie between."""
    if gateway is None or not port.sampled_at or port.sampled_at != gateway.sampled_at:
        return None
    return gateway.uptime_seconds
