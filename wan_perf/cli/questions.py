"""The four questions that the system is for, and their answers: printed, as JSON, as CSV.

Belongs here: which answers belong to which question, the newest day that they are of.
Keep out: which rows an answer has (`answers`), how a grid fits a terminal (`row_grid`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import ibis.expr.types as ir
import pandas as pd
from rich.console import Console
from rich.text import Text

from wan_perf.cli.answers.answer import Answer, described_days
from wan_perf.cli.answers.congestion import answers, growing, loaded_now, longest_runs, regions
from wan_perf.cli.answers.failover import failovers, on_backup_now
from wan_perf.cli.answers.stability import chronic, flapping, least_available, worst_quality
from wan_perf.cli.machine_readable import print_csv, print_json
from wan_perf.cli.read_source import Readable
from wan_perf.cli.row_grid import print_grid, shown
from wan_perf.cli.terminal import bold
from wan_perf.errors import WanPerfError
from wan_perf.kpi.reports.top_offenders import ENOUGH_COVERAGE_PCT
from wan_perf.schema.formulas import availability_pct
from wan_perf.warehouse import Warehouse
from wan_perf.wording import counted

SHOWN = 5
QUESTIONS = {
    "congestion": "1. Which sites and circuits are congested now, and trending worse?",
    "instability": "2. Which regions and sites are chronically unstable?",
    "failovers": "3. How often do circuits fail over, and how good is the quality then?",
    "thresholds": "4. How long was each above a threshold?",
}


class Answered(NamedTuple):
    """An answer to one of the questions, with its first rows and what is not known yet."""

    question: str
    answer: Answer
    rows: pd.DataFrame
    unknown: str | None = None


@dataclass(frozen=True)
class Answers:
    """The circuits of the newest day (`fleet`, a row), and the answers, as `source` has them."""

    source: Readable
    fleet: pd.Series
    answered: tuple[Answered, ...]


def read_answers(
    source: Readable, questions: Sequence[str] = tuple(QUESTIONS), most: int = SHOWN
) -> Answers:
    """The first rows of each answer to the questions (keys of QUESTIONS), of the newest day.

    Raises:
        WanPerfError: there is no day to report yet.
    """
    warehouse = source.tables
    days = described_days(warehouse)
    fleet = warehouse.query(_fleet(days)).iloc[0]
    if not fleet["circuits"]:
        raise WanPerfError(
            "There is no day to report yet; run wan-perf collect and wan-perf aggregate daily."
        )
    return Answers(
        source,
        fleet,
        tuple(
            Answered(
                question,
                answer,
                warehouse.query(answer.rows.limit(most)),
                _unknown(warehouse, answer),
            )
            for question in QUESTIONS
            if question in questions
            for answer in _answers_to(question, warehouse, days)
        ),
    )


def _unknown(warehouse: Warehouse, answer: Answer) -> str | None:
    """What is not known for want of history or of any measurement; None where all is."""
    if answer.measured is not None:
        found = warehouse.query(answer.measured).iloc[0]
        if found["known"]:
            return None
        every = counted(found["circuits"], "circuit")
        some = f"of 0 of {every}" if found["circuits"] else "of no circuit yet"
        return f"not known: measured {some}"
    if answer.history is None:
        return None
    found = warehouse.query(answer.history).iloc[0]
    if not found["circuits"]:
        return "not known yet: no circuit has a whole trading day"
    if not found["too_short"]:
        return None
    return (
        f"not known yet of {found['too_short']} of {counted(found['circuits'], 'circuit')}: the "
        f"longest of their histories has {counted(int(found['days']), 'day')}"
    )


def _answers_to(question: str, warehouse: Warehouse, days: ir.Table) -> Iterator[Answer]:
    congested, time_above = answers(days)
    if question == "congestion":
        yield from (loaded_now(warehouse), congested, growing(warehouse))
    elif question == "instability":
        yield from (regions(warehouse, days), chronic(warehouse, days), flapping(warehouse, days))
        yield from (least_available(warehouse, days), worst_quality(warehouse, days))
    elif question == "failovers":
        yield from (on_backup_now(warehouse), failovers(warehouse, days))
    elif question == "thresholds":
        yield from (time_above, longest_runs(warehouse, days))


def print_in_form(found: Answers, console: Console, form: str | None) -> None:
    """Print the answers on the console, or for programs as json or csv."""
    if form == "json":
        print_answers_json(found)
    elif form == "csv":
        print_answers_csv(found)
    else:
        print_answers(found, console)


def print_answers(found: Answers, console: Console) -> None:
    """Print them for a person: a line on the day, then a grid for each answer."""
    fleet = found.fleet
    day = Text("\n").append(f"{fleet['day']:%A %Y-%m-%d}", style="bold")
    console.print(
        day.append(
            f" (UTC{_so_far(fleet)}): {counted(fleet['circuits'], 'circuit')} at "
            f"{counted(fleet['sites'], 'site')}, availability "
            f"{shown(fleet['availability_pct'])} % of what is known, coverage "
            f"{shown(fleet['coverage_pct'])} %, {counted(int(fleet['unranked']), 'circuit')} with "
            f"not enough data{found.source.as_of}.",
            style="not bold",
        )
    )
    before = None
    for question, answer, rows, unknown in found.answered:
        if question != before:
            console.print(bold(f"\n{QUESTIONS[question]}"))
        before = question
        print_grid(console, answer.question, answer.headings, rows, unknown)


def print_answers_json(found: Answers) -> None:
    """Print them for a program: one object; rows have the columns of the tables."""
    fleet = found.fleet
    print_json(
        {
            "day": fleet["day"],
            "published_at": found.source.published_at,
            "circuit_count": fleet["circuits"],
            "site_count": fleet["sites"],
            "availability_pct": fleet["availability_pct"],
            "coverage_pct": fleet["coverage_pct"],
            "answers": [
                {"question": question, "answer": answer.question, "rows": _columns(answer, rows)}
                for question, answer, rows, _ in found.answered
            ],
        }
    )


def print_answers_csv(found: Answers) -> None:
    """Print the rows of all answers as one table: the question, the answer, their columns.

    A column that an answer has not is empty in its rows.
    """
    frames = [
        _columns(answer, rows).assign(question=question, answer=answer.question).astype(object)
        for question, answer, rows, _ in found.answered
    ]
    whole = pd.concat(frames, ignore_index=True)
    first = ["question", "answer"]
    print_csv(whole[[*first, *(name for name in whole.columns if name not in first)]])


def _so_far(fleet: pd.Series) -> str:
    """Of a day that is not whole yet, which is shown where none is, its hours so far."""
    return f", {int(fleet['hours'])} of 24 hours so far" if fleet["hours"] < 24 else ""


def _columns(answer: Answer, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[list(answer.headings)]


def _fleet(days: ir.Table) -> ir.Table:
    known = days.up_minutes.sum() + days.known_down_minutes.sum()
    sums = days.aggregate(
        day=days.day.max(),
        hours=days.hour_count.max(),
        circuits=days.count(),
        sites=days.site_id.nunique(),
        up=days.up_minutes.sum(),
        known=known,
        total=(60 * days.hour_count).sum(),
        unranked=(days.coverage_pct < ENOUGH_COVERAGE_PCT).ifelse(1, 0).sum(),
    )
    return sums.mutate(
        availability_pct=availability_pct(sums.up, sums.known),
        coverage_pct=100.0 * sums.known / sums.total.nullif(0),
    )
