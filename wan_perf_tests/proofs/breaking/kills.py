"""SIGKILL at every step of every job, and at random instants; then the command runs again.

Belongs here: where a command is killed.
Keep out: statements within a store step on their own (`proofs/warehouse/test_crash.py`).
"""

import itertools
import os
import random
import signal
from functools import partial
from typing import Any

from wan_perf.warehouse import DuckDBWarehouse
from wan_perf.warehouse.on_duckdb import DuckDBSession
from wan_perf_tests.proofs.breaking.lab import STEPS, Lab
from wan_perf_tests.proofs.breaking.outcome import Case, Outcome, outcome

MOMENTS = ("before", "inside", "after")
"""Before a table's rows are stored, between its deletion and its insertion, and after the store,
when Dagster does not know of it yet."""


def killing(nth: int, moment: str) -> None:
    """Let this process end by SIGKILL at the nth store, counted from 0."""
    numbers, current = itertools.count(), [-1]
    store, run = DuckDBWarehouse.store, DuckDBSession.run

    def stored(self: Any, *given: Any, **named: Any) -> Any:
        current[0] = next(numbers)
        _end_at(current[0] == nth and moment == "before")
        answer = store(self, *given, **named)
        _end_at(current[0] == nth and moment == "after")
        return answer

    def ran(self: Any, sql: str) -> Any:
        answer = run(self, sql)
        _end_at(current[0] == nth and moment == "inside" and sql.startswith("DELETE FROM"))
        return answer

    DuckDBWarehouse.store = stored  # type: ignore[method-assign]
    DuckDBSession.run = ran  # type: ignore[method-assign]


def _end_at(is_due: bool) -> None:
    if is_due:
        os.kill(os.getpid(), signal.SIGKILL)


def at_every_step(lab: Lab, seed: int, most: int) -> list[Case]:
    """A case for each store of each command; the moments take turns."""
    cases = []
    for stage in list(STEPS)[:most]:
        for nth, table in enumerate(lab.stores(stage)):
            moment = MOMENTS[(nth + seed) % len(MOMENTS)]
            run = partial(_killed_at_store, stage, nth, moment)
            cases.append(Case(f"{stage}, {moment} {table} is stored", run))
    return spread(cases, most)


def _killed_at_store(stage: str, nth: int, moment: str, lab: Lab) -> Outcome:
    return _repaired(stage, lab, before=lambda _: killing(nth, moment))


def at_random(lab: Lab, seed: int, most: int) -> list[Case]:
    """Each command, killed after a random share of the time that it takes."""
    chance = random.Random(seed)
    cases = []
    for nth in range(most):
        stage = list(STEPS)[nth % len(STEPS)]
        share = chance.uniform(0.02, 0.98)
        cases.append(Case(f"{stage}, after {share:.3f}", partial(_killed_after, stage, share)))
    return cases


def _killed_after(stage: str, share: float, lab: Lab) -> Outcome:
    return _repaired(stage, lab, kill_after_s=share * lab.seconds(stage))


def _repaired(stage: str, lab: Lab, **how: Any) -> Outcome:
    """Kill the command, run it again, and compare all tables with the undisturbed ones."""
    step, home = STEPS[stage], lab.before(stage)
    killed = lab.run(home, *step.arguments, now=step.now, **how)
    again = lab.run(home, *step.arguments, now=step.now)
    rows = lab.compare(home, stage)
    was_killed = killed.code == -signal.SIGKILL or "kill_after_s" in how
    lab.discard(home)
    fault = "" if was_killed else f"it was not killed but ended with {killed.code}"
    return outcome(again, killed, rows=rows, codes=(0,), fault=fault)


def spread(cases: list[Case], most: int) -> list[Case]:
    """At most so many of the cases, evenly over all of them."""
    if len(cases) <= most:
        return cases
    return [cases[nth * len(cases) // most] for nth in range(most)]
