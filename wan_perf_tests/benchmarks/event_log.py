"""What a run of many partitions costs in Dagster's event log, with the home's class and without.

Belongs here: one run with either log over assets that compute nothing; both measured alternately.
Keep out: whether both hold the same events (`wan_perf_tests/integration/graph/test_event_log.py`).
"""

import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from wan_perf_tests.integration.graph.test_event_log import CONFIGURATIONS

ASSETS = 10
ROUNDS = 3


def event_log(hours: int) -> str:
    """Wall and processor time of a run of so many hours of ten assets, and the ratio."""
    start = datetime(2026, 3, 1)
    partitions = dg.HourlyPartitionsDefinition(start, end_date=start + timedelta(hours=hours))
    definitions = dg.Definitions([_asset(f"asset_{nth}", partitions) for nth in range(ASSETS)])
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in CONFIGURATIONS}
    for _ in range(ROUNDS):
        for name, configuration in CONFIGURATIONS.items():
            seconds[name].append(_measured(definitions, configuration, partitions))
    best = {name: min(times) for name, times in seconds.items()}
    lines = [
        f"{name:8} {wall:6.2f} s of wall, {processor:6.2f} s of processor"
        for name, (wall, processor) in best.items()
    ]
    ratio = best["dagster"][0] / best["own"][0]
    return "\n".join(
        [f"{hours} hours of {ASSETS} assets, best of {ROUNDS}:", *lines, f"ratio {ratio:.1f}"]
    )


def _asset(name: str, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(name=name, partitions_def=partitions, backfill_policy=dg.BackfillPolicy.single_run())
    def empty() -> None:
        return None

    return empty


def _measured(
    definitions: dg.Definitions, configuration: str, partitions: dg.HourlyPartitionsDefinition
) -> tuple[float, float]:
    keys = partitions.get_partition_keys()
    tags = {
        "dagster/asset_partition_range_start": keys[0],
        "dagster/asset_partition_range_end": keys[-1],
    }
    with tempfile.TemporaryDirectory() as home:
        Path(home, "dagster.yaml").write_text(configuration, encoding="utf-8")
        with dg.DagsterInstance.from_config(home) as instance:
            wall, processor = time.perf_counter(), time.process_time()
            job = definitions.resolve_implicit_global_asset_job_def()
            quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
            result = job.execute_in_process(instance=instance, tags=tags, run_config=quiet)
            assert result.success
            return time.perf_counter() - wall, time.process_time() - processor
