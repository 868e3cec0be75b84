"""The contract file: what was bought from the providers, which Mist does not know.

Belongs here: the file's columns, its words, and what makes two rows contradict each other.
Keep out: which port a contract is for (`inventory.snapshot`), what its rate means (`kpi`).
"""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from wan_perf.errors import UsageError
from wan_perf.policy.name_matching import folded
from wan_perf.schema.columns import COLUMNS

Value = TypeVar("Value")

_ON_DEMAND = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
ROLE_WORDS = {
    "primary": ("primary", "pri", "main", "active", "first", "1"),
    "secondary": ("secondary", "sec", "backup", "standby", "failover", "passive", "second", "2"),
}
"""Words for a role in the contract file, in any case, with or without hyphens (fail-over)."""
MOST_RANK = COLUMNS["role_rank"].le or 99


@dataclass(frozen=True)
class Contract:
    """One row of the contract file; what is empty there is None.

    Holds in [valid_from, valid_to), naive UTC; open where None. One of `site_name` and `site_id`
    is there, and one of `port_id` and `wan_name`; where both are, the id decides. Rates in Mbit/s.
    `role` is a key of ROLE_WORDS. `line` is the line of the file in which the row begins.
    """

    site_name: str | None
    site_id: str | None
    port_id: str | None
    wan_name: str | None
    circuit_id: str | None
    bandwidth_down_mbps: float | None
    bandwidth_up_mbps: float | None
    role: str | None
    role_rank: int | None
    provider: str | None
    medium: str | None
    on_demand: bool | None
    valid_from: datetime | None
    valid_to: datetime | None
    line: int

    @property
    def site(self) -> str:
        """The site as the row gives it: its id, else its name."""
        return self.site_id or self.site_name or ""

    @property
    def port(self) -> str:
        """The port as the row gives it: its id, else the name of its WAN."""
        return self.port_id or self.wan_name or ""

    @property
    def is_dated(self) -> bool:
        """Whether the row says from when or until when it holds."""
        return self.valid_from is not None or self.valid_to is not None

    def holds_at(self, at: datetime) -> bool:
        """Whether the contract is in force at a naive UTC instant."""
        begun = self.valid_from is None or self.valid_from <= at
        return begun and not self.has_ended(at)

    def has_ended(self, at: datetime) -> bool:
        """Whether the contract is over at a naive UTC instant."""
        return self.valid_to is not None and self.valid_to <= at

    def overlaps(self, other: "Contract") -> bool:
        """Whether there is an instant at which both contracts are in force."""

        def begins_before_end(early: Contract, late: Contract) -> bool:
            begins, ends = early.valid_from, late.valid_to
            return begins is None or ends is None or begins < ends

        return begins_before_end(self, other) and begins_before_end(other, self)


CONTRACT_COLUMNS = tuple(field.name for field in fields(Contract) if field.name != "line")
"""Columns of the contract file; each may be missing, and their order is free."""


def read_contracts(path: Path) -> list[Contract]:
    """The contracts of a file: UTF-8, with or without a byte order mark, comma separated.

    Raises:
        UsageError: The file cannot be read, a row says something impossible, or two rows contradict
            each other; the message names file, line and remedy.
    """
    contracts = [_contract(row, f"{path}, line {line}", line) for line, row in _rows(path)]
    _refuse_two_at_once(contracts, path)
    _refuse_two_sites(contracts, path)
    _refuse_two_rates(contracts, path)
    return contracts


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = _header(next(reader, []), path)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, _cells_by_column(cells, header, f"{path}, line {line}")
            line = reader.line_num + 1  # a quoted value may contain line breaks
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: no CSV ({error}); correct it.") from None


def _cells_by_column(cells: list[str], header: list[str], where: str) -> dict[str, str]:
    """The cells by column; empty ones beyond the last column are ignored."""
    if any(cell.strip() for cell in cells[len(header) :]):
        raise UsageError(
            f"{where}: {len(cells)} values for {len(header)} columns; put values that contain a "
            "comma in quotes."
        )
    return {name: cell.strip() for name, cell in zip(header, cells, strict=False)}


def _text(path: Path) -> str:
    try:
        return (data := path.read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"{path}: the contract file cannot be read ({error.strerror}); "
            "correct WAN_PERF_CIRCUITS."
        ) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: not UTF-8; save the file as CSV UTF-8.") from None


def _header(cells: list[str], path: Path) -> list[str]:
    header = [folded(cell) for cell in cells]
    while header and not header[-1]:
        header.pop()
    known = f"the columns are {', '.join(CONTRACT_COLUMNS)}, separated by commas"
    if not header:
        raise UsageError(f"{path}, line 1: no header; {known}.")
    for position, name in enumerate(header):
        if name not in CONTRACT_COLUMNS:
            raise UsageError(f"{path}, line 1: unknown column {name!r}; {known}.")
        if name in header[:position]:
            raise UsageError(f"{path}, line 1: column {name!r} stands twice; remove one.")
    return header


