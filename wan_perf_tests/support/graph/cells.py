"""What becomes of each bad answer: the table that the tests of bad answers go through.

A bad answer is refused with one sentence and leaves the warehouse as it was; or it is absorbed and
the warehouse is that of an undisturbed run; or rows are rejected, with a sentence that counts them.
Of a poll only the stream is missed that was answered badly; scores and alarms are left for the next
run.
"""

from dataclasses import dataclass, replace
from typing import Literal

from wan_perf.mist.client.transport import PAUSES_S
from wan_perf.schema.tables import RAW_GATEWAY_STATUS, RAW_PATH_SAMPLE, RAW_PORT_SAMPLE
from wan_perf.simulator.misbehaviour import WAYS

ORG = "/api/v1/orgs/{org_id}"
SITES, GROUPS, DEVICES = f"{ORG}/sites", f"{ORG}/sitegroups", f"{ORG}/inventory"
TEMPLATES, GATEWAYS = f"{ORG}/gatewaytemplates", f"{ORG}/stats/devices"
PROFILES, PATHS = f"{ORG}/deviceprofiles", f"{ORG}/stats/vpn_peers/search"
PORTS, EVENTS = f"{ORG}/stats/ports/search", f"{ORG}/devices/events/search"
SCORES, ALARMS = f"{ORG}/insights/sites-sle", f"{ORG}/alarms/search"
USAGE, METRICS = "/api/v1/self/usage", "/api/v1/const/insight_metrics"
BUCKETS = "/api/v1/sites/{site_id}/insights/gateway/{device_id}/stats"
SETTING = "/api/v1/sites/{site_id}/setting"
TESTS = "/api/v1/sites/{site_id}/synthetic_test/search"
QUALITY = "/api/v1/sites/{site_id}/insights/device/{device_mac}/wan_link_health"
OF_SCORE = "/api/v1/sites/{site_id}/sle/site/{scope_id}/metric/{metric}"
TREND = f"{OF_SCORE}/summary-trend"
IMPACTED = (f"{OF_SCORE}/impacted-gateways", f"{OF_SCORE}/impacted-interfaces")

SINGLE = {USAGE, METRICS, BUCKETS, QUALITY, SETTING, TREND, *IMPACTED}
"""Answers that are no rows."""
SEARCHES = {PORTS, PATHS, EVENTS, ALARMS, TESTS}
OF_SITES = (USAGE, SETTING, TESTS)
"""What an inventory requests for the bandwidth of sites; without it they keep theirs."""
STREAMS = (GATEWAYS, PORTS, PATHS)
"""What a poll requests, in this order."""
OF_PASS = {
    GATEWAYS: (RAW_PORT_SAMPLE, RAW_GATEWAY_STATUS),
    PORTS: (RAW_PORT_SAMPLE,),
    PATHS: (RAW_PATH_SAMPLE,),
}
"""The tables that each stream fills."""
TABLES_OF_PASS = tuple(dict.fromkeys(table for tables in OF_PASS.values() for table in tables))
OF_ESTATE = (SITES, GROUPS, DEVICES, TEMPLATES, PROFILES, GATEWAYS, PORTS)
"""What an inventory requests of the whole organization."""
ENDPOINTS_OF = {
    "raw_inventory": (*OF_ESTATE, *OF_SITES),
    "raw_port_sample": (USAGE, *STREAMS),
    "raw_gateway_event": (EVENTS,),
    "raw_site_sle": (USAGE, SCORES),
    "raw_alarm": (USAGE, ALARMS),
    "raw_port_history": (USAGE, METRICS, PORTS, BUCKETS, QUALITY),
    "raw_sle_metric": (USAGE, TREND, *IMPACTED),
}
"""Every endpoint that an asset calls."""

LASTING = len(PAUSES_S) + 1
"""So many bad answers outlast what a call is made again for."""
_TRANSIENT = ("429", "500", "503", "slow", "cut body")
PATIENT = {*STREAMS, EVENTS, SCORES, ALARMS}
PATIENT_ASSETS = {"raw_port_sample", "raw_gateway_event", "raw_site_sle", "raw_alarm"}
"""Assets that wait once more where the cloud requests a short wait."""

What = Literal[
    *("refused", "missed", "left", "absorbed", "kept out", "without evidence", "as reported"),
    *("without quality", "bandwidth stays", "without impact"),
]


@dataclass(frozen=True)
class Outcome:
    """What becomes of an answer; `says` is a pattern of the sentence about it.

    `also` is a pattern of a second sentence, about rows that cannot be used without it.
    """

    what: What
    says: str = ""
    also: str = ""


ABSORBED = Outcome("absorbed")


