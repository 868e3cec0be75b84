"""A site to which nothing happens in an hour, and the ways in which evidence disturbs it."""

import random
from collections.abc import Callable
from datetime import timedelta

from wan_perf.kpi.state.evidence_window import FOR_EVER_US, MINUTE_US
from wan_perf.schema.tables import TELEMETRY_GAP
from wan_perf_tests.support.kpi.engine import member
from wan_perf_tests.support.kpi.rows import HOUR, Row, event, past, path, sample

GATEWAY, HUB = "gateway", "hub"
MAIN, BACKUP = "ge-0/0/0", "cl-1/0/0"
M = timedelta(minutes=1)
BEGIN = HOUR - 20 * M
Tables = dict[str, list[Row]]


def quiet_site() -> Tables:
    """A primary in use and a backup, both up without a change, for 100 minutes around the hour."""
    minutes = range(0, 100, 5)
    polls = range(0, 100, 10)
    return {
        "circuits": [
            {
                "circuit_hour": n,
                "circuit_id": port,
                "hour": HOUR,
                "site_id": "S",
                "role_rank": n + 1,
                "is_on_demand": False,
            }
            for n, port in enumerate((MAIN, BACKUP))
        ],
        "members": [member(n, GATEWAY, port, HOUR) for n, port in enumerate((MAIN, BACKUP))],
        "raw_port_sample": [
            sample(BEGIN + m * M, 1_000_000 * m, port=port, gateway=GATEWAY)
            for m in minutes
            for port in (MAIN, BACKUP)
        ],
        "raw_path_sample": [
            row
            for m in polls
            for row in (
                *(path(BEGIN + m * M, port=p, gateway=GATEWAY, hub=HUB) for p in (MAIN, BACKUP)),
                path(BEGIN + m * M, port="other", gateway="other", hub=HUB),
            )
        ],
        "circuit_poll": [
            {
                "pass_at": BEGIN + m * M,
                "sampled_at": BEGIN + m * M,
                "circuit_id": port,
                "is_up": True,
                "is_active": port == MAIN,
            }
            for m in polls
            for port in (MAIN, BACKUP)
        ],
        "raw_gateway_event": [],
        "raw_port_history": [],
        TELEMETRY_GAP.name: [],
    }


def some_event(site: Tables, chance: random.Random, kind: str, port: str | None) -> None:
    when = HOUR + chance.choice([-1500, -300, -60, -21, -20, -10, 0, 5, 30, 59, 60, 75, 119]) * M
    row = event(when, kind, port=port or "", gateway=GATEWAY, detail=str(chance.random()))
    site["raw_gateway_event"].append({**row, "port_id": port})


def an_event_of_the_port(site: Tables, chance: random.Random) -> None:
    kinds = ("port_down", "port_up", "port_disabled", "arp_unresolved", "dhcp_resolved")
    some_event(site, chance, chance.choice(kinds), chance.choice((MAIN, BACKUP)))


def a_lost_gateway(site: Tables, chance: random.Random) -> None:
    some_event(site, chance, chance.choice(("gateway_disconnected", "gateway_connected")), None)


def a_telemetry_gap(site: Tables, chance: random.Random) -> None:
    start = HOUR + chance.choice([-30, 0, 20, 55]) * M
    row = {"gateway_mac": GATEWAY, "started_at": start, "ended_at": start + 15 * M}
    outcome = chance.choice((None, "restarted", "carried", "cut"))
    port = None if outcome in (None, "restarted") else MAIN
    site[TELEMETRY_GAP.name] += [
        {**row, "port_id": None, "outcome": None},
        {**row, "port_id": port, "outcome": outcome},
    ]


def missing_samples(site: Tables, chance: random.Random) -> None:
    start = HOUR + chance.choice([-20, -5, 0, 30, 45, 60]) * M
    end = start + chance.choice([6, 15, 21, 40]) * M
    rows = site["raw_port_sample"]
    site["raw_port_sample"] = [r for r in rows if not start <= r["sampled_at"] < end]


def few_samples(site: Tables, chance: random.Random) -> None:
    """One to three readings of a port are left, the last of which may be down."""
    port = chance.choice((MAIN, BACKUP))
    rows = [row for row in site["raw_port_sample"] if row["port_id"] == port]
    first = chance.randrange(len(rows))
    left = rows[first : first + chance.randrange(1, 4)]
    left[-1]["is_up"] = chance.random() < 0.5
    others = [row for row in site["raw_port_sample"] if row["port_id"] != port]
    site["raw_port_sample"] = [*others, *left]


