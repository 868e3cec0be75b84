"""The hour 10:00 to 11:00 of many cases of traffic in one query."""

from datetime import timedelta

from wan_perf_tests.support.kpi.engine import measured
from wan_perf_tests.support.kpi.rows import GATEWAY, HOUR

MINUTE_US = 60_000_000
MINUTE = timedelta(minutes=1)


def measured_at_once(cases, speed):
    """The row of each case: each has a port of its own, since a query costs half a second."""
    ports = [f"ge-0/0/{n}" for n, _ in enumerate(cases)]
    samples = [
        {**row, "port_id": port}
        for port, case in zip(ports, cases, strict=True)
        for row in case.values[0]
    ]
    rows = measured(samples, [], [(GATEWAY, port, HOUR, speed) for port in ports])
    return {case.id: row for case, row in zip(cases, rows, strict=True)}
