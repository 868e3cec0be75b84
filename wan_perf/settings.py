"""The settings, read once: the only reader of the environment and of `.env`.

Belongs here: every setting with its name, default and meaning.
Keep out: what a setting configures. Secrets are never shown.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from wan_perf.errors import UsageError

MONTHS_OF_HISTORY = 13


class Settings(BaseSettings):
    """What a user can set; each field's alias is the name in the environment or in `.env`."""

    model_config = SettingsConfigDict(
        # By alias only: a field's own name, such as home, would be read from $HOME.
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
    )

    mist_api_token: SecretStr = Field(
        SecretStr(""), alias="MIST_API_TOKEN", description="API token of the Mist organisation."
    )
    mist_org_id: str = Field("", alias="MIST_ORG_ID", description="Organisation to collect from.")
    mist_api_host: str = Field(
        "api.mist.com", alias="MIST_API_HOST", description="Mist Cloud that holds the organisation."
    )
    mist_base_url: str | None = Field(
        None,
        alias="MIST_BASE_URL",
        description="Another address for the same API: the simulator, a proxy.",
    )
    clock: Literal["real", "simulator"] = Field(
        "real",
        alias="WAN_PERF_CLOCK",
        description="real, or simulator: take the time from the simulator at MIST_BASE_URL.",
    )
    call_reserve: int = Field(
        1000,
        ge=0,
        alias="WAN_PERF_CALL_RESERVE",
        description="Calls an hour that fetching history leaves to the live passes.",
    )
    automation: Literal["off", "on"] = Field(
        "off",
        alias="WAN_PERF_AUTOMATION",
        description="on: schedule and sensors run as soon as a Dagster daemon does.",
    )
    warehouse: Literal["duckdb", "snowflake"] = Field(
        "duckdb", alias="WAN_PERF_WAREHOUSE", description="Where tables are kept."
    )
    home: Path = Field(
        Path("data"),
        alias="WAN_PERF_HOME",
        description="Folder of the embedded warehouse, Dagster's home, exports and logs.",
    )
    duckdb: Path | None = Field(
        None,
        alias="WAN_PERF_DUCKDB",
        description="File of the embedded warehouse; default wan_perf.duckdb in the home.",
    )
    start_at: datetime | None = Field(
        None,
        alias="WAN_PERF_START",
        description="First hour, UTC; default the first day of the month 13 months back.",
    )
    policy_path: Path | None = Field(
        None,
        alias="WAN_PERF_POLICY",
        description="TOML file: thresholds and overrides, regions, store types, trading hours.",
    )
    circuits_path: Path | None = Field(
        None, alias="WAN_PERF_CIRCUITS", description="CSV file: the contracts of the circuits."
    )
    dagster_home_given: Path | None = Field(
        None,
        alias="DAGSTER_HOME",
        description="Dagster's own: where its UI keeps runs; the command line's are in the home.",
    )
    owner: str = Field(
        "team:network-operations",
        alias="WAN_PERF_OWNER",
        description="Who answers for the assets in the Dagster UI: an e-mail or team:NAME.",
    )
    snf_account: str = Field("", alias="SNF_ACCOUNT", description="Snowflake account identifier.")
    snf_user: str = Field("", alias="SNF_USER", description="Snowflake user.")
    snf_private_key_path: Path | None = Field(
        None,
        alias="SNF_PRIVATE_KEY_PATH",
        description="File of the user's private key (PKCS#8): the way in for a service.",
    )
    snf_private_key: SecretStr = Field(
        SecretStr(""),
        alias="SNF_PRIVATE_KEY",
        description="The private key itself, as base64 of its file.",
    )
    snf_private_key_passphrase: SecretStr = Field(
        SecretStr(""),
        alias="SNF_PRIVATE_KEY_PASSPHRASE",
        description="Passphrase of an encrypted private key.",
    )
    snf_token: SecretStr = Field(
        SecretStr(""), alias="SNF_TOKEN", description="OAuth access token, or programmatic one."
    )
    snf_authenticator: Literal["", "externalbrowser", "oauth", "programmatic_access_token"] = Field(
        "",
        alias="SNF_AUTHENTICATOR",
        description="externalbrowser for a person; what SNF_TOKEN is: oauth (default), "
        "programmatic_access_token.",
    )
    snf_password: SecretStr = Field(
        SecretStr(""),
        alias="SNF_PASSWORD",
        description="Password of the user; Snowflake is retiring logins by password alone.",
    )
    snf_database: str = Field("", alias="SNF_DATABASE", description="Snowflake database.")
    snf_schema: str = Field("", alias="SNF_SCHEMA", description="Snowflake schema.")
    snf_warehouse: str = Field("", alias="SNF_WAREHOUSE", description="Snowflake warehouse.")
    snf_role: str = Field(
        "", alias="SNF_ROLE", description="Snowflake role; default the user's own default one."
    )
    snf_url: str | None = Field(
        None,
        alias="SNF_URL",
        description="Another address of the account: PrivateLink, a proxy, a stand-in.",
    )

    @field_validator("start_at")
    @classmethod
    def _naive_utc(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        return value

    @field_validator("owner")
    @classmethod
    def _known_to_dagster(cls, value: str) -> str:
        if not re.fullmatch(r"team:\S+|[\w.%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}", value, re.ASCII):
            raise ValueError("it is neither an e-mail address nor team: with a name after it")
        return value

    @property
    def duckdb_path(self) -> Path:
        """File of the embedded warehouse."""
        return self.duckdb or self.home / "wan_perf.duckdb"

    @property
    def dagster_home(self) -> Path:
        """Folder of the command line's Dagster instance, absolute."""
        return (self.home / "dagster").resolve()

    @property
    def start(self) -> datetime:
        """First hour of all partitions, naive UTC; the default is kept in the home.

        Kept, so that the partitions do not move from month to month.
        """
        if self.start_at is not None:
            return self.start_at.replace(minute=0, second=0, microsecond=0)
        kept = self.home / "start.txt"
        if kept.exists():
            return datetime.fromisoformat(kept.read_text(encoding="utf-8").strip())
        start = months_back(datetime.now(UTC), MONTHS_OF_HISTORY)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(start.isoformat(), encoding="utf-8")
        return start


def months_back(now: datetime, months: int) -> datetime:
    """First instant of the month that many months before `now`, naive.

    >>> months_back(datetime(2026, 3, 8), 13)
    datetime.datetime(2025, 2, 1, 0, 0)
    """
    month = now.year * 12 + now.month - 1 - months
    return datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001 - naive UTC by rule


def read_settings(**given: object) -> Settings:
    """The settings from the environment and `.env`; what is given wins, by the names used there.

    Raises:
        UsageError: a setting has a value that it cannot have; the sentence names it.
    """
    unknown = given.keys() - {field.alias for field in Settings.model_fields.values()}
    if unknown:
        raise TypeError(f"no such settings: {', '.join(sorted(unknown))}")
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0])
        raise UsageError(
            f"Setting {name}: {first['msg']}; mend it in the environment or in .env."
        ) from None