def down_throughout(site: Tables, chance: random.Random) -> None:
    port = chance.choice((MAIN, BACKUP))
    for row in site["raw_port_sample"]:
        row["is_up"] = row["is_up"] and row["port_id"] != port


def a_down_sample(site: Tables, chance: random.Random) -> None:
    chance.choice(site["raw_port_sample"])["is_up"] = chance.choice((False, None))


def an_odd_instant(site: Tables, chance: random.Random) -> None:
    row = chance.choice(site["raw_port_sample"])
    site["raw_port_sample"].append({**row, "pass_at": row["pass_at"] + 5 * M})
    row["sampled_at"] = row["pass_at"] = HOUR + chance.choice([-20, 0, 0, 60]) * M


def history(site: Tables, chance: random.Random) -> None:
    row = past(HOUR, chance.choice((None, 5e5)), port=chance.choice((MAIN, BACKUP)))
    site["raw_port_history"].append({**row, "gateway_mac": GATEWAY})


def dead_paths(site: Tables, chance: random.Random) -> None:
    first = chance.randrange(8)
    port = chance.choice((MAIN, BACKUP))
    for n, row in enumerate(r for r in site["raw_path_sample"] if r["port_id"] == port):
        row["is_up"] = not first <= n < first + 3


def another_use(site: Tables, chance: random.Random) -> None:
    first = chance.randrange(10)
    for n, row in enumerate(site["circuit_poll"]):
        if n // 2 >= first:
            row["is_active"] = chance.choice((None, row["circuit_id"] == BACKUP))


def fewer_polls(site: Tables, chance: random.Random) -> None:
    lost = chance.choice((MAIN, BACKUP))
    first, last = chance.choice(((0, 0), (0, 3), (0, 7), (4, 10), (2, 9)))
    site["circuit_poll"] = [
        row
        for n, row in enumerate(site["circuit_poll"])
        if row["circuit_id"] != lost or first <= n // 2 < last
    ]


def a_change_of_members(site: Tables, chance: random.Random) -> None:
    which = chance.choice(site["members"])
    starts, ends = (-16, -5, 0, 30), (40, 60, 74)
    which["member_from_us"] = chance.choice((-FOR_EVER_US, *(m * MINUTE_US for m in starts)))
    which["member_to_us"] = chance.choice((FOR_EVER_US, *(m * MINUTE_US for m in ends)))


def another_member(site: Tables, chance: random.Random) -> None:
    number, port = chance.choice((0, 1)), "ge-5/0/0"
    other = member(number, GATEWAY, port, HOUR, port_hour=7)
    site["members"].append({**other, "is_aggregate": chance.random() < 0.5})
    if chance.random() < 0.5:
        up = chance.random() < 0.7
        readings = [row for row in site["raw_port_sample"] if row["port_id"] == MAIN]
        site["raw_port_sample"] += [{**row, "port_id": port, "is_up": up} for row in readings[3:]]
        site["raw_gateway_event"] += [] if up else [event(HOUR, "down", port=port, gateway=GATEWAY)]


def an_aggregate(site: Tables, chance: random.Random) -> None:
    chance.choice(site["members"])["is_aggregate"] = chance.choice((True, None))


def a_circuit_on_demand(site: Tables, chance: random.Random) -> None:
    site["circuits"][1]["is_on_demand"] = chance.choice((True, None))
    for row in site["raw_port_sample"]:
        if row["port_id"] == BACKUP and chance.random() < 0.8:
            row["rx_bytes_counter"] = row["tx_bytes_counter"] = 0


def another_rank(site: Tables, chance: random.Random) -> None:
    chance.choice(site["circuits"])["role_rank"] = chance.choice((None, 1, 2))


DISTURBANCES: tuple[Callable[[Tables, random.Random], None], ...] = (
    *(an_event_of_the_port, an_event_of_the_port, a_lost_gateway, a_telemetry_gap),
    *(
        missing_samples,
        few_samples,
        few_samples,
        down_throughout,
        a_down_sample,
        an_odd_instant,
        history,
        dead_paths,
        another_use,
    ),
    *(fewer_polls, a_change_of_members, another_member, an_aggregate, a_circuit_on_demand),
    another_rank,
)


def disturbed(seed: int) -> Tables:
    """The site, disturbed in none to three ways; the same for the same seed."""
    chance, site = random.Random(seed), quiet_site()
    for disturb in chance.sample(DISTURBANCES, chance.randrange(4)):
        disturb(site, chance)
    return site
