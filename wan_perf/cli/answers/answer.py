"""What an answer is, and the circuit-days that it is about.

Belongs here: the rows of a question, the columns to show.
Keep out: computing a number: figures are read from the tables as they are; which answers belong to
which question and how they are printed (`questions`).
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.kpi.reports.report_date import newest_whole_day
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    DIM_CIRCUIT,
    DIM_SITE,
)
from wan_perf.schema.values import STORE
from wan_perf.warehouse import Warehouse

WHO = {"site_name": "site", "region": "region", "circuit_id": "circuit"}
"""Headings that say whose figures a row has."""


@dataclass(frozen=True)
class Answer:
    """A question, the rows that answer it, and the columns to show with their headings.

    `history` is a row on what is not known yet, where an answer needs days of history: circuits,
    too_short (how many of them have too little), days (of the longest of these). `measured` is a
    row on of how many circuits the figure is known at all: circuits, known.
    """

    question: str
    rows: ir.Table
    headings: dict[str, str]
    history: ir.Table | None = None
    measured: ir.Table | None = None


def measured_of(circuits: ir.Table, figure: ir.Value) -> ir.Table:
    """A row: how many circuits there are, and of how many the figure is known."""
    return circuits.aggregate(circuits=circuits.count(), known=figure.count())


def described_days(warehouse: Warehouse) -> ir.Table:
    """Circuit-days of the newest whole day at stores, not hubs, with names as of its end.

    Where no day is whole yet it is the newest of those with most hours.
    """
    days = warehouse.lazy(CIRCUIT_DAY)
    fullest = days.filter(days.hour_count == days.hour_count.max())
    chosen = newest_whole_day(days).cross_join(fullest.aggregate(fullest=fullest.day.max()))
    newest = days.semi_join(chosen.select(day=chosen.as_of_day.fill_null(chosen.fullest)), "day")
    end = newest.day.cast("timestamp") + ibis.interval(days=1)
    circuits, sites = warehouse.lazy(DIM_CIRCUIT), warehouse.lazy(DIM_SITE)
    named = newest.mutate(end=end)
    named = named.left_join(
        circuits, [named.circuit_id == circuits.circuit_id, in_force(circuits, named.end)]
    ).drop("circuit_id_right", "site_id_right", "valid_from", "valid_to")
    described = named.left_join(
        sites, [named.site_id == sites.site_id, in_force(sites, named.end)]
    ).drop("site_id_right", "valid_from", "valid_to")
    return described.filter(described.site_kind.fill_null(STORE) == STORE)
