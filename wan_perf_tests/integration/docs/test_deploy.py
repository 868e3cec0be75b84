"""The files of deploy/: they parse, and every command, setting and package that they name exists.

Containers are not built here: that needs a Docker daemon.
"""

import configparser
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest
import yaml

from wan_perf.doctor.limits import fault_of
from wan_perf.settings import Settings
from wan_perf_tests.integration.docs.test_commands import problem
from wan_perf_tests.support.docs.written import ROOT

DEPLOY = ROOT / "deploy"
DOCKER = DEPLOY / "docker"
UNITS = sorted((DEPLOY / "systemd").iterdir())
TASKS = sorted((DEPLOY / "windows").glob("*.xml"))
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
OURS = "/opt/wan_perf/bin/"
OF_CONTAINERS = {
    *("DAGSTER_HOME", "DAGSTER_POSTGRES_PASSWORD", "PYTHONUNBUFFERED"),
    *("POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"),
}
"""Variables that Dagster, Python and the image of PostgreSQL read."""


def compose() -> dict[str, Any]:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))


def unit(file: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(file.read_text(encoding="utf-8"))
    return parser


def command_lines() -> Iterator[tuple[str, str]]:
    """Each command line with the file that names it."""
    for name, service in compose()["services"].items():
        if "command" in service:
            yield f"compose.yaml {name}", service["command"]
        test = service.get("healthcheck", {}).get("test", [])
        if test[:1] == ["CMD"]:
            yield f"compose.yaml {name} healthcheck", shlex.join(test[1:])
    for file in UNITS:
        for name, value in unit(file)["Service"].items() if file.suffix == ".service" else ():
            if name.startswith("ExecStart"):
                yield file.name, value.removeprefix(OURS)
    for file in TASKS:
        execution = ElementTree.parse(file).find(f"{TASK}Actions/{TASK}Exec")  # noqa: S314 - ours
        assert execution is not None
        program = execution.findtext(f"{TASK}Command", "").rpartition("\\")[2]
        yield file.name, f"{program.removesuffix('.exe')} {execution.findtext(f'{TASK}Arguments')}"


def problem_of(line: str) -> str | None:
    """What is wrong with a command line of ours or of Dagster; None where nothing is."""
    program, *words = shlex.split(line)
    if program == "wan-perf":
        return problem(line)
    if program == "python":
        module, words = words[1], words[2:]
        if find_spec(module) is None:
            return f"no module {module}"
        program = {"wan_perf.cli.webserver": "dagster-webserver"}[module]
    # The image has these files in that folder.
    words = [word.replace("/opt/dagster/", f"{DOCKER}/") for word in words]
    return _refused(_dagsters(program), words)


def _dagsters(program: str) -> click.Command:
    if program == "dagster":
        from dagster._cli import cli as dagster_cli

        return dagster_cli
    if program == "dagster-daemon":
        from dagster._daemon.cli import create_dagster_daemon_cli

        return create_dagster_daemon_cli()
    from dagster_webserver.cli import dagster_webserver

    return dagster_webserver


def _refused(command: click.Command, words: list[str]) -> str | None:
    context = click.Context(command)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        if found is None:
            return f"no command {words[0]}"
        command, words = found, words[1:]
        context = click.Context(command, context)
    try:
        command.parse_args(context, list(words))
    except click.UsageError as error:
        return error.format_message()
    return None


def test_every_command_exists_with_its_options():
    lines = list(command_lines())
    assert len(lines) >= 11
    found = {f"{where}: {line}": problem_of(line) for where, line in lines}
    assert {line: why for line, why in found.items() if why} == {}


@pytest.mark.parametrize(
    "line",
    [
        "wan-perf gather",
        "wan-perf --silent collect",
        "dagster code-server begin",
        "dagster-daemon run --workspaces w.yaml",
        "python -m wan_perf.cli.nowhere",
    ],
)
def test_a_wrong_command_is_found(line: str):
    assert problem_of(line)


def test_every_variable_is_a_setting_or_of_the_containers():
    settings = {str(field.alias) for field in Settings.model_fields.values()}
    named = set(re.findall(r"\b((?:WAN_PERF|MIST|SNF)_[A-Z_]+)\b", _all_texts()))
    for service in compose()["services"].values():
        named |= set(service.get("environment", {}))
    lines = (DOCKER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    set_there = [line.removeprefix("ENV ") for line in lines if line.startswith("ENV ")]
    named |= {one.partition("=")[0] for line in set_there for one in line.split()}
    assert {"WAN_PERF_HOME", "WAN_PERF_AUTOMATION", "DAGSTER_HOME"} <= named
    assert named - settings - OF_CONTAINERS == set()


def _all_texts() -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in DEPLOY.rglob("*") if p.is_file())


def test_the_image_installs_what_pyproject_declares_and_nothing_else():
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    installed = re.findall(r"pip install (?:--\S+ )*(.*)", text)
    assert installed == ['".[postgres]"']
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert any(
        one.startswith("dagster-postgres") for one in project["optional-dependencies"]["postgres"]
    )
    for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE):
        assert all((ROOT / source).exists() for source in line.split()[:-1]), line
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert "*" in ignored
    assert not any(line.startswith("!.") for line in ignored)  # .env has the token


