"""Settings and the files that they name.

Belongs here: what is set, and whether the policy can be read.
Keep out: whether what is set leads anywhere (`cloud`, `store`, `machine`), contracts
(`policy.contracts`).
"""

from collections.abc import Iterator

from wan_perf.defs.resources import PolicyFile
from wan_perf.doctor.finding import Finding
from wan_perf.errors import UsageError
from wan_perf.settings import Settings

FILES = ("policy", "contracts")
"""Checks of files that a person writes."""


def examine_files(settings: Settings) -> Iterator[Finding]:
    """The settings, then the policy file."""
    yield _settings(settings)
    yield _policy(settings)


def empty_settings(settings: Settings) -> list[str]:
    """Names of the empty settings without which no request can be sent to Mist."""
    needed = {
        "MIST_API_TOKEN": settings.mist_api_token.get_secret_value(),
        "MIST_ORG_ID": settings.mist_org_id,
    }
    return [name for name, value in needed.items() if not value.strip()]


def _settings(settings: Settings) -> Finding:
    empty = empty_settings(settings)
    found = (
        f"warehouse {settings.warehouse}, home {settings.home}, "
        f"organisation {settings.mist_org_id or 'none'}."
    )
    if not empty:
        return Finding("settings", "ok", found)
    return Finding(
        "settings",
        "FAILED",
        f"{found} Empty: {', '.join(empty)}.",
        f"Set {' and '.join(empty)} in the environment or in .env.",
    )


def _policy(settings: Settings) -> Finding:
    try:
        policy = PolicyFile(settings).read()
    except UsageError as error:
        return Finding("policy", "FAILED", str(error))
    if settings.policy_path is None:
        return Finding("policy", "ok", "the default levels; WAN_PERF_POLICY names no file.")
    overrides = len(policy.override)
    return Finding("policy", "ok", f"{settings.policy_path} is valid; overrides: {overrides}.")
