"""Reference: minutes of a site and its failovers, slot by slot of half a minute.

A slot has each circuit's rank, state and activity in it.
"""

from dataclasses import dataclass

SLOTS_AN_HOUR = 120
BACK_AFTER_SLOTS = 2
"""Half minutes that the primary must be back for a failover to be over."""


@dataclass(frozen=True)
class Reading:
    """One circuit in one slot."""

    rank: int | None
    state: str
    activity: str | None

    @property
    def carries(self) -> bool:
        return self.activity in ("active", "inferred")

    @property
    def is_first(self) -> bool:
        return self.rank == 1

    @property
    def is_backup(self) -> bool:
        return self.rank is not None and self.rank > 1


Slot = list[Reading]


def has(slot: Slot, *states: str) -> bool:
    return any(circuit.state in states for circuit in slot)


def on_backup(slot: Slot) -> bool:
    """Where no circuit of rank 1 is in service, nobody knows whether the site is on a backup."""
    if not any(circuit.is_first for circuit in slot):
        return False
    first = any(circuit.carries for circuit in slot if circuit.is_first)
    return any(circuit.carries for circuit in slot if circuit.is_backup) and not first


def is_back(slot: Slot) -> bool:
    """The primary carries the site; where its use is unknown, it is up."""
    firsts = [circuit for circuit in slot if circuit.is_first]
    idle = not any(circuit.carries for circuit in slot if circuit.is_backup)
    return any(
        circuit.carries or (idle and circuit.state == "up" and circuit.activity is None)
        for circuit in firsts
    )


def minutes_of(slots: list[Slot]) -> dict[str, float | None]:
    """The minutes of site_hour; a site is dark where every circuit is known to be down or off."""

    def spent(kind: list[bool]) -> float:
        return sum(kind) / 2

    up = [has(slot, "up") for slot in slots]
    unreachable = [has(slot, "no_telemetry") and not has(slot, "up") for slot in slots]
    dark = [has(slot, "down") and not has(slot, "up", "no_telemetry", "unknown") for slot in slots]
    is_backup_known = any(circuit.activity is not None for slot in slots for circuit in slot)
    is_backup_known &= any(circuit.is_first for slot in slots for circuit in slot)
    known = spent(up) + spent(unreachable) + spent(dark)
    return {
        "up_minutes": spent(up),
        "dark_minutes": spent(dark),
        "unreachable_minutes": spent(unreachable),
        "unknown_minutes": len(slots) / 2 - known,
        "redundancy_lost_minutes": spent([has(s, "up") and has(s, "down") for s in slots]),
        "on_backup_minutes": spent([on_backup(slot) for slot in slots])
        if is_backup_known
        else None,
    }


def failovers(slots: list[Slot]) -> list[tuple[int, int, float, float, float, bool]]:
    """First slot, end, minutes on backup, dark, without telemetry; whether all is inferred."""
    found, at = [], 0
    while at < len(slots):
        if not on_backup(slots[at]):
            at += 1
            continue
        end, back = len(slots), 0
        for n in range(at, len(slots)):
            back = back + 1 if is_back(slots[n]) and not on_backup(slots[n]) else 0
            if back == BACK_AFTER_SLOTS:
                end = n + 1 - back
                break
        during = slots[at:end]
        unknown = [s for s in during if not has(s, "up") and has(s, "no_telemetry", "unknown")]
        dark = [s for s in during if not has(s, "up", "no_telemetry", "unknown")]
        carried = [s for s in during if on_backup(s)]
        inferred = all(
            any(circuit.activity == "inferred" for circuit in s if circuit.is_backup)
            for s in carried
        )
        found.append((at, end, len(carried) / 2, len(dark) / 2, len(unknown) / 2, inferred))
        at = end
    return found
