"""How many random examples a test compares with plain Python: few by default, all as a proof.

Belongs here: the two profiles of hypothesis, which tests run in both tiers, seeds of either tier.
Keep out: what is drawn (`support/kpi/ragged.py` and its neighbours).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, given, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

PROFILES = {
    name: settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],  # shrinking an estate takes minutes
    )
    for name, examples in (("few", 4), ("all", 100))
}
for _name, _profile in PROFILES.items():
    settings.register_profile(_name, _profile)


def choose(markers: str) -> None:
    """Load the profile of the tier that the marker expression `-m` selects."""
    settings.load_profile("few" if markers == "not proof" else "all")


def oracle(examples: int = 100) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A test on drawn examples that runs in both tiers: few in the default one, else `examples`."""
    at_most = min(examples, settings().max_examples)

    def marked(test: Callable[..., Any]) -> Callable[..., Any]:
        found: Callable[..., Any] = settings(max_examples=at_most)(test)
        return pytest.mark.oracle(found)

    return marked


def drawn(strategy: SearchStrategy[T], examples: int = 100) -> list[T]:
    """Examples of the strategy, for tests that compute many of them in one query.

    As many as `oracle` runs, the same ones at every call; tests on them have the marker `oracle`.
    """
    found: list[T] = []

    @settings(max_examples=min(examples, settings().max_examples))
    @given(strategy)
    def draw(example: T) -> None:
        found.append(example)

    draw()
    return found


def seeds(count: int, few: int) -> list[Any]:
    """Seeds from 0 on: the first few in the default tier, the others as proofs."""
    return [
        pytest.param(seed, marks=[] if seed < few else [pytest.mark.proof]) for seed in range(count)
    ]


def batches(count: int, few: int) -> list[Any]:
    """The same seeds in two batches, for tests that compute many of them in one query."""
    return [
        pytest.param(range(few), id=f"first {few}"),
        pytest.param(range(few, count), id=f"other {count - few}", marks=[pytest.mark.proof]),
    ]
