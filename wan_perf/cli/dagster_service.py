"""`dagster dev` as `wan-perf dev` runs it: it ends with its parent, and its UI has a guard.

Belongs here: the process between `service.Service` and Dagster.
Keep out: what is served (`dev`), what the guard refuses (`webserver`).

A process that is killed cannot end its children. So this one reads its standard input, a pipe whose
other end only the parent has: when the parent is gone, however it ended, the pipe closes.

It stays until its whole group has ended: Dagster returns as soon as webserver and daemon have, and
a code server that missed the interrupt would work on for half a minute, on a home that the next one
has emptied.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from dagster._cli import cli, dev  # dagster 1.13 has no public entry point from Python

GRACE_S = 10
"""Time that Dagster has to end its processes. [s]"""


def main(arguments: Sequence[str]) -> None:
    """Run `dagster` with these arguments until it ends or the parent does."""
    parent_is_gone = threading.Event()
    ending = threading.Thread(target=_end_with_parent, args=(parent_is_gone,), daemon=True)
    ending.start()
    dev.open_ipc_subprocess = _with_own_webserver(dev.open_ipc_subprocess)
    try:
        cli.main(list(arguments), prog_name="dagster")
    finally:
        if parent_is_gone.is_set():
            ending.join()


def _with_own_webserver(start: Any) -> Any:
    """Dagster's way to start a process; its webserver is started as ours."""

    def start_process(command: Sequence[str], **options: Any) -> Any:
        ours = {"dagster_webserver": "wan_perf.cli.webserver"}
        return start([ours.get(word, word) for word in command], **options)

    return start_process


def _end_with_parent(parent_is_gone: threading.Event) -> None:
    sys.stdin.buffer.read()
    parent_is_gone.set()
    if sys.platform == "win32":
        kill = ["taskkill", "/PID", str(os.getpid()), "/T", "/F"]
        subprocess.run(kill, capture_output=True, check=False)  # noqa: S603
    else:
        os.killpg(0, signal.SIGINT)
        time.sleep(GRACE_S)
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
