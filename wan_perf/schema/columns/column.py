"""The form of a column's declaration, and the kinds that most columns are.

Keep out: which columns there are (the families beside this module).
"""

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "integer", "large_integer", "real", "boolean", "instant", "date"]
"""A large integer has up to 38 digits: bytes of a fleet exceed what 64 bits hold."""


@dataclass(frozen=True)
class Column:
    """One column: what its values are and what they mean."""

    name: str
    type: Type
    meaning: str
    unit: str = ""
    ge: float | None = None
    le: float | None = None
    one_of: tuple[str, ...] = ()


def text(name: str, meaning: str, one_of: tuple[str, ...] = ()) -> Column:
    """Text; with `one_of` one of these words, or NULL."""
    return Column(name, "text", meaning, one_of=one_of)


def flag(name: str, meaning: str) -> Column:
    """True, false or unknown."""
    return Column(name, "boolean", meaning)


def instant(name: str, meaning: str) -> Column:
    """A naive UTC instant."""
    return Column(name, "instant", meaning)


def count(name: str, meaning: str) -> Column:
    """A number of things, from 0."""
    return Column(name, "integer", meaning, ge=0)


def byte_count(name: str, meaning: str) -> Column:
    """A number of bytes, from 0. [B]"""
    return Column(name, "integer", meaning, unit="B", ge=0)


def minutes(name: str, meaning: str) -> Column:
    """A length of time, from 0. [min]"""
    return Column(name, "real", meaning, unit="min", ge=0)


def rate(name: str, meaning: str, unit: str = "Mbit/s") -> Column:
    """A rate of transfer, from 0. [Mbit/s or the given unit]"""
    return Column(name, "real", meaning, unit=unit, ge=0)


def percent(name: str, meaning: str, le: float | None = 100) -> Column:
    """A share or a load, from 0. [%]"""
    return Column(name, "real", meaning, unit="%", ge=0, le=le)


def milliseconds(name: str, meaning: str) -> Column:
    """A delay, from 0. [ms]"""
    return Column(name, "real", meaning, unit="ms", ge=0)


UNITS = {"pct": "%", "ms": "ms"}
"""Units as names have them, and as they are written."""
