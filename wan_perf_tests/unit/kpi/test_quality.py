"""Loss, jitter and latency of a circuit in the hour 10:00 to 11:00, and their slow reference."""

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest

from wan_perf_tests.support.kpi.engine import circuit_hour_query
from wan_perf_tests.support.kpi.estate import carried, circuit, tables
from wan_perf_tests.support.kpi.rows import HOUR, PORT, H, Row, at, past, path, sample

MINUTE = timedelta(minutes=1)
NEAR = 20 * MINUTE
METRICS = {"latency": "ms", "jitter": "ms", "loss": "pct"}


def facts(**given: Any) -> list[Row]:
    found = circuit_hour_query().rows(**tables(**given))
    return sorted(found, key=lambda row: (row["hour"], row["circuit_id"]))


def latency(*paths: Row, **given: Any) -> tuple[Any, ...]:
    [row] = facts(raw_path_sample=paths, **given)
    names = ("latency_avg_ms", "latency_max_ms", "quality_sample_count")
    return tuple(row[name] for name in names)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        pytest.param([], (None, None, 0), id="no paths"),
        pytest.param([path("10:10", latency_ms=20.0)], (20, 20, 1), id="one sample"),
        pytest.param(
            [path("10:10", latency_ms=20.0), path("10:10", hub="hub2", latency_ms=40.0)],
            (30, 30, 1),
            id="the mean over the paths of a poll",
        ),
        pytest.param(
            [
                path("10:10", latency_ms=20.0, is_active=False),
                path("10:10", hub="hub2", latency_ms=40.0, is_active=True),
            ],
            (40, 40, 1),
            id="paths in use before the others",
        ),
        pytest.param(
            [
                path("10:10", latency_ms=20.0),
                path("10:10", hub="hub2", latency_ms=40.0, up=False, is_active=True),
            ],
            (20, 20, 1),
            id="a path that is down does not count",
        ),
        pytest.param([path("10:10", latency_ms=20.0, up=False)], (None, None, 0), id="all down"),
        pytest.param(
            [path("10:10", latency_ms=20.0), path("10:10", hub="hub2", loss_pct=1.0)],
            (20, 20, 1),
            id="the mean over those that have it",
        ),
        pytest.param(
            [path("10:10", latency_ms=20.0, polled="10:31")], (None, None, 0), id="a stale word"
        ),
        pytest.param(
            [path("10:10", latency_ms=20.0), path("10:10", latency_ms=20.0, polled="10:20")],
            (20, 20, 1),
            id="the same statistics reported twice",
        ),
        pytest.param(
            [path("10:59", latency_ms=20.0, polled="11:00")],
            (20, 20, 1),
            id="reported an hour later",
        ),
        pytest.param(
            [path("09:59", latency_ms=20.0, polled="10:00")],
            (None, None, 0),
            id="of the hour before",
        ),
    ],
)
def test_a_sample_of_a_circuit(paths, expected):
    assert latency(*paths) == expected


def test_the_path_of_an_interface_is_its_ports():
    ports = [carried(port=PORT, interface="pp0")]
    assert latency(path("10:10", port="pp0", latency_ms=20.0), circuit_port=ports) == (20, 20, 1)


@pytest.mark.parametrize(
    ("clocks", "minutes"),
    [
        pytest.param(["10:10"], 0, id="one sample speaks for no time"),
        pytest.param(["10:10", "10:20"], 10, id="two"),
        pytest.param(["10:10", "10:30"], 20, id="one poll missed"),
        pytest.param(["10:10", "10:31"], 0, id="a longer hole"),
        pytest.param(["09:55", "10:05"], 5, id="from the hour before"),
        pytest.param(["10:55", "11:05"], 5, id="into the hour after"),
    ],
)
def test_minutes_that_samples_speak_for(clocks, minutes):
    [row] = facts(raw_path_sample=[path(clock, latency_ms=20.0) for clock in clocks])
    assert row["quality_minutes"] == minutes


@pytest.mark.parametrize(
    ("ports", "paths", "expected"),
    [
        pytest.param([("10:10", 20), ("10:20", 40)], [], (30, 40, 2, 10), id="no path at all"),
        pytest.param([("10:10", 20)], ["10:40"], (90, 90, 1, 0), id="a path in the same hour"),
        pytest.param([("10:10", 20)], ["09:40"], (20, 20, 1, 0), id="a path in another hour"),
    ],
)
def test_the_probes_of_a_port_count_where_its_circuit_has_no_path(ports, paths, expected):
    """The port's figures are to a probe's target, the paths' to a hub: never both in an hour."""
    [row] = facts(
        raw_port_sample=[
            sample(at, 1, source="port", booted=None, latency_ms=float(ms)) for at, ms in ports
        ],
        raw_path_sample=[path(at, latency_ms=90.0) for at in paths],
    )
    names = ("latency_avg_ms", "latency_max_ms", "quality_sample_count", "quality_minutes")
    assert tuple(row[name] for name in names) == expected
    assert row["mos_avg"] is None


@pytest.mark.parametrize(
    ("paths_of", "expected"),
    [
        pytest.param("old gateway", (90, 1), id="the circuit's, before its gateway was replaced"),
        pytest.param("another gateway", (20, 1), id="another circuit's"),
    ],
)
def test_paths_of_which_gateways_keep_the_probes_of_ports_out(paths_of, expected):
    """The gateway was replaced at 10:30; only the new one measures on its ports."""
    replaced = at("10:30")
    [row] = facts(
        circuit_port=[
            carried(gateway="old gateway", valid_to=replaced),
            carried(gateway="new gateway", valid_from=replaced),
            carried("C2", gateway="another gateway"),
        ],
        raw_port_sample=[
            sample("10:40", 1, gateway="new gateway", source="port", booted=None, latency_ms=20.0)
        ],
        raw_path_sample=[path("10:10", gateway=paths_of, latency_ms=90.0)],
    )
    assert (row["latency_avg_ms"], row["quality_sample_count"]) == expected


