"""Requests to sites for the bandwidth of circuits without a contract.

Belongs here: which sites are requested, how often, within which budget, what replaces a failed one.
Keep out: what the answers of a site mean (`site_bandwidth`), which rate counts (`kpi`).

Two calls a site are many for thousands of sites. So a site is requested once a day, and only if it
has a WAN port without a contracted rate; in between, and where its request fails, it has the values
of the newest stored snapshot.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

import pandas as pd

from wan_perf.inventory.site_bandwidth import (
    TESTS_COUNT_FOR,
    Row,
    apply_speed_tests,
    apply_variables,
)
from wan_perf.mist.client.budget import Budget
from wan_perf.mist.client.errors import (
    HourUsedUpError,
    MistAnswerError,
    MistPermanentError,
    MistRejectedError,
    MistTransientError,
    MistUnknownError,
)
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import Clock
from wan_perf.mist.collect.requests import AT_ONCE
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.instants import EPOCH, epoch
from wan_perf.mist.endpoints.records.speed_tests import SpeedTest
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_INVENTORY

REQUESTED_EVERY = timedelta(hours=24)
_VARIABLES = ("variable_down_mbps", "variable_up_mbps")
_TESTS = ("tested_down_mbps", "tested_up_mbps")
_Failure = MistPermanentError | MistTransientError
_Sites = dict[str, list[Row]]
Answer = TypeVar("Answer")


@dataclass
class SiteBandwidth:
    """A snapshot with the bandwidth that its sites report.

    Attributes:
        requested: Sites requested now, which are not due again for a day.
        left: Sites that still have their stored values, by the reason.
        complaints: A sentence for each variable that could not be used.
    """

    frame: pd.DataFrame
    requested: int = 0
    left: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)


@dataclass
class _SiteReport:
    """The answers of a site, None where a request failed; `is_final` if it is not due for a day."""

    variables: dict[str, Any] | None = None
    tests: list[SpeedTest] | None = None
    failures: list[_Failure] = field(default_factory=list)
    is_final: bool = True


def add_site_bandwidth(
    session: MistSession,
    snapshot: pd.DataFrame,
    newest: pd.DataFrame,
    clock: Clock,
    reserve: int,
    settings: Mapping[str, dict[str, Any]] = MappingProxyType({}),
) -> SiteBandwidth:
    """The snapshot with the rates in variables and speed tests of the sites that need them.

    A failed request does not fail the snapshot: the site has its stored values.

    Args:
        session: Where to request.
        snapshot: Rows of raw_inventory, just taken, with their contracts.
        newest: Rows of the newest stored snapshot; may be empty.
        clock: What time it is.
        reserve: Calls an hour reserved for live polls.
        settings: Variables of sites that were requested for this snapshot already.
    """
    known: Any = snapshot.astype(object).where(snapshot.notna(), None)
    rows: list[Row] = known.to_dict("records")
    sites = _without_contract(rows)
    if not sites:
        return SiteBandwidth(snapshot)
    _copy_stored(sites, newest)
    at: datetime = snapshot["taken_at"].max().to_pydatetime()
    found = SiteBandwidth(snapshot)
    for site_id, report in _reports(session, _due(sites, at), at, clock, reserve, settings):
        _apply(sites[site_id], report, at, session, found)
    found.frame = conform(rows, RAW_INVENTORY)
    return found


def sites_due(newest: pd.DataFrame, now: datetime) -> list[str]:
    """Sites that an inventory would request now, as far as the newest stored one knows them.

    Args:
        newest: Rows of the newest stored snapshot; may be empty.
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


def _copy_stored(sites: _Sites, newest: pd.DataFrame) -> None:
    """Copy the values of sites, WANs and ports from the newest stored snapshot."""
    known: Any = newest.astype(object).where(newest.notna(), None)
    requested: dict[str, Row] = {}
    of_wan: dict[tuple[str, str], Row] = {}
    of_port: dict[tuple[str, str, str], Row] = {}
    for row in known.to_dict("records"):
        if row["site_asked_at"] is not None:
            requested[row["site_id"]] = row
            of_wan[row["site_id"], row["wan_name"]] = row
            of_port[row["site_id"], row["gateway_mac"], row["port_id"]] = row
    for site_id, ports in sites.items():
        for row in ports:
            stored = (
                (("site_asked_at",), requested.get(site_id, {})),
                (_VARIABLES, of_wan.get((site_id, row["wan_name"]), {})),
                (_TESTS, of_port.get((site_id, row["gateway_mac"], row["port_id"]), {})),
            )
            row.update({name: source.get(name) for names, source in stored for name in names})


def _due(sites: _Sites, at: datetime) -> list[str]:
    """Sites that were not requested for a day, the oldest request first."""
    requested_at = {site: ports[0]["site_asked_at"] or EPOCH for site, ports in sites.items()}
    due = [site_id for site_id, last in requested_at.items() if last + REQUESTED_EVERY <= at]
    return sorted(due, key=lambda site_id: (requested_at[site_id], site_id))


def _reports(
    session: MistSession,
    due: list[str],
    at: datetime,
    clock: Clock,
    reserve: int,
    settings: Mapping[str, dict[str, Any]],
) -> Iterator[tuple[str, _SiteReport]]:
    if not due:
        return  # not even the use of the token is requested
    try:
        requests = _Requests(session, Budget(session, clock.now, reserve), at, settings)
    except (MistPermanentError, MistTransientError) as error:
        yield from ((site_id, _SiteReport(failures=[error], is_final=False)) for site_id in due)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip(due, pool.map(requests.site, due), strict=True)


def _apply(
    of_site: list[Row],
    report: _SiteReport,
    at: datetime,
    session: MistSession,
    found: SiteBandwidth,
) -> None:
    if report.variables is not None:
        found.complaints += apply_variables(of_site, report.variables)
    if report.tests is not None:
        apply_speed_tests(of_site, report.tests, at, session.rejections)
    if report.is_final:
        found.requested += 1
        for row in of_site:
            row["site_asked_at"] = at
    if report.failures:
        found.left[str(report.failures[0])] += 1


class _Requests:
    """Requests several sites at once; an endpoint that refused the token is not called again."""

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

    def site(self, site_id: str) -> _SiteReport:
        """The variables and speed tests of a site."""
        report = _SiteReport()
        session = self._session
        report.variables = self._settings.get(site_id)
        if report.variables is None:
            report.variables = self._fetch(
                report,
                catalogue.SITE_SETTING.path,
                lambda: session.single(catalogue.SITE_SETTING, site_id).variables or {},
            )
        report.tests = self._fetch(
            report,
            catalogue.SPEED_TESTS.path,
            lambda: list(session.rows(catalogue.SPEED_TESTS, site_id, start=self._since)),
        )
        return report

    def _fetch(self, report: _SiteReport, path: str, call: Callable[[], Answer]) -> Answer | None:
        ended = self._ended or self._refused.get(path)
        if ended:
            report.failures.append(ended)
            report.is_final &= ended is not self._ended
            return None
        try:
            self._budget.claim()
            return call()
        except (MistUnknownError, MistRejectedError, MistAnswerError) as error:
            report.failures.append(error)
        except MistPermanentError as error:
            self._refused[path] = error
            report.failures.append(error)
        except MistTransientError as error:
            report.failures.append(error)
            report.is_final = False
            if isinstance(error, HourUsedUpError):
                self._ended = error
        return None
