"""Work in a child of this process, which has imported everything once.

Belongs here: forking, ending and waiting for a child, what it printed and returned.
Keep out: what the work is.

`os.fork` exists on POSIX systems only. The parent opens no engine and starts no thread, since a
child would have their locks and not their threads.
"""

import contextlib
import os
import pickle
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

TIMED_OUT = -1000
"""The code of a child that had to be ended because it did not end."""


class Ended(NamedTuple):
    """How a child ended: its exit code, or minus the signal; its output; what it returned."""

    code: int
    out: str
    err: str
    value: Any
    seconds: float


def forked(
    work: Callable[[], Any], *, kill_after_s: float | None = None, limit_s: float = 300
) -> Ended:
    """Do the work in a child; SIGKILL after `kill_after_s`, or when `limit_s` is over.

    Output and value come through pipes: the child may be one whose files cannot grow.
    """
    began = time.monotonic()
    sys.stdout.flush()
    sys.stderr.flush()
    pipes = [os.pipe() for _ in range(3)]
    pid = os.fork()
    if not pid:
        _in_child(work, [writing for _, writing in pipes])
    for _, writing in pipes:
        os.close(writing)
    received = {reading: bytearray() for reading, _ in pipes}
    code = _awaited(pid, kill_after_s, limit_s, received)
    out, err, pickled = (bytes(received[reading]) for reading, _ in pipes)
    for reading in received:
        os.close(reading)
    value = None
    with contextlib.suppress(EOFError, pickle.UnpicklingError):
        value = pickle.loads(pickled)  # noqa: S301 - our child's
    texts = [text.decode(errors="replace") for text in (out, err)]
    return Ended(code, *texts, value, time.monotonic() - began)


def _in_child(work: Callable[[], Any], pipes: list[int]) -> None:
    code = 70
    try:
        os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, pipe in enumerate(pipes[:2], start=1):
            os.dup2(pipe, number)
        sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115
        sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
        value = work()
        code = 0
        os.write(pipes[2], pickle.dumps(value))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _awaited(
    pid: int, kill_after_s: float | None, limit_s: float, received: dict[int, bytearray]
) -> int:
    """The exit code of the child, when it has ended; what it writes is received meanwhile."""
    deadline = time.monotonic() + (limit_s if kill_after_s is None else kill_after_s)
    code: int | None = None
    open_pipes = list(received)
    while open_pipes or code is None:
        is_over = code is not None
        ready, _, _ = select.select(open_pipes, [], [], 0 if is_over else 0.01)
        for pipe in ready:
            if part := os.read(pipe, 65_536):
                received[pipe] += part
            else:
                open_pipes.remove(pipe)
        if is_over and not ready:
            break  # a process that outlives the child has its pipes
        if code is None and time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            code = TIMED_OUT if kill_after_s is None else os.waitstatus_to_exitcode(status)
        elif code is None:
            ended, status = os.waitpid(pid, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if ended else None
    assert code is not None  # the loop ends no earlier
    return code


@contextlib.contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    """These settings and none else of wan_perf's in the environment of this process."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("MIST_", "WAN_", "SNF_", "DAGSTER_")):
            del os.environ[name]
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
