"""What the doctor says of this machine and of the files that settings name."""

import os
from importlib.resources import files
from pathlib import Path

import pytest

from wan_perf.doctor.machine import disk
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import DIM_CIRCUIT, DIM_SITE
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.kpi.estate import circuit, site
from wan_perf_tests.unit.doctor.conftest import Doctor, failed


def test_a_home_that_is_a_file(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder", encoding="utf-8")
    found = doctor(WAN_PERF_HOME="home")
    assert failed(found) == ["warehouse", "home"]
    assert found["home"].found == f"{tmp_path / 'home'} is a file and no folder."
    assert found["home"].advice == "Set WAN_PERF_HOME to a folder that this user can write to."
    assert found["disk"].verdict != "skipped"


def test_a_dagster_folder_that_is_a_file(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dagster").write_text("no folder", encoding="utf-8")
    assert failed(doctor()) == ["home"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="rights of a folder bind neither root nor, in this form, Windows",
)
def test_a_home_without_the_right_to_write(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o500)
    found = doctor(WAN_PERF_HOME="home")
    assert failed(found) == ["warehouse", "home"]
    assert f"nothing can be written in {tmp_path / 'home'}" in found["home"].found


OURS = files("wan_perf.cli").joinpath("dagster.yaml").read_text(encoding="utf-8")
LIVE = "      - key: wan_perf/lane\n        value: live\n        limit: 1\n"
LIMITED = "valid, and has the limits"


@pytest.mark.parametrize(
    ("text", "verdict", "message"),
    [
        pytest.param(OURS, "ok", LIMITED, id="as we make it"),
        pytest.param(OURS.replace("limit: 1", "limit: 3"), "ok", LIMITED, id="other limits"),
        pytest.param("", "FAILED", "concurrency.pools.default_limit", id="empty"),
        pytest.param(
            OURS.replace("default_limit: 2", "default_limit:"),
            *("FAILED", "lacks concurrency.pools.default_limit (calls to Mist at once)."),
            id="no limit of calls",
        ),
        pytest.param(
            OURS.replace(LIVE, ""),
            *("FAILED", "lacks a limit of each lane (wan_perf/lane) in concurrency.runs"),
            id="a lane without a limit",
        ),
        pytest.param(
            OURS.replace("LaneCoordinator", "QueuedRunCoordinator"),
            *("FAILED", "lacks the run_coordinator LaneCoordinator."),
            id="Dagster's own queue",
        ),
        pytest.param(
            OURS.replace("run_monitoring:\n  enabled: true", "run_monitoring:\n  enabled: false"),
            *("FAILED", "lacks run_monitoring."),
            id="no monitoring",
        ),
        pytest.param(
            "concurrency: [1]\nrun_coordinator: queued\n",
            *("FAILED", "LaneCoordinator, run_monitoring."),
            id="sections of other kinds",
        ),
        pytest.param("telemetry: [\n", "FAILED", "line 2", id="an open bracket"),
        pytest.param("telemetry", "FAILED", "no settings by name", id="a bare word"),
    ],
)
def test_dagsters_configuration(
    doctor: Doctor, tmp_path: Path, text: str, verdict: str, message: str
) -> None:
    file = tmp_path / "data" / "dagster" / "dagster.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    found = doctor()["dagster.yaml"]
    assert (found.verdict, message in found.found) == (verdict, True), found
    advice = f"Correct {file}, or move it away: wan-perf writes a new one."
    assert found.advice == (advice if verdict == "FAILED" else "")


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        pytest.param("", "ok", id="not set"),
        pytest.param("{home}/dagster", "ok", id="the home's"),
        pytest.param("{home}/../data/dagster", "ok", id="the home's, in other words"),
        pytest.param("{home}/limited", "warning", id="another one with the limits"),
    ],
)
def test_where_dagster_keeps_runs(doctor: Doctor, tmp_path: Path, given: str, verdict: str) -> None:
    (tmp_path / "data" / "limited").mkdir(parents=True)
    (tmp_path / "data" / "limited" / "dagster.yaml").write_text(OURS, encoding="utf-8")
    found = doctor(DAGSTER_HOME=given.format(home=tmp_path / "data"))["DAGSTER_HOME"]
    assert found.verdict == verdict
    if verdict == "warning":
        assert found.advice == f"Set DAGSTER_HOME to {tmp_path / 'data' / 'dagster'}."


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param("{home}", "there is no {home}/dagster.yaml", id="the home itself"),
        pytest.param("data/dagster", "there is no data/dagster/dagster.yaml", id="not absolute"),
        pytest.param("{home}/other", "lacks concurrency.pools.default_limit", id="no limits"),
    ],
)
def test_another_dagster_home_without_limits_fails(
    doctor: Doctor, tmp_path: Path, given: str, message: str
) -> None:
    home = tmp_path / "data"
    (home / "other").mkdir(parents=True)
    (home / "other" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", "utf-8")
    found = doctor(DAGSTER_HOME=given.format(home=home))["DAGSTER_HOME"]
    assert found.verdict == "FAILED"
    assert message.format(home=home) in found.found
    assert found.advice.startswith(f"Set DAGSTER_HOME to {home / 'dagster'}, or copy concurrency,")


@pytest.mark.parametrize(
    ("free", "verdict", "message"),
    [
        pytest.param([5e9], "ok", "5.0 GB free at", id="enough"),
        pytest.param([4.99e9], "warning", "Make room", id="short"),
        pytest.param([0.5e9], "warning", "0.5 GB free at", id="very short"),
        pytest.param([0.499e9], "FAILED", "WAN_PERF_HOME", id="too little"),
        pytest.param([80e9, 1e8], "FAILED", "80.0 GB free at", id="the fuller of two disks"),
    ],
)
def test_room_on_the_disk(free: list[float], verdict: str, message: str) -> None:
    finding = disk({Path(f"disk{n}"): int(size) for n, size in enumerate(free)})
    assert finding.verdict == verdict
    assert message in f"{finding.found} {finding.advice}"


def test_nothing_stays_in_a_fresh_folder(doctor: Doctor, tmp_path: Path) -> None:
    doctor(WAN_PERF_HOME="deep/home")
    assert list(tmp_path.iterdir()) == []


def test_files_that_settings_name(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[thresholds.loss]\nwarning = 1\n", encoding="utf-8")
    found = doctor(WAN_PERF_POLICY="policy.toml", WAN_PERF_CIRCUITS="nowhere.csv")
    assert failed(found) == ["policy", "contracts"]
    assert "thresholds.loss: unknown key; there are utilization_pct," in found["policy"].found
    assert found["contracts"].found.startswith("nowhere.csv: the contract file cannot be read")
    (tmp_path / "policy.toml").write_text("top_places = 5\n", encoding="utf-8")
    (tmp_path / "circuits.csv").write_text(
        "site_name,port_id,circuit_id\nStore 0001,ge-0/0/0,C1\n", encoding="utf-8"
    )
    found = doctor(WAN_PERF_POLICY="policy.toml", WAN_PERF_CIRCUITS="circuits.csv")
    assert failed(found) == []
    assert found["policy"].found == "policy.toml is valid; overrides: 0."
    assert found["contracts"].found == (
        "circuits.csv is valid, contracts: 1; each is of a circuit in Mist."
    )


def test_settings_that_cannot_be_read(doctor: Doctor) -> None:
    found = doctor(WAN_PERF_WAREHOUSE="oracle")
    assert failed(found) == ["settings"]
    assert "WAN_PERF_WAREHOUSE" in found["settings"].found
    others = {finding.found for name, finding in found.items() if name != "settings"}
    assert others == {"not checked, because the settings cannot be read."}
    assert len(found) == len(doctor(WAN_PERF_WAREHOUSE="duckdb"))


def test_a_policy_that_cannot_be_is_one_sentence(doctor: Doctor, tmp_path: Path) -> None:
    """The same sentence as the commands end with."""
    policy = tmp_path / "policy.toml"
    west = '[[override]]\nmetric = "loss_pct"\nregion = "West"\nhigh = 0.7\n'
    for text, sentence in (
        (west + west, "two overrides of loss_pct for region West; keep one of them; fix the file."),
        (west.replace('region = "West"\n', ""), "names neither region, store_type, site, circuit"),
        ("[trading_hours]\nopens = 8.3\n", "trading_hours.0.opens: 8.3 is not a time of day"),
    ):
        policy.write_text(text, encoding="utf-8")
        found = doctor(WAN_PERF_POLICY="policy.toml")
        assert failed(found) == ["policy"]
        assert sentence in found["policy"].found
    policy.write_text(
        f"{west}from = 2026-03-01T00:00:00Z\n[trading_hours]\nopens = 22\ncloses = 2\n",
        encoding="utf-8-sig",
    )
    assert failed(doctor(WAN_PERF_POLICY="policy.toml")) == []


def test_names_that_match_nothing_and_unknown_time_zones_are_listed(
    doctor: Doctor, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    text = '[[override]]\nmetric = "loss_pct"\nsite = "Stroe 1"\nhigh = 0.7\n'
    policy.write_text(text, encoding="utf-8")
    found = doctor(WAN_PERF_POLICY="policy.toml", WAN_PERF_HOME="home")
    assert found["overrides"].verdict == found["time zones"].verdict == "skipped"
    warehouse = DuckDBWarehouse(tmp_path / "home" / "wan_perf.duckdb")
    warehouse.store(DIM_CIRCUIT, conform([circuit()], DIM_CIRCUIT))
    warehouse.store(DIM_SITE, conform([site(time_zone="Mars/Phobos")], DIM_SITE))
    found = doctor(WAN_PERF_POLICY="policy.toml", WAN_PERF_HOME="home")
    assert found["overrides"].verdict == found["time zones"].verdict == "warning"
    assert found["overrides"].found.endswith("the closest is 'Store 1'.")
    said = "unknown of 1 site, without trading hours: Store 1 (Mars/Phobos)."
    assert found["time zones"].found == said
    policy.write_text(text.replace("Stroe", "store"), encoding="utf-8")
    warehouse.store(DIM_SITE, conform([site()], DIM_SITE))
    found = doctor(WAN_PERF_POLICY="policy.toml", WAN_PERF_HOME="home")
    assert found["overrides"].verdict == found["time zones"].verdict == "ok"


def test_an_invalid_policy_file_is_reported_once(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[thresholds.utilization_pct]\nhigh = 80\n")
    warehouse = DuckDBWarehouse(tmp_path / "home" / "wan_perf.duckdb")
    warehouse.store(DIM_CIRCUIT, conform([circuit()], DIM_CIRCUIT))
    warehouse.store(DIM_SITE, conform([site()], DIM_SITE))
    found = doctor(WAN_PERF_POLICY="policy.toml", WAN_PERF_HOME="home")
    assert failed(found) == ["policy"]
    assert found["overrides"].found == "not checked, because the policy file is invalid."


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
@pytest.mark.parametrize(
    ("mode", "readers", "command"),
    [
        pytest.param(0o700, "owner", "", id="the owner's"),
        pytest.param(0o755, "owner", "chmod go= ", id="everybody's"),
        pytest.param(0o710, "owner", "chmod go= ", id="open to pass through"),
        pytest.param(0o750, "group", "", id="the group's"),
        pytest.param(0o755, "group", "chmod g-w,o= ", id="everybody's, not the group's"),
        pytest.param(0o770, "group", "chmod g-w,o= ", id="written to by the group"),
        pytest.param(0o700, "group", "chmod -R g+rX ", id="closed to the group"),
    ],
)
def test_who_can_read_the_home(
    doctor: Doctor, tmp_path: Path, mode: int, readers: str, command: str
) -> None:
    home = tmp_path / "my home"
    home.mkdir()
    home.chmod(mode)
    found = doctor(WAN_PERF_HOME=str(home), WAN_PERF_HOME_READERS=readers)["home"]
    if not command:
        assert found.verdict == "ok"
        return
    assert found.verdict == "warning"
    assert found.advice == f"Run {command}'{home}', or set WAN_PERF_HOME_READERS."
    assert os.system(found.advice.removeprefix("Run ").partition(", or")[0]) == 0  # noqa: S605
    assert doctor()["home"].verdict == "ok"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_warehouse_outside_the_home_is_looked_at_too(doctor: Doctor, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.duckdb"
    DuckDBWarehouse(file).store(DIM_SITE, conform([site()], DIM_SITE))
    file.chmod(0o644)
    found = doctor(WAN_PERF_DUCKDB=str(file))["home"]
    assert found.advice == f"Run chmod go= {file}, or set WAN_PERF_HOME_READERS."
