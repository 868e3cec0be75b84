"""One request as the pages see it: the data, the checked address, and links that keep its range.

Belongs here: what travels along from page to page in the address.
Keep out: HTTP (`app`), SQL (`questions`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal
from urllib.parse import quote

from wan_perf.published.running import Run
from wan_perf.web.data import Data
from wan_perf.web.query import TimeRange, address, integer, time_range
from wan_perf.web.questions.trust import Trust

TRAVELLING = ("from", "to", "range", "provider", "medium", "role", "wall", "rotate")
"""Parts of the query that every link of a page takes along."""


@dataclass(frozen=True)
class Visit:
    """Who looks at what.

    `path` is the address's path as it was sent, `given` its query, `named` the parts of the path
    that name something: a region, a site, a circuit, an hour; `trust` the state of the data;
    `running` the runs that are going on;
    `origin` scheme and host under which the dashboard is reached, empty where nobody reaches it;
    `dagster` the address of Dagster's UI, empty where it is unknown.
    """

    data: Data
    path: str
    given: Mapping[str, str]
    now: datetime
    trust: Trust
    running: tuple[Run, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    theme: str = ""
    person: str = ""
    origin: str = ""
    dagster: str = ""

    @cached_property
    def range(self) -> TimeRange:
        """The hours that the page shows."""
        return time_range(self.given, self.trust.newest_end)

    @property
    def is_wall(self) -> bool:
        """True for a screen on the wall: larger, and without what only a hand uses."""
        return self.given.get("wall", "") not in ("", "0")

    @property
    def rotate_s(self) -> int:
        """After how long a screen on the wall shows its next page; 0: never. [s]"""
        return integer(self.given, "rotate", 0, 0, 3600)

    @property
    def reach(self) -> str:
        """The range in words."""
        return f"{self.range.start:%Y-%m-%d %H:%M} to {self.range.end:%Y-%m-%d %H:%M} UTC"

    def link(self, *steps: str, **changes: object) -> str:
        """The address of another page with what travels along; steps are quoted.

        A change to None drops that part of the query.
        """
        path = "/" + "/".join(quote(step, safe="") for step in steps)
        travelling = {name: self.given[name] for name in TRAVELLING if self.given.get(name)}
        return address(path, travelling, changes)

    def in_dagster(self, kind: Literal["assets", "runs"], name: str) -> str:
        """The address of an asset or a run in Dagster's UI; empty where that is unknown."""
        return f"{self.dagster}/{kind}/{quote(name, safe='')}" if self.dagster else ""

    def shifted(self, by: int) -> str:
        """The address of this page for the range before (-1) or after (1) the one shown."""
        length = self.range.end - self.range.start
        start = min(self.range.start + by * length, self.trust.newest_end - length)
        at = {"from": f"{start:%Y-%m-%dT%H:%M}", "to": f"{start + length:%Y-%m-%dT%H:%M}"}
        return self.here(range=None, page=None, **at)

    def here(self, **changes: object) -> str:
        """The address of this page with some of its query changed; None drops a part."""
        return address(self.path, self.given, changes)
