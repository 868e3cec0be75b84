"""An estate, homes that were collected once, and commands that run on copies of them.

Belongs here: the stages of an installation, running a command on a home, comparing two homes.
Keep out: what is done to a home (the attacks).

Every command has a Mist Cloud of its own, whose answers depend on seed and instant alone: a command
that runs again at the same instant stores the same rows.
"""

import encodings
import importlib
import logging
import os
import pkgutil
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import wan_perf
from wan_perf.cli import main
from wan_perf.cli.demo import demo_environment
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.proofs.breaking.forked import Ended, environment, forked
from wan_perf_tests.proofs.breaking.rows import Difference, difference
from wan_perf_tests.support.graph.staged import HOUR, START

FILE = "wan_perf.duckdb"
SECRET = "s3cr3t-t0ken-that-must-not-show"  # noqa: S105 - opens this simulation only
MINUTE = HOUR / 60
NOW = START + 26 * HOUR
"""When every command but the first one runs: a whole day is over."""
Before = Callable[[Cloud], None]


@dataclass(frozen=True)
class Step:
    """One command of the undisturbed installation: the stage that it starts from, and the instant.

    `start` alters the copied home before.
    """

    of: str
    arguments: tuple[str, ...]
    now: datetime
    start: Callable[[Path], None] | None = None


def _range(first: datetime, last: datetime) -> tuple[str, ...]:
    return ("--start", f"{first:%Y-%m-%dT%H:%M}", "--end", f"{last:%Y-%m-%dT%H:%M}")


def _corrected(home: Path) -> None:
    """Contracts with another bandwidth: every stored hour is computed again."""
    file = home / "contracts.csv"
    header, *rows = file.read_text(encoding="utf-8").splitlines()
    place = header.split(",").index("bandwidth_down_mbps")
    changed = [row.split(",") for row in rows]
    for cells in changed:
        cells[place] = "640"
    lines = [header, *(",".join(cells) for cells in changed)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


STEPS = {
    "live": Step("", ("collect",), START + 70 * MINUTE),
    "history": Step("live", ("collect", *_range(START, START + 25 * HOUR)), NOW),
    "days": Step("history", ("aggregate", "daily"), NOW),
    "weeks": Step("days", ("aggregate", "weekly"), NOW),
    "months": Step("weeks", ("aggregate", "monthly"), NOW),
    "inventory": Step("days", ("collect", "--inventory"), NOW),
    "corrected": Step("months", ("collect", "--inventory"), NOW, _corrected),
}
"""The life of an installation by the stage that each command reaches. `live` runs the inventory and
a live pass, `history` fetches and computes hours, `days` the events, days and reports, `inventory`
takes another inventory and live pass, and `corrected` computes all hours and periods again (the job
of the facts)."""


def import_all() -> None:
    """Import what commands import when they run, so that their children need not.

    Codecs too: a child that has become another user may be unable to read Python's own library.
    """
    for module in pkgutil.walk_packages(wan_perf.__path__, "wan_perf."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for codec in ("utf_8_sig", "utf_16", "utf_16_le", "idna", "latin_1", "ascii"):
        importlib.import_module(f"{encodings.__name__}.{codec}")


@dataclass
class Lab:
    """A folder of homes, made when they are first needed."""

    folder: Path
    fleet: Fleet = field(default_factory=lambda: Fleet.seeded(84, 2, START, NOW + 24 * HOUR))
    _count: int = 0

    def stage(self, name: str) -> Path:
        """The home of a stage, undisturbed; nobody changes it."""
        home = self.folder / f"stage-{name or 'new'}"
        if home.exists():
            return home
        if not name:
            home.mkdir(parents=True)
            (home / "contracts.csv").write_text(self.fleet.contracts_csv(), encoding="utf-8")
            return home
        copied = self.before(name)
        log = self.folder / f"stores-{name}"
        log.touch()
        ended = self.run(
            copied, *STEPS[name].arguments, now=STEPS[name].now, before=partial(_recording, log)
        )
        if ended.code:
            raise RuntimeError(
                f"The undisturbed {name} failed ({ended.code}): {ended.err}{ended.out}"
            )
        (self.folder / f"seconds-{name}").write_text(f"{ended.seconds}", encoding="utf-8")
        return copied.rename(home)

    def seconds(self, name: str) -> float:
        """How long the command of a stage took. [s]"""
        self.stage(name)
        return float((self.folder / f"seconds-{name}").read_text(encoding="utf-8"))

    def stores(self, name: str) -> list[str]:
        """Names of the tables that the command of a stage stores, in their order."""
        self.stage(name)
        return (self.folder / f"stores-{name}").read_text(encoding="utf-8").split()

    def before(self, name: str) -> Path:
        """A copy of the home as it is before the command that reaches the stage."""
        step = STEPS[name]
        home = self.copy(step.of)
        if step.start:
            step.start(home)
        return home

    def copy(self, name: str) -> Path:
        """A copy of a stage's home, to be harmed."""
        self._count += 1
        place = self.folder / f"case-{os.getpid()}-{self._count}"
        return Path(shutil.copytree(self.stage(name), place, symlinks=True))

    def settings(self, home: Path, cloud: Cloud) -> dict[str, str]:
        """The environment of a command on this home."""
        return demo_environment(cloud, home, home / "contracts.csv", START) | {"COLUMNS": "200"}

    def run(
        self,
        home: Path,
        *arguments: str,
        now: datetime = NOW,
        ticking: bool = False,
        before: Before | None = None,
        kill_after_s: float | None = None,
        **settings: str,
    ) -> Ended:
        """Run wan-perf in a child, with a cloud whose clock stands at `now`, and further settings.

        `before` does its harm in the child, when the cloud listens and before the command begins.
        """

        def work() -> None:
            served = serve(self.fleet, now=now, token=SECRET, ticking=ticking)
            with served as cloud, environment(self.settings(home, cloud) | settings):
                # What the cloud's own server reports of an answer that it cut is not the command's.
                logging.getLogger("uvicorn.error").disabled = True
                os.chdir(home if home.is_dir() else self.folder)
                sys.argv = ["wan-perf", *arguments]
                if before:
                    before(cloud)
                main()

        return forked(work, kill_after_s=kill_after_s)

    def compare(self, home: Path, name: str, file: str = FILE) -> Difference:
        """How the tables of a home differ from those of the stage."""
        expected = self.stage(name) / FILE
        if _same_bytes(home / file, expected):
            return Difference()
        ended = forked(lambda: difference(home / file, expected))
        if not isinstance(ended.value, Difference):
            return Difference(0, 0, f"cannot be compared: {ended.err.strip()[-300:]}")
        return ended.value

    def discard(self, home: Path) -> None:
        """Remove the home of a case."""
        for path in (home, *home.rglob("*")) if home.is_dir() else ():
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(home, ignore_errors=True)


def _recording(log: Path, _: Cloud) -> None:
    """Let this process write down which tables it stores."""
    store = DuckDBWarehouse.store

    def stored(self: Any, table: Any, *given: Any, **named: Any) -> Any:
        with log.open("a", encoding="utf-8") as lines:
            lines.write(f"{table.name}\n")
        return store(self, table, *given, **named)

    DuckDBWarehouse.store = stored  # type: ignore[method-assign]


def _same_bytes(found: Path, expected: Path) -> bool:
    """The same file, with nothing in a write-ahead log: then no table needs to be read."""
    if not found.is_file() or found.with_name(f"{found.name}.wal").exists():
        return False
    return found.read_bytes() == expected.read_bytes()
