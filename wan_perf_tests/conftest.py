"""The two tiers, the default one and the proofs (`-m proof`); a home that is collected once."""

from collections.abc import Iterator

import pytest

from wan_perf.simulator import Cloud, serve
from wan_perf_tests import examples
from wan_perf_tests.shell import FLEET, SECRET, Shell, collected


def pytest_configure(config: pytest.Config) -> None:
    examples.choose(config.option.markexpr)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """An oracle is a proof too, with more examples."""
    if config.option.markexpr != "not proof":
        for item in items:
            if item.get_closest_marker("oracle"):
                item.add_marker("proof")


@pytest.fixture(scope="session")
def collected_cloud() -> Iterator[Cloud]:
    """The cloud of `shell`; its clock only ever advances."""
    with serve(FLEET, now=FLEET.start, token=SECRET) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def shell(collected_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A home with hours collected; whoever changes it adds to it."""
    return collected(tmp_path_factory.mktemp("home"), collected_cloud)
