"""The contract file: whether it can be read, and whether its rows are of circuits in Mist.

Belongs here: the sentences that an inventory would have about the contracts.
Keep out: which circuit a contract is for (`inventory.contract_matching`).
"""

from wan_perf.defs.assets.inventory import newest_snapshot
from wan_perf.defs.resources import Source, warehouse_for
from wan_perf.doctor.finding import Finding
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.inventory.snapshot import contracts_of, inventory
from wan_perf.mist.collect.clock import Clock
from wan_perf.policy.contracts import Contract
from wan_perf.schema.tables import RAW_INVENTORY
from wan_perf.settings import Settings

_SHOWN = 10


def examine_contracts(
    settings: Settings, clock: Clock, *, can_request: bool, is_open: bool
) -> Finding:
    """Whether the file can be read, and what of it cannot be used.

    Rows are compared with the newest stored inventory if the warehouse `is_open`, without one with
    Mist if `can_request`.
    """
    try:
        contracts = Source(settings).contracts()
    except UsageError as error:
        return Finding("contracts", "FAILED", str(error))
    if settings.circuits_path is None:
        return Finding(
            "contracts",
            "warning",
            "WAN_PERF_CIRCUITS names no file, so that no circuit has a bought rate.",
            "Set WAN_PERF_CIRCUITS to the contract file; without it utilization rests on site "
            "variables, speed tests or port speeds.",
        )
    valid = f"{settings.circuits_path} is valid, contracts: {len(contracts):,}"
    try:
        stored = _of_stored_inventory(settings, contracts) if is_open else None
        sentences = (
            _of_mist(settings, contracts, clock) if can_request and stored is None else stored
        )
    except WanPerfError as error:
        return Finding("contracts", "ok", f"{valid}; not compared with Mist: {error}")
    if sentences is None:
        return Finding("contracts", "ok", f"{valid}; not compared with Mist.")
    if not sentences:
        return Finding("contracts", "ok", f"{valid}; each is of a circuit in Mist.")
    more = len(sentences) - _SHOWN
    shown = [*sentences[:_SHOWN], *([f"And {more:,} more."] if more > 0 else [])]
    return Finding(
        "contracts",
        "warning",
        f"{valid}; without a circuit in Mist: {len(sentences):,}. {' '.join(shown)}",
        "Rows of circuits that are still to come can stay.",
    )


def _of_stored_inventory(settings: Settings, contracts: list[Contract]) -> list[str] | None:
    """A sentence for each contract that the newest stored inventory cannot use; None if none is."""
    warehouse = warehouse_for(settings)
    if not warehouse.holds(RAW_INVENTORY):
        return None
    snapshot = newest_snapshot(warehouse)
    return contracts_of(snapshot, contracts)[1] if len(snapshot) else None


def _of_mist(settings: Settings, contracts: list[Contract], clock: Clock) -> list[str]:
    """The same, of an inventory requested from Mist now."""
    return inventory(Source(settings).session(), clock.now(), contracts)[1]
