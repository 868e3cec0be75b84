"""How Snowflake is entered: the settings' way to log in, through dagster-snowflake.

Belongs here: which settings make which login, and what is wrong with them.
Keep out: what is sent over the connection (`warehouse.on_snowflake`).

dagster-snowflake takes five seconds to import: it is imported when a connection is opened.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wan_perf.errors import UsageError
from wan_perf.settings import Settings
from wan_perf.warehouse import SnowflakeWarehouse
from wan_perf.warehouse.snowflake_errors import Names

_LOGGER = logging.getLogger("wan_perf")
_NEEDED = ("account", "user", "database", "schema", "warehouse")


def snowflake_warehouse(settings: Settings) -> SnowflakeWarehouse:
    """The schema that the settings name; nothing is opened.

    Raises:
        UsageError: settings that are needed are empty, or several ways to log in are set.
    """
    named = {name: str(getattr(settings, f"snf_{name}")) for name in _NEEDED}
    missing = [f"SNF_{name.upper()}" for name, value in named.items() if not value]
    if missing:
        raise UsageError(
            f"WAN_PERF_WAREHOUSE is snowflake, and these settings are empty: {', '.join(missing)}; "
            "set them in the environment or in .env."
        )
    return SnowflakeWarehouse(
        Names(**named, role=settings.snf_role), Login(settings, _way(settings))
    )


@dataclass(frozen=True)
class Login:
    """Opens connections with the settings' names and the one way to log in that is set."""

    settings: Settings
    way: Mapping[str, str]

    @contextmanager
    def __call__(self, parameters: Mapping[str, Any]) -> Iterator[Any]:
        """A connection that is closed at the end, whatever happens.

        Raises:
            UsageError: the private key cannot be read; the sentence names its setting.
        """
        from dagster_snowflake import SnowflakeResource

        settings = self.settings
        named: dict[str, Any] = {name: getattr(settings, f"snf_{name}") for name in _NEEDED}
        way: dict[str, Any] = {name: value for name, value in self.way.items() if name != "token"}
        resource = SnowflakeResource(
            **named,
            **way,
            role=settings.snf_role or None,
            autocommit=True,
            additional_snowflake_connection_args={
                **({"token": self.way["token"]} if "token" in self.way else {}),
                **_address(settings.snf_url),
                "session_parameters": dict(parameters),
            },
        )
        try:
            opened = resource.get_connection()
            connection = opened.__enter__()
        except (OSError, TypeError, ValueError) as error:
            raise self._unreadable(error) from error
        # Where a statement fails the resource leaves its connection open.
        with closing(connection):
            yield connection

    def _unreadable(self, error: Exception) -> Exception:
        named = next((name for name in self.way if name.startswith("private_key")), None)
        if named is None:
            return error
        why = str(error).splitlines()[0]
        return UsageError(
            f"SNF_{named.upper()}: the private key cannot be read: {why} It is a PKCS#8 "
            "file or its base64; SNF_PRIVATE_KEY_PASSPHRASE opens an encrypted one."
        )


def _way(settings: Settings) -> dict[str, str]:
    """Arguments of the one way to log in that is set.

    Raises:
        UsageError: none is set, or more than one.
    """
    ways = {
        "SNF_PRIVATE_KEY_PATH": {"private_key_path": str(settings.snf_private_key_path or "")},
        "SNF_PRIVATE_KEY": {"private_key": settings.snf_private_key.get_secret_value()},
        "SNF_TOKEN": {"token": settings.snf_token.get_secret_value()},
        "SNF_PASSWORD": {"password": settings.snf_password.get_secret_value()},
    }
    given = [name for name, way in ways.items() if all(way.values())]
    authenticator = settings.snf_authenticator
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(given)} are set; keep one way to log in and empty the rest."
        )
    if not given and authenticator != "externalbrowser":
        raise UsageError(
            "No way to log in to Snowflake is set: set one of SNF_PRIVATE_KEY_PATH, "
            "SNF_PRIVATE_KEY, SNF_TOKEN, SNF_PASSWORD, or SNF_AUTHENTICATOR=externalbrowser."
        )
    way = ways[given[0]] if given else {}
    passphrase = settings.snf_private_key_passphrase.get_secret_value()
    if passphrase and "PRIVATE_KEY" in "".join(given):
        way["private_key_password"] = passphrase
    if "token" in way:
        way["authenticator"] = authenticator or "oauth"
    elif authenticator:
        way["authenticator"] = authenticator
    if "password" in way:
        _LOGGER.warning(
            "SNF_PASSWORD: Snowflake is retiring logins by password alone; use a key pair "
            "(SNF_PRIVATE_KEY_PATH)."
        )
    return way


def _address(url: str | None) -> dict[str, Any]:
    if not url:
        return {}
    parts = urlsplit(url)
    standard = 80 if parts.scheme == "http" else 443
    return {"protocol": parts.scheme, "host": parts.hostname, "port": parts.port or standard}
