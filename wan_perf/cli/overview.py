"""`wan-perf overview`: the dashboard's page for leadership as a PDF file.

Belongs here: reading the published copy for it, and where the file goes.
Keep out: the page (`web.pages.overview`), how it is printed (`web.printing`).
"""

from pathlib import Path
from typing import IO

from wan_perf.cli.dashboard import opened
from wan_perf.cli.output_file import files_of_ours, write_file
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.file_modes import modes_at
from wan_perf.settings import Settings
from wan_perf.web.app import utc_now
from wan_perf.web.data import Data
from wan_perf.web.pages.overview import overview_pdf
from wan_perf.web.query import BadAddressError, NotFoundError
from wan_perf.web.questions.trust import trust
from wan_perf.web.rendering import File
from wan_perf.web.visit import Visit


def write_overview(settings: Settings, month: str, target: str, out: Path | None) -> Path:
    """Write the overview of a month; the file.

    Args:
        settings: Of the home whose published copy is read.
        month: Such as 2026-02; empty: the newest whole one.
        target: Of the availability, in percent; empty: the page's own.
        out: The file; None: in the home's exports, named after the month.

    Raises:
        UsageError: the month or the target is wrong, there is no browser that prints, or `out` is
            none to write to.
        WanPerfError: there is no data yet, the browser failed, or the file cannot be written.
    """
    data = Data(opened(settings)())
    state = trust(data)
    if state.is_empty:
        raise WanPerfError("There is no data yet; run wan-perf collect.")
    given = {"month": month, "target": target}
    visit = Visit(data, "/overview", given, utc_now(), state, origin=settings.dashboard_url)
    try:
        made = overview_pdf(visit)
    except (BadAddressError, NotFoundError) as error:
        raise UsageError(str(error)) from None
    assert isinstance(made, File)  # noqa: S101 - no chart of it is requested
    folder = settings.home / "exports"
    file = out or folder / made.name

    def write(into: IO[bytes]) -> None:
        into.write(made.content)

    with modes_at(out or folder, settings.home):
        write_file(file, write, files_of_ours(settings))
    return file
