"""Dagster's event log in PostgreSQL, with the results of asset checks by partition.

Belongs here: the storage that deploy/docker/dagster.yaml names; it needs the extra `postgres`.
Keep out: what is stored of checks (`check_log`), the log of a home in SQLite (`event_log`).
"""

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config

from wan_perf.defs.check_log import PartitionedChecks


class PostgresEventLog(PartitionedChecks, PostgresEventLogStorage):
    """Dagster's event log in the tables in which Dagster keeps it."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PostgresEventLog":
        """The storage as dagster.yaml names it."""
        made: Any = cls  # its base is unknown to type checkers without the extra
        return made(postgres_url=pg_url_from_config(config_value), inst_data=inst_data)
