"""The policy: levels, overrides, regions, trading hours and the rules of reports.

Belongs here: what an operator decides, and how the policy file is read.
Keep out: which levels hold for whom (`levels`), when stores trade (`trading_hours`), finding hours
above a level (`kpi`).
"""

import codecs
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from wan_perf.errors import UsageError
from wan_perf.policy.levels import (
    METRICS,
    Levels,
    Override,
    Thresholds,
    checked_overrides,
    level_rows,
)
from wan_perf.policy.trading_hours import TradingHours, in_order
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import TRAILING_WINDOWS

__all__ = [
    "METRICS",
    "ChronicRule",
    "Levels",
    "Override",
    "Policy",
    "Retention",
    "Thresholds",
    "TradingHours",
    "TrendRule",
    "Windows",
    "read_policy",
]

_FROZEN = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


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
    """When a circuit grows or shrinks, over its last `of_days` days of trading.

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


def _as_entries(value: Any) -> Any:
    """One table of the file is a list of one."""
    return (value,) if isinstance(value, dict | TradingHours) else value


class Retention(BaseModel):
    """How long Dagster's records are retained after their run ended, and raw rows. [days]

    The log of a run that succeeded is removed after `live_log_days` or `log_days`, that of one that
    failed after `failed_log_days`, the run itself after `live_run_days` or `run_days`, evaluations
    of automation conditions after `evaluation_days`. The materialization status of partitions and
    the newest result of each check stay.

    `raw_days` replaces the retention that raw tables declare (`tables.RAW_DAYS`). It is at least 32
    days: Mist's own history of 14 days and two days of neighbours can always be computed again.
    That of trailing windows is stated under `[windows]`.
    """

    model_config = _FROZEN

    live_log_days: float = Field(1, ge=0)
    log_days: float = Field(7, ge=0)
    failed_log_days: float = Field(14, ge=0)
    live_run_days: float = Field(14, ge=0)
    run_days: float = Field(90, ge=0)
    evaluation_days: float = Field(7, ge=0)
    raw_days: float | None = Field(None, ge=32)

    def log_age(self, *, is_live: bool, is_success: bool) -> timedelta:
        """Age from which the log of a run goes."""
        succeeded = self.live_log_days if is_live else self.log_days
        return timedelta(days=succeeded if is_success else self.failed_log_days)

    def run_age(self, *, is_live: bool) -> timedelta:
        """Age from which a run goes."""
        return timedelta(days=self.live_run_days if is_live else self.run_days)

    def row_age(self, declared_days: float | None) -> timedelta | None:
        """Age from which rows go of a table that declares these days; None: never."""
        if declared_days is None:
            return None
        return timedelta(days=declared_days if self.raw_days is None else self.raw_days)


class Windows(BaseModel):
    """Trailing windows of how many days are computed automatically and retained. [days]

    They answer what is bad now; those of any older hour follow from its circuit-hours.
    """

    model_config = _FROZEN

    days: float = Field(7, ge=1, le=400)

    @property
    def age(self) -> timedelta:
        """Age of an hour from which its windows are not computed any more."""
        return timedelta(days=self.days)


class Policy(BaseModel):
    """What the operator decides: levels, overrides, regions, trading hours, rules of reports.

    A check warns of a run with a larger share of unknown minutes than `unknown_minutes_pct`.
    An override without region, store_type, site and circuit changes the default from its date on.
    `trading_hours` are by date, the first since ever.
    """

    model_config = _FROZEN

    thresholds: Thresholds = Thresholds()
    override: tuple[Override, ...] = ()
    region_prefix: str = "Region-"
    store_type_prefix: str = "Type-"
    trading_hours: Annotated[
        tuple[TradingHours, ...], BeforeValidator(_as_entries), AfterValidator(in_order)
    ] = (TradingHours(),)
    unknown_minutes_pct: float = Field(5, ge=0, le=100)
    chronic: ChronicRule = ChronicRule()
    trend: TrendRule = TrendRule()
    retention: Retention = Retention()
    windows: Windows = Windows()
    top_places: int = Field(20, ge=1, description="Circuits that a ranking lists.")

    @model_validator(mode="after")
    def _overrides_agree(self) -> "Policy":
        checked_overrides(self.thresholds, self.override)
        return self

    def row_age(self, table: Table) -> timedelta | None:
        """Age from which rows of the table are removed; None: never."""
        if table in TRAILING_WINDOWS:
            return self.windows.age
        return self.retention.row_age(table.retention_days)

    def rows(self) -> list[dict[str, object]]:
        """Rows of `dim_policy`: each level with its scope and the time in which it holds."""
        return level_rows(checked_overrides(self.thresholds, self.override))


def read_policy(path: Path | None) -> Policy:
    """The policy of a TOML file; the default policy without one.

    UTF-8, with or without a byte order mark; UTF-16 with one.

    Raises:
        UsageError: the file is missing or no TOML, has an unknown key or a value that cannot be.
    """
    if path is None:
        return Policy()
    try:
        return Policy.model_validate(tomllib.loads(_text(path.read_bytes())))
    except OSError as error:
        raise UsageError(
            f"Policy file {path} cannot be read: {error.strerror}; fix WAN_PERF_POLICY."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"Policy file {path} is not TOML: {error}; fix the file.") from None
    except ValidationError as error:
        raise UsageError(f"Policy file {path}, {_what(error)}; fix the file.") from None


def _what(error: ValidationError) -> str:
    """Where the first fault is, and what; with the keys that exist, or that are needed."""
    found = error.errors(include_url=False)
    first = found[0]
    where = ".".join(str(part) for part in first["loc"]) or "the file"
    fields = _fields(first["loc"][:-1])
    if first["type"] == "extra_forbidden":
        keys = ", ".join(fields)
        return f"{where}: unknown key; there are {keys}" if keys else f"{where}: unknown key"
    if first["type"] == "missing":
        needed = ", ".join(name for name, field in fields.items() if field.is_required())
        return f"{where}: this key is missing; needed are {needed}"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"


def _fields(place: tuple[int | str, ...]) -> dict[str, FieldInfo]:
    """Fields of the table at a place of the file; none where the place has several kinds."""
    model: type[BaseModel] = Policy
    for part in place:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        kinds = list(_models(field.annotation)) if field else []
        if len(kinds) != 1:
            return {}
        model = kinds[0]
    return model.model_fields


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _text(content: bytes) -> str:
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_utf_16 else "utf-8-sig")
