"""Levels of a metric: the defaults, and overrides for a scope from a date on.

Belongs here: what a level is for, which levels hold for whom and when.
Keep out: reading the policy file (`thresholds`), which site a name is for (`policy_scopes`),
finding hours above a level (`kpi`).
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from wan_perf.policy.name_matching import folded
from wan_perf.schema.values import SCOPES, SEVERITIES

_FROZEN = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
_ALWAYS = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC by rule
_NAMED_SCOPES = SCOPES[1:]


def _as_level(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{str(value).lower()} is not a level; write a number")
    return value


Level = Annotated[float, BeforeValidator(_as_level)]


class Levels(BaseModel):
    """Rising levels of one metric; a value at a level is above it."""

    model_config = _FROZEN

    warning: Level
    high: Level
    critical: Level

    @model_validator(mode="after")
    def _rise(self) -> "Levels":
        refuse_unless_rising(self.model_dump())
        return self


def refuse_unless_rising(levels: dict[str, Any], of: str = "") -> None:
    """Raise ValueError unless the levels that are given rise with their severity."""
    given = [severity for severity in SEVERITIES if levels.get(severity) is not None]
    if not all(levels[less] < levels[more] for less, more in pairwise(given)):
        words = " < ".join(f"{severity} {levels[severity]:g}" for severity in given)
        raise ValueError(f"levels must rise, {words} does not{of}")


class Thresholds(BaseModel):
    """Default levels of each metric: an hour's value at the level counts as above."""

    model_config = _FROZEN

    utilization_pct: Levels = Levels(warning=70, high=80, critical=90)
    loss_pct: Levels = Levels(warning=0.1, high=0.5, critical=1)
    jitter_ms: Levels = Levels(warning=10, high=30, critical=50)
    latency_ms: Levels = Levels(warning=50, high=100, critical=150)


METRICS = tuple(Thresholds.model_fields)


