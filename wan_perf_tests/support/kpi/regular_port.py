"""A port that is read every five minutes for hours, and the ways in which a reading is odd."""

import random
from collections.abc import Callable
from datetime import timedelta

from wan_perf_tests.support.kpi.rows import HOUR, PORT, H, Row, event, sample

M = timedelta(minutes=1)
GATEWAY = "gateway"
HOURS = (HOUR - H, HOUR, HOUR + H)
BYTES_A_MINUTE = 1_000_003
SPEED_MBPS = 100.0
Life = tuple[list[Row], list[Row]]


def regular_port(offset: timedelta = timedelta(0)) -> Life:
    """Samples from two hours before HOUR to two after it, and no event."""
    samples = [
        sample(
            HOUR - 2 * H + offset + m * M,
            BYTES_A_MINUTE * m,
            2 * BYTES_A_MINUTE * m + m * m,
            gateway=GATEWAY,
            port_speed_mbps=SPEED_MBPS,
        )
        for m in range(0, 300, 5)
    ]
    return samples, []


def a_missing_reading(life: Life, chance: random.Random) -> None:
    del life[0][some(life, chance)]


def a_telemetry_gap(life: Life, chance: random.Random) -> None:
    first = some(life, chance)
    del life[0][first : first + chance.randrange(2, 16)]


def a_boot(life: Life, chance: random.Random) -> None:
    """Counters start at 0, sometimes after a gap."""
    if chance.random() < 0.3:
        a_telemetry_gap(life, chance)
    first = some(life, chance)
    booted = life[0][first]["sampled_at"] - chance.choice([0, 30, 150, 299, 301]) * M / 60
    for row in life[0][first:]:
        carried = (row["sampled_at"] - booted) // (M / 60) * (BYTES_A_MINUTE // 60)
        row["uptime_seconds"] = (row["sampled_at"] - booted).total_seconds()
        row["rx_bytes_counter"] = row["tx_bytes_counter"] = carried


def a_low_counter(life: Life, chance: random.Random) -> None:
    life[0][some(life, chance)]["rx_bytes_counter"] = 0


def a_high_counter(life: Life, chance: random.Random) -> None:
    """More than the line can carry."""
    life[0][some(life, chance)]["tx_bytes_counter"] = 10**13


def counters_that_went_back(life: Life, chance: random.Random) -> None:
    for row in life[0][some(life, chance) :]:
        if row["rx_bytes_counter"] is not None:
            row["rx_bytes_counter"] //= 2


def no_counters(life: Life, chance: random.Random) -> None:
    row = life[0][some(life, chance)]
    row["rx_bytes_counter"] = None
    if chance.random() < 0.5:
        row["tx_bytes_counter"] = None


def no_uptime(life: Life, chance: random.Random) -> None:
    for row in life[0][some(life, chance) :]:
        row["uptime_seconds"] = None


def another_uptime(life: Life, chance: random.Random) -> None:
    row = life[0][some(life, chance)]
    seconds = chance.choice([-2000, -20, -1, 1, 20, 2000])
    row["uptime_seconds"] = (row["uptime_seconds"] or 0) + seconds


def another_speed(life: Life, chance: random.Random) -> None:
    first = some(life, chance)
    speed = chance.choice([None, 0, 0.05, 10.0, 1000.0])
    for row in life[0][first : first + chance.choice([1, 3, 200])]:
        row["port_speed_mbps"] = speed


def a_slow_line(life: Life, chance: random.Random) -> None:
    """All that the port reports to carry is more than its line can."""
    speed = chance.choice([0.1, 0.25, 0.3])
    for row in life[0]:
        row["port_speed_mbps"] = speed


def a_repeated_sample(life: Life, chance: random.Random) -> None:
    """The next polls report it again, sometimes with another counter."""
    row = life[0][some(life, chance)]
    more = chance.choice([0, 0, 0, 5])
    life[0].append(
        {
            **row,
            "pass_at": row["pass_at"] + 5 * M,
            "rx_bytes_counter": (row["rx_bytes_counter"] or 0) + more,
        }
    )


def repeated_samples(life: Life, _: random.Random) -> None:
    """Every sample is reported by two polls."""
    life[0].extend([{**row, "pass_at": row["pass_at"] + M} for row in life[0]])


def another_source(life: Life, chance: random.Random) -> None:
    """A second source for a while, which may have observed more."""
    first = some(life, chance)
    for row in life[0][first : first + chance.choice([1, 4, 30])]:
        row["counter_source"] = "port"


def two_sources(life: Life, chance: random.Random) -> None:
    first = some(life, chance)
    rows = life[0][first : first + chance.choice([1, 4, 30])]
    life[0].extend([{**row, "counter_source": "port"} for row in rows])


def a_down_reading(life: Life, chance: random.Random) -> None:
    life[0][some(life, chance)]["is_up"] = chance.choice([False, False, None])


def an_event(life: Life, chance: random.Random) -> None:
    near = [-81, -80, -20, -3, 0, 1, 59, 60, 63, 80, 81]
    long_ago = [-125, -300, -1000, -1380, -1439, -1441]
    when = HOUR + chance.choice([*near, *long_ago]) * M
    kind = chance.choice(["down", "down", "up", "port_disabled"])
    life[1].append(event(when, kind, gateway=GATEWAY, port=PORT))


def a_port_that_is_down(life: Life, _: random.Random) -> None:
    """All of its readings say so."""
    for row in life[0]:
        row["is_up"] = False


def an_old_poll(life: Life, chance: random.Random) -> None:
    """The sample is too old for its poll, and is ignored."""
    row = life[0][some(life, chance)]
    row["pass_at"] = row["sampled_at"] + chance.choice([19, 21]) * M


def slower_polls(life: Life, chance: random.Random) -> None:
    every = chance.choice([2, 3, 4])
    life[0][:] = life[0][::every]


Oddity = Callable[[Life, random.Random], None]
ODDITIES: tuple[Oddity, ...] = (
    *(a_missing_reading, a_telemetry_gap, a_boot, a_low_counter, a_high_counter),
    *(counters_that_went_back, no_counters, no_uptime, another_uptime, another_speed, a_slow_line),
    *(a_repeated_sample, repeated_samples, another_source, two_sources, a_down_reading, an_event),
    *(an_event, an_event, a_port_that_is_down),
    *(an_old_poll, slower_polls),
)


def some(life: Life, chance: random.Random) -> int:
    """The place of a reading."""
    return chance.randrange(len(life[0]))


def disturbed(seed: int) -> Life:
    """The port, odd in none to three ways; the same for the same seed."""
    chance = random.Random(seed)
    offset = chance.choice([0, 0, 7, 59, 150]) * M / 60
    life = regular_port(offset)
    for make_odd in chance.sample(ODDITIES, chance.choice([0, 1, 1, 2, 3])):
        make_odd(life, chance)
    return life
