"""The form of a check: a sentence that should be true, and the rows for which it is not.

Belongs here: what a check says about itself.
Keep out: which checks there are (`wan_perf.checks`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import ibis.expr.types as ir

from wan_perf.policy.thresholds import Policy
from wan_perf.schema.declaration import Table

Tables = Mapping[str, ir.Table]


@dataclass(frozen=True)
class Check:
    """A question over a run's slice; it warns and never stops what follows.

    `of` is the table that a run has just written, cut to the run's window. Tables `beside` it are
    cut to the same window, and to `ahead` after it. `offending` gives the rows that a person should
    see, worst first by `order`, the columns that come first in each row; `hour`, where they have
    it, counts them by partition.
    """

    name: str
    meaning: str
    of: Table
    offending: Callable[[Tables, Policy], ir.Table]
    order: Callable[[ir.Table], tuple[ir.Value, ...]]
    beside: tuple[Table, ...] = ()
    ahead: timedelta = timedelta()
