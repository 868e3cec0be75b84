"""A Python module as a process of its own with all its descendants, none of which outlives us.

Belongs here: starting, waiting for its first answer, ending, on every system.
Keep out: what the module does.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from wan_perf.errors import WanPerfError
from wan_perf.mist.client.network import route_to

_ANSWERS_WITHIN_S = 180
_ONE_ANSWER_S = 2
_ENDS_WITHIN_S = 10
"""Time to end after a signal; then it is killed."""
_LOOK_EVERY_S = 0.2


class Service:
    """`python -m module arguments`, ended with the context, which Ctrl+C and SIGTERM leave.

    Whoever enters waits in `await_end`; its output goes to the file `log`.
    """

    def __init__(
        self,
        module: str,
        arguments: list[str],
        environment: dict[str, str],
        folder: Path,
        log: Path,
    ) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._environment = environment
        self._folder = folder
        self._log = log

    def __enter__(self) -> "Service":
        # Handled signals are reset in a child, ignored ones are not: started by a shell that
        # ignores them (in its background), neither we nor any descendant would ever end.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self._output = self._log.open("w", encoding="utf-8")
        self._process = subprocess.Popen(  # noqa: S603 - a module of ours, with our arguments
            self._command,
            env=self._environment,
            cwd=self._folder,
            # Closed with this process, however it ends: `dagster_service` waits for that.
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            **_own_group(),
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        # A second Ctrl+C must not leave descendants behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end(self._process)
        self._output.close()
        return kind is KeyboardInterrupt

    def await_answer(self, url: str) -> None:
        """Wait until the address is answered.

        Raises:
            WanPerfError: the process ended, or nothing answered in time.
        """
        deadline = time.monotonic() + _ANSWERS_WITHIN_S
        opener = route_to(url).opener(total_s=_ONE_ANSWER_S)
        while time.monotonic() < deadline:
            self._refuse_ended()
            with contextlib.suppress(OSError), opener.open(url, timeout=_ONE_ANSWER_S):
                return
            time.sleep(_LOOK_EVERY_S)
        raise WanPerfError(f"Nothing answers at {url}; see what is wrong in {self._log}.")

    def await_end(self) -> None:
        """Wait until the process ends, which it never should.

        Raises:
            WanPerfError: it ended.
        """
        while True:
            self._refuse_ended()
            time.sleep(_LOOK_EVERY_S)

    def _refuse_ended(self) -> None:
        if self._process.poll() is not None:
            raise WanPerfError(
                f"{self._command[2]} ended (exit code {self._process.returncode}); see "
                f"why in {self._log}."
            )


def _own_group() -> dict[str, Any]:
    """So that Ctrl+C reaches us alone, and all descendants can be reached at once."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _end(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_ENDS_WITHIN_S)
        kill = ["taskkill", "/PID", str(process.pid), "/T", "/F"]
        subprocess.run(kill, capture_output=True, check=False)  # noqa: S603
    else:
        deadline = time.monotonic() + _ENDS_WITHIN_S
        _signal_group(process, signal.SIGINT)
        while _signal_group(process, 0) and time.monotonic() < deadline:
            process.poll()
            time.sleep(_LOOK_EVERY_S)
        _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: "subprocess.Popen[bytes]", number: int) -> bool:
    """Whether there is anybody left in the group."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
            return True
    return False