def test_the_limits_of_the_containers_are_those_of_a_home():
    ours = yaml.safe_load(files("wan_perf.cli").joinpath("dagster.yaml").read_text("utf-8"))
    theirs = yaml.safe_load((DOCKER / "dagster.yaml").read_text(encoding="utf-8"))
    shared = ("telemetry", "nux", "concurrency", "run_coordinator", "run_monitoring", "retention")
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}
    assert set(ours) - set(shared) == {"event_log_storage"}
    assert fault_of(DOCKER / "dagster.yaml") == ""


def test_the_records_are_stored_in_the_services_postgresql():
    services = compose()["services"]
    found = yaml.safe_load((DOCKER / "dagster.yaml").read_text(encoding="utf-8"))
    for storage in ("run_storage", "event_log_storage", "schedule_storage"):
        database = found[storage]["config"]["postgres_db"]
        assert database["hostname"] in services
        given = services[database["hostname"]]["environment"]
        assert (database["username"], database["db_name"]) == (
            given["POSTGRES_USER"],
            given["POSTGRES_DB"],
        )
        variable = database["password"]["env"]
        readers = [services[name]["environment"] for name in ("code", "webserver", "daemon")]
        assert all(variable in reader for reader in readers)
    [location] = yaml.safe_load((DOCKER / "workspace.yaml").read_text("utf-8"))["load_from"]
    server = location["grpc_server"]
    assert f"-p {server['port']} " in services[server["host"]]["command"]


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_is_complete(file: Path):
    found = unit(file)
    assert found["Unit"]["Description"].startswith("wan_perf: ")
    if file.suffix == ".timer":
        assert file.with_suffix(".service") in UNITS
        assert "OnCalendar" in found["Timer"]
    else:
        assert found["Service"]["ExecStart"].startswith(OURS)
        assert found["Service"]["WorkingDirectory"] == "/srv/wan_perf"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_finds_no_fault_but_that_nothing_is_installed():
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, UNITS)],  # noqa: S607 - the system's
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert lines == []


@pytest.mark.parametrize("file", TASKS, ids=lambda file: file.name)
def test_a_task_of_windows_starts_once_and_ends(file: Path):
    task = ElementTree.parse(file).getroot()  # noqa: S314 - a file of ours
    assert task.tag == f"{TASK}Task"
    assert task.findtext(f"{TASK}Settings/{TASK}MultipleInstancesPolicy") == "IgnoreNew"
    assert re.fullmatch(r"PT\d+[MH]", task.findtext(f"{TASK}Settings/{TASK}ExecutionTimeLimit", ""))


def test_polls_are_due_every_five_minutes_on_either_system():
    assert unit(DEPLOY / "systemd/wan-perf-collect.timer")["Timer"]["OnCalendar"] == "*:00/5"
    task = ElementTree.parse(DEPLOY / "windows/wan-perf-collect.xml")  # noqa: S314 - a file of ours
    interval = task.findtext(
        f"{TASK}Triggers/{TASK}CalendarTrigger/{TASK}Repetition/{TASK}Interval"
    )
    assert interval == "PT5M"
