"""All attacks by name.

Belongs here: which attacks there are, how many cases of each are done unless otherwise wanted.
Keep out: what an attack does.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from wan_perf_tests.proofs.breaking import (
    kills,
    odd_answers,
    odd_homes,
    outputs,
    refused,
    surroundings,
)
from wan_perf_tests.proofs.breaking.lab import Lab
from wan_perf_tests.proofs.breaking.outcome import Case, Tally
from wan_perf_tests.proofs.breaking.results import Results


class Attack(NamedTuple):
    """Its cases, of a lab, a seed and a largest number; and that number by default."""

    cases: Callable[[Lab, int, int], list[Case]]
    most: int


ATTACKS = {
    "kills": Attack(kills.at_every_step, 60),
    "random-kills": Attack(kills.at_random, 18),
    "full-disk": Attack(surroundings.full_disk, 21),
    "locked-file": Attack(surroundings.locked_file, 16),
    "wrong-clock": Attack(surroundings.wrong_clock, 6),
    "damaged-homes": Attack(odd_homes.damaged, 62),
    "forbidden-homes": Attack(odd_homes.forbidden, 35),
    "odd-places": Attack(odd_homes.places, 37),
    "answers-to-doctor": Attack(odd_answers.to_doctor, 40),
    "answers-to-collect": Attack(odd_answers.to_collect, 12),
    "arguments": Attack(refused.arguments, 200),
    "settings": Attack(refused.settings, 100),
    "outputs": Attack(outputs.places, 48),
    "names": Attack(surroundings.odd_names, 24),
}


def tallies(
    names: list[str],
    lab: Lab,
    seed: int,
    most: int | None,
    results: Results,
    report: Callable[[str], None],
) -> list[Tally]:
    """Do the attacks of these names, all where there are none; cases that were run are not again.

    A case that shows a fault is reported at once.
    """
    found = []
    for name, attack in ATTACKS.items():
        if names and name not in names:
            continue
        done = results.done(name)
        tally = Tally(name, {case: outcome for case, (outcome, _) in done.items()})
        tally.seconds = sum(seconds for _, seconds in done.values())
        found.append(tally)
        if results.is_over:
            continue
        for case in attack.cases(lab, seed, most or attack.most):
            if case.name not in done and not results.is_over:
                _run(case, lab, tally, results, report)
    return found


def _run(
    case: Case, lab: Lab, tally: Tally, results: Results, report: Callable[[str], None]
) -> None:
    began = time.monotonic()
    outcome = tally.outcomes[case.name] = case.run(lab)
    seconds = time.monotonic() - began
    tally.seconds += seconds
    results.add(tally.attack, case.name, outcome, seconds)
    if not outcome.is_good:
        report(f"{tally.attack}, {case.name}: {outcome}")
