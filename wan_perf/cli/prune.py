"""`wan-perf prune`: retention applied now, and what it freed.

Belongs here: the sentence that a person reads.
Keep out: what is past its retention (`defs.automation.retention`), how long that is (the policy),
which rows lie in the future (`warehouse.future`).
"""

from datetime import UTC, datetime

from rich.console import Console

from wan_perf.cli.homes import dagster_home, end_abandoned, opened
from wan_perf.defs.automation.retention import prune_dagster, prune_rows
from wan_perf.defs.resources import PolicyFile, clock_for, warehouse_for
from wan_perf.schema.tables import RAW_INVENTORY
from wan_perf.settings import Settings
from wan_perf.warehouse.expired import computable_from
from wan_perf.warehouse.future import remove_rows_after
from wan_perf.wording import counted


def prune_future(settings: Settings, console: Console) -> None:
    """Remove rows that lie after the present, as a machine with a wrong clock stores them."""
    removed = remove_rows_after(warehouse_for(settings), clock_for(settings).now())
    for name, rows in removed.items():
        console.print(f"Removed {counted(rows, 'row')} of the future from {name}.")
    if not removed:
        console.print("No table has rows of the future.")
    elif RAW_INVENTORY.name in removed:
        console.print("Run wan-perf collect --inventory: sites and circuits follow the inventory.")


def prune(settings: Settings, console: Console) -> None:
    """Remove Dagster's records, raw rows and windows past retention, and print how much went.

    Raises:
        UsageError: the policy file is not valid.
    """
    policy = PolicyFile(settings).read()
    retention = policy.retention
    home = settings.dagster_home_given or dagster_home(settings)
    with opened(home) as instance:
        end_abandoned(instance, home)
        pruned = prune_dagster(instance, datetime.now(UTC).replace(tzinfo=None), retention)
    runs, logs = (counted(number, "run") for number in (pruned.runs, pruned.logs))
    before, after = (size / 1e6 for size in (pruned.bytes_before, pruned.bytes_after))
    console.print(
        f"Removed {runs} and the logs of {logs}; {home}: {before:,.1f} MB before, {after:,.1f} MB "
        "after.",
        soft_wrap=True,
    )
    warehouse = warehouse_for(settings)
    removed, shrunk = prune_rows(warehouse, clock_for(settings).now(), policy)
    for name, rows in removed.items():
        console.print(f"Removed {counted(rows, 'row')} of {name}.")
    if removed and (first := computable_from(warehouse)):
        console.print(f"Facts before {first:%Y-%m-%d} stay and cannot be computed again.")
    if shrunk:
        why_not = f" ({shrunk.why_not})" if shrunk.why_not else ""
        console.print(
            f"{settings.duckdb_path}: {shrunk.before / 1e6:,.1f} MB before, "
            f"{shrunk.after / 1e6:,.1f} MB after{why_not}.",
            soft_wrap=True,
        )
