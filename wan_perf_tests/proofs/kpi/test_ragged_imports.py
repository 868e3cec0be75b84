"""Ragged lives, histories and imports: the row is as the reference says, also in another range."""

import pytest
from hypothesis import strategies as st

from wan_perf_tests.support.examples import drawn
from wan_perf_tests.support.kpi.engine import circuit_hour_query
from wan_perf_tests.support.kpi.estate import carried, circuit, hours, site, tables
from wan_perf_tests.support.kpi.import_reference import QUALITY, with_import
from wan_perf_tests.support.kpi.ragged import PORTS, Life, among, estates, histories, imports
from wan_perf_tests.support.kpi.rows import HOUR, H, Row

# Planning the whole fact takes longer than its rows do, so that all estates are computed in one.
pytestmark = [pytest.mark.proof, pytest.mark.oracle]

PORTS_OF_ALL = [port for _, port in PORTS]
Drawn = tuple[Life, list[Row], list[Row]]


def facts(first: int, count: int, several: list[Drawn], *, with_imports: bool = True) -> list[Row]:
    """The fact of hours from HOUR - 1 + `first` on, in the order of hour and circuit."""
    given_rows = tables(
        dim_site=_of_all([[site()]] * len(several)),
        dim_circuit=_of_all([[circuit(name) for name in PORTS_OF_ALL]] * len(several)),
        circuit_port=_of_all([[carried(name, name) for name in PORTS_OF_ALL]] * len(several)),
        dim_hour=hours(HOUR - H + first * H, count),
        raw_port_sample=_of_all([samples for (samples, _), _, _ in several]),
        raw_gateway_event=_of_all([events for (_, events), _, _ in several]),
        raw_port_history=_of_all([past for _, past, _ in several]),
        raw_circuit_hour=_imported(several) if with_imports else [],
    )
    rows = circuit_hour_query().rows(**given_rows)
    return sorted(rows, key=lambda row: (row["hour"], row["circuit_id"]))


def _of_all(rows: list[list[Row]]) -> list[Row]:
    return [row for number, of_estate in enumerate(rows) for row in among(number, of_estate)]


def _imported(several: list[Drawn]) -> list[Row]:
    return _of_all([imported for _, _, imported in several])


def test_each_hour_is_as_the_reference_says_alone_and_in_a_range():
    several = drawn(st.tuples(estates(), histories(), imports()), 25)
    nothing = dict.fromkeys(QUALITY)
    imported = {(row["hour"], row["circuit_id"]): {**nothing, **row} for row in _imported(several)}
    found = facts(0, 3, several)
    assert len(found) == 3 * len(PORTS) * len(several)
    for bare, row in zip(facts(0, 3, several, with_imports=False), found, strict=True):
        of_hour = imported.get((row["hour"], row["circuit_id"]))
        expected = bare if of_hour is None else with_import(bare, of_hour)
        judged = {name: row[name] for name in row if name.endswith("_severity")}
        assert row == {**expected, **judged}
    alone = [row for nth in range(3) for row in facts(nth, 1, several)]
    assert alone == found
