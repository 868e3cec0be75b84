"""Histograms: their buckets, those of a month, and percentiles merged from them."""

from datetime import date

import ibis
import numpy as np
import pytest

from wan_perf.kpi.rollups.calendar_periods import month_histograms
from wan_perf.kpi.rollups.histograms import GROWTH, bucket, middle, with_percentiles
from wan_perf.schema.tables import CIRCUIT_HISTOGRAM, CIRCUIT_HOUR
from wan_perf_tests.support.examples import seeds
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.loads import MIDNIGHT, loaded

STEP = 0.5001e-4
AT_MOST_OFF = (GROWTH - 1) / (GROWTH + 1)


def test_every_value_is_within_two_percent_of_the_middle_of_its_bucket() -> None:
    """From the least value that is stored to more than a day of delay, edges of buckets too."""
    values = ibis.table({"value": "float64"}, name="v")
    places = Query(values.mutate(near=middle(bucket(values.value))))
    edges = [round(0.0001 * GROWTH**n, 4) for n in range(600)]
    some = [0.0001, 0.0002, 0.1, 1.0, 99.9999, 100.0, 86_400_000.0]
    rows = places.rows(v=[{"value": value} for value in (0.0, *some, *edges)])
    assert [row["near"] for row in rows if row["value"] == 0] == [0]
    worst = max(abs(row["near"] / row["value"] - 1) for row in rows if row["value"])
    assert worst <= AT_MOST_OFF + 1e-9 < 0.02


@pytest.mark.parametrize("seed", seeds(8, few=2))
def test_percentiles_of_merged_histograms_are_within_two_percent(seed: int) -> None:
    """Delays of two circuits of a region over ten days, mostly no loss; sizes from 1 up."""
    chance = np.random.default_rng(seed)
    size = int(chance.choice([1, 2, 20, 21, 500, 4000]))
    values = {
        "latency_ms": chance.lognormal(3, 0.8, size).round(4),
        "loss_pct": np.where(chance.random(size) < 0.93, 0, chance.random(size) * 9).round(4),
    }
    counted = ibis.table({"metric": "string", "value": "float64"}, name="values")
    number = bucket(counted.value)
    rows = counted.mutate(bucket=number, region=ibis.literal("West"))
    histograms = rows.group_by("region", "metric", "bucket").aggregate(sample_count=rows.count())
    regions = ibis.table({"region": "string"}, name="regions")
    [row] = Query(with_percentiles(regions, histograms, "region")).rows(
        regions=[{"region": "West"}],
        values=[{"metric": m, "value": v} for m, own in values.items() for v in own.tolist()],
    )
    exact = {metric: float(np.percentile(own, 95)) for metric, own in values.items()}
    near = {"rel": AT_MOST_OFF, "abs": STEP}
    assert row["latency_p95_ms"] == pytest.approx(exact["latency_ms"], **near)
    assert row["loss_p95_pct"] == pytest.approx(exact["loss_pct"], **near)
    assert row["jitter_p95_ms"] is None


def test_histograms_of_a_month_are_those_of_its_days_added_up():
    """Two days of January and one of February, of one circuit that moved in between."""
    counted = [
        (date(2026, 1, 3), "S1", 7, 2),
        (date(2026, 1, 31), "S1", 7, 3),
        (date(2026, 1, 31), "S1", 9, 1),
        (date(2026, 1, 31), "S2", 7, 5),
        (date(2026, 2, 1), "S2", 7, 4),
    ]
    names = ("day", "site_id", "bucket", "sample_count")
    of = {"circuit_id": "C1", "metric": "latency_ms"}
    months = Query(month_histograms(unbound(CIRCUIT_HOUR), unbound(CIRCUIT_HISTOGRAM)))
    rows = months.rows(
        circuit_histogram=[dict(zip(names, row, strict=True), **of) for row in counted]
    )
    found = {(row["month"], row["site_id"], row["bucket"]): row["sample_count"] for row in rows}
    assert found == {
        (date(2026, 1, 1), "S1", 7): 5,
        (date(2026, 1, 1), "S1", 9): 1,
        (date(2026, 1, 1), "S2", 7): 5,
        (date(2026, 2, 1), "S2", 7): 4,
    }


def test_utilization_of_a_month_is_counted_in_its_hours():
    """20 hours at 10 % and one at 85 %; days of an earlier release counted them too."""
    hours = [loaded(n, 85.0 if n == 20 else 10.0) for n in range(21)]
    stale = {"day": MIDNIGHT.date(), "circuit_id": "C1", "site_id": "S1", "bucket": 7}
    stale |= {"metric": "utilization_pct", "sample_count": 21}
    months = Query(month_histograms(unbound(CIRCUIT_HOUR), unbound(CIRCUIT_HISTOGRAM)))
    rows = months.rows(circuit_hour=hours, circuit_histogram=[stale])
    assert {row["metric"] for row in rows} == {"utilization_pct"}
    assert sorted(row["sample_count"] for row in rows) == [1, 20]
