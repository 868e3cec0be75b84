"""The stand-in without the passes for which a statement has nothing.

It has 84, each over the whole statement: most of what a statement costs. Belongs here: the words
without which a pass finds nothing. Keep out: what the stand-in answers otherwise (`snowflake`).
"""

import threading
from typing import Any

import fakesnow.cursor
import pytest
from sqlglot import exp

_NEEDS: dict[str, tuple[str, ...]] = {
    "alias_in_join": ("JOIN",),
    "alias_in_where": ("OBJECT",),
    "alter_": ("ALTER",),
    "array_": ("ARRAY",),
    "create_": ("CREATE",),
    "current_version": ("VERSION",),
    "dateadd_": ("ADD",),
    "datediff_": ("DIFF",),
    "drop_": ("DROP",),
    "extract_comment": ("COMMENT",),
    "extract_text_length": ("CREATE",),
    "flatten": ("FLATTEN",),
    "float_to_double": ("FLOAT", "REAL"),
    "haversine": ("HAVERSINE",),
    "hex_string": ("X'",),
    "identifier": ("IDENTIFIER",),
    "indices_": ("[",),
    "information_schema": ("INFORMATION_SCHEMA",),
    "json_extract_": (":", "[", "GET", "JSON"),
    "list_stage": ("LIST",),
    "object_": ("OBJECT",),
    "put_stage": ("PUT",),
    "random": ("RANDOM",),
    "regex_": ("REGEXP",),
    "result_scan": ("RESULT_SCAN",),
    "sample": ("SAMPLE",),
    "semi_structured_types": ("ARRAY", "OBJECT", "VARIANT"),
    "sequence_": ("NEXTVAL",),
    "set_schema": ("USE",),
    "sha256": ("SHA",),
    "show_": ("SHOW",),
    "split": ("SPLIT",),
    "tag": ("TAG",),
    "to_date": ("TO_DATE",),
    "to_decimal": ("TO_DECIMAL", "TO_NUM"),
    "to_variant": ("VARIANT",),
    "trim_": ("TRIM",),
    "try_parse_json": ("JSON",),
    "update_variables": ("SET",),
    "values_": ("VALUES",),
}
"""Beginning of a pass's name, and words: a statement without any has nothing for that pass."""


def leave_out_idle_passes(patch: pytest.MonkeyPatch) -> None:
    """Leave out passes for which the statement has nothing."""
    kind, statement = fakesnow.cursor.FakeSnowflakeCursor, threading.local()
    execute, statement_passes = kind.execute, kind._transform
    one_pass = exp.Expression.transform

    def executed(cursor: Any, command: str, *given: Any, **named: Any) -> Any:
        statement.text = command.upper()
        return execute(cursor, command, *given, **named)

    def passes(cursor: Any, expression: exp.Expression, params: Any) -> Any:
        statement.idle = idle_passes(statement.text)
        try:
            return statement_passes(cursor, expression, params)
        finally:
            statement.idle = ()

    def transform(tree: exp.Expression, function: Any, *given: Any, **named: Any) -> Any:
        idle = getattr(statement, "idle", ())
        if idle and _name(function).startswith(idle):
            return tree
        return one_pass(tree, function, *given, **named)

    patch.setattr(kind, "execute", executed)
    patch.setattr(kind, "_transform", passes)
    patch.setattr(exp.Expression, "transform", transform)


def idle_passes(text: str) -> tuple[str, ...]:
    """Beginnings of the names of passes that find nothing in a statement in upper case."""
    return tuple(name for name, words in _NEEDS.items() if not any(word in text for word in words))


def _name(function: Any) -> str:
    """Name of a pass; of a lambda, of the pass that it calls."""
    is_call = function.__name__ == "<lambda>"
    names = [name for name in function.__code__.co_names if name != "transforms"]
    return names[0] if is_call and names else function.__name__