def _refused(says: str) -> Outcome:
    return Outcome("refused", says)


_NEW_SHAPE = "has not the known shape: .*; the Mist API may have changed: look for a newer wan_perf"
_OF_ROWS: dict[tuple[str, int], Outcome] = {
    ("400", 1): _refused("does not accept the request: Bad request; the Mist API may have changed"),
    ("401", 1): _refused("refused the token; set MIST_API_TOKEN"),
    ("403", 1): _refused("at least the observer role"),
    ("404", 1): _refused("does not know the organization; correct MIST_ORG_ID"),
    ("429 without Retry-After", 1): _refused("calls are used up .* try again later"),
    ("429", LASTING): _refused("calls are used up .* try again in 2 s"),
    ("500", LASTING): _refused("Mist failed .*status 500.* try again later"),
    ("503", LASTING): _refused("Mist failed .*status 503.* try again later"),
    ("slow", LASTING): _refused("no bytes arrived in time.*; check the network"),
    ("cut body", LASTING): _refused("the answer was cut short.*; check the network"),
    **{(how, 1): ABSORBED for how in _TRANSIENT},
    ("half JSON", 1): _refused("is not whole JSON; try again later"),
    ("wrong content type", 1): _refused("'text/html' and not JSON.* MIST_BASE_URL"),
    ("wrong JSON type", 1): _refused(_NEW_SHAPE),
    ("missing key", 1): _refused(_NEW_SHAPE),
    ("nulls", 1): _refused(_NEW_SHAPE),
    ("null row", 1): Outcome("kept out", "1 row of .* every value in them is null"),
    ("unknown field", 1): ABSORBED,
    ("repeated cursor", 1): ABSORBED,
    ("empty page", 1): _refused("has .* rows and gives 0; try again later"),
    ("duplicate row", 1): ABSORBED,
    ("row of another org", 1): Outcome("kept out", "1 row of .* another organization"),
    ("clock an hour ahead", 1): ABSORBED,  # no instant of it is read
    ("clock a day behind", 1): ABSORBED,
}
_OF_SEARCH = {("repeated cursor", 2): _refused("same next page of .* twice; try again later")}
_NO_ROWS = dict.fromkeys(
    ((how, 1) for how in ("null row", "empty page", "row of another org")), ABSORBED
)
_FUTURE = Outcome(
    "kept out", "their instant lies in the future, so a clock at Mist or at a gateway"
)
_UNDATED = "neither they nor their gateways say when they are of"
"""Only device statistics say when those of ports are of."""
_OTHER_HOURS = _refused("of other hours than were requested, so a clock at Mist may be wrong")
_OTHER_HOUR = _refused("is of other hours than were requested; check the clock")
_OTHER_BUCKETS = _refused("other buckets than were requested; check the clock")
_OWN: dict[tuple[str, str], dict[tuple[str, int], Outcome]] = {
    **{
        ("raw_port_sample", path): {
            ("clock an hour ahead", 1): {
                GATEWAYS: replace(_FUTURE, also=_UNDATED),
                PORTS: Outcome("as reported"),  # its rows carry no instant of their own
                PATHS: _FUTURE,
            }[path],
            # A gateway without telemetry for a day looks the same; no hour near the pass counts it.
            ("clock a day behind", 1): Outcome("as reported"),
        }
        for path in STREAMS
    },
    **{
        (asset, path): {
            ("clock an hour ahead", 1): _OTHER_HOURS,
            ("clock a day behind", 1): _OTHER_HOURS,
        }
        for asset, path in (("raw_gateway_event", EVENTS), ("raw_alarm", ALARMS))
    },
    ("raw_port_history", PORTS): {
        ("clock an hour ahead", 1): Outcome("without evidence"),
        ("clock a day behind", 1): Outcome("without evidence"),
    },
    **{
        (asset, USAGE): {
            ("404", 1): _refused("othing answers to this call; check that MIST_API_HOST")
        }
        for asset in (
            *("raw_port_history", "raw_site_sle", "raw_alarm", "raw_inventory", "raw_sle_metric"),
        )
    },
    ("raw_sle_metric", TREND): {
        ("404", 1): _refused("does not know the site or this score of it; take a new inventory"),
        ("clock an hour ahead", 1): _OTHER_HOUR,
        ("clock a day behind", 1): _OTHER_HOUR,
    },
    **{
        ("raw_sle_metric", path): {
            ("400", 1): Outcome("without impact", "does not accept the request: Bad request"),
            ("404", 1): Outcome("without impact", "lists no impacted .*stored without"),
            ("clock an hour ahead", 1): _OTHER_HOUR,
            ("clock a day behind", 1): _OTHER_HOUR,
            ("missing key", 1): ABSORBED,  # the window, which is not required
            ("nulls", 1): replace(_FUTURE, says="1 row of .* rejected, as the key cannot be read"),
        }
        for path in IMPACTED
    },
    ("raw_inventory", SETTING): {
        ("404", 1): _refused("knows no settings of the site, .*bandwidth stays as it was"),
        ("missing key", 1): ABSORBED,  # none that is read
        ("nulls", 1): Outcome("as reported"),  # a site without variables
    },
    ("raw_inventory", TESTS): {
        ("404", 1): _refused("knows no speed tests of the site, .*bandwidth stays as it was"),
        ("nulls", 1): Outcome("kept out", "rows of .* they do not say when they were"),
        ("null row", 1): Outcome("kept out", "1 row of .* they do not say when they were"),
    },
    ("raw_port_history", METRICS): {
        ("404", 1): _refused("othing answers to this call; check that MIST_API_HOST"),
        ("nulls", 1): _refused(_NEW_SHAPE),
        ("missing key", 1): _refused("names no history of a port's rates"),
        ("repeated cursor", 1): Outcome(  # a text among the metrics
            "kept out", "1 odd value of const/insight_metrics stored as unknown, such as .*next"
        ),
    },
    ("raw_port_history", BUCKETS): {
        ("404", 1): _refused("does not know the port, .*; take a new inventory"),
        ("clock an hour ahead", 1): _OTHER_BUCKETS,
        ("clock a day behind", 1): _OTHER_BUCKETS,
    },
    ("raw_port_history", QUALITY): {
        ("400", 1): Outcome("without quality", "does not accept the request: Bad request"),
        ("404", 1): Outcome("without quality", "knows no quality of the port"),
        ("clock an hour ahead", 1): _OTHER_BUCKETS,
        ("clock a day behind", 1): _OTHER_BUCKETS,
    },
}


