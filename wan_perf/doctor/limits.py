"""The limits without which runs of one Dagster home block each other.

Belongs here: the required sections of a dagster.yaml, and which of them one lacks.
Keep out: their values, which the operator may change (`wan_perf/cli/dagster.yaml` has ours).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from wan_perf.defs.automation.run_queues import HISTORY, LANE, LIVE
from wan_perf.doctor.folders import is_there

_COORDINATOR = {"module": "wan_perf.defs.queue", "class": "LaneCoordinator"}


def fault_of(file: Path) -> str:
    """The error of a dagster.yaml, as the end of a sentence; empty if it is valid."""
    if not is_there(file):
        return f"there is no {file}, so that nothing limits its runs"
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return f"{file} cannot be read: {' '.join(str(error).split())}"
    if not isinstance(found, dict | None):
        return f"{file} holds no settings by name"
    lacking = list(_missing_sections(found or {}))
    return f"{file} lacks {', '.join(lacking)}" if lacking else ""


def _missing_sections(found: Mapping[str, Any]) -> Iterator[str]:
    concurrency = _section(found, "concurrency")
    if not isinstance(_section(concurrency, "pools").get("default_limit"), int):
        yield "concurrency.pools.default_limit (calls to Mist at once)"
    runs = _section(concurrency, "runs")
    limits = runs.get("tag_concurrency_limits")
    lanes = {
        one.get("value")
        for one in (limits if isinstance(limits, list) else [])
        if isinstance(one, dict) and one.get("key") == LANE
    }
    if not {LIVE, HISTORY} <= lanes:
        yield f"a limit of each lane ({LANE}) in concurrency.runs.tag_concurrency_limits"
    coordinator = _section(found, "run_coordinator")
    if any(coordinator.get(key) != value for key, value in _COORDINATOR.items()):
        yield "the run_coordinator LaneCoordinator"
    if _section(found, "run_monitoring").get("enabled") is not True:
        yield "run_monitoring"


def _section(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = found.get(name)
    return section if isinstance(section, dict) else {}
