"""The two tiers: the default one, and the proofs (`-m proof`)."""

import pytest

from wan_perf_tests import examples


def pytest_configure(config: pytest.Config) -> None:
    examples.choose(config.option.markexpr)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """An oracle is a proof too, with more examples."""
    if config.option.markexpr != "not proof":
        for item in items:
            if item.get_closest_marker("oracle"):
                item.add_marker("proof")
