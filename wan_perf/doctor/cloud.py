"""Mist: connection, rights of the token, calls left, offset of the clocks.

Belongs here: the three calls, and what their answers mean for the collection.
Keep out: how a call is made and how it fails (`mist`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from wan_perf.defs.resources import UNVERIFIED, Source, clock_for
from wan_perf.doctor.files import empty_settings
from wan_perf.doctor.finding import Finding, WrongSetting, join_names, skip
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.mist.client.errors import HourUsedUpError, MistPermanentError
from wan_perf.mist.client.network import Route
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import Clock
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.records.token import Privilege, Self
from wan_perf.settings import Settings

CLOUD = ("network", "Mist", "token", "organisation", "calls", "clock")
OFF_S, FAR_OFF_S = 5, 60
"""Up to the first a clock is accurate; beyond the second, samples get into wrong hours."""

_TIMEOUT_S = (5.0, 10.0)
_ONE_ANSWER_S = 30.0
_WHOLE_ORG = ("org", "orgsites")
_SEVERAL_ORGS = ("msp", "orggroup")
_READERS = ("read", "helpdesk", "write", "admin")
"""Roles that may read statistics, the narrowest first."""
_USED_UP = "the hour's calls are used up"


def examine_cloud(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """The checks of Mist, in at most three calls; `clock` is the machine's."""
    empty = empty_settings(settings)
    if empty:
        yield from skip(CLOUD, f"{' and '.join(empty)} must be set first")
        return
    source = Source(settings, _TIMEOUT_S, _ONE_ANSWER_S, compares_clocks=False)
    try:
        yield network(source.route)
    except UsageError as error:
        yield WrongSetting("network", "FAILED", str(error))
        yield from skip(CLOUD[1:], "no request can be sent with these settings")
        return
    try:
        session = source.session()
    except UsageError as error:
        yield WrongSetting("Mist", "FAILED", str(error))
        yield from skip(CLOUD[2:], "no session can be opened with these settings")
        return
    requested_at = clock.now()
    try:
        answer: Self | WanPerfError = session.single(catalogue.SELF)
    except WanPerfError as error:
        answer = error
    # The time of this answer: later calls replace it.
    server_time, answered_at = session.server_time, clock.now()
    yield from _after_first_answer(settings, session, answer)
    yield _clock(settings, requested_at, server_time, answered_at)


def _after_first_answer(
    settings: Settings, session: MistSession, answer: Self | WanPerfError
) -> Iterator[Finding]:
    """Mist, token, organisation and calls, as far as the first answer allows."""
    # The permanent error itself and no subclass: the token is refused, so Mist is reachable.
    refused = type(answer) is MistPermanentError
    used_up = isinstance(answer, HourUsedUpError)
    if isinstance(answer, WanPerfError) and not refused and not used_up:
        yield Finding("Mist", "FAILED", str(answer))
        yield from skip(CLOUD[2:5], "Mist gave no answer that can be used")
        return
    address = settings.mist_base_url or settings.mist_api_host
    yield Finding("Mist", "ok", f"{address} answers.")
    if isinstance(answer, Self):
        yield token(answer.privileges, settings.mist_org_id)
        yield _organisation(session, settings.mist_org_id)
        yield _calls(session, settings.call_reserve)
    elif refused:
        yield Finding(
            "token",
            "FAILED",
            str(answer),
            "If it is valid, correct MIST_API_HOST: a token counts only in the Mist Cloud that "
            "made it.",
        )
        yield from skip(CLOUD[3:5], "Mist refused the token")
    else:
        yield from skip(CLOUD[2:4], _USED_UP)
        yield Finding("calls", "FAILED", str(answer))


def network(route: Route) -> Finding:
    """The route of requests: the proxy and the trusted certificates."""
    way = "requests go to Mist without a proxy"
    if route.proxy:
        way = f"requests go through the proxy {route.proxy_address} ({route.proxy_source})"
    if not route.trusted:
        return Finding("network", "warning", f"{way}.", UNVERIFIED)
    trusted = f"{route.trusted} ({route.trusted_source})" if route.trusted_source else ""
    return Finding("network", "ok", f"{way}; trusted are {trusted or 'the public authorities'}.")


