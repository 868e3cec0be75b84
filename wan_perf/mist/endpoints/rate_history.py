"""Rates of the WAN ports in past hours, in bit/s; one call a port for all its hours.

Belongs here: which buckets of rates are requested, and how they become hours.
Keep out: the quality beside them (`quality_history`), bytes of an hour (`kpi`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from wan_perf.errors import UsageError
from wan_perf.mist.client.errors import MistAnswerError, MistPermanentError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import floored
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.figures import impossible_note, possible
from wan_perf.mist.endpoints.history_buckets import (
    HOUR,
    Bucket,
    Buckets,
    Wanted,
    common_buckets,
    finest,
)
from wan_perf.mist.endpoints.records.devices import DEVICE_ID_PREFIX
from wan_perf.mist.endpoints.records.history import RATE_NAMES, Metric

FIGURES = tuple(RATE_NAMES.values())


def rate_buckets(metrics: Mapping[str, Metric], first: datetime, now: datetime) -> Buckets:
    """The shortest buckets that divide an hour and whose retention includes `first`.

    Raises:
        UsageError: `first` is older than every retention.
        MistPermanentError: Mist lists no such buckets.
    """
    available = common_buckets(metrics, RATE_NAMES)
    if not available:
        raise MistPermanentError(
            "const/insight_metrics names no history of a port's rates by the hour or less; "
            "the Mist API may have changed: look for a newer wan_perf."
        )
    found = finest(available, first, now)
    if found is None:
        longest = max(buckets.retention for buckets in available)
        oldest = floored(now - longest + HOUR - timedelta(microseconds=1), HOUR)
        raise UsageError(
            f"Mist keeps {longest.days} days of a port's history; {first:%Y-%m-%d %H:%M} is before "
            f"{oldest:%Y-%m-%d %H:%M} UTC. Ask for a later start; what is stored stays."
        )
    return found


def port_rates(session: MistSession, port: Wanted, buckets: Buckets) -> list[dict[str, Any]]:
    """Rows of raw_port_history of the port's hours, without the columns of quality.

    Raises:
        MistPermanentError: The call would fail again; MistAnswerError: the answer has other buckets
            or another shape, or none of the rates.
        MistTransientError: The call may succeed later.
    """
    answer = session.single(
        catalogue.PORT_HISTORY,
        port.site_id,
        port.device_id or DEVICE_ID_PREFIX + port.gateway_mac,
        ",".join(RATE_NAMES),
        **buckets.query(port),
    )
    rates = answer.results or answer
    columns = [getattr(rates, figure) for figure in FIGURES]
    path = catalogue.PORT_HISTORY.path
    by_start = buckets.values_by_start(path, answer, columns, port)
    # Not to be stored as hours without data: those are never requested again.
    if all(column is None for column in columns):
        raise MistAnswerError(
            f"The answer of {path} names none of the requested rates; the Mist API may have "
            "changed: look for a newer wan_perf."
        )
    return [
        {
            "hour": hour,
            "gateway_mac": port.gateway_mac,
            "port_id": port.port_id,
            "site_id": port.site_id,
            **_figures(buckets.of_hour(hour, by_start), buckets.minutes),
        }
        for hour in port.hours
    ]


def _figures(of_hour: Sequence[Bucket], minutes: float) -> dict[str, Any]:
    """One hour from its buckets; a bucket without both means is ignored."""
    impossible: list[str] = []
    valid = [
        tuple(
            possible(name, value, impossible) for name, value in zip(FIGURES, bucket, strict=True)
        )
        for bucket in of_hour
    ]
    known = [bucket for bucket in valid if bucket[0] is not None and bucket[1] is not None]
    carrying = [bucket for bucket in known if any(bucket[:2])]
    figures: dict[str, Any] = {
        "covered_minutes": minutes * len(known),
        "carrying_minutes": minutes * len(carrying),
    }
    for nth, name in enumerate(FIGURES):
        values = [value for bucket in known if (value := bucket[nth]) is not None]
        if values:
            figures[name] = max(values) if name.endswith("max") else sum(values) / len(values)
    return figures | impossible_note(impossible)
