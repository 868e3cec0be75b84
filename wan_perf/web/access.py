"""Who may see the dashboard, and of which regions: the access file.

Belongs here: what the file can say, how a password is verified.
Keep out: HTTP (`doors`).

The file is TOML. Passwords are stored as scrypt hashes, which `wan-perf dashboard-password` makes.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from wan_perf.errors import UsageError

_FROZEN = ConfigDict(frozen=True, extra="forbid")
_COST, _BLOCK, _PARALLEL, _LENGTH = 2**15, 8, 1, 32
_MEMORY = 64 * 1024 * 1024


def hash_password(password: str) -> str:
    """The hash of a password for the access file: scrypt$salt$hash."""
    salt = secrets.token_bytes(16)
    parts = (base64.b64encode(part).decode() for part in (salt, _derive_key(password, salt)))
    return "$".join(("scrypt", *parts))


def is_password(password: str, stored: str) -> bool:
    """True where the password has the stored hash; takes as long whether or not it has."""
    _, salt, expected = stored.split("$")
    given = _derive_key(password, base64.b64decode(salt))
    return hmac.compare_digest(given, base64.b64decode(expected))


def _derive_key(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode(),
        salt=salt,
        n=_COST,
        r=_BLOCK,
        p=_PARALLEL,
        maxmem=_MEMORY,
        dklen=_LENGTH,
    )


def _is_hash(value: str) -> str:
    parts = value.split("$")
    try:
        whole = len(parts) == 3 and parts[0] == "scrypt" and len(base64.b64decode(parts[2])) == 32
        whole = whole and bool(base64.b64decode(parts[1], validate=True))
    except binascii.Error:
        whole = False
    if not whole:
        raise ValueError("it is no hash; wan-perf dashboard-password makes one")
    return value


def _is_address(value: str) -> str:
    ipaddress.ip_address(value)
    return value


class Person(BaseModel):
    """A person: the hash of a password where there is no proxy, and the regions to see."""

    model_config = _FROZEN

    password: Annotated[str, AfterValidator(_is_hash)] | None = None
    regions: tuple[str, ...] | None = None

    @property
    def seen_regions(self) -> frozenset[str] | None:
        """The regions that the person sees; None is all."""
        return None if self.regions is None else frozenset(self.regions)


class Proxy(BaseModel):
    """A proxy that logs people in and names them in a header, from these addresses only.

    `everyone` lets in also who is not among the people of the file, for all regions.
    """

    model_config = _FROZEN

    addresses: tuple[Annotated[str, AfterValidator(_is_address)], ...] = Field(min_length=1)
    header: str = Field("X-Forwarded-User", pattern=r"^[A-Za-z0-9-]{1,60}$")
    everyone: bool = False


class Access(BaseModel):
    """The access file: host names of the dashboard, the proxy, the people by name."""

    model_config = _FROZEN

    hosts: tuple[str, ...] = ()
    proxy: Proxy | None = None
    people: dict[str, Person] = Field(default_factory=dict)


NOBODY = Person(password=hash_password(secrets.token_urlsafe(16)), regions=())
"""Verified against where a name is unknown, so that the answer takes as long."""


def read_access(path: Path) -> Access:
    """The access file.

    Raises:
        UsageError: it cannot be read, or nobody could log in with it.
    """
    try:
        found = Access.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"The access file {path} cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The access file {path} is no TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"The access file {path}, {place}: {first['msg']}.") from None
    if found.proxy is None and not any(person.password for person in found.people.values()):
        raise UsageError(
            f"The access file {path} lets nobody in: give a [proxy], or [people.NAME] with a "
            "password hash of wan-perf dashboard-password."
        )
    return found
