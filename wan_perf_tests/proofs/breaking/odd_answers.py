"""Every way in which Mist can answer wrongly: to doctor, which stores nothing, and to a collection.

Belongs here: which answers are bad, and that the next collection equals an undisturbed one.
Keep out: what becomes of each cell of an answer (`unit/mist/test_bad_answers.py`).
"""

import random
from functools import partial

from wan_perf.simulator.misbehaviour import WAYS
from wan_perf_tests.proofs.breaking.lab import STEPS, Lab
from wan_perf_tests.proofs.breaking.outcome import Case, Outcome, outcome
from wan_perf_tests.support.graph.cells import ENDPOINTS_OF

STAGE = "days"
LASTING = 50
"""More answers than are requested again."""
PATHS = tuple(dict.fromkeys(path for paths in ENDPOINTS_OF.values() for path in paths))
OF_DOCTOR = ("/api/v1/self", "/api/v1/self/usage")


def to_doctor(_: Lab, seed: int, most: int) -> list[Case]:
    """A case for each way and each of the calls that doctor makes."""
    named = [(path, how) for path in dict.fromkeys(OF_DOCTOR) for how in WAYS if how != "slow"]
    random.Random(seed).shuffle(named)
    return [Case(f"{how} to {path[7:]}", partial(_doctor, path, how)) for path, how in named][:most]


def _doctor(path: str, how: str, lab: Lab) -> Outcome:
    home = lab.copy(STAGE)
    ended = lab.run(home, "doctor", before=lambda cloud: cloud.misbehave(path, how, LASTING))
    rows = lab.compare(home, STAGE)
    lab.discard(home)
    return outcome(ended, rows=rows, codes=(0, 1, 2))


def to_collect(_: Lab, seed: int, most: int) -> list[Case]:
    """Some of the ways and calls of a first collection, which is then repeated undisturbed."""
    named = [(path, how) for path in PATHS for how in WAYS if how != "slow"]
    random.Random(seed).shuffle(named)
    return [Case(f"{how} to {path[7:]}", partial(_collect, path, how)) for path, how in named][
        :most
    ]


def _collect(path: str, how: str, lab: Lab) -> Outcome:
    step, home = STEPS["live"], lab.before("live")
    harmed = lab.run(
        home,
        *step.arguments,
        now=step.now,
        before=lambda cloud: cloud.misbehave(path, how, LASTING),
    )
    again = lab.run(home, "collect", "--inventory", now=step.now)
    rows = lab.compare(home, "live")
    lab.discard(home)
    return outcome(harmed, again, rows=rows, codes=(0, 1, 2))