def token(privileges: Sequence[Privilege], org_id: str) -> Finding:
    """Whether a token may read the whole organization, and no more than that."""
    in_org = [p for p in privileges if (p.org_id or "").lower() == org_id.lower()]
    fitting = [p for p in in_org if p.scope in _WHOLE_ORG]
    fitting = fitting or [p for p in privileges if p.scope in _SEVERAL_ORGS]
    if not fitting:
        return _without_privilege(privileges, in_org)
    roles = {p.role for p in fitting}
    role = next((known for known in reversed(_READERS) if known in roles), None)
    if role is None:
        return Finding(
            "token",
            "FAILED",
            f"its role in the organisation is {join_names(sorted(roles))}, "
            "which reads no statistics.",
            "Make a token with the role read (observer) and set MIST_API_TOKEN to it.",
        )
    scope = fitting[0].scope
    if role != "read" or scope in _SEVERAL_ORGS:
        return Finding(
            "token",
            "warning",
            f"valid, with the role {role} in the scope {scope}: more than wan_perf needs.",
            "read (observer) in the organisation is enough; set MIST_API_TOKEN to such a token.",
        )
    return Finding("token", "ok", f"valid, with the role read in the scope {scope}.")


def _without_privilege(privileges: Sequence[Privilege], in_org: Sequence[Privilege]) -> Finding:
    if in_org:
        return Finding(
            "token",
            "FAILED",
            f"it reads parts of the organisation only (scope {in_org[0].scope}).",
            "Make a token with the scope org and the role read, and set MIST_API_TOKEN to it.",
        )
    others = sorted({f"{p.org_name or 'unnamed'} ({p.org_id})" for p in privileges if p.org_id})
    return Finding(
        "token",
        "FAILED",
        f"valid, but not for the organisation; it is for {join_names(others) or 'none'}.",
        "Correct MIST_ORG_ID, or set MIST_API_TOKEN to a token of that organisation with the role "
        "read (observer).",
    )


def _organisation(session: MistSession, org_id: str) -> Finding:
    try:
        name = session.single(catalogue.ORGANISATION, org_id).organisation
    except HourUsedUpError:
        return next(skip(("organisation",), _USED_UP))
    except WanPerfError as error:
        return Finding("organisation", "FAILED", str(error))
    return Finding("organisation", "ok", f"{name} ({org_id}).")


def _calls(session: MistSession, reserve: int) -> Finding:
    try:
        usage = session.single(catalogue.USAGE)
    except WanPerfError as error:
        return Finding("calls", "FAILED", str(error))
    return calls(usage.used, usage.hourly_limit, reserve)


def calls(used: int, limit: int, reserve: int) -> Finding:
    """What the calls left suffice for: nothing, live polls alone, or history too."""
    left = max(0, limit - used)
    found = f"{used:,} of this hour's {limit:,} are used, {left:,} are left"
    if not left:
        return Finding(
            "calls",
            "FAILED",
            f"{found}.",
            "Go on in the next hour; where this happens often, give wan_perf a token of its own.",
        )
    if reserve >= limit:
        return Finding(
            "calls",
            "warning",
            f"{found}; WAN_PERF_CALL_RESERVE keeps {reserve:,}, so that history is never fetched.",
            f"Set WAN_PERF_CALL_RESERVE well below {limit:,}.",
        )
    if left <= reserve:
        return Finding(
            "calls",
            "warning",
            f"{found}, no more than WAN_PERF_CALL_RESERVE reserves for live polls ({reserve:,}).",
            "History goes on in the next hour; where this happens often, give wan_perf a token of "
            "its own.",
        )
    return Finding("calls", "ok", f"{found}; {reserve:,} of them are reserved for live polls.")


def _clock(
    settings: Settings, requested_at: datetime, server_time: datetime | None, answered_at: datetime
) -> Finding:
    if settings.clock == "simulator":
        try:
            now = clock_for(settings).now()
        except WanPerfError as error:
            return Finding("clock", "FAILED", str(error))
        why = f"WAN_PERF_CLOCK is simulator; its clock stands at {now:%Y-%m-%d %H:%M} UTC"
        return next(skip(("clock",), why))
    if server_time is None:
        return next(skip(("clock",), "Mist named no time"))
    off = offset_s(requested_at, server_time, answered_at)
    if abs(off) <= OFF_S:
        return Finding("clock", "ok", f"within {OFF_S} s of Mist's.")
    return Finding(
        "clock",
        "warning" if abs(off) <= FAR_OFF_S else "FAILED",
        f"{abs(off):,.0f} s {'ahead of' if off > 0 else 'behind'} Mist's.",
        "Let the system set its clock over the network (NTP): polls and hours are named by it.",
    )


def offset_s(requested_at: datetime, server_time: datetime, answered_at: datetime) -> float:
    """How far the machine's clock is ahead of Mist's at the least. [s]

    Mist's time is a whole second between request and answer, so the offset is a range; 0 if the
    range includes 0.
    """
    most = (answered_at - server_time).total_seconds()
    least = (requested_at - server_time - timedelta(seconds=1)).total_seconds()
    return max(least, min(most, 0.0))
