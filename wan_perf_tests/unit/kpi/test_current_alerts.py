"""What every circuit does now: its severity, its load against levels, and the alerts."""

from datetime import timedelta

import pytest

from wan_perf.schema.metrics import JUDGED, Metric
from wan_perf_tests.support.kpi.current_rows import (
    MBIT_MINUTE,
    PORTS,
    alert_rows,
    alerts,
    estate,
    now,
    state,
)
from wan_perf_tests.support.kpi.rows import HOUR, Row, at, sample


def test_what_is_up_is_normal_and_gives_no_alert() -> None:
    row = now()["C1"]
    assert (row["as_of_at"], row["state"], row["site_state"]) == (at("10:30"), "up", "up")
    assert (row["severity"], row["messages"], row["is_stale"]) == ("normal", None, False)
    assert alerts() == []


def test_a_primary_that_is_down_is_high_and_a_secondary_warning() -> None:
    down = {"what": "down", "start": "10:10", "down_cause": "isp"}
    first = [state("C1", end="10:10"), state("C1", **down), state("C2")]
    assert alerts(circuit_state=first) == [("C1", "high", "primary down (isp)")]
    assert now(circuit_state=first)["C1"]["state_since"] == at("10:10")
    second = [state("C1"), state("C2", **down)]
    assert alerts(circuit_state=second) == [("C2", "warning", "secondary down (isp)")]


def test_a_circuit_of_unknown_rank_is_not_called_a_secondary() -> None:
    nameless = [{**row, "role_rank": None} for row in estate()["dim_circuit"]]
    down = [state("C1", "down", down_cause="isp"), state("C2")]
    found = alerts(circuit_state=down, dim_circuit=nameless)
    assert found == [("C1", "warning", "circuit down (isp)")]


def test_a_dark_site_is_one_critical_alert_since_its_last_circuit_fell() -> None:
    """C1 falls at 10:10 and C2 at 10:20."""
    dark = [
        row
        for c, fell_at in (("C1", "10:10"), ("C2", "10:20"))
        for row in (state(c, end=fell_at), state(c, "down", fell_at, down_cause="port"))
    ]
    [row] = alert_rows(circuit_state=dark)
    assert (row["circuit_id"], row["severity"], row["messages"], row["since"]) == (
        *(None, "critical", "site dark: 2 circuits", at("10:20")),
    )


def test_a_gateway_without_telemetry_makes_the_site_unreachable_and_not_dark() -> None:
    gone = [state(c, "no_telemetry") for c in PORTS]
    assert alerts(circuit_state=gone) == [("", "critical", "site unreachable: 2 circuits")]


def test_a_site_of_which_too_little_is_known_is_not_called_dark() -> None:
    samples = [sample("10:30", up=False), sample("10:30", up=None, port=PORTS["C2"])]
    lived = [state("C1", "down"), state("C2", "unknown")]
    rows = now(raw_port_sample=samples, circuit_state=lived)
    assert {row["site_state"] for row in rows.values()} == {"unknown"}
    assert (rows["C2"]["severity"], rows["C2"]["messages"]) == (None, None)


def test_a_site_on_backup_is_high_at_its_primary() -> None:
    used = [state("C1", activity="inactive"), state("C2", activity="active")]
    assert alerts(circuit_state=used) == [("C1", "high", "site on backup")]


@pytest.mark.parametrize("what", ["disabled", "standby"])
def test_what_is_expected_gives_no_alert(what: str) -> None:
    rows = now(circuit_state=[state("C1"), state("C2", what)])
    assert (rows["C2"]["severity"], rows["C2"]["messages"]) == ("normal", None)


@pytest.mark.parametrize(("count", "severity"), [(3, "normal"), (4, "warning"), (10, "high")])
def test_transitions_of_the_last_hour(count: int, severity: str) -> None:
    """One more lies 70 minutes back and does not count."""
    turns = [
        state("C1", start=f"10:{n:02}", end=f"10:{n + 1:02}", turned_to="up")
        for n in range(30 - count, 30)
    ]
    old = state("C1", start="09:20", end="09:21", turned_to="up")
    row = now(circuit_state=[*turns, old, state("C2")])["C1"]
    assert (row["recent_flap_count"], row["severity"]) == (count, severity)


def judged(circuit: str, **figures: float) -> list[Row]:
    """The hours, the circuit's with figures and with levels of 10, 20 and 30 for each metric."""
    steps = {"warning": 10.0, "high": 20.0, "critical": 30.0}
    levels = {m.level(word): level for m in JUDGED for word, level in steps.items()}
    return [
        {**row, **levels, **figures} if row["circuit_id"] == circuit else row
        for row in estate()["circuit_hour"]
    ]


@pytest.mark.parametrize(
    ("value", "severity"),
    [(9.9, None), (10, "warning"), (20, "high"), (29.9, "high"), (30, "critical")],
)
@pytest.mark.parametrize("metric", JUDGED, ids=lambda metric: metric.quantity)
def test_a_metric_is_as_bad_as_the_level_that_it_reaches(
    metric: Metric, value: float, severity: str | None
) -> None:
    """Without a load of the last minutes the hour's so far counts."""
    found = alerts(circuit_hour=judged("C1", **{metric.value: float(value)}))
    words = f"{metric.quantity} {severity} ({float(value)})"
    assert found == ([("C1", severity, words)] if severity else [])


