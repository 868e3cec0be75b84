"""Dagster's folder in the home: its limits, whose file it is, and what killed processes leave."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from wan_perf.cli.dev import automation_of_demo
from wan_perf.cli.homes import PROCESS_TAG, carried, dagster_home, end_abandoned, opened
from wan_perf.errors import UsageError
from wan_perf.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(WAN_PERF_HOME=tmp_path)


@pytest.fixture
def home(settings: Settings) -> Path:
    return dagster_home(settings)


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def test_the_home_has_a_lane_for_what_is_due_and_one_for_the_rest(instance: dg.DagsterInstance):
    limits = instance.get_concurrency_config()
    assert limits.run_queue_config.max_concurrent_runs == 2
    assert limits.run_queue_config.tag_concurrency_limits == [
        {"key": "wan_perf/lane", "value": lane, "limit": 1} for lane in ("live", "history")
    ]
    assert limits.pool_config.default_pool_limit == 2
    assert limits.pool_config.pool_granularity.value == "op"
    assert instance.run_monitoring_enabled
    assert not instance.telemetry_enabled
    assert type(instance.run_coordinator).__name__ == "LaneCoordinator"


def test_what_an_older_version_wrote_is_brought_up_to_date(settings: Settings, home: Path):
    written = (home / "dagster.yaml").read_text(encoding="utf-8")
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    dagster_home(settings)
    assert (home / "dagster.yaml").read_text(encoding="utf-8") == written


def test_the_newcomers_dialog_of_the_ui_is_off(instance: dg.DagsterInstance):
    assert not instance.nux_enabled


def test_the_text_before_the_newcomers_dialog_was_off_is_brought_up_to_date(
    settings: Settings, home: Path
):
    written = (home / "dagster.yaml").read_text(encoding="utf-8")
    start, _, rest = written.partition("# No dialog for newcomers")
    before = start + rest.partition("enabled: false\n\n")[2]
    assert "nux" not in before
    (home / "dagster.yaml").write_text(before, encoding="utf-8")
    dagster_home(settings)
    assert (home / "dagster.yaml").read_text(encoding="utf-8") == written


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, "on", id="automatic by default"),
        pytest.param({"WAN_PERF_AUTOMATION": "on"}, "on", id="on"),
        pytest.param({"WAN_PERF_AUTOMATION": "off"}, "off", id="unless it is set to off"),
    ],
)
def test_dev_on_the_simulated_cloud_runs_automatically(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: str
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAN_PERF_AUTOMATION", raising=False)
    assert automation_of_demo(read_settings(**given)) == expected


def test_what_somebody_changed_is_left_alone_and_reported(
    settings: Settings, home: Path, capsys: pytest.CaptureFixture[str]
):
    theirs = "telemetry:\n  enabled: true\n"
    (home / "dagster.yaml").write_text(theirs, encoding="utf-8")
    dagster_home(settings)
    assert (home / "dagster.yaml").read_text(encoding="utf-8") == theirs
    assert "is not as wan-perf writes it and stays so" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xfe\x00binary", id="no text"),
        pytest.param(b"storage: [", id="no YAML"),
        pytest.param(b"- one\n- two\n", id="a list"),
        pytest.param(b"telemetri:\n  enabled: false\n", id="an unknown key"),
        pytest.param(
            b"event_log_storage:\n  module: nowhere\n  class: Log\n", id="an unknown class"
        ),
    ],
)
def test_a_configuration_that_dagster_cannot_read_is_one_sentence(
    settings: Settings, home: Path, content: bytes
):
    (home / "dagster.yaml").write_bytes(content)
    with pytest.raises(UsageError) as refused, opened(dagster_home(settings)):
        pass
    assert f"{home / 'dagster.yaml'} is no configuration of Dagster" in str(refused.value)
    assert "move it away" in str(refused.value)
    assert (home / "dagster.yaml").read_bytes() == content


@dg.asset(pool="mist_api")
def polls_mist() -> None:
    """An asset that takes its turn."""


def run(instance: dg.DagsterInstance, **tags: str) -> bool:
    job = dg.Definitions([polls_mist], jobs=[dg.define_asset_job("job")]).resolve_job_def("job")
    return job.execute_in_process(instance=instance, tags=tags).success


def test_a_run_of_the_command_line_takes_its_turn_and_gives_it_back(instance: dg.DagsterInstance):
    for _ in range(2):
        assert run(instance)
    assert instance.event_log_storage.get_concurrency_info("mist_api").active_slot_count == 0


KILLED = """
    import os, sys
    import dagster as dg
    from wan_perf.cli.homes import PROCESS_TAG, carried
    from pathlib import Path

    @dg.asset(pool="mist_api")
    def asks_mist() -> None:
        os.kill(os.getpid(), 9) if os.name != "nt" else os._exit(1)

    home = Path(sys.argv[1])
    job = dg.Definitions([asks_mist], jobs=[dg.define_asset_job("job")]).resolve_job_def("job")
    with dg.DagsterInstance.from_config(str(home)) as instance, carried(home) as name:
        job.execute_in_process(instance=instance, tags={PROCESS_TAG: name})
