"""The code location: what a user finds in the Dagster UI."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from wan_perf.checks import CHECKS
from wan_perf.definitions import CHECKS_JOB, LIVE_JOB, build_definitions
from wan_perf.defs.automation import conditions
from wan_perf.schema.declaration import View
from wan_perf.schema.tables import CIRCUIT_HOUR, TABLES
from wan_perf.settings import read_settings
from wan_perf_tests.support.graph.staged import START

ROOT = Path(__file__).parents[3]
STORED = {name: table for name, table in TABLES.items() if not isinstance(table, View)}

FEEDS = {
    "raw_inventory": set(),
    "raw_port_history": {"dim_site", "dim_circuit", "circuit_port", "dim_hour"},
    "raw_circuit_hour": set(),
    "raw_port_sample": {"raw_port_history"},
    "raw_path_sample": {"raw_port_history"},
    "raw_gateway_status": {"raw_port_history"},
    "raw_gateway_event": {"raw_port_sample"},
    "raw_site_sle": {"raw_port_sample"},
    "raw_alarm": {"raw_port_sample"},
    "raw_sle_metric": {"raw_site_sle"},
    "raw_sle_classifier": {"raw_site_sle"},
    "raw_sle_gateway": {"raw_site_sle"},
    "raw_sle_interface": {"raw_site_sle"},
    "dim_site": {"raw_inventory"},
    "dim_contract": {"raw_inventory"},
    "dim_circuit": {"raw_inventory", "dim_contract"},
    "circuit_port": {"raw_inventory", "dim_contract"},
    "dim_policy": {"dim_site", "dim_circuit"},
    "dim_hour": {"dim_site"},
    "circuit_poll": {"raw_path_sample", "raw_port_sample", "circuit_port"},
    "circuit_state": {
        *(
            "circuit_poll",
            "raw_port_sample",
            "raw_port_history",
            "raw_path_sample",
            "raw_gateway_event",
        ),
        *("gateway_silence", "dim_site", "dim_circuit", "circuit_port", "dim_hour"),
    },
    "circuit_hour": {
        *("circuit_state", "raw_port_sample", "raw_port_history", "circuit_poll"),
        *("raw_gateway_event", "dim_site", "dim_circuit", "circuit_port", "dim_hour"),
        *("dim_policy", "raw_circuit_hour"),
    },
    "site_hour": {"circuit_state", "circuit_hour"},
    "flap_event": {"circuit_state"},
    "failover_piece": {
        *("circuit_state", "circuit_hour", "raw_port_sample", "circuit_poll", "circuit_port"),
    },
    "failover_event": {"failover_piece", "circuit_hour"},
    "gateway_silence": {"raw_gateway_event", "raw_port_sample"},
    "threshold_piece": {"circuit_hour"},
    "threshold_run": {"threshold_piece", "circuit_hour"},
    "circuit_window": {"circuit_hour", "circuit_poll", "dim_hour"},
    "circuit_day": {"circuit_hour", "threshold_piece", "failover_piece", "circuit_poll"},
    "circuit_histogram": {"circuit_hour", "circuit_poll"},
    "circuit_week": {"circuit_day", "threshold_piece", "circuit_hour", "circuit_histogram"},
    "circuit_month_histogram": {"circuit_hour", "circuit_histogram"},
    "circuit_month": {"circuit_day", "threshold_piece", "circuit_hour", "circuit_month_histogram"},
    "circuit_13_month": {"circuit_month", "threshold_piece", "circuit_month_histogram"},
    "circuit_trading_day": {"circuit_hour", "circuit_poll", "dim_site", "dim_hour"},
    "site_trading_day": {"site_hour", "circuit_hour", "dim_site", "dim_hour"},
    "site_window": {"circuit_window", "circuit_hour", "circuit_poll", "site_hour", "dim_hour"},
    "region_window": {
        *("circuit_window", "circuit_hour", "circuit_poll", "site_hour", "dim_site", "dim_hour"),
    },
    "site_day": {"circuit_day", "site_hour", "circuit_hour", "circuit_histogram"},
    "region_day": {"circuit_day", "site_hour", "circuit_hour", "circuit_histogram", "dim_site"},
    "site_week": {"circuit_week", "site_day", "circuit_hour", "circuit_histogram"},
    "region_week": {"circuit_week", "site_day", "circuit_hour", "circuit_histogram", "dim_site"},
    "site_month": {"circuit_month", "site_day", "circuit_hour", "circuit_month_histogram"},
    "region_month": {
        *("circuit_month", "site_day", "circuit_hour", "circuit_month_histogram", "dim_site"),
    },
    "site_13_month": {"circuit_13_month", "site_month", "circuit_month_histogram"},
    "region_13_month": {"circuit_13_month", "site_month", "circuit_month_histogram", "dim_site"},
    "chronic_offender": {"circuit_trading_day", "dim_site", "dim_hour"},
    "current_state": {
        *("circuit_state", "circuit_hour", "raw_port_sample", "raw_gateway_event", "dim_site"),
        *("dim_circuit", "circuit_port", "failover_piece"),
    },
    "primary_vs_secondary": {"current_state", "circuit_day", "dim_circuit"},
    "active_alert": {"current_state"},
    "trend": {"circuit_trading_day", "dim_site"},
    "top_offender": {
        *("circuit_day", "circuit_week", "circuit_month", "circuit_13_month", "dim_site"),
    },
    "executive_overview": {
        *("region_13_month", "region_month", "region_day", "site_month", "dim_site"),
    },
    "engineering_view": {
        *("trend", "active_alert", "current_state", "circuit_window", "dim_site", "dim_circuit"),
    },
    "top_offenders": {"chronic_offender", "top_offender", "dim_site", "dim_circuit"},
    "drilldown_region": {"region_day"},
    "drilldown_site": {"site_day", "dim_site"},
    "drilldown_circuit": {"circuit_day", "dim_site", "dim_circuit"},
}


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    return build_definitions(read_settings(WAN_PERF_HOME=tmp_path, WAN_PERF_START=START))


@pytest.fixture
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_every_table_is_an_asset_and_is_fed_as_drawn(specs):
    assert set(specs) == set(TABLES)
    fed = {name: {dep.asset_key.to_user_string() for dep in s.deps} for name, s in specs.items()}
    assert fed == FEEDS


def test_an_asset_says_what_its_table_says(specs):
    for name, spec in specs.items():
        schema = spec.metadata["dagster/column_schema"]
        assert tuple(column.name for column in schema.columns) == TABLES[name].columns
        assert TABLES[name].grain in str(spec.description)
        assert spec.group_name == TABLES[name].group


def test_partitions_begin_with_the_settings_start_and_hold_the_hour_in_progress(specs):
    hours = specs["circuit_hour"].partitions_def
    assert hours.get_first_partition_key() == "2026-03-07-00:00"
    assert specs["circuit_day"].partitions_def.get_first_partition_key() == "2026-03-07"
    hourly = [n for n, s in specs.items() if s.partitions_def == hours]
    assert sorted(hourly) == [
        *("circuit_hour", "circuit_poll", "circuit_state", "circuit_window", "dim_hour"),
        "gateway_silence",
        *(
            "raw_alarm",
            "raw_circuit_hour",
            "raw_gateway_event",
            "raw_gateway_status",
            "raw_path_sample",
            "raw_port_history",
            "raw_port_sample",
            *("raw_site_sle", "raw_sle_classifier", "raw_sle_gateway", "raw_sle_interface"),
            *("raw_sle_metric", "region_window", "site_hour", "site_window"),
        ),
    ]


def test_the_checks_are_the_declared_rules_and_checks_by_name(definitions):
    found = {
        (key.asset_key.to_user_string(), key.name)
        for checks in definitions.asset_checks or ()
        for key in checks.check_keys
    }
    declared = {(t.name, r.name) for t in STORED.values() for r in t.rules}
    checked = {(check.of.name, check.name) for check in CHECKS}
    assert found == declared | checked | {(name, "key_is_unique") for name in STORED}
    assert {name for table, name in found if table == CIRCUIT_HOUR.name} >= {
        "minutes_are_0_to_60",
        "down_minutes_is_60_minus_up_minutes",
        "known_down_and_unknown_make_down",
        "utilization_follows_its_formula",
        "utilization_is_at_most_100_pct",
    }


def test_rules_are_checked_once_an_hour_and_by_no_live_run(definitions):
    """What assets observe of themselves, such as odd values of Mist's, stays in the live run."""
    reported = {key for checks in definitions.asset_checks or () for key in checks.check_keys}
    live, hourly = (_run_by(definitions, job) for job in (LIVE_JOB, CHECKS_JOB))
    assert dg.AssetKey(CIRCUIT_HOUR.name) in live
    assert not live & reported
    assert hourly == {key for key in reported if key.asset_key in live}