def _contract(row: dict[str, str], where: str, line: int) -> Contract:
    def value(name: str, read: Callable[[str], Value], wanted: str) -> Value | None:
        text = row.get(name, "")
        if not text:
            return None
        try:
            return read(text)
        except (ValueError, KeyError, OverflowError):
            raise UsageError(f"{where}: {name} is {text!r}; give {wanted}.") from None

    values: dict[str, Any] = {name: row.get(name) or None for name in CONTRACT_COLUMNS}
    for name in ("bandwidth_down_mbps", "bandwidth_up_mbps"):
        values[name] = value(name, _rate, "a number above 0, in Mbit/s, with a decimal point")
    values["role"] = value("role", _role, f"one of {', '.join(_ROLES)}")
    values["role_rank"] = value(
        "role_rank", _rank, f"a whole number from 1, the primary, to {MOST_RANK:g}"
    )
    values["on_demand"] = value(
        "on_demand", lambda text: _ON_DEMAND[text.lower()], "true, false, yes, no, 1 or 0"
    )
    for name in ("valid_from", "valid_to"):
        values[name] = value(name, _instant, "an ISO date or instant such as 2026-03-01")
    contract = Contract(**values, line=line)
    _refuse_incomplete(contract, where)
    return contract


def _refuse_incomplete(contract: Contract, where: str) -> None:
    if not contract.site:
        raise UsageError(f"{where}: no site; give site_name or site_id.")
    if not contract.port:
        raise UsageError(f"{where}: no port; give port_id or wan_name.")
    if contract.valid_from and contract.valid_to and contract.valid_to <= contract.valid_from:
        raise UsageError(f"{where}: valid_to is not after valid_from; correct one of them.")
    if contract.role and contract.role_rank:
        expected = "primary" if contract.role_rank == 1 else "secondary"
        if contract.role != expected:
            raise UsageError(
                f"{where}: role is {contract.role} and role_rank {contract.role_rank}, but rank 1 "
                "is the primary and every other rank a secondary; correct one of them."
            )


def _rate(text: str) -> float:
    rate = float(text)
    if "_" in text or not math.isfinite(rate) or rate <= 0:
        raise ValueError(text)
    return rate


def _rank(text: str) -> int:
    rank = int(text)
    if "_" in text or not 1 <= rank <= MOST_RANK:
        raise ValueError(text)
    return rank


_ROLES = {word: role for role, words in ROLE_WORDS.items() for word in words}


def _role(text: str) -> str:
    return _ROLES[folded(text).replace("-", "").replace("_", "").replace(" ", "")]


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def _refuse_two_at_once(contracts: Iterable[Contract], path: Path) -> None:
    of_port: dict[tuple[str, str], list[Contract]] = defaultdict(list)
    for contract in contracts:
        of_port[folded(contract.site), folded(contract.port)].append(contract)
    for rows in of_port.values():
        rows.sort(key=lambda row: row.valid_from or datetime.min)  # noqa: DTZ901 - naive UTC
        for earlier, later in pairwise(rows):
            begins = later.valid_from
            if earlier.valid_to is None or begins is None or begins < earlier.valid_to:
                raise UsageError(
                    f"{path}, line {later.line}: site {later.site!r} and port {later.port!r} have "
                    f"a contract in line {earlier.line} at the same time; "
                    "set valid_to of the older one to valid_from of the newer."
                )


def _refuse_two_rates(contracts: Iterable[Contract], path: Path) -> None:
    """Refuse rows that give one circuit different rates at the same time, whatever its ports."""
    of_circuit: dict[str, list[Contract]] = defaultdict(list)
    for contract in contracts:
        if contract.circuit_id is None:
            continue
        for other in of_circuit[contract.circuit_id]:
            if contract.overlaps(other) and _has_other_rate(contract, other):
                raise UsageError(
                    f"{path}, line {contract.line}: circuit_id {contract.circuit_id!r} has another "
                    f"bandwidth in line {other.line} at the same time; correct one of them, or set "
                    "valid_to of the older one to valid_from of the newer."
                )
        of_circuit[contract.circuit_id].append(contract)


def _has_other_rate(one: Contract, other: Contract) -> bool:
    """Whether a rate that both rows give differs; what one leaves empty contradicts nothing."""
    rates = (
        (one.bandwidth_down_mbps, other.bandwidth_down_mbps),
        (one.bandwidth_up_mbps, other.bandwidth_up_mbps),
    )
    return any(None not in pair and pair[0] != pair[1] for pair in rates)


def _refuse_two_sites(contracts: Iterable[Contract], path: Path) -> None:
    first_of: dict[str, Contract] = {}
    for contract in contracts:
        if contract.circuit_id is None:
            continue
        first = first_of.setdefault(contract.circuit_id, contract)
        if _is_elsewhere(first, contract):
            raise UsageError(
                f"{path}, line {contract.line}: circuit_id {contract.circuit_id!r} is of another "
                f"site in line {first.line}; give each site's circuit an id of its own."
            )


def _is_elsewhere(one: Contract, other: Contract) -> bool:
    """Whether two rows are surely of different sites; an id and a name cannot be compared."""
    if one.site_id and other.site_id:
        return folded(one.site_id) != folded(other.site_id)
    if one.site_name and other.site_name:
        return folded(one.site_name) != folded(other.site_name)
    return False
