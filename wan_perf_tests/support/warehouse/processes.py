"""Other processes, started cheaply where the system can: a server that has imported forks them."""

import multiprocessing
from typing import Any

_CHEAP = "forkserver"

PROCESSES: Any = multiprocessing.get_context(
    _CHEAP if _CHEAP in multiprocessing.get_all_start_methods() else "spawn"
)
PROCESSES.set_forkserver_preload(["wan_perf_tests.support.warehouse.dying"])
