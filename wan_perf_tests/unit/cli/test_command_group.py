"""The command line itself: its help, and the sentence for what it does not know."""

from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from wan_perf.cli import commands
from wan_perf.cli.command_group import SECTIONS
from wan_perf_tests.support.shell import Shell

WIDTH = 80


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A home of its own without a cloud."""
    return Shell(tmp_path)


def test_every_command_is_in_one_section_of_the_help():
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(commands.commands)


def test_the_help_fits_80_columns_and_cuts_no_summary(bare: Shell):
    result = bare.run("--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert max(map(len, result.stdout.splitlines())) <= WIDTH
    summaries = [" ".join(line.split()) for line in result.stdout.splitlines()]
    for name, command in commands.commands.items():
        assert command.help is not None
        first = command.help.splitlines()[0].rstrip(".")
        assert f"{name} {first}" in summaries


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_the_help_of_a_command_fits_80_columns(name: str):
    command = commands.commands[name]
    text = command.get_help(click.Context(command, info_name=name, max_content_width=WIDTH))
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            ("colect",),
            "wan-perf: No such command 'colect'. Did you mean 'collect'? See wan-perf --help.",
            id="a misspelt command",
        ),
        pytest.param(
            ("quit",), "wan-perf: No such command 'quit'. See wan-perf --help.", id="no command"
        ),
        pytest.param(
            ("top", "flap_count", "--perod", "day"),
            "wan-perf: No such option '--perod'. Did you mean '--period'? See wan-perf top --help.",
            id="a misspelt option",
        ),
        pytest.param(
            ("top", "flap_count", "--period", "wek"),
            "wan-perf: Invalid value for '--period': 'wek' is unknown; did you mean week? Give one "
            "of day, week, month, 13_month. See wan-perf top --help.",
            id="a misspelt choice of an option",
        ),
        pytest.param(
            ("aggregate", "montly"),
            "wan-perf: Invalid value for 'PERIOD': 'montly' is unknown; did you mean monthly? Give "
            "one of daily, weekly, monthly. See wan-perf aggregate --help.",
            id="a misspelt choice of an argument",
        ),
        pytest.param(
            ("top", "flapcount"),
            "wan-perf: Nothing is ranked by flapcount; did you mean flap_count?",
            id="a misspelt figure",
        ),
        pytest.param(
            ("export", "circuit_hours"),
            "wan-perf: There is no report or table named circuit_hours; did you mean circuit_hour?",
            id="a misspelt table",
        ),
        pytest.param(
            ("top",),
            "wan-perf: Missing argument 'METRIC'. See wan-perf top --help.",
            id="an argument that is missing",
        ),
    ],
)
def test_an_unknown_word_ends_with_2_and_one_sentence(
    bare: Shell, arguments: tuple[str, ...], sentence: str
):
    done = bare.run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{sentence}\n")
    assert list(bare.home.iterdir()) == []


def test_ctrl_c_ends_with_1_and_a_sentence(bare: Shell, monkeypatch: pytest.MonkeyPatch):
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands.commands["dictionary"], "callback", interrupted)
    done = bare.run("dictionary")
    assert done.returncode == 1
    assert done.stderr.split("\n") == [
        "",
        "wan-perf: Interrupted; what was stored before stands.",
        "",
    ]


def test_the_shell_completes_commands_choices_figures_and_tables():
    def completed(*words: str) -> list[str]:
        shell = BashComplete(commands, {}, "wan-perf", "_WAN_PERF_COMPLETE")
        return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]

    assert completed("agg") == ["aggregate"]
    assert completed("aggregate", "w") == ["weekly"]
    assert completed("top", "flap") == ["flap_count"]
    assert completed("export", "circuit_h") == ["circuit_hour", "circuit_histogram"]
