"""The requests of each raw table, made as its asset makes them, without a run or a warehouse.

The cloud is a simulated one of two stores, whose clock stands; equal frames are equal stored rows.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from wan_perf.errors import WanPerfError
from wan_perf.inventory.site_requests import add_site_bandwidth
from wan_perf.inventory.snapshot import inventory
from wan_perf.mist.client.budget import Budget
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import RealClock
from wan_perf.mist.collect.polls import (
    allowance,
    take_alarms,
    take_events,
    take_passes,
    take_scores,
)
from wan_perf.mist.collect.port_history import port_history
from wan_perf.mist.collect.site_causes import take_causes
from wan_perf.mist.endpoints.alarms import Known
from wan_perf.mist.endpoints.history_buckets import Wanted
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.mist.endpoints.site_causes import SiteScoreHour
from wan_perf.policy.contracts import Contract, read_contracts
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_INVENTORY
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf.simulator.api.sle import WAN_LINK, impacted_interfaces
from wan_perf.simulator.incidents import KINDS
from wan_perf_tests.support.mist.scripted import START

HOUR = timedelta(hours=1)
NOW = START + 6 * HOUR
"""A poll with port statistics is due."""
RESERVE = 1000
SILENCE_S = 0.4
"""How long an answer may be silent; a slow one is slower."""
SLOW_S = 1.2


class Standing(RealClock):
    """A clock that does not pass."""

    def now(self) -> datetime:
        return NOW

    def wait(self, seconds: float) -> None:
        """Go on at once."""


@dataclass
class Answered:
    """Rows by table, every sentence about what is missing, how many sites or ports were left."""

    rows: dict[str, pd.DataFrame] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    left: int = 0
    failed: WanPerfError | None = None


@dataclass
class Requester:
    """Makes the requests of a raw table; `before` is the inventory of a day ago."""

    cloud: Cloud
    contracts: list[Contract]
    before: pd.DataFrame = field(default_factory=lambda: conform([], RAW_INVENTORY))
    clock: Standing = field(default_factory=Standing)
    _undisturbed: dict[str, Answered] = field(default_factory=dict)

    def call(self, asset: str) -> Answered:
        """The rows of an asset's tables, or the error that its run would fail with."""
        session = MistSession(
            host="api.mist.com",
            org_id=self.cloud.org_id,
            token=self.cloud.token,
            base_url=self.cloud.url,
            timeout=(2, SILENCE_S),
            pause=lambda _: None,
        )
        try:
            found = _CALLS[asset](self, session)
        except WanPerfError as error:
            return Answered(sentences=[str(error)], failed=error)
        found.sentences = [*session.rejections.sentences, *dict.fromkeys(found.sentences)]
        return found

    def undisturbed(self, asset: str) -> Answered:
        """What is answered by a cloud that is well."""
        if asset not in self._undisturbed:
            found = self._undisturbed[asset] = self.call(asset)
            assert (found.failed, found.sentences, found.left) == (None, [], 0)
        return self._undisturbed[asset]

    def answer_badly(self, path: str, how: str, times: int) -> None:
        """Forget what was to go wrong, and let the next answers of an endpoint be bad."""
        while self.cloud.illness.next(path):
            pass
        self.cloud.misbehave(path, how, times=times, seconds=SLOW_S)

    @property
    def ports(self) -> list[Wanted]:
        """The WAN ports and two past hours of each."""
        hours = (NOW - 4 * HOUR, NOW - 3 * HOUR)
        return [
            Wanted(gateway.site_id, gateway.mac, port.port_id, hours)
            for gateway in self.cloud.fleet.gateways
            for port in gateway.wan_ports
            if gateway.site_id
        ]

    @property
    def low_score(self) -> SiteScoreHour:
        """The first score of a site's WAN links that a single port has lowered."""
        return next(
            SiteScoreHour(hour, site.site_id, "wan_link_health")
            for hour in (START + n * HOUR for n in range(6))
            for site in self.cloud.fleet.sites
            if len(_impacted(self.cloud.fleet, site.site_id, hour)) == 1
        )


