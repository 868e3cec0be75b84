"""Text of others in the terminal: brackets stay, nothing is obeyed."""

import io
from pathlib import Path

import pandas as pd
import pytest
from rich.progress import Progress, TextColumn

import wan_perf
from wan_perf.cli.doctor import print_findings
from wan_perf.cli.row_grid import grid
from wan_perf.cli.terminal import Terminal, bold, warning

HOSTILE = "Store [7] [/] [bold]x[/bold] :smile:\x1b[2J\x07\x9b31m\u202e"
"""A name that Rich refuses as markup ([/]), with what clears a screen, rings and turns text."""
SHOWN = "Store [7] [/] [bold]x[/bold] :smile:[2J31m"


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(file=io.StringIO(), width=200)


def printed(terminal: Terminal) -> str:
    assert isinstance(terminal.file, io.StringIO)
    return terminal.file.getvalue()


def test_a_line_is_printed_as_it_is(terminal: Terminal):
    terminal.print(f"The pass was missed: {HOSTILE}")
    assert printed(terminal) == f"The pass was missed: {SHOWN}\n"


def test_a_warning_and_a_heading_are_printed_as_they_are(terminal: Terminal):
    terminal.print(warning("Left:", HOSTILE))
    terminal.print(bold(HOSTILE))
    assert printed(terminal) == f"Left: {SHOWN}\n{SHOWN}\n"


def test_cells_titles_and_headings_of_a_table(terminal: Terminal):
    rows = pd.DataFrame({"region": ["[West]\x1b[2J\n[/]"], "site_name": ["[b]"]})
    terminal.print(grid("Which [sites]?", {"region": "[region]", "site_name": "site"}, rows))
    lines = [line.split() for line in printed(terminal).splitlines() if line.strip()]
    assert lines[0] == ["Which", "[sites]?"]
    assert lines[1] == ["[region]", "site"]
    assert lines[3] == ["[West][2J", "[/]", "[b]"]


def test_a_spinner_beside_a_file_with_brackets(terminal: Terminal):
    with terminal.status("reading [/] [old].csv") as status:
        pass
    assert "reading [/] [old].csv" in str(status.renderable.text)  # type: ignore[attr-defined]


def test_a_bar_with_brackets(terminal: Terminal):
    bar = Progress(TextColumn("{task.description}", markup=False), console=terminal)
    with bar:
        bar.add_task("passes [/]", total=1)
    assert "passes [/]" in printed(terminal)


def test_findings_of_the_doctor(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WAN_PERF_WAREHOUSE", "[/]\x1b[2J")
    assert print_findings(terminal) == 2
    assert "\x1b" not in printed(terminal)


def test_no_command_prints_past_the_terminal():
    """Rich's own console and markup are used in one place."""
    files = (Path(wan_perf.__file__).parent / "cli").rglob("*.py")
    sources = {file.name: file.read_text(encoding="utf-8") for file in files}
    assert [name for name, source in sources.items() if "Console(" in source] == []
    assert [name for name, source in sources.items() if "[/]" in source] == []
