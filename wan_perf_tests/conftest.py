"""The order of the files: the longest first, so that neither core waits for the other at last."""

from pathlib import Path

import pytest

LONGEST_FIRST = (
    *("graph/test_parity.py", "alive/test_daemon.py", "alive/test_ticked.py"),
    *("kpi/test_both_engines.py", "kpi/test_ragged_ports.py", "graph/test_import.py"),
    *("test_dev.py", "graph/test_bad_answers.py", "test_cli.py", "graph/test_purity.py"),
    *("kpi/test_ragged_imports.py", "warehouse/test_crash.py", "graph/test_history.py"),
    *("graph/test_live.py", "warehouse/test_patterns.py", "warehouse/test_compiling.py"),
    *("graph/test_truth.py", "graph/test_bad_history.py", "kpi/test_ragged_circuits.py"),
    *("test_live_hour.py", "graph/test_circuits.py", "graph/test_real_series.py"),
    *("warehouse/test_io_manager.py", "graph/test_edges.py", "graph/test_faults.py"),
)
TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """By file alone: within a file the order stays."""
    places = {TESTS / name: n for n, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
