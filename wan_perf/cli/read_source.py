"""What a command that only reads reads: the published copy, else the warehouse itself.

Belongs here: choosing between them, and the words that say as of when an answer is.
Keep out: what is read.
"""

from dataclasses import dataclass
from datetime import datetime

from wan_perf.defs.resources import warehouse_for
from wan_perf.published.errors import NoCopyError
from wan_perf.published.queries import published_tables
from wan_perf.published.reader import open_published
from wan_perf.published.relations import PUBLISHED, VIEWS
from wan_perf.settings import Settings
from wan_perf.warehouse import Warehouse


@dataclass(frozen=True)
class Readable:
    """Where to read, and when it was published; None: the warehouse as it is now."""

    tables: Warehouse
    published_at: datetime | None = None

    @property
    def as_of(self) -> str:
        """As of when an answer is, as the end of a line; empty for the warehouse itself."""
        return f", as of {self.published_at:%Y-%m-%d %H:%M} UTC" if self.published_at else ""


def readable(settings: Settings) -> Readable:
    """The published copy where the home has one of this warehouse, so that no run is waited for.

    Raises:
        PublishedCopyError: there is one that cannot be read.
    """
    if settings.warehouse == "duckdb":
        try:
            copy = open_published(settings.published_path)
        except NoCopyError:
            pass
        else:
            if copy.manifest.warehouse == str(settings.duckdb_path.resolve()):
                return Readable(published_tables(copy), copy.published_at)
    return Readable(warehouse_for(settings))


def readable_whole(settings: Settings, report: str) -> Readable:
    """The same for all rows of a table or view: the warehouse where the copy has not all of them.

    A view has all of its rows in the copy, also over tables of which only the newest days are.
    """
    table = PUBLISHED.get(report)
    is_whole = report in VIEWS or (table is not None and table.published_days is None)
    return readable(settings) if is_whole else Readable(warehouse_for(settings))
