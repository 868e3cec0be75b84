"""A Dagster instance in memory, for tests of what runs store.

Dagster's own opens a connection for each event and each query, which takes longer than what is
done with it, and stores how every step went.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster import DagsterEventType as Event
from dagster._core.events.log import EventLogEntry  # these two have no public name
from dagster._core.storage.event_log import InMemoryEventLogStorage

_LEFT_OUT = {
    *(Event.STEP_START, Event.STEP_INPUT, Event.STEP_OUTPUT, Event.STEP_SUCCESS),
    *(Event.LOADED_INPUT, Event.HANDLED_OUTPUT, Event.ENGINE_EVENT),
    *(Event.RESOURCE_INIT_STARTED, Event.RESOURCE_INIT_SUCCESS),
}
"""What no test and no later run reads; assets, checks, failures and messages are stored."""


class ShortLog(InMemoryEventLogStorage):
    """A log without the course of steps, through one connection, one thread at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = threading.RLock()
        self._is_open = False

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event, but for the course of a step."""
        if not event.dagster_event or event.dagster_event.event_type not in _LEFT_OUT:
            super().store_event(event)

    @contextmanager
    def _connect(self) -> Iterator[Any]:
        with self._turn:
            if self._is_open:  # by this thread, in an outer transaction
                yield self._held_conn
                return
            self._is_open = True
            try:
                with self._held_conn.begin():
                    yield self._held_conn
            finally:
                self._is_open = False


def memory() -> dg.DagsterInstance:
    """A new instance in memory."""
    instance = dg.DagsterInstance.ephemeral()
    instance._event_storage = ShortLog()
    instance._event_storage.register_instance(instance)
    return instance


def copied(instance: dg.DagsterInstance) -> dg.DagsterInstance:
    """A new instance in memory with the runs and events that another one has stored."""
    copy = memory()
    for name in ("_event_storage", "_run_storage"):
        source, target = (getattr(each, name)._held_conn for each in (instance, copy))
        source.connection.driver_connection.backup(target.connection.driver_connection)
    return copy
