"""The rows that all tools compute from: two warehouses, and the same rows as Parquet.

Belongs here: filling them, once a run.
Keep out: the synthetic estate and its hours (`estate`, `hours`), what is computed.

Hours are computed from samples and events of a day. Windows and days are computed from
circuit-hours of that day and the day before it, in a warehouse of their own, since samples of the
estate carry too little to reach a level and its circuit-hours do.
"""

from collections.abc import Sequence
from pathlib import Path

from wan_perf.schema.tables import FAILOVER_PIECE
from wan_perf.warehouse import Window
from wan_perf_tests.benchmarks.by_hand.jobs import DAY, JOBS, WAREHOUSE
from wan_perf_tests.benchmarks.estate import LOUD, H, Noise, fill, furnish
from wan_perf_tests.benchmarks.hours import know
from wan_perf_tests.benchmarks.measuring import TimedWarehouse
from wan_perf_tests.benchmarks.storing import Step

_RATE_THAT_VARIES = (
    "UPDATE raw_port_sample SET "
    "rx_bytes_counter = rx_bytes_counter + (6e5 * sin(epoch(sampled_at) / 1500))::BIGINT, "
    "tx_bytes_counter = tx_bytes_counter + (6e5 * sin(epoch(sampled_at) / 1500))::BIGINT"
)
"""By at most 400 B/s: at a constant rate an hour's bytes do not show where they were split."""
_OF_HOURS = ("raw_port_sample", "raw_gateway_event", "circuit_port", "dim_circuit")


def folder_of(job: str, folder: Path) -> Path:
    """Where the job's warehouse and Parquet files are."""
    return folder / ("raw" if job == "hours" else "facts")


def fill_inputs(circuits: int, folder: Path, noise: Noise = LOUD) -> dict[str, int]:
    """Write both warehouses and the files; how many rows each job reads."""
    return fill_samples(circuits, folder, noise) | _fill_facts(circuits, folder)


def fill_samples(circuits: int, folder: Path, noise: Noise) -> dict[str, int]:
    """Write the warehouse and the files of the hours; how many rows are read."""
    raw = TimedWarehouse(folder_of("hours", folder) / WAREHOUSE)
    rows = {"hours": fill(raw, circuits, DAY, noise)}
    with raw.session() as session:
        session.run(_RATE_THAT_VARIES)
    for name in JOBS["hours"].assets:
        Step(name).store(raw, DAY)
    _export(raw, _OF_HOURS)
    return rows


def _fill_facts(circuits: int, folder: Path) -> dict[str, int]:
    facts = TimedWarehouse(folder_of("days", folder) / WAREHOUSE)
    both = Window(DAY.start - 24 * H, DAY.end)
    furnish(facts, circuits, both)
    count = know(facts, circuits, both.start, both.end)
    with facts.session() as session:
        facts.create(session, FAILOVER_PIECE)
    for name in (*JOBS["windows"].assets, *JOBS["days"].assets):
        Step(name).store(facts, DAY)
    _export(facts, ("circuit_hour",))
    return {"windows": count, "days": count // 2}


def _export(warehouse: TimedWarehouse, tables: Sequence[str]) -> None:
    with warehouse.session() as session:
        for name in tables:
            file = (warehouse.path.parent / f"{name}.parquet").as_posix()
            session.run(f"COPY {name} TO '{file}' (FORMAT parquet)")
