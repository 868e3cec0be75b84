"""Asking sites for the bandwidth of circuits that no contract names.

Belongs here: which sites are asked, how often, within which budget, what is kept where one fails.
Keep out: what a site's answers say (`site_bandwidth`), which rate counts (`kpi`).

Two calls a site are much for thousands of sites. So a site is asked only for a WAN port without a
contracted rate, and once a day; in between, and where it does not answer, it keeps what the newest
snapshot has of it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

import pandas as pd

from wan_perf.frames import conform
from wan_perf.mist import endpoints
from wan_perf.mist.asking import AT_ONCE
from wan_perf.mist.budget import Budget
from wan_perf.mist.clock import Clock
from wan_perf.mist.errors import (
    HourUsedUpError,
    MistAnswerError,
    MistPermanentError,
    MistRejectedError,
    MistTransientError,
    MistUnknownError,
)
from wan_perf.mist.instants import EPOCH, epoch
from wan_perf.mist.records import SpeedTest
from wan_perf.mist.session import MistSession
from wan_perf.mist.site_bandwidth import TESTS_COUNT_FOR, Row, lay_tests, lay_variables
from wan_perf.tables import RAW_INVENTORY

ASKED_EVERY = timedelta(hours=24)
_VARIABLES = ("variable_down_mbps", "variable_up_mbps")
_TESTS = ("tested_down_mbps", "tested_up_mbps")
_Failure = MistPermanentError | MistTransientError
_Sites = dict[str, list[Row]]
Answer = TypeVar("Answer")


@dataclass
class SitesAsked:
    """A snapshot with what its sites say of their bandwidth.

    Attributes:
        asked: How many sites were asked and need not be before a day is over.
        left: How many sites keep the last that was known of them, by the reason.
        complaints: A sentence for each variable that could not be used.
    """

    frame: pd.DataFrame
    asked: int = 0
    left: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)


@dataclass
class _Said:
    """What a site said; None where it was not had. `is_over`: it need not be asked again soon."""

    variables: dict[str, Any] | None = None
    tests: list[SpeedTest] | None = None
    failures: list[_Failure] = field(default_factory=list)
    is_over: bool = True


def ask_sites(
    session: MistSession,
    snapshot: pd.DataFrame,
    newest: pd.DataFrame,
    clock: Clock,
    reserve: int,
    settings: Mapping[str, dict[str, Any]] = MappingProxyType({}),
) -> SitesAsked:
    """The snapshot with the rates in variables and speed tests of the sites that need them.

    No failure keeps the snapshot back: what a site does not say stays as it was.

    Args:
        session: Where to ask.
        snapshot: Rows of raw_inventory, just taken, contracts laid on them.
        newest: Rows of the newest snapshot that is stored; none will do.
        clock: What time it is.
        reserve: Calls an hour that are left to live passes.
        settings: Variables of sites that were requested for this snapshot already.
    """
    known: Any = snapshot.astype(object).where(snapshot.notna(), None)
    rows: list[Row] = known.to_dict("records")
    sites = _without_contract(rows)
    if not sites:
        return SitesAsked(snapshot)
    _keep(sites, newest)
    at: datetime = snapshot["taken_at"].max().to_pydatetime()
    found = SitesAsked(snapshot)
    for site_id, said in _answers(session, _due(sites, at), at, clock, reserve, settings):
        _lay(sites[site_id], said, at, session, found)
    found.frame = conform(rows, RAW_INVENTORY)
    return found


def sites_due(newest: pd.DataFrame, now: datetime) -> list[str]:
    """Sites that an inventory would request now, as far as the newest stored one knows them.

    Args:
        newest: Rows of the newest snapshot that is stored; none will do.
        now: The present instant, naive UTC.
    """
    known: Any = newest.astype(object).where(newest.notna(), None)
    return _due(_without_contract(known.to_dict("records")), now)


def _without_contract(rows: Sequence[Row]) -> _Sites:
    """The rows of sites that have a WAN port without a contracted rate."""
    of_site: _Sites = defaultdict(list)
    for row in rows:
        if row["site_id"] and row["port_id"]:
            of_site[row["site_id"]].append(row)
    return {
        site_id: ports
        for site_id, ports in of_site.items()
        if any(row["contract_down_mbps"] is None for row in ports)
    }


def _keep(sites: _Sites, newest: pd.DataFrame) -> None:
    """Put on the rows what the newest stored snapshot has of their sites, WANs and ports."""
    known: Any = newest.astype(object).where(newest.notna(), None)
    asked_at: dict[str, Row] = {}
    of_wan: dict[tuple[str, str], Row] = {}
    of_port: dict[tuple[str, str, str], Row] = {}
    for row in known.to_dict("records"):
        if row["site_asked_at"] is not None:
            asked_at[row["site_id"]] = row
            of_wan[row["site_id"], row["wan_name"]] = row
            of_port[row["site_id"], row["gateway_mac"], row["port_id"]] = row
    for site_id, ports in sites.items():
        for row in ports:
            of = (
                (("site_asked_at",), asked_at.get(site_id, {})),
                (_VARIABLES, of_wan.get((site_id, row["wan_name"]), {})),
                (_TESTS, of_port.get((site_id, row["gateway_mac"], row["port_id"]), {})),
            )
            row.update({name: held.get(name) for names, held in of for name in names})


def _due(sites: _Sites, at: datetime) -> list[str]:
    """Sites that were not asked for a day, those asked longest ago first."""
    asked_at = {site_id: ports[0]["site_asked_at"] or EPOCH for site_id, ports in sites.items()}
    due = [site_id for site_id, last in asked_at.items() if last + ASKED_EVERY <= at]
    return sorted(due, key=lambda site_id: (asked_at[site_id], site_id))


def _answers(
    session: MistSession,
    due: list[str],
    at: datetime,
    clock: Clock,
    reserve: int,
    settings: Mapping[str, dict[str, Any]],
) -> Iterator[tuple[str, _Said]]:
    if not due:
        return  # not even the use of the token is asked
    try:
        asking = _Asking(session, Budget(session, clock.now, reserve), at, settings)
    except (MistPermanentError, MistTransientError) as error:
        yield from ((site_id, _Said(failures=[error], is_over=False)) for site_id in due)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip(due, pool.map(asking.site, due), strict=True)


def _lay(
    of_site: list[Row], said: _Said, at: datetime, session: MistSession, found: SitesAsked
) -> None:
    if said.variables is not None:
        found.complaints += lay_variables(of_site, said.variables)
    if said.tests is not None:
        lay_tests(of_site, said.tests, at, session.kept_out)
    if said.is_over:
        found.asked += 1
        for row in of_site:
            row["site_asked_at"] = at
    if said.failures:
        found.left[str(said.failures[0])] += 1


class _Asking:
    """Asks site after site, several at once; what the token may not read is asked no more."""

    def __init__(
        self,
        session: MistSession,
        budget: Budget,
        at: datetime,
        settings: Mapping[str, dict[str, Any]],
    ) -> None:
        self._session, self._budget, self._settings = session, budget, settings
        self._since = f"{epoch(at - TESTS_COUNT_FOR):.0f}"
        self._refused: dict[str, MistPermanentError] = {}
        self._ended: HourUsedUpError | None = None

    def site(self, site_id: str) -> _Said:
        """What a site says to both questions."""
        said = _Said()
        session = self._session
        said.variables = self._settings.get(site_id)
        if said.variables is None:
            said.variables = self._had(
                said,
                endpoints.SITE_SETTING.path,
                lambda: session.single(endpoints.SITE_SETTING, site_id).variables or {},
            )
        said.tests = self._had(
            said,
            endpoints.SPEED_TESTS.path,
            lambda: list(session.rows(endpoints.SPEED_TESTS, site_id, start=self._since)),
        )
        return said

    def _had(self, said: _Said, path: str, call: Callable[[], Answer]) -> Answer | None:
        ended = self._ended or self._refused.get(path)
        if ended:
            said.failures.append(ended)
            said.is_over &= ended is not self._ended
            return None
        try:
            self._budget.claim()
            return call()
        except (MistUnknownError, MistRejectedError, MistAnswerError) as error:
            said.failures.append(error)
        except MistPermanentError as error:
            self._refused[path] = error
            said.failures.append(error)
        except MistTransientError as error:
            said.failures.append(error)
            said.is_over = False
            if isinstance(error, HourUsedUpError):
                self._ended = error
        return None
