"""Causes of a site's low score in an hour: classifiers, impacted gateways and interfaces.

Belongs here: the three requests about one score of one site and hour, and their rows.
Keep out: which scores are requested, and within which budget (`mist.collect.site_causes`).

The minutes are Mist's own. A figure whose bucket is null or missing is unknown, never 0. How many
rows an answer has is not compared with its `total_count`: Mist's own example has fewer.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wan_perf.mist.client.errors import MistAnswerError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.mist.endpoints.interfaces import port_ids
from wan_perf.mist.endpoints.records.site_causes import (
    MIST_METRICS,
    ImpactedGateways,
    ImpactedInterface,
    ImpactedInterfaces,
    Minutes,
    Samples,
    Trend,
)
from wan_perf.mist.endpoints.site_scores import HOUR

HOUR_S = HOUR.total_seconds()
UNNAMED = "they do not name their gateway"
_MINUTES = ("degraded_minutes", "impact_minutes", "total_minutes")

Row = dict[str, Any]


@dataclass(frozen=True)
class SiteScoreHour:
    """One score of one site over one hour; `sle_metric` is the column of the score."""

    hour: datetime
    site_id: str
    sle_metric: str

    @property
    def key(self) -> Row:
        """The columns that all rows about it share."""
        return {"hour": self.hour, "site_id": self.site_id, "sle_metric": self.sle_metric}

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What the path of a request names."""
        return self.site_id, "site", self.site_id, MIST_METRICS[self.sle_metric]

    @property
    def window(self) -> dict[str, str]:
        """Parameters of a request."""
        return {"start": f"{epoch(self.hour):.0f}", "end": f"{epoch(self.hour + HOUR):.0f}"}


def causes(session: MistSession, of: SiteScoreHour) -> tuple[Row, list[Row]]:
    """The minutes of a score (RAW_SLE_METRIC) and of its classifiers (RAW_SLE_CLASSIFIER).

    Raises:
        MistPermanentError: The call would fail again; MistAnswerError: the answer has other buckets
            or another shape.
        MistTransientError: The call may succeed later.
    """
    answer = session.single(catalogue.SLE_TREND, *of.place, **of.window)
    return metric_row(of, answer), classifier_rows(of, answer)


def metric_row(of: SiteScoreHour, answer: Trend) -> Row:
    """The minutes of a score in its hour.

    Raises:
        MistAnswerError: The answer is of another hour.
    """
    path = catalogue.SLE_TREND.path
    _refuse_other_hours(path, of, answer.started_at, answer.ended_at)
    return of.key | _minutes(path, of, answer, answer.score.samples, answer.score.bucket_seconds)


def classifier_rows(of: SiteScoreHour, answer: Trend) -> list[Row]:
    """The minutes of each classifier in the hour, by Mist's name of it, known or not."""
    path, rows = catalogue.SLE_TREND.path, {}
    for found in answer.classifiers:
        seconds = found.bucket_seconds or answer.score.bucket_seconds
        minutes = _minutes(path, of, answer, found.samples, seconds)
        rows[found.classifier] = of.key | {"classifier": found.classifier} | minutes
    return list(rows.values())


def impacted_gateways(session: MistSession, of: SiteScoreHour) -> list[Row]:
    """Gateways with degraded minutes in the hour (RAW_SLE_GATEWAY).

    Raises:
        MistPermanentError: The call would fail again, or the answer has not the known shape.
        MistTransientError: The call may succeed later.
    """
    answer = session.single(catalogue.SLE_GATEWAYS, *of.place, **of.window)
    return gateway_rows(of, answer)


def gateway_rows(of: SiteScoreHour, answer: ImpactedGateways) -> list[Row]:
    """The impacted gateways, each once."""
    path = catalogue.SLE_GATEWAYS.path
    _refuse_other_hours(path, of, answer.started_at, answer.ended_at)
    names = ("gateway_mac", "gateway_name", "gateway_model", *_MINUTES)
    rows = {g.gateway_mac: {name: getattr(g, name) for name in names} for g in answer.rows}
    return [of.key | row for row in rows.values()]


def impacted_interfaces(session: MistSession, of: SiteScoreHour) -> list[Row]:
    """Ports with degraded minutes in the hour (RAW_SLE_INTERFACE).

    Raises:
        MistPermanentError: The call would fail again, or the answer has not the known shape.
        MistTransientError: The call may succeed later.
    """
    answer = session.single(catalogue.SLE_INTERFACES, *of.place, **of.window)
    unnamed = sum(not _mac(row) for row in answer.rows)
    session.rejections.note(catalogue.SLE_INTERFACES.path, UNNAMED, unnamed, of.site_id)
    return interface_rows(of, answer)


def interface_rows(of: SiteScoreHour, answer: ImpactedInterfaces) -> list[Row]:
    """The impacted ports, each once; without those of no named gateway."""
    _refuse_other_hours(catalogue.SLE_INTERFACES.path, of, answer.started_at, answer.ended_at)
    by_gateway: dict[str, list[ImpactedInterface]] = defaultdict(list)
    for interface in answer.rows:
        if mac := _mac(interface):
            by_gateway[mac].append(interface)
    rows = {}
    for mac, interfaces in by_gateway.items():
        ports = port_ids(interface.interface for interface in interfaces)
        for found in interfaces:
            port = ports[found.interface]
            named = {"gateway_mac": mac, "gateway_name": found.gateway_name or found.switch_name}
            minutes = {name: getattr(found, name) for name in _MINUTES}
            rows[mac, port] = of.key | named | {"port_id": port} | minutes
    return list(rows.values())


def _mac(interface: ImpactedInterface) -> str | None:
    return interface.gateway_mac or interface.switch_mac


def _refuse_other_hours(
    path: str, of: SiteScoreHour, started_at: float | None, ended_at: float | None
) -> None:
    """Refuse a window that does not include the hour; 0 and None are unknown."""
    hour = epoch(of.hour)
    if (started_at or hour) > hour or (ended_at or hour + 1) <= hour:
        raise MistAnswerError(
            f"The answer of {path} is of other hours than were requested; check the clock of "
            "this machine and Mist's."
        )


def _minutes(
    path: str, of: SiteScoreHour, answer: Trend, samples: Samples | None, seconds: float
) -> Row:
    if HOUR_S % seconds:
        raise MistAnswerError(
            f"The answer of {path} has buckets of {seconds:g} s, which do not divide an hour; "
            "the Mist API may have changed: look for a newer wan_perf."
        )
    # Buckets lie on multiples of their length, wherever in the first one the window begins.
    first = answer.started_at // seconds * seconds
    begin = round((epoch(of.hour) - first) / seconds)
    buckets = range(begin, begin + round(HOUR_S / seconds))
    lists = samples or Samples()
    return {
        "degraded_minutes": _sum(lists.degraded_minutes or (), buckets),
        "total_minutes": _sum(lists.total_minutes or (), buckets),
    }


def _sum(values: Sequence[Minutes | None], buckets: range) -> float | None:
    """The sum of some buckets; None where one of them is null or missing."""
    of_hour = [values[nth] if 0 <= nth < len(values) else None for nth in buckets]
    known = [value for value in of_hour if value is not None]
    return float(sum(known)) if len(known) == len(of_hour) else None
