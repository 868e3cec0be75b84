"""The SQL of the graph's tables, made by another process while this one collects.

Belongs here: which texts are made ahead.
Keep out: the process (`background`), what a text is (`warehouse.patterns`), where it is cached
(`warehouse.text_cache`).

With code that has not run yet, to make them takes a processor for most of a minute. They are found
in the cache; which of two processes makes a text, and whether this one ends early, is all the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import ibis.expr.types as ir

from wan_perf.cli.background import in_background
from wan_perf.definitions import (
    DAILY_ASSETS,
    HOURLY_ASSETS,
    IMPORTED,
    MONTHLY_ASSETS,
    REPORTS,
    UNPARTITIONED,
    WEEKLY_ASSETS,
)
from wan_perf.defs.checks import rule_counts
from wan_perf.defs.lineage import origins_of
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import (
    DuckDBWarehouse,
    Pattern,
    Warehouse,
    Window,
    patterns,
    staged_rows,
    text_cache,
)

_ASSETS = [
    *(*HOURLY_ASSETS, *DAILY_ASSETS, *WEEKLY_ASSETS, *MONTHLY_ASSETS, *REPORTS),
    *(*UNPARTITIONED, *IMPORTED),
]
"""In the order in which a first collection needs them."""
_OF = {key.to_user_string(): asset for asset in _ASSETS for key in asset.keys}
_ANY = Window(datetime(2026, 1, 1), datetime(2026, 3, 1))  # noqa: DTZ001 - naive UTC
"""Of several periods of any kind; a text has placeholders for the ends of its windows."""


@contextmanager
def texts_made_ahead() -> Iterator[None]:
    """Make the texts of the embedded warehouse in another process, as long as the context lasts.

    Not where none is cached, since there is no safe folder.
    """
    if text_cache.folder() is None:
        yield
        return
    with in_background(_make_quietly):
        yield


def _make_quietly(_: Connection) -> None:
    with suppress(Exception):  # it is the caller's run that says what is wrong
        make_texts(DuckDBWarehouse(Path()))


def make_texts(warehouse: Warehouse) -> None:
    """Make, or find in the cache, the SQL and lineage of each table, and its rules' SQL."""
    for name, asset in _OF.items():
        table, window = TABLES[name], _window(name)
        function = asset.op.compute_fn.decorated_fn
        if function.__annotations__.get("return") is Pattern:
            rows = function(**_inputs(name, warehouse))
            patterns.cut(rows, table, window).sql(warehouse.dialect)
            origins_of(rows)
        staged_rows.counts_of_stage(warehouse, table, window).sql(warehouse.dialect)
        rule_counts(table)(rows=warehouse.lazy(table, window)).sql(warehouse.dialect)


def _inputs(name: str, warehouse: Warehouse) -> dict[str, ir.Table]:
    sources = {a: key.to_user_string() for a, key in _OF[name].keys_by_input_name.items()}
    return {a: warehouse.lazy(TABLES[source], _window(source)) for a, source in sources.items()}


def _window(name: str) -> Window | None:
    return _ANY if name in _OF and _OF[name].partitions_def else None
