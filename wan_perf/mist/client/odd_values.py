"""Odd values: values of an answer that are not of the kind that the API documents.

Belongs here: decoding a row without them, and a record of each. The only such mechanism: it follows
the record's declaration, so no field has a case of its own.
Keep out: how many are too many (`pages`, `responses`), how they are reported (`rejected_rows`,
`defs`).

An odd value removes the smallest part that may be absent: an optional field becomes None, an entry
of a mapping or list is removed, an element whose position has a meaning becomes None. A row without
its key is rejected.
"""

import json
from dataclasses import dataclass
from functools import cache
from inspect import isclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields

Reason = Literal["kind", "range", "variable"]
"""Another kind of value; a number outside its bounds, such as -1 for unknown; a {{variable}}."""
_SHOWN = 60


@dataclass(frozen=True)
class OddValue:
    """One odd value, with Mist's field names.

    Attributes:
        field: Path of its field in the row; `*` for an entry of a mapping or list.
        place: The same path with the entry's name or position.
        value: The value as JSON, cut to a readable length.
        reason: Why it is odd.
        costs_row: The row's key is odd, so that the row is rejected.
    """

    field: str
    place: str
    value: str
    reason: Reason
    costs_row: bool = False


class UnreadableError(Exception):
    """A required value is odd, so the part that contains it cannot be decoded."""

    def __init__(self, at: "_At", value: Any, kind: Any) -> None:
        super().__init__(at.place)
        self.at, self.value, self.kind = at, value, kind

    def odd(self, *, costs_row: bool = False) -> OddValue:
        """The record of the value."""
        shown = excerpt(self.value)
        return OddValue(
            self.at.field, self.at.place, shown, _reason(self.value, self.kind), costs_row
        )


@dataclass(frozen=True)
class _At:
    field: str = ""
    place: str = ""

    def named(self, name: str) -> "_At":
        return _At(*(f"{path}.{name}" if path else name for path in (self.field, self.place)))

    def entry(self, which: object) -> "_At":
        return _At(f"{self.field}.*", f"{self.place}.{which}")


def row_without_odd_values(row: Any, kind: type[Any]) -> tuple[Any, list[OddValue]]:
    """A row as its record, and its odd values; None in place of the record if its key is odd."""
    reader = _Reader(fields_may_lack=True)
    try:
        return reader.read(row, kind, _At()), reader.odd
    except UnreadableError as error:
        return None, [*reader.odd, error.odd(costs_row=True)]


def answer_without_odd_values(answer: Any, kind: Any) -> tuple[Any, list[OddValue]]:
    """An answer that is one record; all fields of its top level, the envelope, are required.

    Raises:
        UnreadableError: The envelope is odd, or so many elements of one series are that the series
            is none of this API.
    """
    reader = _Reader(fields_may_lack=False)
    return reader.read(answer, kind, _At()), reader.odd


def identity(row: Any, kind: type[Any]) -> str:
    """The readable parts of a row's key, for messages."""
    if not isinstance(row, dict) or not (isclass(kind) and issubclass(kind, msgspec.Struct)):
        return ""
    key = [f.encode_name for f in _fields(kind) if f.required] + ["site_id"]
    known = {name: row[name] for name in key if isinstance(row.get(name), str | int) and row[name]}
    return ", ".join(f"{name} {str(value)[:_SHOWN]}" for name, value in known.items())


def is_too_many(odd: int, of: int) -> bool:
    """Whether the count of odd values is above `ALLOWED_COUNT` and `ALLOWED_SHARE`."""
    return odd > max(ALLOWED_COUNT, ALLOWED_SHARE * of)


ALLOWED_SHARE = 0.05
"""Odd rows of an answer up to which the rest is trusted. Broken devices and hand-written settings
are a few in a hundred; a field that the API has renamed or retyped is odd in nearly every row, and
storing "unknown" for a whole fleet would hide that."""
ALLOWED_COUNT = 3
"""So few odd rows are trusted at any share: in an organization of ten gateways one is 10 %."""


