"""What a person reads of a run: its progress while it runs, its figures and warnings after it.

Belongs here: the progress bar, sentences made of what assets report.
Keep out: which runs there are (`runs`), how text becomes harmless (`terminal`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wan_perf.cli.terminal import warning
from wan_perf.defs.assets.rejected_rows import REJECTED
from wan_perf.wording import counted

_SHOWN = 3
"""Of sentences of one kind; the number of the others follows."""


class Report:
    """Figures of runs on a console; their progress and warnings on another, `notices`."""

    def __init__(self, console: Console, notices: Console | None = None) -> None:
        self.console = console
        self.notices = notices or console
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.notices,
            transient=True,
            disable=self.notices.stderr and not self.notices.is_terminal,
        )

    @contextmanager
    def passes(self, begin: datetime, due: int) -> Iterator[None]:
        """A bar of so many passes, while they are taken."""
        with self.bar as bar:
            self._task = bar.add_task(f"passes from {begin:%Y-%m-%d %H:%M} UTC", total=due)
            yield
            bar.remove_task(self._task)

    def passed(self, pass_at: datetime, calls_left: int | None) -> None:
        """A sampling pass is over; so many calls are left in the hour, where that is known."""
        description = f"pass of {pass_at:%Y-%m-%d %H:%M} UTC{_calls_left(calls_left)}"
        self.bar.update(self._task, advance=1, description=description)

    def scored(self, done: int, of: int, calls_left: int) -> None:
        """Scores of so many hours are over, of so many; so many calls are left for them."""
        description = f"scores of hour {done:,} of {of:,}{_calls_left(calls_left)}"
        self.bar.update(self._task, description=description)

    def fetched(self, done: int, of: int, calls_left: int) -> None:
        """So many ports' history is over, of so many; so many calls are left for it."""
        so_far = self.bar.tasks[0].elapsed or 0
        to_go = timedelta(seconds=round(so_far / done * (of - done)))
        calls = f"{counted(calls_left, 'call')} left this hour, {to_go} to go"
        self.bar.update(self._task, description=f"history of port {done:,} of {of:,}, {calls}")

    def inventory(self, result: dg.ExecuteInProcessResult) -> None:
        """What an inventory left as it was, and contracts and overrides that match nothing."""
        found = metadata(result, "raw_inventory")
        if found["sites_left"]:
            sites = counted(found["sites_left"], "site")
            self._warn(f"Bandwidth of {sites} stays as it was:", found["why_left"][0])
        if found["sites_without_variables"]:
            sites = counted(found["sites_without_variables"], "site")
            why = found["why_without_variables"][0]
            self._warn(f"Template variables of {sites} stay as they were:", why)
        self._first(found["contracts_unused"], "contracts; wan-perf doctor lists them.")
        self._first(found["variables_unused"], "variables.")
        self._report_rejected(found)
        for sentence in metadata(result, "dim_policy")["overrides_unmatched"]:
            self._warn(sentence)

    def collected(self, begin: datetime, end: datetime, result: dg.ExecuteInProcessResult) -> None:
        """Passes, calls, events and circuit-hours of a range."""
        taken = metadata(result, "raw_port_sample")
        events, hours = (rows_of(result, name) for name in ("raw_gateway_event", "circuit_hour"))
        self.console.print(
            f"Collected {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC: "
            f"{counted(taken['passes_taken'], 'pass', 'passes')} in "
            f"{counted(taken['calls'], 'call')}{_calls_left(taken['calls_left'])}, "
            f"{counted(events, 'event')}, "
            f"{counted(hours, 'circuit-hour')}."
        )

    def left(self, result: dg.ExecuteInProcessResult, *, has_history: bool) -> None:
        """What was not fetched beside polls, and values that were not used."""
        past = metadata(result, "raw_port_history") if has_history else {}
        if past:
            self._history(past)
        events, scores = (metadata(result, name) for name in ("raw_gateway_event", "raw_site_sle"))
        if events["why_left"]:
            self._warn("Events stay as they are:", events["why_left"])
        if scores["hours_left"]:
            hours = counted(scores["hours_left"], "hour")
            self._warn(f"Scores of {hours} are left:", scores["why_left"][0])
        alarms = metadata(result, "raw_alarm")
        if alarms["why_left"]:
            self._warn("Alarms are left for the next hour:", alarms["why_left"][0])
        causes = metadata(result, "raw_sle_metric")
        if causes["scores_left"]:
            low = counted(causes["scores_left"], "low score")
            self._warn(f"Causes of {low} are left:", causes["why_left"][0])
        if causes["scores_without_impact"]:
            low = counted(causes["scores_without_impact"], "low score")
            self._warn(f"Causes of {low} lack what is impacted:", causes["why_without_impact"][0])
        for found in (past, metadata(result, "raw_port_sample"), events, scores, alarms, causes):
            self._report_rejected(found)

    def missed(self, result: dg.ExecuteInProcessResult) -> None:
        """Passes that could not be taken."""
        missed = metadata(result, "raw_port_sample")["passes_missed"].items()
        for at, why in list(missed)[:_SHOWN]:
            self._warn(f"The pass of {at} UTC was missed:", why)
        if len(missed) > _SHOWN:
            self._warn(f"… and {len(missed) - _SHOWN} more passes.")

    def _history(self, past: dict[str, Any]) -> None:
        if past["ports_fetched"]:
            ports = counted(past["ports_fetched"], "port")
            calls = counted(past["calls"], "call")
            self.console.print(f"History of {ports} in {calls}.")
        if past["ports_left"]:
            ports = counted(past["ports_left"], "port")
            why = f"{past['why_left'][0]} The same command goes on where this one ended."
            self._warn(f"History of {ports} is left:", why)
        if past["ports_without_quality"]:
            ports = counted(past["ports_without_quality"], "port")
            self._warn(f"History of {ports} is without quality:", past["why_without_quality"][0])

    def _first(self, sentences: Sequence[str], more: str) -> None:
        for sentence in sentences[:_SHOWN]:
            self._warn(sentence)
        if len(sentences) > _SHOWN:
            self._warn(f"… and {len(sentences) - _SHOWN:,} more {more}")

    def _report_rejected(self, found: dict[str, Any]) -> None:
        for sentence in found.get(REJECTED, ()):
            self._warn(sentence)

    def _warn(self, lead: str, why: str = "") -> None:
        self.notices.print(warning(lead, why))


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """What a run reported of an asset; of a range every partition has the same."""
    made = (event.materialization for event in result.get_asset_materialization_events())
    first = next(one for one in made if one.asset_key == dg.AssetKey(asset))
    return {name: value.value for name, value in first.metadata.items()}


def rows_of(result: dg.ExecuteInProcessResult, asset: str) -> int:
    """Rows of the asset that a run stored."""
    return int(metadata(result, asset)["dagster/partition_row_count"])


def _calls_left(calls: int | None) -> str:
    return "" if calls is None else f", {counted(calls, 'call')} left this hour"
