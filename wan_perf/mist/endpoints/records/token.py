"""Who a token is, what it may do, and how many calls it has left."""

from typing import Annotated

from msgspec import Meta, Struct

from wan_perf.mist.endpoints.records.values import renamed

PRIVILEGE_NAMES = {"scope": "scope", "role": "role", "org_id": "org_id", "org_name": "org_name"}


class Privilege(Struct, rename=renamed(PRIVILEGE_NAMES)):
    """What a token may do, in which scope; the organization is not named where it has several."""

    scope: str
    role: str
    org_id: str | None = None
    org_name: str | None = None


SELF_NAMES = {"privileges": "privileges"}


class Self(Struct, rename=renamed(SELF_NAMES)):
    """Who a token is."""

    privileges: list[Privilege]


ORGANISATION_NAMES = {"name": "organisation"}


class Organisation(Struct, rename=renamed(ORGANISATION_NAMES)):
    """An organization by its name."""

    organisation: str


USAGE_NAMES = {"requests": "used", "request_limit": "hourly_limit"}


class Usage(Struct, rename=renamed(USAGE_NAMES)):
    """Calls of a token in the current hour, and how many it may make."""

    used: Annotated[int, Meta(ge=0)]
    hourly_limit: Annotated[int, Meta(gt=0)]
