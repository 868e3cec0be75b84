"""A process whose files may not grow any more: what a full disk is to it.

It imports what a spawned process imports first, so that many of them start cheaply.
"""

import contextlib
import signal
from pathlib import Path
from typing import Any

from wan_perf.errors import WanPerfError
from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.warehouse.rows import H5, circuit_hours, window

MANY = 60_000


def fill(path: Path, answer: Any) -> None:
    """Store many rows with 20 kB left; send the sentence with which it ends, empty if with none."""
    import resource

    rows = circuit_hours(
        *({"circuit_id": f"new{n}", "gateway_mac": f"x{n * 7919 % 100_003}"} for n in range(MANY))
    )
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = path.stat().st_size + 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    message = ""
    with contextlib.suppress(OSError):
        try:
            DuckDBWarehouse(path).store(CIRCUIT_HOUR, rows, window(H5))
        except WanPerfError as error:
            message = str(error)
    answer.send(message)
