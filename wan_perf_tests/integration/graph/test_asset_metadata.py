"""What a person finds of an asset in the Dagster UI: whose, with what, how fresh, from what."""

from collections.abc import Iterator

import dagster as dg
import pytest

from wan_perf.definitions import HOURLY_JOB, JOBS, build_definitions
from wan_perf.defs.asset_metadata import PAGES, shown
from wan_perf.errors import UsageError
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import CIRCUIT_HOUR, CIRCUIT_WINDOW, SITE_HOUR, TABLES
from wan_perf.settings import read_settings
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, staged

LINEAGE = "dagster/column_lineage"
VIEWS = {name for name, table in TABLES.items() if isinstance(table, View)}
CALLS_MIST = {name for name, table in TABLES.items() if table.group == "raw"} - {"raw_circuit_hour"}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = tmp_path_factory.mktemp("home")
    return build_definitions(
        read_settings(
            WAN_PERF_HOME=home,
            WAN_PERF_START=START,
            WAN_PERF_OWNER="noc@example.com",
            WAN_PERF_DASHBOARD_URL="https://wan.example.com/",
        )
    )


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_every_asset_says_whose_it_is_where_it_stands_and_what_it_is_made_with(specs):
    for name, spec in specs.items():
        assert spec.owners == ["noc@example.com"]
        assert spec.description
        assert spec.metadata["dagster/column_schema"].columns
        assert spec.tags["wan_perf/layer"] == spec.group_name == TABLES[name].group
        assert "duckdb" in spec.kinds
        assert 2 <= len(spec.kinds) <= 3
    assert {name for name, spec in specs.items() if "mist" in spec.kinds} == CALLS_MIST
    assert specs["circuit_hour"].kinds == {"sql", "duckdb"}
    assert specs["circuit_13_month"].tags["wan_perf/grain"] == "month"
    assert specs["dim_site"].tags["wan_perf/grain"] == "none"


@pytest.mark.parametrize("owner", ["network operations", "team:", "@example.com"])
def test_an_owner_that_dagster_would_refuse_is_refused_by_its_setting(owner: str):
    with pytest.raises(UsageError, match="Setting WAN_PERF_OWNER"):
        read_settings(WAN_PERF_OWNER=owner)


def test_assets_link_to_their_page_of_the_dashboard(specs):
    links = {n: s.metadata["dashboard"].url for n, s in specs.items() if "dashboard" in s.metadata}
    assert links == {name: f"https://wan.example.com{path}" for name, path in PAGES.items()}
    assert links["active_alert"] == "https://wan.example.com/grid/alerts"


def test_without_an_address_of_the_dashboard_assets_have_no_link():
    assert "dashboard" not in shown(dg.AssetSpec("trend"), "team:noc", "duckdb").metadata


@pytest.mark.parametrize("address", ["wan.example.com", "ftp://wan", "https://", "http://a b"])
@pytest.mark.parametrize("name", ["WAN_PERF_DASHBOARD_URL", "WAN_PERF_DAGSTER_URL"])
def test_an_address_that_is_none_is_refused_by_its_setting(name: str, address: str):
    with pytest.raises(UsageError, match=f"Setting {name}"):
        read_settings(**{name: address})


def test_hours_are_to_be_two_hours_old_at_most_and_days_made_by_six(specs):
    policies = {name: spec.freshness_policy for name, spec in specs.items()}
    assert {name for name, policy in policies.items() if policy is None} == VIEWS
    for name in ("circuit_hour", "raw_port_sample", "region_window", "current_state"):
        assert policies[name].warn_window.to_timedelta() == 2 * HOUR
        assert policies[name].fail_window.to_timedelta() == 4 * HOUR
    crons = {n: p.deadline_cron for n, p in policies.items() if hasattr(p, "deadline_cron")}
    assert crons["circuit_day"] == crons["trend"] == "0 6 * * *"
    assert crons["site_week"] == "0 6 * * 1"
    assert crons["region_13_month"] == "0 6 1 * *"


def test_whatever_calls_mist_takes_turns(definitions):
    job = definitions.resolve_job_def("hourly_job")
    pools = {node.name: node.definition.pool for node in job.graph.nodes if node.definition.pool}
    assert pools == dict.fromkeys(
        (
            *("raw_port_history", "live_passes", "raw_gateway_event", "raw_site_sle", "raw_alarm"),
            "site_causes",
        ),
        "mist_api",
    )
    inventory = definitions.resolve_job_def("inventory_job").graph.node_named("raw_inventory")
    assert inventory.definition.pool == "mist_api"


def test_a_job_says_its_stage_and_its_lane(definitions):
    for name, stage, _, description in JOBS:
        job = definitions.resolve_job_def(name)
        lane = "live" if name == "live_job" else "history"
        assert (job.tags["wan_perf/stage"], job.tags["wan_perf/lane"]) == (stage, lane)
        assert job.description == description
    stages = {stage for _, stage, _, _ in JOBS}
    assert stages >= {
        *("inventory", "collect", "facts", "events", "windows", "days", "weeks", "months"),
        "reports",
    }


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    fleet = Fleet.seeded(7, 2, START, START + 4 * HOUR)
    with staged(fleet, tmp_path_factory.mktemp("shown")) as stage:
        stage.runs.collect(START, START + 2 * HOUR)
        yield stage