@pytest.mark.parametrize(
    ("changed", "count"),
    [
        pytest.param({"up": False}, 0, id="down: what is measured then is no delay"),
        pytest.param({"polled": "10:31"}, 0, id="older than its poll by over 20 minutes"),
        pytest.param({"port": "ge-0/0/9"}, 0, id="a port of no circuit"),
        pytest.param({}, 1, id="up, fresh and the circuit's"),
    ],
)
def test_which_samples_of_ports_count(changed, count):
    probed = sample("10:10", 1, source="port", booted=None, **{"loss_pct": 2.0, **changed})
    [row] = facts(raw_port_sample=[probed])
    assert (row["quality_sample_count"], row["loss_avg_pct"]) == (count, 2.0 if count else None)


@pytest.mark.parametrize(
    ("until", "source", "average", "p95"),
    [
        pytest.param(50, "samples", 20, 20, id="samples cover 50 minutes"),
        pytest.param(40, "history", 35, None, id="samples cover 40"),
    ],
)
def test_the_history_replaces_samples_that_cover_too_little(until, source, average, p95):
    polled = [path(f"10:{m:02}", latency_ms=20.0, mos=4.0) for m in range(0, until + 1, 10)]
    recalled = {**past(HOUR, 1e6), "latency_ms_mean": 35.0, "quality_minutes": 60.0}
    [row] = facts(raw_path_sample=polled, raw_port_history=[recalled])
    assert (row["quality_source"], row["latency_avg_ms"], row["latency_p95_ms"]) == (
        source,
        average,
        p95,
    )
    assert (row["mos_avg"] is None) == (source == "history")


PORTS = [f"ge-0/0/{n}" for n in range(12)]


def ragged(seed: int) -> list[Row]:
    """Polls with all that can befall them: holes, repeats, late words, absent figures."""
    chance = Random(seed)
    rows: dict[tuple[Any, ...], Row] = {}
    for port in PORTS:
        for minute in range(-60, 120, chance.choice([5, 10, 10, 15])):
            if chance.random() < 0.15:
                continue
            for hub in ("hub1", "hub2", "hub3")[: chance.randrange(1, 4)]:
                due = HOUR + minute * MINUTE
                sampled_at = due - timedelta(seconds=chance.choice([0, 3, 59, 601, 1200, 1201]))
                row = path(
                    sampled_at,
                    polled=due,
                    hub=hub,
                    port=port,
                    up=chance.choice([True] * 6 + [False, None]),
                    is_active=chance.choice([True, False, None]),
                    latency_ms=chance.choice([None, round(chance.uniform(5, 300), 3)]),
                    jitter_ms=chance.choice([None, round(chance.uniform(0, 60), 3)]),
                    loss_pct=chance.choice([None, 0.0, 0.0, round(chance.uniform(0, 9), 3)]),
                )
                rows[due, port, hub] = row
    return [*rows.values()]


def reference(rows: list[Row], port: str, hour: Any) -> Row:
    """The definition, poll by poll: samples of the port, then numpy over those of the hour."""
    polls: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        fresh = row["pass_at"] - row["sampled_at"] <= NEAR
        if row["port_id"] == port and fresh:
            polls[row["pass_at"]].append(row)
    samples: dict[Any, Row] = {}
    for due in sorted(polls):
        up = [row for row in polls[due] if row["is_up"]]
        chosen = [row for row in up if row["is_active"]] or up or polls[due]
        at = max(row["sampled_at"] for row in chosen)
        readings = {
            metric: [v for row in chosen if up and (v := row[f"{metric}_{unit}"]) is not None]
            for metric, unit in METRICS.items()
        }
        # A poll keeps four decimals.
        means = {m: round(float(np.mean(v)), 4) for m, v in readings.items() if v}
        samples.setdefault(at, means)
    instants = sorted(
        at for at, figures in samples.items() if figures and -NEAR <= at - hour < H + NEAR
    )
    here = [samples[at] for at in instants if hour <= at < hour + H]
    found: Row = {"quality_sample_count": len(here)}
    for metric, unit in METRICS.items():
        values = [figures[metric] for figures in here if metric in figures]
        for name, of in (
            ("avg", np.mean),
            ("max", np.max),
            ("p95", lambda v: np.percentile(v, 95)),
        ):
            found[f"{metric}_{name}_{unit}"] = float(of(values)) if values else None
    pairs = pairwise(instants)
    spoken = [min(b, hour + H) - max(a, hour) for a, b in pairs if b - a <= NEAR]
    found["quality_minutes"] = sum(max(s, timedelta()) / MINUTE for s in spoken)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_ragged_polls_are_as_the_reference_says(seed):
    rows = ragged(seed)
    found = facts(
        dim_circuit=[circuit(port) for port in PORTS],
        circuit_port=[carried(port, port) for port in PORTS],
        raw_path_sample=rows,
    )
    for row in found:
        expected = reference(rows, row["circuit_id"], HOUR)
        # Averages and percentiles are rounded to 4 decimals; nothing else is.
        assert {name: row[name] for name in expected} == pytest.approx(expected, abs=5.1e-5), row[
            "circuit_id"
        ]
    assert sum(row["quality_sample_count"] for row in found) > 20
