"""The pages of `docs/reference`, by file name, as the code is now."""

from pathlib import Path

from wan_perf_tests.docs.assets import assets
from wan_perf_tests.docs.commands import commands_page
from wan_perf_tests.docs.endpoints import endpoints_page
from wan_perf_tests.docs.settings import settings_page
from wan_perf_tests.docs.tables import columns_page, tables_page

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def pages() -> dict[str, str]:
    """File name to text of every generated page."""
    return {
        "cli.md": commands_page(),
        "settings.md": settings_page(),
        "tables.md": tables_page(),
        "columns.md": columns_page(),
        "assets.md": assets(),
        "mist_endpoints.md": endpoints_page(),
    }
