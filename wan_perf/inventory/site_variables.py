"""Variables of the sites whose templates need them: requested once a day, stored in between.

Belongs here: which sites are requested, how often, within which budget, what replaces a failed one.
Keep out: what a template makes of its variables (`template_variables`), variables that name a
bought rate (`site_bandwidth`).

Only the values that a template needs are stored: other variables of a site may be secrets.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from wan_perf.inventory.template_variables import unusable, variables_in
from wan_perf.mist.client.budget import Budget
from wan_perf.mist.client.errors import HourUsedUpError, MistPermanentError, MistTransientError
from wan_perf.mist.client.odd_values import OddValue, excerpt
from wan_perf.mist.client.rejected_rows import Rejections
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import Clock
from wan_perf.mist.collect.requests import AT_ONCE
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.records.configuration import Template

REQUESTED_EVERY = timedelta(hours=24)
Variables = Mapping[str, str | None]
"""Values by name; None for one that the site does not define."""
_Failure = MistPermanentError | MistTransientError


@dataclass
class SiteVariables:
    """The variables of some sites.

    Attributes:
        by_site: Those that its templates need.
        requested_at: When each site was last requested; naive UTC.
        settings: All variables of the sites that were requested now.
        left: Sites that still have their stored values, or none, by the reason.
    """

    by_site: dict[str, Variables] = field(default_factory=dict)
    requested_at: dict[str, datetime] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)

    def put_on(self, snapshot: pd.DataFrame) -> pd.DataFrame:
        """The rows of raw_inventory with the variables that configured them."""
        texts = {site: json.dumps(values, sort_keys=True) for site, values in self.by_site.items()}
        at = snapshot["site_id"].map(self.requested_at).astype("datetime64[us]")
        text = [texts.get(site) for site in snapshot["site_id"]]
        return snapshot.assign(
            site_variables=pd.Series(text, snapshot.index, dtype="object"),
            variables_requested_at=at,
        )


def site_variables(
    session: MistSession,
    templates: Mapping[str, Iterable[Template]],
    newest: pd.DataFrame,
    clock: Clock,
    reserve: int,
) -> SiteVariables:
    """The variables that the templates of each site need, a call a site and day.

    A failed request does not fail the inventory: the site has its stored values.
    What a site does not define, or defines as another kind of value, is noted as odd.

    Args:
        session: Where to request.
        templates: By site, what configures its gateways.
        newest: Rows of the newest stored snapshot; may be empty.
        clock: What time it is.
        reserve: Calls an hour that are left to live polls.
    """
    needed = {site: _needed(of_site) for site, of_site in templates.items()}
    needed = {site: names for site, names in needed.items() if names}
    found = SiteVariables()
    if not needed:
        return found
    _take_stored(found, needed, newest)
    now = clock.now()
    due = [
        site
        for site, names in needed.items()
        if found.requested_at.get(site, datetime.min) + REQUESTED_EVERY <= now  # noqa: DTZ901
        or names - found.by_site[site].keys()
    ]
    _request(found, session, due, clock, reserve)
    for site, settings in found.settings.items():
        found.by_site[site] = {name: _text(settings.get(name)) for name in sorted(needed[site])}
        found.requested_at[site] = now
    _note_unusable(found, templates, session.rejections)
    return found


def variables_due(newest: pd.DataFrame, now: datetime) -> set[str]:
    """Sites whose variables an inventory would request now, as far as the newest one knows them.

    Args:
        newest: Rows of the newest stored snapshot; may be empty.
        now: The present instant, naive UTC.
    """
    stored = newest.dropna(subset=["site_variables"])
    return set(stored[stored["variables_requested_at"] + REQUESTED_EVERY <= now]["site_id"])


def _needed(templates: Iterable[Template]) -> frozenset[str]:
    return frozenset().union(*map(variables_in, templates))


def _take_stored(
    found: SiteVariables, needed: Mapping[str, frozenset[str]], newest: pd.DataFrame
) -> None:
    stored = newest.dropna(subset=["site_variables"]).drop_duplicates("site_id")
    for row in stored.to_dict("records"):
        if row["site_id"] in needed:
            found.by_site[row["site_id"]] = json.loads(row["site_variables"])
            found.requested_at[row["site_id"]] = row["variables_requested_at"].to_pydatetime()


def _request(
    found: SiteVariables, session: MistSession, due: list[str], clock: Clock, reserve: int
) -> None:
    if not due:
        return  # not even the use of the token is requested
    try:
        budget = Budget(session, clock.now, reserve)
    except (MistPermanentError, MistTransientError) as error:
        found.left[str(error)] += len(due)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(_Requests(session, budget).settings, due)
        for site, answer in zip(due, answers, strict=True):
            if isinstance(answer, dict):
                found.settings[site] = answer
            else:
                found.left[str(answer)] += 1


class _Requests:
    """Requests site after site, several at once, until the hour's calls are used up."""

    def __init__(self, session: MistSession, budget: Budget) -> None:
        self._session, self._budget = session, budget
        self._ended: HourUsedUpError | None = None

    def settings(self, site: str) -> dict[str, Any] | _Failure:
        """All variables of a site, or why there are none."""
        if self._ended:
            return self._ended
        try:
            self._budget.claim()
            return self._session.single(catalogue.SITE_SETTING, site).variables or {}
        except HourUsedUpError as error:
            self._ended = error
            return error
        except (MistPermanentError, MistTransientError) as error:
            return error


def _text(value: Any) -> str | None:
    """A variable's value as Mist puts it into a template."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _note_unusable(
    found: SiteVariables, templates: Mapping[str, Iterable[Template]], rejections: Rejections
) -> None:
    path = catalogue.SITE_SETTING.path
    left: dict[str, dict[str, str | None]] = defaultdict(dict)
    for site, values in found.by_site.items():
        for template in templates[site]:
            left[site] |= unusable(template, values)
    for site, names in left.items():
        odd = [OddValue("vars.*", f"vars.{n}", excerpt(v), "variable") for n, v in names.items()]
        rejections.note_odd(path, f"site_id {site}", odd)
