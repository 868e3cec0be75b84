"""The executive overview as PDF: by an address, by a command, and where there is no browser."""

import re
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from wan_perf.cli.overview import write_overview
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.settings import read_settings
from wan_perf.web import printing
from wan_perf_tests.support.web.estate import Estate
from wan_perf_tests.support.web.reading import read

FAKE = """#!/bin/sh
for given; do case "$given" in
--print-to-pdf=*) out="${given#--print-to-pdf=}";;
file://*) page="${given#file://}";;
esac; done
cp "$page" "$out"
"""
"""A browser that prints the page as it is."""


@pytest.fixture
def copying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chromium is a program that copies the page: what is printed can be read."""
    program = tmp_path / "chromium"
    program.write_text(FAKE, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(printing, "browser", lambda: str(program))


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(printing, "_PLACES", ())


@pytest.fixture
def home(tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAN_PERF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("wan_perf.cli.overview.opened", lambda settings: lambda: estate)
    return tmp_path / "home"


@pytest.mark.usefixtures("copying")
def test_the_printed_page_has_its_style_no_script_and_whole_links(client: TestClient):
    answer = client.get("/overview.pdf?month=2026-01&target=99.95")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="wan-perf-overview-2026-01.pdf"'
    )
    text = answer.text
    assert "In January 2026 the circuits" in text
    assert "target 99.95 %" in text
    assert "<script" not in text
    assert "@page { size: A4 landscape" in text
    links = {e.attributes["href"] for e in read(text).all("a") if "href" in e.attributes}
    assert links
    assert {link for link in links if not link.startswith("http://127.0.0.1:8050/")} == {"#main"}


@pytest.mark.usefixtures("copying")
def test_the_command_writes_the_month_without_links_of_an_unknown_address(home: Path):
    file = write_overview(read_settings(), "", "", None)
    assert file == home / "exports" / "wan-perf-overview-2026-02.pdf"
    text = file.read_text(encoding="utf-8")
    assert "In February 2026 the circuits" in text
    assert not re.search(r'<a\b[^>]* href="/', text)


@pytest.mark.usefixtures("copying")
def test_links_of_the_command_lead_to_the_dashboard_of_the_settings(home: Path, monkeypatch):
    monkeypatch.setenv("WAN_PERF_DASHBOARD_URL", "https://wan.example.com")
    file = write_overview(read_settings(), "2026-01", "", home / "o.pdf")
    assert 'href="https://wan.example.com/region/East"' in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("month", "target", "sentence"),
    [
        ("2026-13", "", "month is such as 2026-03; “2026-13” is not."),
        ("1999-01", "", "The data has no month 1999-01; it has 2025-02 to 2026-03."),
        ("", "all", "target is a percentage under 100; “all” is not."),
    ],
)
@pytest.mark.usefixtures("home", "copying")
def test_a_month_or_target_that_is_none_ends_with_2(month: str, target: str, sentence: str):
    with pytest.raises(UsageError, match=re.escape(sentence)):
        write_overview(read_settings(), month, target, None)


@pytest.mark.usefixtures("no_browser")
def test_without_a_browser_the_sentence_names_what_to_install(client: TestClient, home: Path):
    page = client.get("/overview?month=2026-01").text
    assert "overview.pdf" not in page
    assert "Print or PDF" in page
    answer = client.get("/overview.pdf?month=2025-12")
    assert answer.status_code == 503
    assert "install it (Debian: apt install chromium" in answer.text
    with pytest.raises(UsageError, match="apt install chromium"):
        write_overview(read_settings(), "", "", None)
    assert not (home / "exports").exists()


def test_a_browser_that_prints_nothing_is_reported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(printing, "browser", lambda: shutil.which("false"))
    with pytest.raises(printing.PrintingError, match=r"printed no PDF \(exit code 1\)"):
        printing.pdf("<p>", "")


@pytest.mark.usefixtures("copying")
def test_a_home_without_data_says_what_to_run(home: Path, monkeypatch: pytest.MonkeyPatch):
    empty = Estate(days=2, months=1, dropped=frozenset({"current_state", "circuit_hour"}))
    monkeypatch.setattr("wan_perf.cli.overview.opened", lambda settings: lambda: empty)
    with pytest.raises(WanPerfError, match="run wan-perf collect"):
        write_overview(read_settings(), "", "", None)


@pytest.mark.proof
@pytest.mark.skipif(printing.browser() is None, reason="no Chromium: apt install chromium")
def test_chromium_prints_one_page_with_links(client: TestClient):
    content = client.get("/overview.pdf?month=2026-02").content
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", content)) == 1
    assert re.search(rb"/MediaBox \[0 0 84\d\.\d+ 59\d\.\d+\]", content)
    assert b"/URI (http://127.0.0.1:8050/region/East)" in content
