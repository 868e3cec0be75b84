"""The settings, read once: the only reader of `.env`, and of our variables in the environment.

Belongs here: every setting with its name, default and meaning.
Keep out: what a setting configures; the proxy variables that every HTTP client follows
(`mist.client.network`). Secrets are never shown.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from wan_perf.env_file import ENV_FILE, env_file, refuse_unreadable
from wan_perf.errors import UsageError
from wan_perf.setting_types import Owner, WebAddress
from wan_perf.time_argument import TimeArgument, months_back, time_argument
from wan_perf.user_paths import UserPath, made_folder

MONTHS_OF_HISTORY = 13


class Settings(BaseSettings):
    """What a user can set; each field's alias is the name in the environment or in `.env`."""

    model_config = SettingsConfigDict(
        # By alias only: a field's own name, such as home, would be read from $HOME.
        env_file=ENV_FILE,
        env_file_encoding="utf-8-sig",
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
        None, alias="MIST_BASE_URL", description="Another address for the same API: the simulator."
    )
    mist_proxy: SecretStr = Field(
        SecretStr(""),
        alias="MIST_PROXY",
        description="Proxy to the Mist Cloud, http://USER:PASSWORD@HOST:PORT; default HTTPS_PROXY.",
    )
    mist_ca_bundle: UserPath | None = Field(
        None,
        alias="MIST_CA_BUNDLE",
        description="PEM file of trusted authorities; default REQUESTS_CA_BUNDLE, SSL_CERT_FILE.",
    )
    mist_verify: Literal["on", "off"] = Field(
        "on",
        alias="MIST_VERIFY",
        description="off: certificates are not verified, and the token can be intercepted.",
    )
    mist_connect_timeout: float = Field(
        5.0,
        gt=0,
        le=600,
        alias="MIST_CONNECT_TIMEOUT",
        description="Longest wait for a connection to Mist. [s]",
    )
    mist_read_timeout: float = Field(
        60.0,
        gt=0,
        le=600,
        alias="MIST_READ_TIMEOUT",
        description="Longest wait for the next bytes of an answer of Mist. [s]",
    )
    mist_page_rows: int = Field(
        1000,
        ge=10,
        le=1000,
        alias="MIST_PAGE_ROWS",
        description="Rows requested in one page; fewer cost more calls of the hour's 5,000.",
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
    score_hours: int = Field(
        24,
        ge=0,
        le=336,
        alias="WAN_PERF_SCORE_HOURS",
        description="Hours back for which a range requests Mist's site scores, a call an hour.",
    )
    sle_sites: int = Field(
        20,
        ge=0,
        alias="WAN_PERF_SLE_SITES",
        description="Degraded sites an hour, worst first, whose causes are requested; 0: none.",
    )
    automation: Literal["off", "on"] = Field(
        "off",
        alias="WAN_PERF_AUTOMATION",
        description="on: schedule and sensors run as soon as a Dagster daemon does.",
    )
    warehouse: Literal["duckdb", "snowflake"] = Field(
        "duckdb", alias="WAN_PERF_WAREHOUSE", description="Where tables are stored."
    )
    home: UserPath = Field(
        Path("data"),
        validate_default=True,
        alias="WAN_PERF_HOME",
        description="Folder of the embedded warehouse, Dagster's home, exports and logs.",
    )
    home_readers: Literal["owner", "group"] = Field(
        "owner",
        alias="WAN_PERF_HOME_READERS",
        description="Who may read new files of the home: its owner only, or the owner's group too.",
    )
    duckdb: UserPath | None = Field(
        None,
        alias="WAN_PERF_DUCKDB",
        description="File of the embedded warehouse; default wan_perf.duckdb in the home.",
    )
    publish: Literal["on", "off"] = Field(
        "on",
        alias="WAN_PERF_PUBLISH",
        description="off: runs on Snowflake write no published copy, which the dashboard reads.",
    )
    start_given: str = Field(
        "",
        alias="WAN_PERF_START",
        description="First hour, UTC; default the first day of the month 13 months back.",
    )
    policy_path: UserPath | None = Field(
        None,
        alias="WAN_PERF_POLICY",
        description="TOML file: thresholds and overrides, regions, store types, trading hours.",
    )
    circuits_path: UserPath | None = Field(
        None, alias="WAN_PERF_CIRCUITS", description="CSV file: the contracts of the circuits."
    )
    dagster_home_given: UserPath | None = Field(
        None,
        alias="DAGSTER_HOME",
        description="Dagster's own: where its UI keeps runs; the command line's are in the home.",
    )
    owner: Owner = Field(
        "team:network-operations",
        alias="WAN_PERF_OWNER",
        description="Who answers for the assets in the Dagster UI: an e-mail or team:NAME.",
    )
    dashboard_url: WebAddress = Field(
        "",
        alias="WAN_PERF_DASHBOARD_URL",
        description="Address of the dashboard, such as https://wan.example.com: assets link to it.",
    )
    dagster_url: WebAddress = Field(
        "",
        alias="WAN_PERF_DAGSTER_URL",
        description="Address of Dagster's UI: the dashboard links to its assets and runs.",
    )
    snf_account: str = Field("", alias="SNF_ACCOUNT", description="Snowflake account identifier.")
    snf_user: str = Field("", alias="SNF_USER", description="Snowflake user.")
    snf_private_key_path: UserPath | None = Field(
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

    @field_validator("start_given", mode="before")
    @classmethod
    def _is_instant(cls, value: object) -> str:
        text = value.isoformat() if isinstance(value, datetime) else str(value).strip()
        if text:
            time_argument(text)
        return text

    @property
    def duckdb_path(self) -> Path:
        """File of the embedded warehouse."""
        return self.duckdb or self.home / "wan_perf.duckdb"

    @property
    def published_path(self) -> Path:
        """Folder of the published copy of the warehouse."""
        return self.home / "published"

    @property
    def publishes(self) -> bool:
        """Whether runs write the published copy, without which nobody reads a DuckDB file."""
        return self.publish == "on" or self.warehouse == "duckdb"

    @property
    def dagster_home(self) -> Path:
        """Folder of the command line's Dagster instance, absolute."""
        return (self.home / "dagster").resolve()

    @property
    def start(self) -> datetime:
        """First hour of all partitions, naive UTC.

        A start that depends on today is the one that `keep_start` stored in the home, so that the
        partitions do not move from day to day.
        """
        given = self._start_argument
        at = given.at if given else None
        if at is None:
            stored = self._start_file
            if stored.is_file():
                return datetime.fromisoformat(stored.read_text(encoding="utf-8").strip())
            now = datetime.now(UTC).replace(tzinfo=None)
            at = given.resolved(now) if given else months_back(now, MONTHS_OF_HISTORY)
        return at.replace(minute=0, second=0, microsecond=0)

    def keep_start(self) -> None:
        """Store a start that depends on today in the home, once; a refused command stores none."""
        given = self._start_argument
        if (given is None or given.at is None) and not self._start_file.exists():
            start = self.start
            made_folder(self.home, "WAN_PERF_HOME")
            self._start_file.write_text(start.isoformat(), encoding="utf-8")

    @property
    def _start_argument(self) -> TimeArgument | None:
        return time_argument(self.start_given) if self.start_given else None

    @property
    def _start_file(self) -> Path:
        """start.txt, or of a relative start its own: start-90d.txt."""
        relative = "".join(self.start_given.lower().split())
        return self.home / f"start{'-now' if relative == 'now' else relative}.txt"


def read_settings(**given: object) -> Settings:
    """The settings from the environment and `.env`; what is given wins, by the names used there.

    Raises:
        UsageError: a setting has a value that it cannot have; the sentence names it.
    """
    unknown = given.keys() - {field.alias for field in Settings.model_fields.values()}
    if unknown:
        raise TypeError(f"no such settings: {', '.join(sorted(unknown))}")
    file = env_file()
    refuse_unreadable(file)
    try:
        return Settings(_env_file=file, **given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0])
        if name in Settings.model_fields:  # of a default, which has no alias
            name = str(Settings.model_fields[name].alias)
        why = first["msg"].removeprefix("Value error, ")
        raise UsageError(
            f"Setting {name}: {why}; correct it in the environment or in {file}."
        ) from None
