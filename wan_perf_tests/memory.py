"""A Dagster instance in memory, for tests of tables: they read nothing of a run's log.

Dagster's own opens a connection for each event and each query, which takes longer than what is
done with it, and stores the beginning and end of every step.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS  # these have no public name
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import InMemoryEventLogStorage

_STORED = ASSET_EVENTS | ASSET_CHECK_EVENTS
"""What later runs read: versions of assets, results of checks."""


class AssetEvents(InMemoryEventLogStorage):
    """Events of assets and checks, all through one connection, one thread at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = threading.RLock()
        self._is_open = False

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event of an asset or a check; of others nothing."""
        if event.dagster_event and event.dagster_event.event_type in _STORED:
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
    instance._event_storage = AssetEvents()
    instance._event_storage.register_instance(instance)
    return instance
