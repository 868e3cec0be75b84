"""Ways to log in, and what an account refuses: the real connector against a server on loopback."""

import base64
import logging
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from wan_perf.errors import TransientError, UsageError, WanPerfError
from wan_perf.schema.tables import DIM_POLICY
from wan_perf.settings import read_settings
from wan_perf.warehouse.snowflake_errors import SnowflakeRefusalError, refusal
from wan_perf_tests.support.warehouse.snowflake import SETTINGS, refusing, stand_in

PASSPHRASE = "open-sesame"  # noqa: S105 - of a key that is made for the test
NO_PASSWORD = {"SNF_PASSWORD": ""}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey, passphrase: str = "") -> bytes:
    cipher: Any = serialization.NoEncryption()
    if passphrase:
        cipher = serialization.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, cipher)


def login(**given: str) -> dict[str, Any]:
    """What the account receives at a login with these settings; it logs in."""
    with refusing(1, "", statement="nothing") as (settings, logins):
        warehouse = stand_in(read_settings(**(settings | NO_PASSWORD | given)))
        with warehouse.session(tag="a tag"):
            pass
    return logins[-1]


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE], ids=["plain", "encrypted"])
@pytest.mark.parametrize("given_as", ["path", "base64", "text"])
def test_a_key_signs_the_login(
    key: rsa.RSAPrivateKey, tmp_path: Path, given_as: str, passphrase: str
) -> None:
    text = pem(key, passphrase)
    (tmp_path / "rsa_key.p8").write_bytes(text)
    ways = {
        "path": {"SNF_PRIVATE_KEY_PATH": str(tmp_path / "rsa_key.p8")},
        "base64": {"SNF_PRIVATE_KEY": base64.b64encode(text).decode()},
        "text": {"SNF_PRIVATE_KEY": text.decode()},
    }
    sent = login(**ways[given_as], SNF_PRIVATE_KEY_PASSPHRASE=passphrase)
    assert sent["AUTHENTICATOR"] == "SNOWFLAKE_JWT"
    # Signed by this key: else decoding raises.
    claims = jwt.decode(sent["TOKEN"], key.public_key(), algorithms=["RS256"])
    assert claims["sub"] == "ACME-EU1.LOADER"


@pytest.mark.parametrize(
    ("authenticator", "expected_words"),
    [("", "OAUTH"), ("oauth", "OAUTH"), ("programmatic_access_token", "PROGRAMMATIC_ACCESS_TOKEN")],
)
def test_a_token_is_sent_as_what_it_is(authenticator: str, expected_words: str) -> None:
    sent = login(SNF_TOKEN="a-token", SNF_AUTHENTICATOR=authenticator)
    assert (sent["AUTHENTICATOR"], sent["TOKEN"]) == (expected_words, "a-token")
    assert "PASSWORD" not in sent


def test_a_password_is_sent_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "wan_perf"):
        sent = login(SNF_PASSWORD="quite-secret")
    assert (sent["LOGIN_NAME"], sent["PASSWORD"]) == ("loader", "quite-secret")
    assert "Snowflake is retiring logins by password alone" in caplog.text
    assert "quite-secret" not in caplog.text


def test_a_login_pins_what_statements_mean_and_sends_its_tag() -> None:
    """An account or a user may have any other defaults."""
    parameters = login(SNF_TOKEN="a-token")["SESSION_PARAMETERS"]
    pinned = {
        "TIMEZONE": "UTC",
        "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
        "WEEK_START": 1,
        "WEEK_OF_YEAR_POLICY": 0,
        "DEFAULT_NULL_ORDERING": "LAST",
        "QUOTED_IDENTIFIERS_IGNORE_CASE": False,
        "ROWS_PER_RESULTSET": 0,
        "AUTOCOMMIT": True,
        "ABORT_DETACHED_QUERY": True,
        "LOCK_TIMEOUT": 300,
        "QUERY_TAG": "a tag",
    }
    assert {name: parameters[name] for name in pinned} == pinned


def test_a_person_is_sent_to_the_browser() -> None:
    warehouse = stand_in(read_settings(**(SETTINGS | NO_PASSWORD | BROWSER)))
    assert warehouse.connect.way == {"authenticator": "externalbrowser"}  # type: ignore[attr-defined]


