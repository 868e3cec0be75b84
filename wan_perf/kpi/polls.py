"""One sample of a circuit: what a poll of its peer paths says of it.

Belongs here: which paths of a poll count, and at which instant the sample was taken.
Keep out: sums over an hour (`quality`), which circuit was in use between polls (`activity`).
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.nearness import HOUR_US, SAMPLE_REACH, instant_us, microseconds, path_ends

FIGURES = ("latency_ms", "jitter_ms", "loss_pct", "mos")
_STALE_S = SAMPLE_REACH // timedelta(seconds=1)
_AN_HOUR = ibis.interval(hours=1)
_AN_HOUR_BACK = ibis.interval(hours=-1)


def circuit_polls(raw_path_sample: ir.Table, members: ir.Table) -> ir.Table:
    """Samples within 20 minutes of each circuit's hour, one row each; columns as `polls_near`.

    A poll that tells nothing newer than an earlier one is no new sample.
    """
    return first_told(polls_near(raw_path_sample, members))


def first_told(polls: ir.Table) -> ir.Table:
    """Of polls that tell nothing newer than each other, the first."""
    equal = ibis.window(group_by=[polls.circuit_hour, polls.at_us], order_by=polls.pass_at)
    return polls.mutate(nth=ibis.row_number().over(equal)).filter(lambda t: t.nth == 0).drop("nth")


def polls_near(raw_path_sample: ir.Table, members: ir.Table) -> ir.Table:
    """All polls within 20 minutes of each circuit's hour, also those that tell nothing newer.

    A sample of a circuit is the mean over its up and active paths of that poll, else over its up
    paths; a figure is the mean over those that have it. It was taken at the newest instant that the
    paths which count report. Words more than 20 minutes from their pass count for none.

    Args:
        raw_path_sample: The passes of an hour before to an hour after each hour.
        members: Ports of the circuits, see `nearness.members_near`.

    Returns:
        circuit_hour, pass_at, at_us, is_up (a path is), is_active (one that is up is in use; NULL
        where no path says so), and the figures, NULL where no path that counts has one.
    """
    near = _near(raw_path_sample, members)
    is_up = near.is_up.fill_null(False)
    in_use = is_up & near.is_active.fill_null(False)

    def of_chosen(values: ir.NumericValue, how: str) -> ir.NumericValue:
        def over(where: ir.BooleanValue) -> ir.NumericValue:
            return getattr(values, how)(where=where)

        return ibis.ifelse(
            in_use.any(), over(in_use), ibis.ifelse(is_up.any(), over(is_up), over(~is_up))
        )

    return near.group_by("circuit_hour", "pass_at").aggregate(
        at_us=of_chosen(near.at_us, "max"),
        is_up=is_up.any(),
        is_active=ibis.cases((in_use.any(), True), (near.is_active.notnull().any(), False)),
        **{
            name: of_chosen(ibis.ifelse(is_up, near[name], ibis.null("float64")), "mean")
            for name in FIGURES
        },
    )


def _near(raw_path_sample: ir.Table, members: ir.Table) -> ir.Table:
    """Fresh words within 20 minutes of an hour, a copy for each hour, of ports that were held."""
    told = raw_path_sample.mutate(
        told_at=raw_path_sample.sampled_at.fill_null(raw_path_sample.pass_at)
    )
    # A word from beyond the pass comes of a clock that is wrong.
    fresh = told.filter(
        (told.told_at >= told.pass_at + ibis.interval(seconds=-_STALE_S))
        & (told.told_at <= told.pass_at + ibis.interval(seconds=_STALE_S))
    )
    own_hour = fresh.told_at.truncate("h")
    into_hour = instant_us(fresh.told_at, own_hour)
    reach = microseconds(SAMPLE_REACH)
    copies = ibis.union(
        fresh.mutate(hour=own_hour),
        fresh.filter(into_hour >= HOUR_US - reach).mutate(hour=own_hour + _AN_HOUR),
        fresh.filter(into_hour < reach).mutate(hour=own_hour + _AN_HOUR_BACK),
    )
    near = copies.inner_join(path_ends(members), ["gateway_mac", "port_id", "hour"])
    timed = near.select(
        *("circuit_hour", "pass_at", "is_up", "is_active", *FIGURES),
        *("held_from_us", "held_to_us"),
        at_us=instant_us(near.told_at, near.hour),
    )
    return timed.filter((timed.at_us >= timed.held_from_us) & (timed.at_us < timed.held_to_us))
