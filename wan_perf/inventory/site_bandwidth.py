"""Bandwidth that sites report: in their variables, and by the speed tests of their ports.

Belongs here: which variable and which test is of which port, and which values are valid.
Keep out: which sites are requested and when (`site_requests`), which rate counts (`kpi`).

A variable belongs to a WAN by its name alone: `<wan_name>_down_mbps` and `<wan_name>_up_mbps`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from wan_perf.mist.client.rejected_rows import Rejections
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.instants import instant
from wan_perf.mist.endpoints.records.sites import DOWN_VARIABLE, UP_VARIABLE
from wan_perf.mist.endpoints.records.speed_tests import SpeedTest
from wan_perf.schema.port_names import base_port, without_unit_0

TESTS_COUNT_FOR = timedelta(days=30)
"""An older speed test may not describe the present line."""
_UNDATED = "they do not say when they were"
_SHOWN = 40
Row = dict[str, Any]


def apply_variables(of_site: Sequence[Row], variables: Mapping[str, Any]) -> list[str]:
    """Replace the rates of a site's WANs by those in its variables.

    Returns:
        A sentence for each variable of a WAN that is no rate.
    """
    complaints: dict[str, str] = {}
    for row in of_site:
        for column, suffix in (
            ("variable_down_mbps", DOWN_VARIABLE),
            ("variable_up_mbps", UP_VARIABLE),
        ):
            name = f"{row['wan_name']}{suffix}" if row["wan_name"] else ""
            value = variables.get(name)
            row[column] = _rate(value)
            if value is not None and row[column] is None:
                complaints[name] = (
                    f"Site {row['site_name'] or row['site_id']!r}: variable {name} is "
                    f"{str(value)[:_SHOWN]!r}, which is no positive number of Mbit/s; "
                    "correct it in the site's settings."
                )
    return list(complaints.values())


def apply_speed_tests(
    of_site: Sequence[Row], tests: Iterable[SpeedTest], at: datetime, rejections: Rejections
) -> None:
    """Replace the tested rates of a site's rows by those of each port's best speed test.

    The best is the one with the highest download rate, of those that did not fail and are recent. A
    test is of the port or interface that it names; where none has its name, of the port under the
    unit that it names.

    Args:
        of_site: The rows of a site.
        tests: Its speed tests.
        at: Instant of the snapshot, naive UTC.
        rejections: Counts tests without a timestamp, or with one in the future.
    """
    received = list(tests)
    dated = [test for test in received if test.tested_at]
    path = catalogue.SPEED_TESTS.path
    rejections.note(path, _UNDATED, len(received) - len(dated))
    past = rejections.in_time(path, dated, lambda test: test.tested_at, at)
    best: dict[int, SpeedTest] = {}
    for test in past:
        if not _counts(test, at):
            continue
        for nth in _rows_of(test, of_site):
            if nth not in best or _rates(test) > _rates(best[nth]):
                best[nth] = test
    for nth, row in enumerate(of_site):
        row["tested_down_mbps"] = _rate(best[nth].down_mbps) if nth in best else None
        row["tested_up_mbps"] = _rate(best[nth].up_mbps) if nth in best else None


def _counts(test: SpeedTest, at: datetime) -> bool:
    tested_at = instant(test.tested_at)
    is_recent = tested_at is not None and tested_at >= at - TESTS_COUNT_FOR
    return is_recent and not test.is_failed and max(_rates(test)) > 0


def _rates(test: SpeedTest) -> tuple[float, float]:
    return _rate(test.down_mbps) or 0.0, _rate(test.up_mbps) or 0.0


def _rows_of(test: SpeedTest, of_site: Sequence[Row]) -> list[int]:
    """Numbers of the rows that a test is for."""
    named = without_unit_0(test.port_id or "")
    at_gateway = [
        (nth, row)
        for nth, row in enumerate(of_site)
        if named and row["port_id"] and row["gateway_mac"] == test.gateway_mac
    ]
    exact = [nth for nth, row in at_gateway if named in (row["port_id"], row["interface"])]
    return exact or [nth for nth, row in at_gateway if row["port_id"] == base_port(named)]


def _rate(value: object) -> float | None:
    """A positive number of Mbit/s; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        rate = float(value)
    except (ValueError, OverflowError):
        return None
    is_rate = math.isfinite(rate) and rate > 0 and "_" not in str(value)
    return rate if is_rate else None
