"""Mist's own scores of the sites, hour by hour.

Belongs here: the request for an hour, and its rows.
Keep out: how a score is made, which is Mist's; comparing it with our figures.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from msgspec.structs import asdict

from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.mist.endpoints.records.site_scores import SiteScore
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_SITE_SLE

HOUR = timedelta(hours=1)


def site_scores(session: MistSession, hour: datetime, now: datetime) -> pd.DataFrame:
    """The scores of every site over one hour (RAW_SITE_SLE), a call per thousand sites.

    Raises:
        MistPermanentError: A call would fail again, or an answer has not the known shape.
        MistTransientError: A call may succeed later, or rows are missing.
    """
    window = {"start": f"{epoch(hour):.0f}", "end": f"{epoch(hour + HOUR):.0f}"}
    return scores(session.rows(catalogue.SITE_SCORES, **window), hour, now)


def scores(received: Iterable[SiteScore], hour: datetime, now: datetime) -> pd.DataFrame:
    """The scores as given, each site once; a site without a score has none, not 0."""
    rows = {score.site_id: _row(score, hour, now) for score in received}
    return conform(list(rows.values()), RAW_SITE_SLE)


def _row(score: SiteScore, hour: datetime, now: datetime) -> dict[str, Any]:
    application = score.application_health
    if application is None:
        application = score.application_health_with_hyphen
    return {**asdict(score), "hour": hour, "fetched_at": now, "application_health": application}
