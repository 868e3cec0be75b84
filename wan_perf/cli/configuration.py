"""`wan-perf config show`: every setting, its value, and where the value comes from.

Belongs here: the source of a value, hiding secrets.
Keep out: what a setting means (`settings`), whether it works (`doctor`).
"""

import os
import re
from dataclasses import asdict, dataclass

from dotenv import dotenv_values
from pydantic import SecretStr
from rich.console import Console

from wan_perf.cli.machine_readable import print_json
from wan_perf.cli.terminal import bold
from wan_perf.env_file import env_file
from wan_perf.settings import Settings

HIDDEN = "***"
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]+@")


@dataclass(frozen=True)
class Shown:
    """A setting: its name, its value without secrets (None: not set), and the source of it."""

    name: str
    value: str | None
    source: str
    meaning: str


def shown_settings(settings: Settings) -> list[Shown]:
    """Every setting in the order of the class."""
    file = env_file()
    in_environment = _names_with_value(dict(os.environ))
    in_file = _names_with_value(dotenv_values(file, encoding="utf-8-sig") if file.is_file() else {})
    # Defaults that depend on the home or on today.
    effective = {"WAN_PERF_START": settings.start, "WAN_PERF_DUCKDB": settings.duckdb_path}
    found = []
    for field, info in Settings.model_fields.items():
        name = str(info.alias)
        source = "default"
        if name in in_environment:
            source = "environment"
        elif name in in_file:
            source = str(file)
        value = _display(effective.get(name, getattr(settings, field)))
        found.append(Shown(name, value, source, info.description or ""))
    return found


def print_settings(found: list[Shown], console: Console, *, as_json: bool) -> None:
    """Print a line a setting, or a JSON list."""
    if as_json:
        print_json([asdict(one) for one in found])
        return
    width = max(len(one.name) for one in found)
    for one in found:
        value = "not set" if one.value is None else one.value
        console.print(bold(f"{one.name:<{width}}"), f"{value}  ({one.source})", soft_wrap=True)


def _names_with_value(values: dict[str, str | None]) -> set[str]:
    """Names with a value, as the settings read them: in any case."""
    return {name.upper() for name, value in values.items() if value}


def _display(value: object) -> str | None:
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else None
    if value is None or value == "":
        return None
    return _CREDENTIALS.sub(f"{HIDDEN}@", str(value))
