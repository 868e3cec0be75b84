"""The two tiers, the default one and the proofs (`-m proof`); a home that is collected once."""

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from wan_perf_tests.support import examples

if TYPE_CHECKING:
    from wan_perf.simulator import Cloud
    from wan_perf_tests.support.shell import Shell

LONGEST_FIRST = (
    "proofs/graph/test_parity.py",
    "proofs/automation/test_daemon.py",
    "proofs/automation/test_ticked.py",
    "proofs/cli/test_dev.py",
    "proofs/kpi/test_hours_on_both_engines.py",
    "proofs/kpi/test_ragged_ports.py",
    "proofs/graph/test_import.py",
    "proofs/graph/test_purity.py",
    "integration/cli/test_cli.py",
    "integration/cli/test_cli_refusals.py",
    "proofs/cli/test_full_cycle.py",
    "proofs/warehouse/test_crash.py",
    "proofs/kpi/test_ragged_imports.py",
    "proofs/graph/test_bad_answers.py",
    "proofs/graph/test_history.py",
    "proofs/graph/test_live.py",
    "proofs/warehouse/test_patterns.py",
    "proofs/warehouse/test_sql_text.py",
    "proofs/graph/test_truth.py",
    "proofs/graph/test_bad_history.py",
    "unit/mist/test_bad_answers.py",
)
"""Files that come first, so that where several run at once none is waited for at last."""
TESTS = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    examples.choose(config.option.markexpr)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Processes for `-n auto`: one more than cores, since some tests wait; none for named files.

    A named file runs in this process, where a debugger works. `PYTEST_XDIST_AUTO_NUM_WORKERS`
    overrides the number.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    return 0 if named else (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """An oracle is a proof too, with more examples; the longest files come first.

    Where both tiers run, the proofs of a file come after its other tests: they change more.
    """
    if config.option.markexpr != "not proof":
        for item in items:
            if item.get_closest_marker("oracle"):
                item.add_marker("proof")
    places = {TESTS / name: n for n, name in enumerate(LONGEST_FIRST)}
    files = {path: n for n, path in enumerate(dict.fromkeys(item.path for item in items))}

    def order(item: pytest.Item) -> tuple[int, int, bool]:
        is_proof = item.get_closest_marker("proof") is not None
        return places.get(item.path, len(places)), files[item.path], is_proof

    items.sort(key=order)  # else as they stand


def pytest_collection_finish() -> None:
    """What was imported stays: it is not searched for garbage again."""
    gc.collect()
    gc.freeze()
    if "alembic.script" in sys.modules:
        _read_migrations_once(sys.modules["alembic.script"].ScriptDirectory)


def _read_migrations_once(directory: Any) -> None:
    """For each new home Dagster reads its 89 migrations, to learn which is the newest."""
    read = directory.from_config
    found: dict[str, Any] = {}

    def from_config(config: Any) -> Any:
        location = config.get_main_option("script_location")
        if location not in found:
            found[location] = read(config)
        return found[location]

    directory.from_config = from_config


@pytest.fixture(scope="session")
def collected_cloud() -> "Iterator[Cloud]":
    """The cloud of `shell`; its clock only ever advances."""
    # Imported here: Dagster takes seconds, and most tests do without.
    from wan_perf.simulator import serve
    from wan_perf_tests.support.shell import FLEET, SECRET

    with serve(FLEET, now=FLEET.start, token=SECRET) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def shell(collected_cloud: "Cloud", tmp_path_factory: pytest.TempPathFactory) -> "Shell":
    """A home with hours collected; whoever changes it adds to it.

    Of several test processes the first collects them, the others begin with a copy.
    """
    from wan_perf.file_modes import restricted_modes
    from wan_perf.published.publisher import publish
    from wan_perf.warehouse import DuckDBWarehouse
    from wan_perf_tests.support.shell import Shell, collected

    home = tmp_path_factory.mktemp("home")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return collected(home, collected_cloud)
    of_all = tmp_path_factory.getbasetemp().parent / "collected"
    clock = of_all.with_suffix(".clock")
    with FileLock(of_all.with_suffix(".lock")):
        if not clock.exists():
            there = collected(home, collected_cloud)
            shutil.copytree(home, of_all, symlinks=True)
            clock.write_text(collected_cloud.clock.now().isoformat(), encoding="utf-8")
            return there
    shutil.copytree(of_all, home, symlinks=True, dirs_exist_ok=True)
    # What is published names its warehouse, which here is the copy; modes are those of a command.
    with restricted_modes("owner"):
        publish(DuckDBWarehouse(home / "wan_perf.duckdb"), home / "published")
    collected_cloud.clock.advance_to(datetime.fromisoformat(clock.read_text(encoding="utf-8")))
    return Shell(home, collected_cloud)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