def _impacted(fleet: Fleet, site_id: str, hour: datetime) -> list[object]:
    window = epoch(hour), epoch(hour + HOUR)
    return impacted_interfaces(fleet, site_id, WAN_LINK, *window)["interfaces"]


def _inventory(of: Requester, session: MistSession) -> Answered:
    frame, unused = inventory(session, NOW, of.contracts)
    sites = add_site_bandwidth(session, frame, of.before, of.clock, RESERVE)
    assert unused == []
    return Answered({"raw_inventory": sites.frame}, sorted(sites.left), sites.left.total())


def _passes(of: Requester, session: MistSession) -> Answered:
    allowance(session, of.clock, RESERVE)
    passes = take_passes(session, [NOW], of.clock, _ignored)
    rows = {
        "raw_port_sample": passes.port_samples,
        "raw_path_sample": passes.path_samples,
        "raw_gateway_status": passes.gateway_status,
    }
    return Answered(rows, list(passes.missed.values()))


def _events(of: Requester, session: MistSession) -> Answered:
    return Answered({"raw_gateway_event": take_events(session, NOW - 2 * HOUR, NOW, of.clock)})


def _scores(of: Requester, session: MistSession) -> Answered:
    scores = take_scores(session, [NOW - HOUR], of.clock, RESERVE, _ignored)
    return Answered({"raw_site_sle": scores.frame}, list(scores.left.values()), len(scores.left))


def _alarms(of: Requester, session: MistSession) -> Answered:
    frame, why = take_alarms(session, Known(), of.clock, RESERVE)
    return Answered({"raw_alarm": frame}, [why] if why else [], int(bool(why)))


def _causes(of: Requester, session: MistSession) -> Answered:
    found = take_causes(session, [of.low_score], of.clock, RESERVE)
    frames = {table.name: rows for table, rows in found.frames.items()}
    return Answered(frames, [*found.left.values(), *found.reduced], len(found.left))


def _history(of: Requester, session: MistSession) -> Answered:
    budget = Budget(session, of.clock.now, RESERVE)
    found = port_history(session, of.ports, NOW, budget, _ignored)
    why = [*map(str, found.left.values()), *found.without_quality]
    return Answered({"raw_port_history": found.frame}, why, len(found.left))


def _ignored(*_: object) -> None:
    """Progress is not shown."""


_CALLS: dict[str, Callable[[Requester, MistSession], Answered]] = {
    "raw_inventory": _inventory,
    "raw_port_sample": _passes,
    "raw_gateway_event": _events,
    "raw_site_sle": _scores,
    "raw_alarm": _alarms,
    "raw_port_history": _history,
    "raw_sle_metric": _causes,
}
"""What each asset that reads from Mist calls."""


def changed(found: Answered, undisturbed: Answered) -> set[str]:
    """The tables whose rows are not those of an undisturbed call."""
    return {
        name
        for name, rows in undisturbed.rows.items()
        if name not in found.rows or not _sorted(found.rows[name]).equals(_sorted(rows))
    }


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    names: Sequence[str] = [name for name in rows if rows[name].notna().any()]
    return rows.sort_values(list(names), ignore_index=True, key=lambda column: column.astype(str))


@contextmanager
def requests_to_two_stores(home: Path) -> Iterator[Requester]:
    """Two stores whose sites gave their bandwidth a day ago."""
    fleet = Fleet.whole(3, 2, START, NOW + 2 * HOUR, KINDS - {"api_outage"})
    file = home / "contracts.csv"
    file.write_text(fleet.contracts_csv(), encoding="utf-8")
    with serve(fleet, now=NOW, hourly_limit=1_000_000) as cloud:
        requester = Requester(cloud, read_contracts(file))
        before = requester.call("raw_inventory").rows["raw_inventory"]
        for name in ("taken_at", "site_asked_at"):
            before[name] -= 24 * HOUR
        requester.before = before
        yield requester
