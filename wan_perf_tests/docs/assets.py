"""The reference of the Dagster graph: assets, jobs, schedules and sensors, as they are built."""

import tempfile

import dagster as dg

from wan_perf.definitions import JOBS, build_definitions
from wan_perf.settings import read_settings
from wan_perf_tests.docs.markdown import code, codes, page, table

_PARTITIONS = {
    dg.HourlyPartitionsDefinition: "hour",
    dg.DailyPartitionsDefinition: "day",
    dg.WeeklyPartitionsDefinition: "week",
    dg.MonthlyPartitionsDefinition: "month",
}


def assets() -> str:
    """Each asset with its inputs, each job with its assets, and what runs automatically."""
    with tempfile.TemporaryDirectory() as home:
        settings = read_settings(
            WAN_PERF_HOME=home, WAN_PERF_START="2026-03-01", WAN_PERF_WAREHOUSE="duckdb"
        )
        definitions = build_definitions(settings)
    about = (
        "An asset is a table or view of the same name ([tables](tables.md)); those without "
        "partitions are replaced as a whole. What runs when is in "
        "[automation](../guides/automation.md)."
    )
    return page("Assets", about, _assets(definitions), _jobs(definitions), _automatic(definitions))


def _assets(definitions: dg.Definitions) -> str:
    specs = {s.key.to_user_string(): s for s in definitions.resolve_all_asset_specs()}
    rows = [
        (
            code(name),
            str(spec.group_name),
            _PARTITIONS.get(type(spec.partitions_def), ""),
            codes(sorted(dep.asset_key.to_user_string() for dep in spec.deps)),
        )
        for name, spec in sorted(specs.items())
    ]
    return "## Assets\n\n" + table(("asset", "group", "partitions", "reads"), rows)


def _jobs(definitions: dg.Definitions) -> str:
    targets = {
        name: sorted(key.to_user_string() for asset in chosen for key in asset.keys)
        for name, _, chosen, _ in JOBS
    }
    rows = [
        (code(job.name), str(job.description), codes(targets.get(job.name, [])))
        for job in definitions.jobs or ()
    ]
    return "## Jobs\n\n" + table(("job", "does", "assets"), rows)


def _automatic(definitions: dg.Definitions) -> str:
    schedules = [
        (code(s.name), f"schedule {code(str(s.cron_schedule))} UTC", str(s.description))
        for s in definitions.schedules or ()
        if isinstance(s, dg.ScheduleDefinition)
    ]
    sensors = [
        (code(s.name), f"sensor, every {s.minimum_interval_seconds} s", str(s.description))
        for s in definitions.sensors or ()
    ]
    rows = table(("name", "runs", "for"), [*schedules, *sensors])
    return f"## Schedules and sensors\n\n{rows}"
