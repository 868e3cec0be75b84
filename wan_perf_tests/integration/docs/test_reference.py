"""The generated reference is that of the code as it is."""

import pytest

from wan_perf_tests.docs.reference import FOLDER, pages


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return pages()


def test_the_reference_has_the_generated_pages_only(generated: dict[str, str]):
    assert sorted(file.name for file in FOLDER.iterdir()) == sorted(generated)


@pytest.mark.parametrize(
    "page",
    ["cli.md", "settings.md", "tables.md", "columns.md", "assets.md", "mist_endpoints.md"],
)
def test_a_page_is_current(page: str, generated: dict[str, str]):
    stored = (FOLDER / page).read_text(encoding="utf-8")
    assert stored == generated[page], "run: python -m wan_perf_tests.docs"
