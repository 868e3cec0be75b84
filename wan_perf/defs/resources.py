"""Resources by name of parameter: the source, its clock, the policy, the warehouse, progress.

Belongs here: making each from the settings, when it is first needed.
Keep out: what they do.
"""

import hashlib
import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import dagster as dg

from wan_perf.defs.publication import PublishedCopy
from wan_perf.defs.snowflake import snowflake_warehouse
from wan_perf.errors import UsageError
from wan_perf.mist.client.answer_limits import LIMITS, AnswerLimits
from wan_perf.mist.client.network import Route, route_to
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import Clock, RealClock, SimulatorClock
from wan_perf.policy.contracts import Contract, read_contracts
from wan_perf.policy.thresholds import Policy, read_policy
from wan_perf.settings import Settings
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse, Warehouse

UNVERIFIED = (
    "MIST_VERIFY is off: certificates are not verified, and whoever is between can read the token; "
    "set MIST_CA_BUNDLE instead."
)
_LOGGER = logging.getLogger("wan_perf")


class Progress(Protocol):
    """Receives the progress of a run."""

    def passed(self, pass_at: datetime, calls_left: int | None) -> None:
        """A sampling pass is over; so many calls are left in the hour, where that is known."""
        ...

    def fetched(self, done: int, of: int, calls_left: int) -> None:
        """So many ports' history is over, of so many; so many calls are left for it."""
        ...

    def scored(self, done: int, of: int, calls_left: int) -> None:
        """Scores of so many hours are over, of so many; so many calls are left for them."""
        ...


class LoggedProgress:
    """Progress of an unattended run: a line an hour, a thousand ports, a day of scores."""

    def passed(self, pass_at: datetime, calls_left: int | None) -> None:
        """A sampling pass is over; so many calls are left in the hour, where that is known."""
        if pass_at.minute == 0:
            _LOGGER.info("Pass of %s UTC is over; %s calls left.", pass_at, calls_left)

    def fetched(self, done: int, of: int, calls_left: int) -> None:
        """So many ports' history is over, of so many; so many calls are left for it."""
        if done % 1000 == 0:
            _LOGGER.info("History of %d of %d ports is over; %d calls left.", done, of, calls_left)

    def scored(self, done: int, of: int, calls_left: int) -> None:
        """Scores of so many hours are over, of so many; so many calls are left for them."""
        if done % 24 == 0:
            _LOGGER.info("Scores of %d of %d hours are over; %d calls left.", done, of, calls_left)


@dataclass(frozen=True)
class Source:
    """The Mist organisation that the settings name; nothing is opened before its first use.

    `timeout`: longest wait for a connection and for the next bytes of an answer; None: as the
    settings say. [s]
    `total_s`: longest time of one answer; None: five minutes, or the longest wait for its next
    bytes where that is longer. [s]
    `compares_clocks`: refuse answers where this machine's clock is not Mist's.
    """

    settings: Settings
    timeout: tuple[float, float] | None = None
    total_s: float | None = None
    compares_clocks: bool = True

    @property
    def route(self) -> Route:
        """Proxy and trusted certificates of requests to the Mist Cloud.

        Raises:
            UsageError: what names the proxy is no address, or the CA file cannot be used.
        """
        return route_for(self.settings)

    def session(self) -> MistSession:
        """A session with the organisation's Mist Cloud."""
        if self.settings.mist_verify == "off":
            dg.get_dagster_logger().warning(UNVERIFIED)
        timeout = self.timeout or (
            self.settings.mist_connect_timeout,
            self.settings.mist_read_timeout,
        )
        return MistSession(
            host=self.settings.mist_api_host,
            org_id=self.settings.mist_org_id,
            token=self.settings.mist_api_token.get_secret_value(),
            base_url=self.settings.mist_base_url,
            route=self.route,
            timeout=timeout,
            limits=AnswerLimits(total_s=self.total_s or max(LIMITS.total_s, timeout[1])),
            page_rows=self.settings.mist_page_rows,
            pause=time.sleep if self.settings.clock == "real" else _no_pause,
            now=RealClock().now if self.compares_clocks and self.settings.clock == "real" else None,
        )

    @property
    def reserve(self) -> int:
        """Calls an hour that history may not touch."""
        return self.settings.call_reserve

    @property
    def score_hours(self) -> timedelta:
        """How far back a range requests Mist's site scores."""
        return timedelta(hours=self.settings.score_hours)

    @property
    def sle_sites(self) -> int:
        """Of how many degraded sites of an hour the causes are requested."""
        return self.settings.sle_sites

    def contracts(self) -> list[Contract]:
        """Rows of the contract file; none without a file."""
        path = self.settings.circuits_path
        return read_contracts(path) if path else []


def _no_pause(_: float) -> None:
    """Go on at once: in a simulation time stands still, so that waiting changes nothing."""


@dataclass(frozen=True)
class PolicyFile:
    """The operator's policy, read by each run, so that a change needs no restart."""

    settings: Settings

    def read(self) -> Policy:
        """The policy of the file, or the default one."""
        return read_policy(self.settings.policy_path)

    def window_age(self) -> timedelta:
        """Age of an hour from which its windows are not computed automatically.

        Read as definitions are loaded, which a policy that is not valid does not stop: each run
        and doctor report it.
        """
        try:
            return self.read().windows.age
        except UsageError:
            return Policy().windows.age


def files_digest(settings: Settings) -> str:
    """Digest of the contract file and the policy file as they are now.

    One that is missing or cannot be read counts as empty: whoever reads it says why.
    """
    contents = []
    for path in (settings.circuits_path, settings.policy_path):
        try:
            contents.append(path.read_bytes() if path else b"")
        except OSError:
            contents.append(b"")
    return hashlib.sha256(repr(contents).encode()).hexdigest()


def route_for(settings: Settings) -> Route:
    """Proxy and trusted certificates of requests to the Mist Cloud; see `network.route_to`."""
    return route_to(
        settings.mist_base_url or f"https://{settings.mist_api_host}",
        proxy=settings.mist_proxy.get_secret_value(),
        ca_bundle=settings.mist_ca_bundle,
        verify=settings.mist_verify == "on",
    )


def clock_for(settings: Settings) -> Clock:
    """The clock that the settings name."""
    if settings.clock == "simulator":
        return SimulatorClock(settings.mist_base_url or "", route_for(settings))
    return RealClock()


def published_copy_for(settings: Settings, warehouse: Warehouse) -> PublishedCopy:
    """The published copy of the settings' home."""
    return PublishedCopy(
        warehouse,
        settings.published_path,
        is_on=settings.publishes,
        is_simulated=settings.clock == "simulator",
    )


def warehouse_for(settings: Settings) -> DuckDBWarehouse | SnowflakeWarehouse:
    """The warehouse that the settings name; nothing is opened.

    Raises:
        UsageError: the warehouse is Snowflake, and its settings are incomplete or contradict.
    """
    if settings.warehouse == "duckdb":
        return DuckDBWarehouse(settings.duckdb_path)
    return snowflake_warehouse(settings)
