"""A function in a process of its own beside a command, which does not outlive it.

Belongs here: starting and ending the process.
Keep out: what it does; a module with descendants of its own (`service`).
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection


@contextmanager
def in_background(function: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    """Call function(connection, *arguments) in another process, killed as the context is left.

    Ctrl+C is the caller's alone. The connection closes with the caller, however it ends: a function
    that would not end by itself waits for that.
    """
    # Spawned on every system: a fork would inherit locks of threads that it does not have.
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=function, args=(theirs, *arguments), daemon=True)
    with _interrupts_ignored():  # as the process inherits it, from its first line on
        process.start()
    theirs.close()
    try:
        yield ours
    finally:
        process.kill()
        process.join()
        ours.close()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not in the main thread, which alone is interrupted
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
