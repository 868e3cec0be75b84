"""The command line as a person uses it: its output, its exit code, a home with hours collected."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from wan_perf.cli import main
from wan_perf.simulator import Cloud, Fleet
from wan_perf_tests.support.graph.staged import HOUR, START

SECRET = "s3cr3t-t0ken-that-must-not-show"  # noqa: S105 - opens this test's simulator only
COLLECTED = START + 8 * HOUR
"""End of the hours that are collected in the home."""
FLEET = Fleet.seeded(84, 2, START, START + 24 * HOUR)
"""Two stores; in the collected hours a congestion, a reboot, missed polls and a port that fails."""


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Shell:
    """Runs wan-perf with settings of its own and nothing from the surroundings.

    `run` calls the entry point in this process, which saves the seconds that imports take;
    `process` starts one, as a person does. Without a cloud for commands that only read.
    """

    def __init__(self, home: Path, cloud: Cloud | None = None) -> None:
        self.home = home
        self.settings = {"WAN_PERF_HOME": str(home), "WAN_PERF_START": f"{START:%Y-%m-%dT%H:%M}"}
        if cloud is not None:
            self.settings |= {
                "MIST_API_TOKEN": cloud.token,
                "MIST_ORG_ID": cloud.org_id,
                "MIST_BASE_URL": cloud.url,
                "WAN_PERF_CLOCK": "simulator",
            }

    def run(self, *arguments: str, **settings: str) -> Ended:
        out, err, code = io.StringIO(), io.StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in os.environ:
                if name.startswith(("MIST_", "WAN_", "SNF_")):
                    patch.delenv(name)
            for name, value in {**self.settings, **settings}.items():
                patch.setenv(name, value)
            patch.chdir(self.home)
            patch.setattr(sys, "argv", ["wan-perf", *arguments])
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        return Ended(code, out.getvalue(), err.getvalue())

    def process(self, *arguments: str) -> Ended:
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("MIST_", "WAN_", "SNF_"))
        }
        done = subprocess.run(
            [sys.executable, "-m", "wan_perf", *arguments],
            env={**inherited, **self.settings, "PYTHONUTF8": "1"},
            cwd=self.home,
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def counts(self) -> dict[str, int]:
        file = self.home / "wan_perf.duckdb"
        if not file.exists():
            return {}
        with duckdb.connect(str(file), read_only=True) as connection:
            names = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
            return {
                name: connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
                for name in names
            }


def collected(home: Path, cloud: Cloud) -> Shell:
    """A home with hours collected by the command."""
    shell = Shell(home, cloud)
    start, end = (f"{at:%Y-%m-%dT%H:%M}" for at in (START, COLLECTED))
    done = shell.run("collect", "--start", start, "--end", end)
    assert done.returncode == 0, done.stderr
    return shell


def containing_the_secret(home: Path) -> list[Path]:
    """The files of a home that contain the token."""
    return [
        path for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
