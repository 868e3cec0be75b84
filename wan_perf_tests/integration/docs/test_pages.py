"""README and docs: short, linked without gaps, and about things that exist."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.tables import TABLES
from wan_perf_tests.support.docs.written import (
    DOCS,
    PAGES,
    README,
    ROOT,
    anchors,
    code_lines,
    inline_code,
    links,
    name,
)

LONGEST_README = 150
NOT_OF_TABLES = {"last_flapped", "bandwidth_bytes", "ended_silences"}
"""Names in concepts of no column or table: a field of Mist, a part of a formula, a sensor."""


def test_the_readme_is_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_pages_and_headings(page: Path):
    broken = []
    for link in links(page):
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.is_file() or (anchor and anchor not in anchors(file)):
            broken.append(link)
        elif page != README and DOCS not in file.parents:
            broken.append(f"{link} leaves docs, and is broken on the site")
    assert broken == []


def test_the_site_has_every_page_once():
    site = yaml.safe_load((DOCS / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = re.findall(r"[\w/]+\.md", str(site["nav"]))
    assert sorted(listed) == sorted(page.relative_to(DOCS).as_posix() for page in PAGES[1:])


def test_every_page_is_reached_from_the_readme():
    reached, waiting = {README}, [README]
    while waiting:
        page = waiting.pop()
        found = {(page.parent / link.partition("#")[0]).resolve() for link in links(page)}
        new = {file for file in found if file.suffix == ".md"} - reached
        reached |= new
        waiting += new
    assert set(PAGES) - reached == {DOCS / "index.md"}  # the site's own first page


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_and_modules_that_are_named_exist(page: Path):
    lines = list(code_lines(page))
    files = {
        f for line in lines for f in re.findall(r"\b(?:wan_perf|wan_perf_tests)/[\w/]+\.py", line)
    }
    files |= {
        f"wan_perf/{f}"
        for line in lines
        for f in re.findall(r"^(?:kpi|schema|warehouse)/[\w/]+\.py", line)
    }
    modules = {m for line in lines for m in re.findall(r"python -m (wan_perf[\w.]*)", line)}
    missing = [file for file in files if not (ROOT / file).is_file()]
    missing += [module for module in modules if importlib.util.find_spec(module) is None]
    assert missing == []


def test_tests_of_the_dashboard_that_are_named_exist():
    named = re.findall(
        r"(test_\w+\.py)::(test_\w+)", str(inline_code(DOCS / "guides/dashboard.md"))
    )
    files = (ROOT / "wan_perf_tests").glob("*/web/test_*.py")
    texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    assert named
    assert [test for file, test in named if f"def {test}(" not in texts[file]] == []


@pytest.mark.parametrize("page", sorted((DOCS / "concepts").glob("*.md")), ids=name)
def test_columns_and_tables_that_concepts_name_exist(page: Path):
    values = {value for column in COLUMNS.values() for value in column.one_of}
    known = {*COLUMNS, *TABLES, *values, *NOT_OF_TABLES}
    named = {code for code in inline_code(page) if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", code)}
    assert named - known == set()
