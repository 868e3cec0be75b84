"""`wan-perf publish`: bring the published copy up to date by hand, or write all of it again."""

from rich.console import Console

from wan_perf.defs.resources import warehouse_for
from wan_perf.published.compaction import compact
from wan_perf.published.publisher import publish
from wan_perf.settings import Settings
from wan_perf.wording import counted


def publish_now(settings: Settings, console: Console, *, everything: bool) -> None:
    """Publish what differs from the warehouse, or every table again.

    Raises:
        WanPerfError: the copy cannot be written; readers see the one before.
    """
    warehouse = warehouse_for(settings)
    folder = settings.published_path
    with console.status(f"publishing to {folder}"):
        done = publish(warehouse, folder, everything=everything)
        compact(folder)
    files = counted(done.files, "file")
    console.print(
        f"Published {files}, {counted(done.rows, 'row')} to {folder} in {done.seconds:.1f} s.",
        soft_wrap=True,
        markup=False,
    )