def _of_pass(path: str, how: str, outcome: Outcome) -> Outcome:
    """A stream is missed alone, but nothing is requested of a cloud whose hour is used up."""
    if path == USAGE:  # it is only shown
        return ABSORBED
    nothing_is_had = path == STREAMS[0] and how.startswith("429")
    if not _fails(outcome) or nothing_is_had:
        return outcome
    return replace(outcome, what="missed", also=_UNDATED if path == GATEWAYS else "")


def _of_scores(outcome: Outcome) -> Outcome:
    """Nothing depends on scores, causes and alarms: whatever fails, they are left."""
    return replace(outcome, what="left") if _fails(outcome) else outcome


def _of_sites(outcome: Outcome) -> Outcome:
    """A site that does not say its bandwidth keeps it, and the snapshot is taken."""
    return replace(outcome, what="bandwidth stays") if _fails(outcome) else outcome


def _fails(outcome: Outcome) -> bool:
    return outcome.what == "refused"


def outcomes(asset: str, path: str) -> dict[tuple[str, int], Outcome]:
    """What becomes of each bad answer of an endpoint, by the way and how many of them come."""
    found = _OF_ROWS | (_OF_SEARCH if path in SEARCHES else {})
    found |= (_NO_ROWS if path in SINGLE else {}) | _OWN.get((asset, path), {})
    if path in PATIENT and asset in PATIENT_ASSETS:
        found |= {("429", LASTING): ABSORBED, ("429", 2 * LASTING): found["429", LASTING]}
    if asset == "raw_port_sample":
        found = {cell: _of_pass(path, cell[0], outcome) for cell, outcome in found.items()}
    if asset in ("raw_site_sle", "raw_alarm", "raw_sle_metric"):
        found = {cell: _of_scores(outcome) for cell, outcome in found.items()}
    if asset == "raw_inventory" and path in OF_SITES:
        found = {cell: _of_sites(outcome) for cell, outcome in found.items()}
    assert {how for how, _ in found} == set(WAYS)
    return found


def tables_of(asset: str, path: str) -> set[str]:
    """Names of the tables that the rows of an endpoint are stored in."""
    return {table.name for table in OF_PASS.get(path, ())} or {asset}


def of_each_kind(asset: str) -> list[tuple[str, str, int, Outcome]]:
    """One bad answer of each kind of outcome, for each endpoint: path, way, how many, outcome.

    The endpoints of an estate are requested one after another before anything is made of their
    answers: each of them is refused once, and the other kinds are of the first.
    """
    found = {
        (path, outcome.what): (path, how, times, outcome)
        for path in ENDPOINTS_OF[asset]
        for (how, times), outcome in reversed(outcomes(asset, path).items())
        if asset != "raw_inventory" or path not in OF_ESTATE[1:] or _fails(outcome)
    }
    return list(found.values())