"""


def test_a_killed_run_keeps_nobody_waiting(home: Path, instance: dg.DagsterInstance):
    """Its turn with Mist and its lane would be taken for ever."""
    program = textwrap.dedent(KILLED)
    subprocess.run([sys.executable, "-c", program, str(home)], check=False, timeout=120)
    [killed] = instance.get_runs()
    assert killed.status == dg.DagsterRunStatus.STARTED
    assert instance.event_log_storage.get_concurrency_info("mist_api").active_slot_count == 1
    end_abandoned(instance, home)
    ended = instance.get_run_by_id(killed.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.FAILURE
    assert run(instance)
    assert list((home / "processes").iterdir()) == []


def test_a_run_that_goes_on_is_left_alone(home: Path, instance: dg.DagsterInstance):
    """Of the command line, seen by its lock; a daemon's, unless no daemon is there any more."""
    seen = {}

    @dg.asset
    def looks_round(context: dg.AssetExecutionContext) -> None:
        for all_others in (False, True):
            end_abandoned(instance, home, all_others=all_others)
            own = instance.get_run_by_id(context.run.run_id)
            assert own is not None
            seen[PROCESS_TAG in own.tags, all_others] = own.status.value

    job = dg.Definitions([looks_round], jobs=[dg.define_asset_job("job")]).resolve_job_def("job")
    with carried(home) as name:
        job.execute_in_process(instance=instance, tags={PROCESS_TAG: name})
    job.execute_in_process(instance=instance)
    assert seen == {
        (True, False): "STARTED",
        (True, True): "STARTED",
        (False, False): "STARTED",
        (False, True): "FAILURE",
    }


NOT_BEGUN = ("NOT_STARTED", "QUEUED", "STARTING")


def left(instance: dg.DagsterInstance, status: str, process: str | None, **more: str) -> str:
    """A run in a state in which a kill can leave it; its id."""
    job = dg.Definitions([polls_mist], jobs=[dg.define_asset_job("job")]).resolve_job_def("job")
    # A queued run is of a code location.
    location = RegisteredCodeLocationOrigin("wan_perf")
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), "job")
    run = instance.create_run_for_job(
        job,
        status=dg.DagsterRunStatus(status),
        tags={} if process is None else {PROCESS_TAG: process},
        remote_job_origin=origin,
        **more,
    )
    return run.run_id


def statuses(instance: dg.DagsterInstance) -> dict[str, str]:
    return {run.run_id: run.status.value for run in instance.get_runs()}


@pytest.mark.parametrize("status", NOT_BEGUN)
def test_a_run_killed_before_it_began_is_ended(
    home: Path, instance: dg.DagsterInstance, status: str
):
    """Killed between the record of a run and its first step; seen to stay for ever."""
    run_id = left(instance, status, process="of_a_killed_command")
    end_abandoned(instance, home)
    assert statuses(instance) == {run_id: "FAILURE"}


def test_runs_of_a_living_command_and_of_a_daemon_are_not_ended(
    home: Path, instance: dg.DagsterInstance
):
    with carried(home) as living:
        others = {left(instance, status, process=living): status for status in NOT_BEGUN}
        others |= {left(instance, status, process=None): status for status in NOT_BEGUN}
        first = left(instance, "FAILURE", process="of_a_killed_command")
        again = {"parent_run_id": first, "root_run_id": first}
        others |= {first: "FAILURE"} | {
            left(instance, status, process="of_a_killed_command", **again): status
            for status in (*NOT_BEGUN, "STARTED")
        }
        end_abandoned(instance, home)
        assert statuses(instance) == others


def test_a_queue_survives_the_end_of_its_daemon(home: Path, instance: dg.DagsterInstance):
    queued, starting = (left(instance, status, process=None) for status in ("QUEUED", "STARTING"))
    end_abandoned(instance, home, all_others=True)
    assert statuses(instance) == {queued: "QUEUED", starting: "FAILURE"}


def test_lock_files_of_killed_commands_are_removed_and_no_others(
    home: Path, instance: dg.DagsterInstance
):
    with carried(home) as living:
        folder = home / "processes"
        for name, age_s in (("killed", 3600), ("begins_now", 1), (living, 3600)):
            file = folder / f"{name}.lock"
            file.touch()
            os.utime(file, (time.time() - age_s,) * 2)
        (folder / "notes.txt").touch()
        end_abandoned(instance, home)
        found = {file.name for file in folder.iterdir()}
        assert found == {"begins_now.lock", f"{living}.lock", "notes.txt"}
