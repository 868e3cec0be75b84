"""Checks of this installation: settings, Mist, the warehouse, the machine.

Belongs here: checks whose failure a person can correct, and the advice for it.
Keep out: corrections; nothing is changed for good. How findings are shown (`cli.doctor`).
"""

from collections.abc import Iterator

from pydantic import SecretStr

from wan_perf.doctor.cloud import CLOUD, examine_cloud
from wan_perf.doctor.contracts import examine_contracts
from wan_perf.doctor.files import FILES, empty_settings, examine_files
from wan_perf.doctor.finding import Finding, skip
from wan_perf.doctor.machine import MACHINE, examine_machine
from wan_perf.doctor.policy import DESCRIBED, examine_described
from wan_perf.doctor.store import PATIENCE_S, STORE, examine_store
from wan_perf.errors import UsageError
from wan_perf.mist.collect.clock import Clock, RealClock
from wan_perf.settings import Settings, read_settings

__all__ = ["Finding", "examine"]


def examine(clock: Clock | None = None, patience_s: float = PATIENCE_S) -> Iterator[Finding]:
    """Every check in order, each as soon as it is made; without secrets.

    `clock` is the machine's, `patience_s` the longest wait for a file that is locked [s].
    """
    try:
        settings = read_settings()
    except UsageError as error:
        yield Finding("settings", "FAILED", str(error))
        names = (*FILES, *CLOUD, *STORE, *DESCRIBED, *MACHINE)
        yield from skip(names, "the settings cannot be read")
        return
    values = (getattr(settings, name) for name in Settings.model_fields)
    secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    for finding in _findings(settings, clock or RealClock(), patience_s):
        yield finding.without(secrets)


def _findings(settings: Settings, clock: Clock, patience_s: float) -> Iterator[Finding]:
    yield from examine_files(settings)
    yield from examine_cloud(settings, clock)
    is_open = True
    for finding in examine_store(settings, clock, patience_s):
        is_open &= (finding.name, finding.verdict) != ("warehouse", "FAILED")
        yield finding
    # A login that was refused is not tried again: accounts are locked after a few.
    can_request = not empty_settings(settings)
    yield examine_contracts(settings, clock, can_request=can_request, is_open=is_open)
    yield from examine_described(settings, patience_s, is_open=is_open)
    yield from examine_machine(settings)
