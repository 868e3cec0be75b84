"""Severities and levels, and the policy that sets them: default, region, store type, site, circuit.

Belongs here: what a level is for, which levels hold for whom, how a policy file is read.
Keep out: finding hours above a level (`kpi`).
"""

import tomllib
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from wan_perf.columns import SCOPES, SEVERITIES
from wan_perf.errors import UsageError

_FROZEN = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
_ALWAYS = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC by rule


class Levels(BaseModel):
    """Rising levels of one metric; a value at a level is above it."""

    model_config = _FROZEN

    warning: float
    high: float
    critical: float

    @model_validator(mode="after")
    def _rise(self) -> "Levels":
        if not self.warning < self.high < self.critical:
            raise ValueError(
                f"levels must rise, warning {self.warning:g} < high {self.high:g} < critical "
                f"{self.critical:g} does not"
            )
        return self


class Thresholds(BaseModel):
    """Default levels of each metric: an hour's value at the level counts as above."""

    model_config = _FROZEN

    utilization_pct: Levels = Levels(warning=70, high=80, critical=90)
    loss_pct: Levels = Levels(warning=0.1, high=0.5, critical=1)
    jitter_ms: Levels = Levels(warning=10, high=30, critical=50)
    latency_ms: Levels = Levels(warning=50, high=100, critical=150)


METRICS = tuple(Thresholds.model_fields)


def _as_instant(value: object) -> object:
    if hasattr(value, "year") and not isinstance(value, datetime):
        return datetime.combine(value, time())  # type: ignore[arg-type]
    return value


class Override(Levels):
    """Levels of one metric for one region, store type, site or circuit, from a date on."""

    metric: str
    region: str | None = None
    store_type: str | None = None
    site: str | None = None
    circuit: str | None = None
    since: Annotated[datetime, BeforeValidator(_as_instant)] = Field(_ALWAYS, alias="from")

    @model_validator(mode="after")
    def _one_scope(self) -> "Override":
        if self.metric not in METRICS:
            raise ValueError(f"metric {self.metric} is unknown; known are {', '.join(METRICS)}")
        named = [scope for scope in SCOPES[1:] if getattr(self, scope) is not None]
        if len(named) > 1:
            raise ValueError(f"one of {', '.join(SCOPES[1:])} at a time, not {', '.join(named)}")
        return self

    @property
    def scope(self) -> tuple[str, str]:
        """What the levels are for: scope and name; the default has the empty name."""
        for scope in SCOPES[1:]:
            if getattr(self, scope) is not None:
                return scope, getattr(self, scope)
        return SCOPES[0], ""


class TradingHours(BaseModel):
    """When a store trades, local time: [opens, closes)."""

    model_config = _FROZEN

    opens: time = time(8)
    closes: time = time(21)


class ChronicRule(BaseModel):
    """When a circuit is a chronic offender: bad on `bad_days` of its last `of_days` trading days.

    A day is bad with `high_hours` at or above high in any metric, `flaps` transitions, or an
    availability under `availability_pct`; it counts where `coverage_pct` of it is known.
    """

    model_config = _FROZEN

    high_hours: int = Field(1, ge=1, le=24)
    flaps: int = Field(4, ge=1)
    availability_pct: float = Field(99.5, ge=0, le=100)
    coverage_pct: float = Field(50, ge=0, le=100)
    bad_days: int = Field(10, ge=1)
    of_days: int = Field(20, ge=1)

    @model_validator(mode="after")
    def _can_be_met(self) -> "ChronicRule":
        if self.bad_days > self.of_days:
            raise ValueError(f"bad_days {self.bad_days} is more than of_days {self.of_days}")
        return self


class TrendRule(BaseModel):
    """When a circuit is said to grow or to shrink, over its last `of_days` days of trading.

    At least `days` of them have `hours_of_day` hours of utilization; the test is under `p_value`,
    before and after the correction over the fleet, and the slope is `slope_pct` points a day.
    """

    model_config = _FROZEN

    of_days: int = Field(91, ge=28, le=400)
    days: int = Field(28, ge=14)
    hours_of_day: int = Field(4, ge=1, le=24)
    p_value: float = Field(0.01, gt=0, lt=1)
    slope_pct: float = Field(0.1, ge=0)

    @model_validator(mode="after")
    def _can_be_met(self) -> "TrendRule":
        if self.days > self.of_days:
            raise ValueError(f"days {self.days} is more than of_days {self.of_days}")
        return self


class Policy(BaseModel):
    """What the operator decides: levels, overrides, regions, trading hours, rules of reports.

    A check warns of a run with a larger share of unknown minutes than `unknown_minutes_pct`.
    An override without region, store_type, site and circuit changes the default from its date on.
    """

    model_config = _FROZEN

    thresholds: Thresholds = Thresholds()
    override: tuple[Override, ...] = ()
    region_prefix: str = "Region-"
    store_type_prefix: str = "Type-"
    trading_hours: TradingHours = TradingHours()
    unknown_minutes_pct: float = Field(5, ge=0, le=100)
    chronic: ChronicRule = ChronicRule()
    trend: TrendRule = TrendRule()
    top_places: int = Field(20, ge=1, description="Circuits that a ranking tells.")

    def rows(self) -> list[dict[str, object]]:
        """Rows of `dim_policy`: each level with its scope and the time in which it holds."""
        entries = [
            Override(metric=metric, **getattr(self.thresholds, metric).model_dump())
            for metric in METRICS
        ]
        entries += self.override
        found = []
        for entry in entries:
            later = [
                other.since
                for other in entries
                if (other.metric, other.scope) == (entry.metric, entry.scope)
                and other.since > entry.since
            ]
            scope, name = entry.scope
            for severity in SEVERITIES:
                found.append(
                    {
                        "metric": entry.metric,
                        "severity": severity,
                        "scope": scope,
                        "scope_name": name,
                        "level": getattr(entry, severity),
                        "valid_from": entry.since,
                        "valid_to": min(later, default=None),
                    }
                )
        return found


def read_policy(path: Path | None) -> Policy:
    """The policy of a TOML file; the default policy without one.

    Raises:
        UsageError: the file is missing, is no TOML, has an unknown key or levels that do not rise.
    """
    if path is None:
        return Policy()
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(
            f"Policy file {path} cannot be read: {error.strerror}; mend WAN_PERF_POLICY."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"Policy file {path} is not TOML: {error}; mend the file.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        what = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
        what = what.removeprefix("Value error, ")
        raise UsageError(f"Policy file {path}, {where}: {what}; mend the file.") from None