def test_an_alert_is_since_the_circuit_fell_or_failed_over_and_not_since_a_level() -> None:
    """C1, the primary, is up since 08:00 and at critical load; C2 fell at 10:10."""
    states = [state("C1", start="08:00"), state("C2", end="10:10")]
    states.append(state("C2", "down", "10:10", down_cause="isp"))
    rows = alert_rows(circuit_state=states, circuit_hour=judged("C1", utilization_pct=31.0))
    assert {row["circuit_id"]: row["since"] for row in rows} == {"C1": None, "C2": at("10:10")}
    first, second = (
        [
            state(c, end="10:05", role_rank=rank, activity=before),
            state(c, start="10:05", role_rank=rank, activity=after),
        ]
        for c, rank, before, after in (
            ("C1", 1, "active", "inactive"),
            ("C2", 2, "inactive", "active"),
        )
    )
    [row] = alert_rows(circuit_state=[*first, *second])
    assert (row["messages"], row["since"]) == ("site on backup", at("10:05"))


def test_a_circuit_has_its_worst_and_says_all_of_it() -> None:
    down = [state("C1"), state("C2", "down", down_cause="port")]
    hours = judged("C2", loss_avg_pct=31.0, latency_avg_ms=21.0)
    [found] = alerts(circuit_state=down, circuit_hour=hours)
    reasons = "secondary down (port); loss critical (31.0); latency high (21.0)"
    assert found == ("C2", "critical", reasons)


def test_what_is_stale_is_not_compared_with_a_level() -> None:
    late = [sample("10:10"), sample("10:30", port=PORTS["C2"])]
    hours = judged("C1", loss_avg_pct=31.0, utilization_pct=31.0)
    assert alerts(raw_port_sample=late, circuit_hour=hours) == []


def carried(*clock_and_bytes: tuple[str, float]) -> list[Row]:
    """Samples of C1; bytes in minutes of a megabit a second."""
    rows = [sample(clock, round(n * MBIT_MINUTE)) for clock, n in clock_and_bytes]
    return [*rows, sample("10:30", 0, port=PORTS["C2"])]


def test_the_load_is_of_the_last_15_minutes() -> None:
    """9.5 Mbit/s in the last 15 minutes, 1 in the 15 before."""
    samples = carried(("10:00", 0), ("10:15", 15), ("10:30", 15 + 142.5))
    row = now(raw_port_sample=samples)["C1"]
    assert row["utilization_now_pct"] == 95
    # 142.5 megabit minutes of the 150 that 10 Mbit/s carry.
    assert row["recent_rx_bytes"] == round(142.5 * MBIT_MINUTE)
    assert row["capacity_down_bytes"] == 150 * MBIT_MINUTE
    assert alerts(raw_port_sample=samples) == [("C1", "critical", "utilization critical (95.0)")]


def test_the_last_15_minutes_can_lie_in_two_hours() -> None:
    """As of 10:05; from 9:50 to 10:00 at 2, then five minutes at 8 Mbit/s: 40 %."""
    samples = [
        *(sample("09:50", 0), sample("10:00", 20 * MBIT_MINUTE)),
        sample("10:05", 60 * MBIT_MINUTE),
    ]
    states = [state(c, start="09:00", end="10:00") for c in PORTS]
    row = now(raw_port_sample=samples, circuit_state=states)["C1"]
    assert row["utilization_now_pct"] == 40


def test_the_trend_is_against_the_same_hour_of_three_weeks_or_more() -> None:
    """20, 30 and 70 % on the last Tuesdays at ten: usual is 30 %; two weeks give no trend.

    With 40 % on a fourth it is 35 %; the fifth is too long ago.
    """
    samples = carried(("10:15", 0), ("10:30", 75))
    weeks = [
        {"hour": HOUR - timedelta(days=7 * n), "circuit_id": "C1", "utilization_pct": pct}
        for n, pct in ((1, 20.0), (2, 70.0), (4, 30.0))
    ]
    hours = estate()["circuit_hour"]
    row = now(raw_port_sample=samples, circuit_hour=[*hours, *weeks])["C1"]
    assert (row["utilization_now_pct"], row["utilization_trend_pct"]) == (50, 20)
    four = [*weeks, {**weeks[0], "hour": HOUR - timedelta(days=21), "utilization_pct": 40.0}]
    fifth = {**weeks[0], "hour": HOUR - timedelta(days=35), "utilization_pct": 0.0}
    row = now(raw_port_sample=samples, circuit_hour=[*hours, *four, fifth])["C1"]
    assert (row["utilization_usual_pct"], row["utilization_trend_pct"]) == (35, 15)
    two = now(raw_port_sample=samples, circuit_hour=[*hours, *weeks[:2], fifth])["C1"]
    assert (two["utilization_usual_pct"], two["utilization_trend_pct"]) == (None, None)