BROWSER = {"SNF_AUTHENTICATOR": "externalbrowser"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({}, "No way to log in to Snowflake is set: set one of SNF_PRI", id="none"),
        pytest.param(
            {"SNF_TOKEN": "t", "SNF_PASSWORD": "p"},
            "SNF_TOKEN and SNF_PASSWORD are set; keep one way to log in and empty the rest.",
            id="two",
        ),
    ],
)
def test_none_or_two_ways_to_log_in_are_refused(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        stand_in(read_settings(**(SETTINGS | NO_PASSWORD | given)))


@pytest.mark.parametrize(
    ("content", "passphrase", "words"),
    [
        pytest.param(None, "", "No such file", id="missing"),
        pytest.param("encrypted", "", "Password was not given", id="no passphrase"),
        pytest.param("encrypted", "wrong", "", id="wrong passphrase"),
        pytest.param("not a key", "", "", id="not a key"),
    ],
)
def test_a_key_that_cannot_be_read_names_its_setting(
    key: rsa.RSAPrivateKey, tmp_path: Path, content: str | None, passphrase: str, words: str
) -> None:
    path = tmp_path / "rsa_key.p8"
    if content is not None:
        path.write_bytes(pem(key, PASSPHRASE) if content == "encrypted" else content.encode())
    given = {"SNF_PRIVATE_KEY_PATH": str(path), "SNF_PRIVATE_KEY_PASSPHRASE": passphrase}
    with pytest.raises(UsageError) as refused:
        login(**given)
    message = str(refused.value)
    assert message.startswith("SNF_PRIVATE_KEY_PATH: the private key cannot be read: ")
    assert words in message
    assert "SNF_PRIVATE_KEY_PASSPHRASE opens an encrypted one." in message
    assert "\n" not in message


REFUSED_LOGINS = {
    "key": (390144, "JWT token is invalid. [1f]", "ALTER USER loader SET RSA_PUBLIC_KEY"),
    "other key": (394304, "JWT token is invalid. [1f]", "SNF_PRIVATE_KEY_PATH"),
    "password": (
        *(390100, "Incorrect username or password was specified."),
        "Look at SNF_USER and SNF_PASSWORD.",
    ),
    "locked": (
        *(390102, "Your user account has been temporarily locked due to too many failed attempts."),
        "ALTER USER loader SET MINS_TO_UNLOCK = 0",
    ),
    "disabled": (
        *(390101, "User access disabled. Contact your local system administrator."),
        "ALTER USER loader SET DISABLED = FALSE",
    ),
    "role": (
        *(390189, "Role 'WRITER' specified in the connect string does not exist."),
        "Set SNF_ROLE to a role that loader has, or GRANT ROLE writer TO USER loader.",
    ),
    "token": (390318, "OAuth access token expired.", "Get a new token and set SNF_TOKEN."),
    "network policy": (
        *(390420, "Incoming request with IP 192.0.2.1 is not allowed to access Snowflake."),
        "A network policy keeps this machine out",
    ),
    "second factor": (
        *(394508, "Failed to authenticate: MFA authentication is required."),
        "use a key (SNF_PRIVATE_KEY_PATH)",
    ),
}
REFUSED_STATEMENTS = {
    "privilege": (
        *(3001, "SQL access control error:\nInsufficient privileges to operate on schema 'PERF'"),
        "Grant it to role writer; the command wan-perf snowflake-setup",
    ),
    "warehouse without grant": (
        *(606, "No active warehouse selected in the current session."),
        "GRANT USAGE, OPERATE ON WAREHOUSE small TO ROLE writer",
    ),
    "warehouse not resumable": (
        90073,
        "Warehouse 'SMALL' cannot be resumed because resource monitor 'M' has exceeded its quota.",
        "ALTER RESOURCE MONITOR",
    ),
    "schema": (
        *(90105, "Cannot perform CREATE TABLE. This session does not have a current database."),
        "GRANT USAGE ON SCHEMA wan.perf TO ROLE writer",
    ),
    "timeout": (
        *(630, "Statement reached its statement or warehouse timeout of 60 second(s)."),
        "STATEMENT_TIMEOUT_IN_SECONDS of warehouse small",
    ),
}


@pytest.mark.parametrize("refused", REFUSED_LOGINS.values(), ids=REFUSED_LOGINS)
def test_a_refused_login_names_what_to_change(refused: tuple[int, str, str]) -> None:
    number, message, advice = refused
    with refusing(number, message) as (settings, _):
        sentence = refused_sentence(settings)
    assert sentence.startswith("Snowflake account acme-eu1, user loader, role writer: ")
    assert f": {message}" in sentence
    assert advice in sentence


@pytest.mark.parametrize("refused", REFUSED_STATEMENTS.values(), ids=REFUSED_STATEMENTS)
def test_a_refused_statement_names_what_to_change(refused: tuple[int, str, str]) -> None:
    number, message, advice = refused
    with refusing(number, message, statement="CREATE TABLE") as (settings, _):
        sentence = refused_sentence(settings)
    assert sentence.startswith("Snowflake account acme-eu1, user loader, role writer: ")
    assert advice in sentence


TRANSIENT = {
    "too many waiters": (
        625,
        "Your statement 'b' was aborted because the number of waiters for this lock exceeds the 20 "
        "statements limit.",
    ),
    "lock not released": (625, "Statement 'a' has locked table 'DIM_POLICY' in transaction 1."),
    "deadlock victim": (1, "The transaction was aborted as the victim of a deadlock."),
    "service": (290503, "HTTP 503: Service Unavailable"),
    "no answer": (250003, "Failed to execute request: ('Connection aborted.', RemoteDisconnected)"),
}


@pytest.mark.parametrize("refused", TRANSIENT.values(), ids=TRANSIENT)
def test_what_may_succeed_later_is_transient(refused: tuple[int, str]) -> None:
    """A run is retried after it (`defs.retries`), and after no other refusal."""
    with refusing(*refused, statement="CREATE TABLE") as (settings, _):
        warehouse = stand_in(read_settings(**settings))
        with pytest.raises(TransientError, match=r"^Snowflake account acme-eu1, user loader"):
            warehouse.store(DIM_POLICY, warehouse.lazy(DIM_POLICY))


def test_a_connection_that_drops_within_a_statement_is_transient() -> None:
    """The connector retries a while by itself; what is left when it gives up."""
    import snowflake.connector.errors

    for error in (
        snowflake.connector.errors.OperationalError(msg="Connection reset by peer", errno=250003),
        snowflake.connector.errors.OperationalError(msg="", errno=251012),
        snowflake.connector.errors.OperationalError(msg="Failed to get the response", errno=250003),
    ):
        with pytest.raises(TransientError), refusal(stand_in().names):
            raise error


@pytest.mark.parametrize("refused", REFUSED_STATEMENTS.values(), ids=REFUSED_STATEMENTS)
def test_a_refusal_that_comes_again_is_not_transient(refused: tuple[int, str, str]) -> None:
    with refusing(*refused[:2], statement="CREATE TABLE") as (settings, _):
        warehouse = stand_in(read_settings(**settings))
        with pytest.raises(SnowflakeRefusalError) as raised:
            warehouse.store(DIM_POLICY, warehouse.lazy(DIM_POLICY))
    assert not isinstance(raised.value, TransientError)


def test_an_account_that_is_not_there_names_its_setting() -> None:
    with refusing(0, "", status=404) as (settings, _):
        sentence = refused_sentence(settings)
    assert "404 Not Found" in sentence
    assert "Is there an account acme-eu1? SNF_ACCOUNT is the identifier" in sentence


def test_an_address_that_does_not_answer_names_the_account() -> None:
    sentence = refused_sentence(SETTINGS | {"SNF_URL": "http://127.0.0.1:9"})
    assert "Is there an account acme-eu1?" in sentence


def refused_sentence(settings: dict[str, str]) -> str:
    """The sentence with which creating a table ends; it is one line and has no secret."""
    warehouse = stand_in(read_settings(**settings))
    with pytest.raises(WanPerfError) as refused, warehouse.session() as session:
        warehouse.create(session, DIM_POLICY)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert "secret" not in sentence
    return sentence
