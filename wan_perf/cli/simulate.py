"""Serving a simulated Mist Cloud until a person stops it.

Belongs here: what of a simulator a command line can set, and the messages to the user.
Keep out: the simulator (`simulator`).
"""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wan_perf.cli.terminal import Terminal
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.file_modes import modes_at
from wan_perf.settings import read_settings
from wan_perf.simulator import Fleet, serve
from wan_perf.simulator.incidents import KINDS
from wan_perf.user_paths import made_folder
from wan_perf.wording import counted


def run_simulator(
    sites: int,
    seed: int,
    port: int,
    start: datetime | None,
    days: int,
    faults: bool,
    replay: Path | None,
    truth: Path | None,
    hostile: bool = False,
) -> None:
    """Serve until Ctrl+C; without a start the clock runs with the real one.

    Raises:
        UsageError: the recorded series cannot be used.
        WanPerfError: the port is taken.
    """
    console = Terminal(soft_wrap=True)
    now = start or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    end = now + timedelta(days=days)
    if replay is None:
        fleet = Fleet.whole(seed, sites, now, end, KINDS if faults else ())
    else:  # without hubs, of which a recording has nothing
        fleet = _replaying(Fleet.seeded(seed, sites, now, end, faults=faults), replay)
    home = read_settings().home
    try:
        with serve(fleet, now=now, port=port, ticking=start is None, hostile=hostile) as cloud:
            # Not before it serves: a command that is refused leaves no file.
            contracts = made_folder(home, "WAN_PERF_HOME") / "simulated_contracts.csv"
            contracts.write_text(fleet.contracts_csv(), encoding="utf-8")
            if truth is not None:
                with modes_at(truth, home):
                    _write_truth(truth, fleet.truth(now, end))
            clock = "real" if start is None else "simulator"
            moved = f"wan-perf collect --start {now:%Y-%m-%dT%H:%M} --end {end:%Y-%m-%dT%H:%M}"
            moving = "" if start is None else f"Its clock stands still, and moves with {moved}.\n"
            console.print(
                f"A Mist Cloud with {counted(sites, 'store')} at {cloud.url}, "
                f"{len(fleet.faults)} planted faults. To collect from it, set:\n"
                f"  MIST_BASE_URL={cloud.url}\n  MIST_ORG_ID={cloud.org_id}\n"
                f"  MIST_API_TOKEN={cloud.token}\n  WAN_PERF_CLOCK={clock}\n"
                f"  WAN_PERF_CIRCUITS={contracts.resolve()}\n"
                f"  WAN_PERF_START={now:%Y-%m-%dT%H:00}\n{moving}Ctrl+C ends it."
            )
            threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Ended.")
    except OSError as error:
        raise WanPerfError(
            f"Port {port} cannot be served on ({error.strerror}); give another --port."
        ) from None


def _write_truth(file: Path, truth: object) -> None:
    try:
        file.write_text(json.dumps(truth), encoding="utf-8")
    except OSError as error:
        raise WanPerfError(
            f"{file} cannot be written ({error.strerror}); give another --truth."
        ) from None


def _replaying(fleet: Fleet, recording: Path) -> Fleet:
    site, gateway = fleet.sites[0], fleet.gateways[0]
    try:
        return fleet.replaying(recording, site.name, gateway.wan_ports[0].port_id)
    except ValueError as error:
        raise UsageError(
            f"The recording {recording} cannot be replayed: {error}; it needs the columns "
            "timestamp and value."
        ) from None
