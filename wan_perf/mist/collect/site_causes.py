"""Collection of the causes of low scores: which sites and hours, within which budget of calls.

Belongs here: the choice of sites, the order, what a failed request means.
Keep out: how an answer becomes rows (`mist.endpoints.site_causes`), when it is due (`defs`).

No table depends on the causes. So whatever fails is left, and the other sites are requested.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from wan_perf.mist.client.budget import Budget
from wan_perf.mist.client.errors import (
    HourUsedUpError,
    MistPermanentError,
    MistRejectedError,
    MistTransientError,
    MistUnknownError,
)
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import Clock
from wan_perf.mist.collect.requests import AT_ONCE
from wan_perf.mist.endpoints.site_causes import (
    Row,
    SiteScoreHour,
    causes,
    impacted_gateways,
    impacted_interfaces,
)
from wan_perf.schema.declaration import Table
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import (
    RAW_SLE_CLASSIFIER,
    RAW_SLE_GATEWAY,
    RAW_SLE_INTERFACE,
    RAW_SLE_METRIC,
)
from wan_perf.schema.values import DEGRADED_BELOW, SLE_METRICS

CALLS = 3
"""Calls for one score of one site and hour."""


def degraded_scores(
    scores: pd.DataFrame, requested: pd.DataFrame, sites: int
) -> list[SiteScoreHour]:
    """The scores whose causes are to be requested: the newest hour first, its worst sites first.

    A site is requested once for each of its degraded scores of an hour, and again only while a
    request about it has failed. Scores change for some hours; a site that becomes degraded later is
    requested then, as long as no more than so many sites of the hour were.

    Args:
        scores: Rows of raw_site_sle.
        requested: Rows of raw_sle_metric of the same hours.
        sites: At most so many sites of an hour.
    """
    names = list(SLE_METRICS)
    worst = scores[names].min(axis="columns")
    degraded = scores.assign(worst=worst)[worst < DEGRADED_BELOW]
    order = ["hour", "worst", "site_id"]
    rows: list[dict[Any, Any]] = degraded.sort_values(
        order, ascending=[False, True, True], kind="stable"
    ).to_dict("records")
    answered = {
        (row["hour"], row["site_id"], row["sle_metric"])
        for row in requested.to_dict("records")
        if row["is_answered"]
    }
    chosen = set(zip(requested["hour"], requested["site_id"], strict=True))
    count = Counter(hour for hour, _ in chosen)
    found = []
    for row in rows:
        hour, site_id = row["hour"], row["site_id"]
        if (hour, site_id) not in chosen:
            if count[hour] >= sites:
                continue
            count[hour] += 1
        found += [
            SiteScoreHour(hour.to_pydatetime(), site_id, name)
            for name in names
            if row[name] < DEGRADED_BELOW and (hour, site_id, name) not in answered
        ]
    return found


@dataclass
class Causes:
    """Rows of the requested scores, and the scores that are left, each with the reason.

    Attributes:
        reduced: How many answers lack gateways or interfaces, by the reason.
    """

    metrics: list[Row] = field(default_factory=list)
    classifiers: list[Row] = field(default_factory=list)
    gateways: list[Row] = field(default_factory=list)
    interfaces: list[Row] = field(default_factory=list)
    left: dict[SiteScoreHour, str] = field(default_factory=dict)
    reduced: Counter[str] = field(default_factory=Counter)

    @property
    def frames(self) -> dict[Table, pd.DataFrame]:
        """The rows by table."""
        rows = {
            RAW_SLE_METRIC: self.metrics,
            RAW_SLE_CLASSIFIER: self.classifiers,
            RAW_SLE_GATEWAY: self.gateways,
            RAW_SLE_INTERFACE: self.interfaces,
        }
        return {table: conform(of_table, table) for table, of_table in rows.items()}


@dataclass
class _Answer:
    """What was received about one score; `failed` is the error that ended it."""

    metric: Row
    classifiers: list[Row] = field(default_factory=list)
    gateways: list[Row] = field(default_factory=list)
    interfaces: list[Row] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    failed: MistPermanentError | MistTransientError | None = None


def take_causes(
    session: MistSession, wanted: Sequence[SiteScoreHour], clock: Clock, reserve: int
) -> Causes:
    """The causes of each score, in this order, as far as the calls of the hour allow.

    What was received of a score is stored even where a later request about it fails. Once the
    hour's calls are used up nothing more is requested.

    Args:
        session: Where to request.
        wanted: The scores, of hours that are over.
        clock: What time it is.
        reserve: Calls an hour reserved for live polls.
    """
    found = Causes()
    if not wanted:
        return found  # not even the use of the token is requested
    try:
        budget = Budget(session, clock.now, reserve)
    except (MistPermanentError, MistTransientError) as error:
        found.left = dict.fromkeys(wanted, str(error))
        return found
    for of, answer in zip(wanted, _answers(session, wanted, budget), strict=True):
        if isinstance(answer, HourUsedUpError):
            found.left[of] = str(answer)
            continue
        if answer.failed:
            found.left[of] = str(answer.failed)
        _add(found, answer, clock.now())
    return found


def _answers(
    session: MistSession, wanted: Sequence[SiteScoreHour], budget: Budget
) -> Iterable[_Answer | HourUsedUpError]:
    """What was received about each score, or why it was not requested."""
    ended: list[HourUsedUpError] = []

    def answer(of: SiteScoreHour) -> _Answer | HourUsedUpError:
        if ended:
            return ended[0]
        try:
            budget.claim(CALLS)
        except HourUsedUpError as error:
            ended.append(error)
            return error
        received = _received(session, of)
        if isinstance(received.failed, HourUsedUpError):
            ended.append(received.failed)
        return received

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(answer, wanted)


def _received(session: MistSession, of: SiteScoreHour) -> _Answer:
    found = _Answer(dict(of.key))
    try:
        found.metric, found.classifiers = causes(session, of)
        for request, rows in (
            (impacted_gateways, found.gateways),
            (impacted_interfaces, found.interfaces),
        ):
            try:
                rows += request(session, of)
            except (MistUnknownError, MistRejectedError) as error:
                # Mist would refuse it again: not every score has such a list.
                found.without.append(str(error))
    except (MistPermanentError, MistTransientError) as error:
        found.failed = error
    return found


def _add(found: Causes, answer: _Answer, now: datetime) -> None:
    at = {"fetched_at": now}
    found.metrics.append(answer.metric | at | {"is_answered": answer.failed is None})
    found.classifiers += [row | at for row in answer.classifiers]
    found.gateways += [row | at for row in answer.gateways]
    found.interfaces += [row | at for row in answer.interfaces]
    found.reduced.update(answer.without)
