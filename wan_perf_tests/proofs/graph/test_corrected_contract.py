"""A contract file that is corrected: the command names the stale hours and recomputes them."""

import csv
from pathlib import Path

import pytest

from wan_perf.cli.corrections import CorrectingRuns
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_CIRCUIT
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, UpToFacts, staged

pytestmark = pytest.mark.proof

HOURS = 6
CHANGED, LATER = START + 2 * HOUR, START + 4 * HOUR + HOUR / 2


class Correcting(CorrectingRuns, UpToFacts):
    """Without what rests on the facts: windows, days and reports take most of a run's time."""


def rewrite(path: Path, circuit: str, *rows: dict[str, str]) -> None:
    """Replace the circuit's rows by these, each with what the first one says otherwise."""
    with path.open(encoding="utf-8", newline="") as file:
        old = list(csv.DictReader(file))
    own = next(row for row in old if row["circuit_id"] == circuit)
    others = [row for row in old if row["circuit_id"] != circuit]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*own])
        writer.writeheader()
        writer.writerows([*others, *(own | row for row in rows)])


def rates(stage: Stage, circuit: str) -> list[float]:
    rows = stage.rows(CIRCUIT_HOUR)
    return rows[rows["circuit_id"] == circuit].sort_values("hour")["bandwidth_mbps"].tolist()


def test_stale_hours_are_named_and_recomputed(tmp_path: Path):
    """1 Mbit/s until two o'clock, then 0.9 until half past four, then 2: before the snapshot."""
    now = START + HOURS * HOUR
    fleet = Fleet.seeded(7, 1, START, now + 2 * HOUR, faults=False)
    with staged(fleet, tmp_path, now=now, kind=Correcting) as stage:
        stage.runs.collect(START, now)
        assert "rest on another bandwidth" not in stage.printed.getvalue()
        circuits = stage.rows(DIM_CIRCUIT).query("bandwidth_source == 'contract'")
        circuit = str(circuits["circuit_id"].iloc[0])
        at = [f"{instant:%Y-%m-%dT%H:%M}" for instant in (CHANGED, LATER)]
        values = (("1", "", at[0]), ("0.9", at[0], at[1]), ("2", at[1], ""))
        rewrite(
            Path(str(stage.runs.settings.circuits_path)),
            circuit,
            *(
                {"bandwidth_down_mbps": mbps, "bandwidth_up_mbps": ""}
                | {"valid_from": begin, "valid_to": end}
                for mbps, begin, end in values
            ),
        )
        stage.cloud.clock.advance_to(now + HOUR)
        stage.runs.collect(None, None, inventory=True)
        printed = " ".join(stage.printed.getvalue().split())
        assert "stored hours of 1 circuit from 2026-03-07 00:00 to 2026-03-07 0" in printed, printed
        # Half of the hour at 0.9 and half at 2 Mbit/s.
        assert rates(stage, circuit)[:6] == [1.0, 1.0, 0.9, 0.9, pytest.approx(1.45), 2.0]
        versions = stage.rows(DIM_CIRCUIT).query("circuit_id == @circuit")
        assert versions["bandwidth_mbps"].tolist() == [1.0, 0.9, 2.0]
        before = stage.rows(CIRCUIT_HOUR)
        assert stage.runs.correct() is None
        stage.runs._run("facts_job", ["2026-03-07-04:00", "2026-03-07-04:00"])
        alone = stage.rows(CIRCUIT_HOUR)
        assert alone.equals(before)  # an hour alone is the hour in a range
        # The simulator's clock stands still: the next inventory replaces the one of this instant.
        always = {"bandwidth_down_mbps": "4", "valid_from": f"{START:%Y-%m-%d}", "valid_to": ""}
        rewrite(Path(str(stage.runs.settings.circuits_path)), circuit, always)
        stage.runs.collect(None, None, inventory=True)
        assert rates(stage, circuit)[:6] == [4.0] * 6