def _run_by(definitions: dg.Definitions, job: str) -> set[dg.AssetKey | dg.AssetCheckKey]:
    layer = definitions.resolve_job_def(job).asset_layer
    return {key for node in layer.data for key in node.assets_def.asset_and_check_keys}


@pytest.mark.parametrize(
    ("at", "hour"),
    [("2026-03-08T14:09", "2026-03-08-09:00"), ("2026-03-08T00:09", "2026-03-07-19:00")],
)
def test_the_hour_that_is_checked_is_one_that_live_runs_have_left(definitions, at: str, hour: str):
    """At 14:00 a live run reaches back to 10:00."""
    checks = definitions.resolve_schedule_def("closed_hour_checks")
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    [request] = checks.evaluate_tick(
        dg.build_schedule_context(scheduled_execution_time=moment)
    ).run_requests
    assert {v for k, v in request.tags.items() if "partition_range" in k} == {hour}
    live = conditions.live_run(moment.replace(tzinfo=None, minute=0), START)
    assert live.tags["dagster/asset_partition_range_start"] > hour


def test_no_hour_before_the_start_is_checked(definitions):
    checks = definitions.resolve_schedule_def("closed_hour_checks")
    early = (START + timedelta(hours=4, minutes=9)).replace(tzinfo=UTC)
    tick = checks.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=early))
    assert not tick.run_requests
    assert "Partitions begin at" in tick.skip_message


def test_jobs_cover_every_asset_that_is_stored_once(definitions):
    covered = [
        key.to_user_string()
        for job in ("inventory", "import", "hourly", "daily", "weekly", "monthly", "reports")
        for key in definitions.resolve_job_def(f"{job}_job").asset_layer.executable_asset_keys
    ]
    assert sorted(covered) == sorted(STORED)


def test_the_workspace_loads_as_dagster_loads_it(tmp_path):
    environment = {**os.environ, "WAN_PERF_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "wan_perf" in done.stdout + done.stderr