class _Reader:
    def __init__(self, *, fields_may_lack: bool) -> None:
        self.odd: list[OddValue] = []
        self._fields_may_lack = fields_may_lack

    def read(self, value: Any, kind: Any, at: _At) -> Any:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError:
            inner = _structure(kind)
        shape = get_origin(inner) or inner
        if shape is list and isinstance(value, list):
            return self._list(value, inner, at)
        if shape is dict and isinstance(value, dict):
            return self._mapping(value, inner, at)
        if isclass(shape) and issubclass(shape, msgspec.Struct) and isinstance(value, dict):
            return self._struct(value, shape, at)
        raise UnreadableError(at, value, kind)

    def _struct(self, value: dict[str, Any], kind: Any, at: _At) -> Any:
        known = {}
        for part in _fields(kind):
            inside = at.named(part.encode_name)
            if part.encode_name not in value:
                if part.required:
                    raise UnreadableError(inside, None, part.type)
                continue
            try:
                known[part.name] = self.read(value[part.encode_name], part.type, inside)
            except UnreadableError as error:
                if part.required or not self._fields_may_lack:
                    raise
                self.odd.append(error.odd())
        return kind(**known)

    def _mapping(self, value: dict[str, Any], kind: Any, at: _At) -> dict[str, Any]:
        key_kind, value_kind = get_args(kind)
        found, before = {}, len(self.odd)
        for name, item in value.items():
            try:
                key = self.read(name, key_kind, at.entry(name))
                found[key] = self.read(item, value_kind, at.entry(name))
            except UnreadableError as error:
                self.odd.append(error.odd())
        wrong = sum(odd.reason == "kind" for odd in self.odd[before:])
        self._refuse_many(wrong, len(value), at, value, kind)
        return found

    def _list(self, value: list[Any], kind: Any, at: _At) -> list[Any]:
        (item_kind,) = get_args(kind)
        holds_place = NoneType in get_args(item_kind)
        is_row = isclass(item_kind) and issubclass(item_kind, msgspec.Struct)
        found, wrong = [], 0
        for number, item in enumerate(value):
            before = len(self.odd)
            try:
                read = self._row if is_row else self.read
                found.append(read(item, item_kind, at.entry(number)))
            except UnreadableError as error:
                self.odd.append(error.odd(costs_row=is_row and not self._fields_may_lack))
                if holds_place:
                    found.append(None)
            wrong += any(odd.reason == "kind" for odd in self.odd[before:])
        self._refuse_many(wrong, len(value), at, value, kind)
        return found

    def _row(self, value: Any, kind: Any, at: _At) -> Any:
        """A record of a list: it loses its odd fields, as a row of a page does."""
        within, self._fields_may_lack = self._fields_may_lack, True
        try:
            return self.read(value, kind, at)
        finally:
            self._fields_may_lack = within

    def _refuse_many(self, wrong: int, size: int, at: _At, value: Any, kind: Any) -> None:
        """The elements of a series are limited like the rows of a page."""
        if not self._fields_may_lack and is_too_many(wrong, size):
            raise UnreadableError(at, value, kind)


@cache
def _fields(kind: Any) -> tuple[FieldInfo, ...]:
    return fields(kind)


@cache
def options(kind: Any) -> tuple[Any, ...]:
    """The types that a value may have, without None."""
    united = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return tuple(o for o in united if o is not NoneType)


@cache
def _structure(kind: Any) -> Any:
    """The record, list or mapping type, also of an optional; None for a scalar."""
    found = options(kind)
    return found[0] if len(found) == 1 and get_origin(found[0]) is not Annotated else None


def _reason(value: Any, kind: Any) -> Reason:
    if isinstance(value, str) and "{{" in value:
        return "variable"
    wanted = {get_args(o)[0] if get_origin(o) is Annotated else o for o in options(kind)}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "range" if is_number and wanted & {int, float} else "kind"


def excerpt(value: Any) -> str:
    """A value as JSON in printable ASCII, cut to a readable length."""
    shown = json.dumps(value, default=str)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."
