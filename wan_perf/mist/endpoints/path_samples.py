"""Samples of the peer paths, from their newest statistics.

Belongs here: which end's row is a sample, and of which port.
Keep out: which figures are possible (`figures`), a circuit's quality from its paths (`kpi`).

Both ends of a path report it. A circuit is measured at the store's end; the hub's rows repeat the
same paths.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from msgspec.structs import asdict

from wan_perf.mist.endpoints.figures import with_possible
from wan_perf.mist.endpoints.instants import instant
from wan_perf.mist.endpoints.interfaces import port_ids
from wan_perf.mist.endpoints.records.statistics import WAN_USAGE, Gateway, Path
from wan_perf.schema.frames import conform
from wan_perf.schema.port_names import without_unit_0
from wan_perf.schema.tables import RAW_PATH_SAMPLE

FIGURES = ("latency_ms", "jitter_ms", "loss_pct", "mos", "path_uptime_seconds")
_End = tuple[str | None, str | None]


def path_samples(
    paths: Sequence[Path], gateways: Sequence[Gateway], pass_at: datetime
) -> pd.DataFrame:
    """The paths as RAW_PATH_SAMPLE; impossible figures are listed in a column of their own.

    Absent values are NULL. A figure outside its column's bounds (a latency of -1, a loss above
    100 %) becomes NULL, and its row is stored. Of several rows of one path the newest is used. A
    path whose row does not name its peer has the name that the peer itself reports.

    Args:
        paths: Rows of both ends of every path.
        gateways: Device statistics of the same poll, for the names of WAN ports and of peers; may
            be empty.
        pass_at: Instant at which the poll was due, naive UTC.
    """
    ids = _ports(paths, gateways)
    names = {gateway.gateway_mac: gateway.gateway_name for gateway in gateways}
    rows = [_row(path, ids, names, pass_at) for path in without_hub_rows(paths)]
    newest = conform(rows, RAW_PATH_SAMPLE).sort_values(
        "sampled_at", kind="stable", na_position="first"
    )
    unique = newest.drop_duplicates(list(RAW_PATH_SAMPLE.key), keep="last")
    return unique.sort_index().reset_index(drop=True)


def without_hub_rows(paths: Sequence[Path]) -> list[Path]:
    """The rows without those in which a hub reports a path that the store's end reports too.

    No answer names the hubs. Of two ends that report one path, the one with more peers is the hub,
    and its row is removed. A row whose other end reports nothing is used, and where both ends have
    the same number of peers (two stores of a mesh, one store and one hub) both are: no path is
    lost, and a surplus row is of a hub's port, which is no store's circuit.
    """
    peers: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        if path.peer_mac:
            peers[path.gateway_mac].add(path.peer_mac)
            peers[path.peer_mac].add(path.gateway_mac)
    reported = {(_local_end(path), _remote_end(path)) for path in paths}
    return [
        path
        for path in paths
        if not path.peer_mac
        or len(peers[path.gateway_mac]) <= len(peers[path.peer_mac])
        or (_remote_end(path), _local_end(path)) not in reported
    ]


def _local_end(path: Path) -> _End:
    return path.gateway_mac, without_unit_0(path.port_id)


def _remote_end(path: Path) -> _End:
    return path.peer_mac, without_unit_0(path.peer_port_id) if path.peer_port_id else None


def _ports(paths: Sequence[Path], gateways: Iterable[Gateway]) -> dict[str, dict[str, str]]:
    """The port of each interface by gateway, as the samples of ports have it."""
    names: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        names[path.gateway_mac].add(path.port_id)
    for gateway in gateways:
        if gateway.gateway_mac in names:
            wan = (gateway.interfaces or {}).items()
            names[gateway.gateway_mac] |= {name for name, i in wan if i.usage == WAN_USAGE}
    return {mac: port_ids(interfaces) for mac, interfaces in names.items()}


def _row(
    path: Path,
    ids: Mapping[str, Mapping[str, str]],
    names: Mapping[str, str | None],
    pass_at: datetime,
) -> dict[str, Any]:
    row = {
        **asdict(path),
        "pass_at": pass_at,
        "port_id": ids[path.gateway_mac][path.port_id],
        "peer_name": path.peer_name or names.get(path.peer_mac or ""),
        "sampled_at": instant(path.sampled_at),
    }
    return with_possible(row, FIGURES)
