"""Charts as strings: shapes stand where the values say, and a gap is a gap."""

import re
from datetime import date, datetime, timedelta

import pytest

from wan_perf.web.charts.bars import Bar, distribution, ranked
from wan_perf.web.charts.cells import Day, calendar, heat
from wan_perf.web.charts.columns import Months, monthly
from wan_perf.web.charts.density import Cell, Region, density
from wan_perf.web.charts.interval import interval
from wan_perf.web.charts.spark import bar, spark
from wan_perf.web.charts.svg import steps
from wan_perf.web.charts.timeline import Panel, Ribbon, Series, Span, timeline
from wan_perf.web.words import LOOKS

START = datetime(2026, 3, 8)
HOURS = [START + timedelta(hours=n) for n in range(6)]


def drawn(values: list[float | None], **panel: object) -> str:
    shown = Panel("load", "%", [Series("load", values, "s1", is_area=True)], **panel)  # type: ignore[arg-type]
    return str(timeline(HOURS, [shown], label="load"))


def paths(markup: str, css: str) -> list[str]:
    return re.findall(rf'<path class="{css}" d="([^"]+)"', markup)


def test_a_line_and_its_area_stop_at_a_gap():
    chart = drawn([10, 20, None, 40, 50, None], top=100)
    (line,) = paths(chart, "line s1")
    assert line.count("M") == 2  # two pieces
    assert line.count("L") == 2
    (area,) = paths(chart, "band s1")
    assert area.count("Z") == 2


def test_nothing_known_draws_nothing():
    chart = drawn([None] * 6)
    assert paths(chart, "line s1") == []
    assert '"s":[["load","%",[null,null,null,null,null,null]]]' in chart


def test_the_pointer_reads_the_values_of_the_tables():
    chart = drawn([10, 20, None, 40.123456, 50, 60])
    assert "[10.0,20.0,null,40.12,50.0,60.0]" in chart
    assert 'data-start="2026-03-08T00:00:00Z"' in chart


def test_a_level_that_changes_is_a_step_and_one_above_the_axis_is_left_out():
    levels = [("high", [80.0] * 3 + [60.0] * 3), ("critical", [190.0] * 6)]
    chart = drawn([10] * 6, top=100, levels=levels)
    (step,) = paths(chart, "level high")
    assert re.fullmatch(r"M\S+ \S+H\S+V\S+H\S+", step)
    assert paths(chart, "level critical") == []


def test_steps_join_equal_values_and_stop_at_a_gap():
    assert steps([0, 10, 20, 30, 40], [5, 5, None, 7]) == "M0 5H20M30 7H40"


def test_text_of_the_data_is_never_markup():
    evil = "<script>alert(1)</script>"
    spans = [Span(START, START + timedelta(hours=1), "down", evil)]
    chart = timeline(
        HOURS,
        [Panel(evil, "%", [Series(evil, [1.0] * 6, "s1")])],
        [Ribbon(evil, spans)],
        label=evil,
    )
    cells = density([Region(evil, "/r", 1, [Cell(0, evil, "/s", "", "", LOOKS["down"], evil)])])
    days = calendar([Day(date(2026, 3, 8), 1.0, evil)], label=evil, top=100)
    for markup in (chart, cells, days, distribution([(evil, 1, "")], 0, label=evil)):
        assert "<script>alert" not in markup


def test_states_are_drawn_from_their_start_to_their_end():
    spans = [Span(START + timedelta(hours=1), START + timedelta(hours=3), "down", "isp")]
    chart = str(timeline(HOURS, [], [Ribbon("state", spans)], label="state", width=694))
    # 600 units for six hours: the state begins after the first and is two hours long.
    found = re.search(r'class="span critical down" x="(\S+)" y="\S+" width="(\S+)"', chart)
    assert found is not None
    assert (float(found[1]) - 64, float(found[2])) == pytest.approx((100, 200))
    assert "Sun 08 Mar 01:00 to Sun 08 Mar 03:00 UTC" in chart


def test_a_small_line_has_a_gap_and_an_unknown_share_a_hatch():
    assert str(spark([1, None, 3])).count("M") == 4  # the area and the line, two pieces each
    assert "hatch" in bar(None)
    assert 'width="45"' in bar(0.5)


def test_all_sites_are_there_and_only_what_is_not_normal_is_a_shape():
    cells = [Cell(7, "Store 7", "/site/7", "critical", "", LOOKS["site dark"], "site dark")]
    picture = str(density([Region("West", "/region/West", 1000, cells)]))
    assert picture.count("<a ") == 2  # the region and the one site
    assert "Store 7: site dark" in picture
    assert 'aria-label="1000 sites by region, 1 of them not normal"' in picture


def test_bars_count_and_the_unknown_stand_apart():
    picture = str(distribution([("0–1", 10, ""), ("≥ 100", 0, "critical")], 3, label="load"))
    assert re.findall(r'class="value"[^>]*>([^<]+)<', picture) == ["10", "0", "3"]
    assert "unknown: 3" in picture


def test_bars_of_a_ranking_are_as_long_as_their_values_and_an_unknown_one_is_hatched():
    values = [("<b>", 60.0), ("half", 30.0), ("none", 0.0), ("unknown", None), ("x" * 60, 6.0)]
    bars = [Bar(name, value, f"{value} min", f"{name}: {value}") for name, value in values]
    drawing = str(ranked(bars, label="causes", width=580))  # 100 beside the names and the words
    found = re.findall(r'class="(bin[^"]*)"[^>]* width="([\d.]+)"', drawing)
    assert found == [
        *(("bin", "100"), ("bin", "50"), ("bin", "1"), ("bin hatch", "60"), ("bin", "10")),
    ]
    assert "&lt;b&gt;" in drawing
    assert "<b>" not in drawing
    assert f">{'x' * 43}…</text>" in drawing


def test_cells_without_a_value_are_hatched():
    week = heat({(0, 9): 95.0, (0, 10): None}, label="load", unit="%", top=100)
    assert week.count('class="cx"') == 7 * 24 - 1
    assert "Mon 09:00 UTC: 95 %" in week
    days = calendar(
        [Day(date(2026, 3, 7), 55.0, "p95 55 %"), Day(date(2026, 3, 8), None, "unknown")],
        label="days",
        top=100,
    )
    assert re.findall(r'class="(c\w)"', days) == ["c5", "cx"]


def test_availability_is_a_point_between_its_bounds():
    met = str(interval(99.8, 99.95, 99.97, 99.9, label="West"))
    assert "point met" in met
    assert "point missed" in str(interval(99.8, 99.85, 99.97, 99.9, label="West"))
    assert "West: unknown" in str(interval(None, None, None, 99.9, label="West"))


def test_a_month_that_is_unknown_has_no_column():
    months = Months([date(2026, 1, 1), date(2026, 2, 1)], [None, 99.95])
    picture = str(monthly(months, label="availability", target=99.9, is_from_top=True))
    assert picture.count('class="hatch"') == 1
    assert picture.count("column plain") == 1


def test_a_first_month_is_the_last_of_thirteen_places():
    picture = str(monthly(Months([date(2026, 2, 1)], [99.95]), label="availability"))
    names = re.findall(r'class="tick"[^>]*>(\w+)<', picture)
    assert " ".join(names) == "Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Jan Feb"
    [column] = re.findall(r'class="column plain" x="([\d.]+)"', picture)
    assert float(column) == pytest.approx(12 / 13 * 460 + 2, abs=0.1)