def _as_instant(value: Any) -> datetime:
    """Naive UTC of a date, an instant, or ISO text; without a zone it is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = f'"{value}"'
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime.combine(value, time())
    raise ValueError(
        f"{value} is not an instant; write a date or an instant, UTC unless it has a zone, such as "
        "2026-03-01 or 2026-03-01T06:00:00-05:00"
    )


class Override(BaseModel):
    """Levels of one metric for one region, store type, site or circuit, from an instant on.

    One level or more: a level that is left out stays as it is for the scope, else as the next wider
    scope has it. A site is named by its id or its name. Without a scope it is for everybody.
    """

    model_config = _FROZEN

    metric: str
    region: str | None = None
    store_type: str | None = None
    site: str | None = None
    circuit: str | None = None
    warning: Level | None = None
    high: Level | None = None
    critical: Level | None = None
    since: Annotated[datetime, BeforeValidator(_as_instant)] = Field(_ALWAYS, alias="from")

    @model_validator(mode="after")
    def _has_a_metric_and_levels(self) -> "Override":
        if self.metric not in METRICS:
            raise ValueError(f"metric {self.metric} is unknown; known are {', '.join(METRICS)}")
        if not self.levels:
            raise ValueError(f"no level; give one or more of {', '.join(SEVERITIES)}")
        refuse_unless_rising(self.levels)
        return self

    @model_validator(mode="after")
    def _one_scope(self) -> "Override":
        named = [scope for scope in _NAMED_SCOPES if getattr(self, scope) is not None]
        if len(named) > 1:
            raise ValueError(f"one of {', '.join(_NAMED_SCOPES)} at a time, not {', '.join(named)}")
        if named and not folded(getattr(self, named[0])):
            raise ValueError(f"{named[0]} is empty; name one, or leave {named[0]} out")
        return self

    @property
    def levels(self) -> dict[str, float]:
        """The levels that it states, by severity."""
        given = {severity: getattr(self, severity) for severity in SEVERITIES}
        return {severity: level for severity, level in given.items() if level is not None}

    @property
    def scope(self) -> tuple[str, str]:
        """What the levels are for: scope and name; the default has the empty name."""
        for scope in _NAMED_SCOPES:
            if (name := getattr(self, scope)) is not None:
                return scope, name
        return SCOPES[0], ""

    @property
    def entry(self) -> tuple[str, str, str]:
        """Metric and scope, the name folded: of one entry and instant there is one override."""
        scope, name = self.scope
        return self.metric, scope, folded(name)


def checked_overrides(
    thresholds: Thresholds, overrides: Sequence[Override]
) -> tuple[Override, ...]:
    """The default levels and the overrides, as entries with dates.

    Raises:
        ValueError: an override has neither scope nor date, two are of one metric, scope and date,
            or levels do not rise together with the defaults that an override leaves in force.
    """
    for override in overrides:
        if override.scope[0] == SCOPES[0] and override.since == _ALWAYS:
            raise ValueError(
                f"the override of {override.metric} names neither {', '.join(_NAMED_SCOPES)} nor "
                f"from; give one, or change [thresholds.{override.metric}]"
            )
    defaults = [
        Override(metric=metric, **getattr(thresholds, metric).model_dump()) for metric in METRICS
    ]
    entries = (*defaults, *overrides)
    seen: set[tuple[object, ...]] = set()
    for entry in entries:
        key = (*entry.entry, entry.since)
        if key in seen:
            raise ValueError(f"two overrides of {_override_name(entry)}; keep one of them")
        seen.add(key)
    _refuse_combined(entries)
    return entries


def _override_name(override: Override) -> str:
    scope, name = override.scope
    of = f"{scope} {name}" if name else "everybody"
    since = "" if override.since == _ALWAYS else f" from {override.since:%Y-%m-%d %H:%M} UTC"
    return f"{override.metric} for {of}{since}"


def _refuse_combined(entries: Sequence[Override]) -> None:
    """Refuse levels that do not rise once a scope's are put over those of everybody.

    Where a scope between the two has levels too, the file does not say which of them come together;
    a check looks at what came of it (`checks.policy`).
    """
    by_entry = _by_entry(entries)
    scopes = {(metric, scope) for metric, scope, _ in by_entry}
    for (metric, scope, _), own in by_entry.items():
        between = _NAMED_SCOPES[: max(SCOPES.index(scope) - 1, 0)]
        if any((metric, other) in scopes for other in between):
            continue
        wide = by_entry[metric, SCOPES[0], ""]
        first = min(entry.since for entry in own)
        for at in sorted({entry.since for entry in (*own, *wide) if entry.since >= first}):
            together = _in_force(wide, at) | _in_force(own, at)
            refuse_unless_rising(together, f", for {_override_name(own[0])}, as of {at:%Y-%m-%d}")


def _by_entry(entries: Iterable[Override]) -> dict[tuple[str, str, str], list[Override]]:
    found: dict[tuple[str, str, str], list[Override]] = {}
    for entry in entries:
        found.setdefault(entry.entry, []).append(entry)
    return found


def _in_force(entries: Iterable[Override], at: datetime) -> dict[str, float]:
    """Levels of one scope at an instant, by severity: of each the newest that is stated."""
    found: dict[str, float] = {}
    for entry in sorted(entries, key=lambda entry: entry.since):
        if entry.since <= at:
            found |= entry.levels
    return found


def level_rows(entries: Sequence[Override]) -> list[dict[str, object]]:
    """Rows of `dim_policy`: each level with its scope and the time in which it holds."""
    found: list[dict[str, object]] = []
    by_entry = _by_entry(entries)
    for entry in entries:
        scope, name = entry.scope
        later_ones = [other for other in by_entry[entry.entry] if other.since > entry.since]
        for severity, level in entry.levels.items():
            later = (other.since for other in later_ones if severity in other.levels)
            found.append(
                {
                    "metric": entry.metric,
                    "severity": severity,
                    "scope": scope,
                    "scope_name": name,
                    "level": level,
                    "valid_from": entry.since,
                    "valid_to": min(later, default=None),
                }
            )
    return found
