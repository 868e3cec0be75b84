"""Odd places for `export --out` and `backup --out`: pipes, devices, links, files of ours.

Belongs here: places, and what must stand beside them afterwards.
Keep out: what an export holds.
"""

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from wan_perf_tests.proofs.breaking.lab import Lab
from wan_perf_tests.proofs.breaking.outcome import Case, Outcome, outcome

STAGE = "days"
VICTIM = "a file of somebody else\n"


def _fifo(home: Path) -> Path:
    place = home / "pipe.csv"
    os.mkfifo(place)
    subprocess.Popen(["timeout", "60", "cat", str(place)], stdout=subprocess.DEVNULL)  # noqa: S607
    return place


def _link_out(home: Path) -> Path:
    (home / "out.csv").symlink_to(_victim(home))
    return home / "out.csv"


def _link_in(home: Path) -> Path:
    (home / "named.csv").write_text("old", encoding="utf-8")
    (home / "out.csv").symlink_to("named.csv")
    return home / "out.csv"


def _dangling(home: Path) -> Path:
    (home / "out.csv").symlink_to("/nonexistent/folder/file.csv")
    return home / "out.csv"


def _ring(home: Path) -> Path:
    (home / "out.csv").symlink_to("out.csv")
    return home / "out.csv"


def _hard_link(home: Path) -> Path:
    os.link(home / "wan_perf.duckdb", home / "out.csv")
    return home / "out.csv"


def _link_to_warehouse(home: Path) -> Path:
    (home / "out.csv").symlink_to("wan_perf.duckdb")
    return home / "out.csv"


def _folder(home: Path) -> Path:
    (home / "out.csv").mkdir()
    return home / "out.csv"


def _victim(home: Path) -> Path:
    other = home / "elsewhere"
    other.mkdir(exist_ok=True)
    (other / "victim").write_text(VICTIM, encoding="utf-8")
    return other / "victim"


PLACES: dict[str, tuple[Callable[[Path], Path], tuple[int, ...]]] = {
    "a pipe": (_fifo, (0,)),
    "a null device": (lambda _: Path("/dev/null"), (0,)),
    "a full device": (lambda _: Path("/dev/full"), (1,)),
    "a link out of its folder": (_link_out, (2,)),
    "a link in its folder": (_link_in, (0,)),
    "a dangling link": (_dangling, (1, 2)),
    "a link to itself": (_ring, (1, 2)),
    "a hard link to the warehouse": (_hard_link, (2,)),
    "a link to the warehouse": (_link_to_warehouse, (2,)),
    "a folder": (_folder, (1, 2)),
    "the warehouse": (lambda home: home / "wan_perf.duckdb", (2,)),
    "its write-ahead log": (lambda home: home / "wan_perf.duckdb.wal", (2,)),
    "Dagster's records": (lambda home: home / "dagster" / "history" / "runs.db", (2,)),
    "Dagster's configuration": (lambda home: home / "dagster" / "dagster.yaml", (2,)),
    "the contracts": (lambda home: home / "contracts.csv", (2,)),
    "the settings": (lambda home: home / ".env", (2,)),
    "the start": (lambda home: home / "start.txt", (2,)),
    "a folder of ours": (lambda home: home / "dev" / "out.csv", (2,)),
    "the published copy": (lambda home: home / "published" / "manifest.json", (2,)),
    "below a file": (lambda home: home / "contracts.csv" / "out.csv", (1, 2)),
    "a name that is too long": (lambda home: home / ("n" * 300 + ".csv"), (1, 2)),
    "a name with control characters": (lambda home: home / "\x1b[2J\u202e[/red].csv", (0, 1, 2)),
    "a folder that is missing": (lambda home: home / "new" / "deep" / "out.csv", (0,)),
    "a folder that is not ours to write": (lambda _: Path("/proc/out.csv"), (1, 2)),
}


def places(_: Lab, seed: int, most: int) -> list[Case]:
    """A case for each place and format."""
    named = [(place, kind) for kind in ("csv", "parquet") for place in PLACES]
    return [Case(f"{kind} to {place}", partial(_written, place, kind)) for place, kind in named][
        :most
    ]


def _written(place: str, kind: str, lab: Lab) -> Outcome:
    home = lab.copy(STAGE)
    _victim(home)
    make, codes = PLACES[place]
    out = make(home)
    if out.suffix == ".csv" and kind == "parquet" and codes == (0,):
        codes = (2,)  # the ending contradicts the format
    before = _others(home)
    ended = lab.run(home, "export", "circuit_hour", "--format", kind, "--out", str(out))
    changed = [name for name, text in _others(home).items() if before.get(name) != text]
    rows = lab.compare(home, STAGE)
    lab.discard(home)
    fault = f"{', '.join(changed)} was changed" if changed else ""
    return outcome(ended, rows=rows, codes=codes, fault=fault)


def _others(home: Path) -> dict[str, bytes]:
    """Files that no export may change."""
    names = ("contracts.csv", "elsewhere/victim", "dagster/dagster.yaml")
    return {name: (home / name).read_bytes() for name in names}
