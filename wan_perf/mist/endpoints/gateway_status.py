"""Status of the gateways, from their newest statistics.

Belongs here: which word of Mist means connected.
Keep out: statistics of their ports (`port_samples`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pandas as pd

from wan_perf.mist.collect.clock import floored
from wan_perf.mist.endpoints.figures import with_possible
from wan_perf.mist.endpoints.instants import instant
from wan_perf.mist.endpoints.records.statistics import Gateway
from wan_perf.mist.endpoints.site_scores import HOUR
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_GATEWAY_STATUS

CONNECTION = {"connected": True, "disconnected": False}
"""Other words (a gateway that restarts, say) are of no known connection: NULL."""


def gateway_status(gateways: Iterable[Gateway], pass_at: datetime) -> pd.DataFrame:
    """Every gateway at a site with its connection and software (RAW_GATEWAY_STATUS).

    A gateway that reported nothing for a while is there too, with the instant of its last report.
    Spare gateways, which are at no site, are left out.

    Args:
        gateways: Device statistics of one poll.
        pass_at: Instant at which the poll was due, naive UTC.
    """
    rows = [_row(gateway, pass_at) for gateway in gateways if gateway.site_id]
    frame = conform(rows, RAW_GATEWAY_STATUS)
    return frame.drop_duplicates(list(RAW_GATEWAY_STATUS.key), keep="last", ignore_index=True)


def _row(gateway: Gateway, pass_at: datetime) -> dict[str, Any]:
    row = {
        "hour": floored(pass_at, HOUR),
        "gateway_mac": gateway.gateway_mac,
        "pass_at": pass_at,
        "site_id": gateway.site_id,
        "gateway_name": gateway.gateway_name,
        "gateway_model": gateway.gateway_model,
        "software_version": gateway.software_version,
        "is_connected": CONNECTION.get(gateway.status or ""),
        "sampled_at": instant(gateway.sampled_at),
        "uptime_seconds": gateway.uptime_seconds,
    }
    return with_possible(row, ("uptime_seconds",))
