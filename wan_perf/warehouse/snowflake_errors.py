"""What Snowflake refuses, as one sentence: what, where, and the setting or grant to change.

Belongs here: which refusal calls for which change. The numbers are Snowflake's error codes; at
login older connectors hide them behind 250001, so that words of the message are known too.
Keep out: connecting (`on_snowflake`).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from wan_perf.errors import TransientError, WanPerfError


@dataclass(frozen=True)
class Names:
    """Who works where; an empty role is the user's default one."""

    account: str
    user: str
    database: str
    schema: str
    warehouse: str
    role: str = ""


class SnowflakeRefusalError(WanPerfError):
    """Snowflake refused a login or a statement; `number` is its error code."""

    def __init__(self, sentence: str, number: int) -> None:
        super().__init__(sentence)
        self.number = number


class SnowflakeTransientError(SnowflakeRefusalError, TransientError):
    """The connection, the service or a lock failed; the same statement may succeed later."""


@dataclass(frozen=True)
class _Refusal:
    numbers: tuple[int, ...]
    words: tuple[str, ...]
    advice: str
    is_transient: bool = False


_KEY = (
    "The key does not match the user's: compare DESC USER {user} (RSA_PUBLIC_KEY_FP) with the "
    "public half of SNF_PRIVATE_KEY_PATH or SNF_PRIVATE_KEY, set the new one by ALTER USER {user} "
    "SET RSA_PUBLIC_KEY, and look at this machine's clock."
)
_UNREACHED = "Is the network up, and https://status.snowflake.com without an incident?"
_REFUSALS = (
    _Refusal(
        (290404, 290403),
        ("404 not found", "could not connect to snowflake backend", "name or service not known"),
        "Is there an account {account}? SNF_ACCOUNT is the identifier <organization>-<account>, "
        "without a host name; a proxy or firewall may also be in the way.",
    ),
    _Refusal(
        (390144, 394300, 394301, 394302, 394303, 394304, 394305, 394306), ("jwt token",), _KEY
    ),
    _Refusal(
        (390102,),
        ("temporarily locked", "is locked"),
        "Wait 15 minutes, or let an administrator run ALTER USER {user} SET MINS_TO_UNLOCK = 0; "
        "then correct SNF_PASSWORD, else it is locked again.",
    ),
    _Refusal(
        (390101,),
        ("access disabled", "is disabled"),
        "Let an administrator run ALTER USER {user} SET DISABLED = FALSE, or set SNF_USER to "
        "another user.",
    ),
    _Refusal(
        (390106,),
        ("password has expired",),
        "Let {user} change the password in Snowflake and set SNF_PASSWORD, or better use a key: "
        "SNF_PRIVATE_KEY_PATH.",
    ),
    _Refusal(
        (394508, 394507),
        ("multi-factor", "mfa"),
        "A password alone is not enough for {user}: use a key (SNF_PRIVATE_KEY_PATH) for a service "
        "user of TYPE = SERVICE, or SNF_AUTHENTICATOR=externalbrowser for a person.",
    ),
    _Refusal((390100,), ("incorrect username or password",), "Look at SNF_USER and SNF_PASSWORD."),
    _Refusal(
        (390303, 390318, 390195),
        ("oauth access token", "access token is invalid", "token is expired"),
        "Get a new token and set SNF_TOKEN.",
    ),
    _Refusal(
        (390186, 390189),
        ("role '", "requested role"),
        "Set SNF_ROLE to a role that {user} has, or GRANT ROLE {role} TO USER {user}.",
    ),
    _Refusal(
        (390420, 390422),
        ("is not allowed to access snowflake",),
        "A network policy keeps this machine out: let an administrator add its address.",
    ),
    _Refusal(
        (90073,),
        ("cannot be resumed",),
        "Let an administrator raise the quota of the resource monitor (ALTER RESOURCE MONITOR ... "
        "SET CREDIT_QUOTA) or resume it, or set SNF_WAREHOUSE to another warehouse.",
    ),
    _Refusal(
        (606,),
        ("no active warehouse", "is suspended"),
        "GRANT USAGE, OPERATE ON WAREHOUSE {warehouse} TO ROLE {role} and ALTER WAREHOUSE "
        "{warehouse} SET AUTO_RESUME = TRUE, or set SNF_WAREHOUSE to one that {role} may use.",
    ),
    _Refusal(
        (90105, 90106, 390201, 2043),
        ("does not have a current database", "does not have a current schema"),
        "Is there a schema {database}.{schema} (SNF_DATABASE, SNF_SCHEMA), and may {role} use it: "
        "GRANT USAGE ON DATABASE {database} TO ROLE {role}; GRANT USAGE ON SCHEMA "
        "{database}.{schema} TO ROLE {role}? The command wan-perf snowflake-setup prints all that.",
    ),
    _Refusal(
        (3001, 3041, 3540),
        ("insufficient privileges", "not authorized"),
        "Grant it to role {role}; the command wan-perf snowflake-setup prints all that is needed.",
    ),
    _Refusal(
        (630, 604),
        ("timeout", "canceled"),
        "Raise STATEMENT_TIMEOUT_IN_SECONDS of warehouse {warehouse} or its size, or take a "
        "shorter range.",
    ),
    _Refusal(
        (625,),
        ("deadlock", "has locked table", "number of waiters", "lock_timeout"),
        "Another transaction holds the table; SHOW TRANSACTIONS IN ACCOUNT lists it.",
        is_transient=True,
    ),
    _Refusal(
        (251011, 251012, 252010, 252013, 290429, 290500, 290502, 290503, 290504),
        (
            *("connection aborted", "connection reset", "remote end closed", "broken pipe"),
            *("connection refused", "temporary failure in name resolution"),
            *("service unavailable", "bad gateway", "too many requests"),
        ),
        _UNREACHED,
        is_transient=True,
    ),
)
_NO_ANSWER = _Refusal((250003,), (), _UNREACHED, is_transient=True)
"""The connector's number of every request without an answer: what its message says comes first."""


@contextmanager
def refusal(names: Names) -> Iterator[None]:
    """Whatever the connector raises within, as one sentence.

    Raises:
        SnowflakeRefusalError: Snowflake refused.
        SnowflakeTransientError: it could not be reached or is busy; a retry may succeed.
    """
    import snowflake.connector

    try:
        yield
    except snowflake.connector.Error as error:
        raise _refusal_error(error, names) from error


def _refusal_error(error: Exception, names: Names) -> SnowflakeRefusalError:
    number = int(getattr(error, "errno", None) or -1)
    message = " ".join(str(getattr(error, "msg", None) or error).split())
    # A login error begins with the address, which the sentence already has.
    message = re.sub(
        r"^(\d{6}( \(\w+\))?: )?(None: )?(Failed to connect to DB: \S+ )?", "", message
    )
    low = message.lower()
    known = next((r for r in _REFUSALS if number in r.numbers), None) or next(
        (r for r in _REFUSALS if any(words in low for words in r.words)), None
    )
    if known is None and number in _NO_ANSWER.numbers:
        known = _NO_ANSWER
    advice = known.advice if known else "The statement is in the account's query history."
    context = {
        name: value or f"the default one of {names.user}" for name, value in vars(names).items()
    }
    where = f"Snowflake account {names.account}, user {names.user}, role {context['role']}"
    message = message if message.endswith((".", "!", "?")) else f"{message}."
    kind = SnowflakeTransientError if known and known.is_transient else SnowflakeRefusalError
    return kind(f"{where}: {message} {advice.format(**context)}", number)