def again(stage: Stage, table: Table) -> None:
    key = f"{START + HOUR:%Y-%m-%d-%H:00}"
    assert stage.runs._run(HOURLY_JOB, [key, key], only=(table,)).success


def latest_metadata(stage: Stage, name: str) -> dict[str, object]:
    event = stage.runs._instance.get_latest_materialization_event(dg.AssetKey(name))
    assert event is not None
    assert event.asset_materialization is not None
    return {label: value.value for label, value in event.asset_materialization.metadata.items()}


def lineages(stage: Stage, name: str) -> list[dict[str, set[str]]]:
    found = stage.runs._instance.fetch_observations(dg.AssetKey(name), limit=9).records
    return [columns(record.asset_observation.metadata[LINEAGE].value) for record in found]


def columns(lineage: dg.TableColumnLineage) -> dict[str, set[str]]:
    return {
        name: {f"{dep.asset_key.to_user_string()}.{dep.column_name}" for dep in deps}
        for name, deps in lineage.deps_by_column.items()
    }


@pytest.mark.proof
def test_a_run_reports_rows_and_coverage_as_counted_by_hand(stage: Stage):
    for table, minutes_of_a_row in ((CIRCUIT_HOUR, 60), (SITE_HOUR, 60)):
        rows = stage.rows(table)
        unknown = rows["unknown_minutes"].sum() / (minutes_of_a_row * len(rows))
        metadata = latest_metadata(stage, table.name)
        assert metadata["dagster/partition_row_count"] == len(rows)
        assert metadata["coverage_pct"] == pytest.approx(100 * (1 - unknown))
    windows = stage.rows(CIRCUIT_WINDOW)
    minutes = (60 * windows["hour_count"]).sum()  # before the first hour there is none
    expected = 100 * (1 - windows["unknown_minutes"].sum() / minutes)
    assert latest_metadata(stage, "circuit_window")["coverage_pct"] == pytest.approx(expected)
    assert latest_metadata(stage, "dim_site")["dagster/row_count"] == 2
    assert "coverage_pct" not in latest_metadata(stage, "circuit_state")


@pytest.mark.proof
def test_figures_of_a_range_say_that_they_are_of_the_range(stage: Stage):
    figures_of = latest_metadata(stage, "circuit_hour")["figures_of"]
    assert figures_of == "2026-03-07 00:00 to 2026-03-07 02:00 UTC, 2 together"
    again(stage, SITE_HOUR)
    assert "figures_of" not in latest_metadata(stage, "site_hour")


@pytest.mark.proof
def test_lineage_is_reported_once_and_only_of_what_is_computed(stage: Stage):
    again(stage, CIRCUIT_HOUR)
    for name in ("circuit_hour", "circuit_window", "dim_site"):
        assert len(lineages(stage, name)) == 1
    assert lineages(stage, "raw_port_sample") == lineages(stage, "dim_policy") == []


@pytest.mark.proof
def test_lineage_of_columns_that_are_known_by_hand(stage: Stage, specs):
    stage.runs.aggregate_daily(START)
    [hours] = lineages(stage, "circuit_hour")
    assert hours["utilization_pct"] >= {
        *("raw_port_sample.rx_bytes_counter", "raw_port_sample.tx_bytes_counter"),
        *("dim_circuit.bandwidth_mbps", "dim_circuit.bandwidth_up_mbps"),
        *("raw_port_history.rx_bps_mean", "raw_port_history.tx_bps_mean"),
    }
    assert not {of for of in hours["utilization_pct"] if of.startswith("circuit_poll.")}
    assert hours["circuit_id"] == {"dim_circuit.circuit_id"}
    assert {of.split(".")[0] for of in hours["up_minutes"]} == {"circuit_state", "raw_circuit_hour"}
    [days] = lineages(stage, "circuit_day")
    assert days["availability_pct"] == {
        *("circuit_hour.up_minutes", "circuit_hour.known_down_minutes"),
    }
    site_days = columns(specs["drilldown_site"].metadata[LINEAGE])
    assert site_days["availability_pct"] == {"site_day.availability_pct"}
    assert site_days["site_name"] == {"dim_site.site_name"}
    assert {name for name, spec in specs.items() if LINEAGE in spec.metadata} == VIEWS


@pytest.mark.proof
def test_lineage_covers_every_column_of_every_expression(stage: Stage):
    """But what counts rows, or is given by the expression itself, reads no column."""
    for name in ("circuit_hour", "circuit_day", "circuit_window", "site_hour", "current_state"):
        [lineage] = lineages(stage, name)
        missing = set(TABLES[name].columns) - set(lineage)
        assert {column for column in missing if "_count" not in column} <= {
            "window_hours",
            "is_whole",
        }, name


@pytest.mark.proof
def test_the_newest_lineage_is_reported_where_it_changed(stage: Stage):
    key = dg.AssetKey("site_hour")
    other = dg.TableColumnLineage({"hour": [dg.TableColumnDep("circuit_hour", "hour")]})
    stage.runs._instance.report_runless_asset_event(
        dg.AssetObservation(key, metadata={LINEAGE: other})
    )
    again(stage, SITE_HOUR)
    newest, before, *_ = lineages(stage, "site_hour")
    assert before == columns(other) != newest
