"""The check of a raw asset that lists odd values: passed without any, else count and rows."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from wan_perf.defs.assets.rejected_rows import ODD_VALUES, with_odd_values
from wan_perf.mist.endpoints import catalogue
from wan_perf_tests.support.mist.scripted import Answer, ScriptedCloud
from wan_perf_tests.unit.mist.conftest import scripted

__all__ = ["scripted"]
ROWS = [
    {"mac": "aa0000000001", "port_id": "ge-0/0/0", "up": "a|b <script>[x](y)"},
    {"mac": "aa0000000001", "port_id": "", "up": True},
    *({"mac": "aa0000000002", "port_id": f"ge-0/0/{n}"} for n in range(3)),
]


def result_of(scripted: Callable[..., ScriptedCloud], rows: list[dict[str, Any]]) -> Any:
    session = scripted(Answer({"results": rows})).session()
    list(session.rows(catalogue.PORTS))
    materialized = with_odd_values(pd.DataFrame(), session, "raw_port_sample")
    (result,) = materialized.check_results
    assert result.check_name == ODD_VALUES
    return result


def test_the_check_lists_odd_values_and_shows_text_as_it_is(
    scripted: Callable[..., ScriptedCloud],
) -> None:
    result = result_of(scripted, ROWS)
    assert (result.passed, result.severity.value) == (False, "WARN")
    assert result.metadata["values"].value == 2
    examples = result.metadata["examples"].value
    assert "mac aa0000000001, port&#95;id ge-0/0/0" in examples
    assert "row rejected" in examples
    assert "stored as unknown" in examples
    assert "a&#124;b &lt;script&gt;&#91;x&#93;(y)" in examples
    assert "<script>" not in examples
    assert "stats/ports/search" in result.metadata["values_by_field"].value


def test_the_check_passes_without_odd_values(scripted: Callable[..., ScriptedCloud]) -> None:
    result = result_of(scripted, ROWS[2:])
    assert (result.passed, result.metadata["values"].value) == (True, 0)
    assert with_odd_values(pd.DataFrame(), None, "raw_port_sample").check_results[0].passed
