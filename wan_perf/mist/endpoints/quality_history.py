"""Quality of the WAN ports in past hours: latency, jitter and loss, one call a port for all hours.

Belongs here: which buckets of quality are requested, and how they become hours.
Keep out: the rates (`mist.collect.port_history`), samples of paths (`path_samples`), a circuit's
quality (`kpi`).

Mist averages over the paths of a port and over the bucket, without a maximum. A port without probes
has no values: its quality is unknown, which is no error.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wan_perf.mist.client.errors import MistUnknownError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.figures import impossible_note, possible
from wan_perf.mist.endpoints.history_buckets import Bucket, Buckets, Wanted, common_buckets, finest
from wan_perf.mist.endpoints.records.history import QUALITY_METRIC, QUALITY_NAMES, Metric

FIGURES = tuple(QUALITY_NAMES.values())
NO_QUALITY_HISTORY = (
    f"const/insight_metrics names no history of {QUALITY_METRIC} by the hour or less, so that of "
    "the rates is stored without quality; the Mist API may have changed: look for a newer wan_perf."
)
Quality = dict[str, Any]
"""Columns of raw_port_history for one hour."""


def quality_buckets(
    metrics: Mapping[str, Metric], first: datetime, now: datetime
) -> Buckets | None:
    """The shortest buckets that reach back to `first`, else those that reach furthest."""
    available = common_buckets(metrics, [QUALITY_METRIC])
    longest = max(available, key=lambda buckets: buckets.retention, default=None)
    return finest(available, first, now) or longest


def port_quality(session: MistSession, port: Wanted, buckets: Buckets) -> dict[datetime, Quality]:
    """Quality of each hour of the port.

    Raises:
        MistPermanentError: The call would fail again; MistUnknownError: Mist has no quality of
            this port, or the answer has other buckets or not the known shape.
        MistTransientError: The call may succeed later.
    """
    answer = session.single(
        catalogue.PORT_QUALITY,
        port.site_id,
        QUALITY_METRIC,
        port.gateway_mac,
        **buckets.query(port),
    )
    series = answer.nested or answer
    columns = [getattr(series, figure) for figure in FIGURES]
    if all(column is None for column in columns):
        raise MistUnknownError(
            f"The answer of {catalogue.PORT_QUALITY.path} names none of latency, jitter and loss, "
            "so history is stored without; the Mist API may have changed: look for a newer "
            "wan_perf."
        )
    path = catalogue.PORT_QUALITY.path
    by_start = buckets.values_by_start(path, answer, columns, port)
    return {hour: _of_hour(buckets.of_hour(hour, by_start), buckets) for hour in port.hours}


def _of_hour(of_hour: list[Bucket], buckets: Buckets) -> Quality:
    """One hour from its buckets; each figure is the mean of the buckets that have it."""
    impossible: list[str] = []
    valid = [
        tuple(
            possible(name, value, impossible) for name, value in zip(FIGURES, bucket, strict=True)
        )
        for bucket in of_hour
    ]
    known = [bucket for bucket in valid if any(value is not None for value in bucket)]
    quality: Quality = {"quality_minutes": buckets.minutes * len(known)}
    for nth, figure in enumerate(FIGURES):
        values = [value for bucket in known if (value := bucket[nth]) is not None]
        if values:
            quality[figure] = sum(values) / len(values)
    return quality | impossible_note(impossible)
