"""Files of a report: which format, where to, what of one without rows, what is never replaced."""

import csv
import io
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from threading import Thread

import pandas as pd
import pytest

from wan_perf.cli import main
from wan_perf.cli.export import export
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import ACTIVE_ALERT, DIM_CIRCUIT
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.graph.staged import START

HEADER = ",".join(ACTIVE_ALERT.columns)
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no device nodes in its folders")


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DuckDBWarehouse:
    """Two circuits, and no alert."""
    monkeypatch.chdir(tmp_path)
    warehouse = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    circuits = [
        {"circuit_id": name, "site_id": "S1", "provider": "Fünf", "valid_from": START}
        for name in ("C1", "C2")
    ]
    warehouse.store(DIM_CIRCUIT, conform(circuits, DIM_CIRCUIT))
    warehouse.store(ACTIVE_ALERT, conform([], ACTIVE_ALERT))
    return warehouse


Exported = Callable[..., Path]


@pytest.fixture
def exported(warehouse: DuckDBWarehouse) -> Exported:
    """Exports a report; the file."""

    def run(report: str, out: str | None = None, kind: str | None = None) -> Path:
        file, _ = export(warehouse, report, kind, Path("exports"), Path(out) if out else None)
        return Path(file)

    return run


def test_a_report_without_rows_is_its_header_in_place_of_yesterdays_file(exported: Exported):
    Path("alerts.csv").write_text("yesterday's alert")
    exported("active_alert", "alerts.csv")
    assert Path("alerts.csv").read_text(encoding="utf-8-sig") == f"{HEADER}\n"
    parquet = pd.read_parquet(exported("active_alert", kind="parquet"))
    assert (len(parquet), list(parquet)) == (0, list(ACTIVE_ALERT.columns))


@pytest.mark.parametrize(
    ("out", "kind", "file"),
    [
        pytest.param(None, None, "exports/dim_circuit.csv", id="CSV is the default"),
        pytest.param(None, "parquet", "exports/dim_circuit.parquet", id="by --format"),
        pytest.param("x.parquet", None, "x.parquet", id="by the ending"),
        pytest.param("X.PARQUET", None, "X.PARQUET", id="in capitals"),
        pytest.param("x.dat", "parquet", "x.dat", id="an ending that says nothing"),
        pytest.param("x.dat", None, "x.dat", id="neither"),
    ],
)
def test_the_format_goes_by_the_ending_unless_it_is_given(
    exported: Exported, out: str | None, kind: str | None, file: str
):
    assert exported("dim_circuit", out, kind) == Path(file)
    is_parquet = Path(file).read_bytes().startswith(b"PAR1")
    assert is_parquet == ("parquet" in (kind, file[-7:].lower()))


def test_a_format_that_contradicts_the_ending_is_refused(exported: Exported):
    with pytest.raises(UsageError) as refused:
        exported("dim_circuit", "x.parquet", "csv")
    assert str(refused.value) == (
        "--format csv contradicts --out x.parquet, which ends as a parquet file; leave --format "
        "out, or give the file another ending."
    )
    assert not Path("x.parquet").exists()


def test_what_was_never_computed_leaves_no_file(exported: Exported):
    with pytest.raises(WanPerfError, match="trend was never computed; run wan-perf collect"):
        exported("trend", "x.csv")
    assert not Path("x.csv").exists()


def test_a_link_stays_a_link(exported: Exported):
    Path("target.csv").write_text("yesterday")
    try:
        Path("link.csv").symlink_to("target.csv")
    except OSError:
        pytest.skip("this user may not make links here")
    exported("active_alert", "link.csv")
    assert Path("link.csv").is_symlink()
    assert Path("target.csv").read_text(encoding="utf-8-sig") == f"{HEADER}\n"


@POSIX
def test_a_device_is_written_to_and_stays_a_device(exported: Exported):
    exported("dim_circuit", "/dev/null")
    assert Path("/dev/null").is_char_device()
    assert not Path("/dev/null.part").exists()


@POSIX
def test_a_pipe_gets_the_rows_and_stays_a_pipe(exported: Exported):
    os.mkfifo("pipe")
    read: list[str] = []
    reader = Thread(target=lambda: read.append(Path("pipe").read_text(encoding="utf-8-sig")))
    reader.start()
    exported("active_alert", "pipe")
    reader.join(5)
    assert read == [f"{HEADER}\n"]
    assert Path("pipe").is_fifo()


def test_a_file_that_cannot_be_written_is_one_sentence(exported: Exported):
    Path("file").write_text("")
    with pytest.raises(WanPerfError, match=r"file.x\.csv cannot be written: .*; give another"):
        exported("active_alert", "file/x.csv")


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses such names")
def test_the_name_of_the_file_is_printed_without_control_characters(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("WAN_PERF_HOME", str(warehouse.path.parent))
    argv = ["wan-perf", "export", "dim_circuit", "--out", "a\x1b[2J\u202eb.csv"]
    monkeypatch.setattr(sys, "argv", argv)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert capsys.readouterr().out == "Wrote 2 rows of dim_circuit to a[2Jb.csv.\n"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_dash_is_standard_output(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, kind: str
):
    """Nothing but the file goes there, so that it can be piped into another program."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    monkeypatch.setenv("WAN_PERF_HOME", str(warehouse.path.parent))
    monkeypatch.setattr(sys, "argv", ["wan-perf", "export", "dim_circuit", "--out=-"])
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--format", kind])
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert err.getvalue().strip() == "Wrote 2 rows of dim_circuit to standard output."
    content = out.buffer.getvalue()  # type: ignore[attr-defined]
    if kind == "csv":
        lines = content.decode().split("\n")
        assert lines[0].startswith("circuit_id,")
        assert [line.split(",")[0] for line in lines[1:]] == ["C1", "C2", ""]
    else:
        assert (content[:4], content[-4:]) == (b"PAR1", b"PAR1")
    assert not Path("-").exists()


FORMULAS = {
    **{sign: f"{sign}1" for sign in "=+-@"},
    **{f"full-width {sign}": chr(ord(sign) + 0xFEE0) + "1" for sign in "=+-@"},
    "small =": "\ufe661",
    "raised +": "\u207a1",
    "blank": " =1",
    "no-break space": "\u00a0=1",
    "ideographic space": "\u3000=1",
    "zero-width space": "\u200b=1",
    "byte order mark": "\ufeff=1",
    "right-to-left override": "\u202e=1",
    "line feed": "\n=1",
    "carriage return": "\r=1",
    "tab": "\t=1",
    "bell": "\x07=1",
    "blanks and breaks": " \r\n\t \uff1d1",
    "tab before text": "\tx",
    "line feed before text": "\nx",
    "carriage return before text": "\rx",
}
TEXTS = ["Fünf, GmbH", "a=1", "1-2", " x", "«=»", "( =1)", "'=1"]


def test_no_text_of_a_csv_is_run_as_a_formula(tmp_path: Path):
    """Each is marked by an apostrophe, which a spreadsheet takes for "this is text"."""
    texts = [*FORMULAS.values(), *TEXTS]
    circuits = [
        {"circuit_id": f"C{n:02}", "site_id": "S1", "provider": text, "valid_from": START}
        for n, text in enumerate(texts)
    ]
    warehouse = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    warehouse.store(DIM_CIRCUIT, conform(circuits, DIM_CIRCUIT))
    file, _ = export(warehouse, "dim_circuit", "csv", tmp_path, None)
    with Path(file).open(encoding="utf-8-sig", newline="") as lines:
        found = [row["provider"] for row in csv.DictReader(lines)]
    named = dict(zip(FORMULAS, found, strict=False))
    assert named == {name: f"'{text}" for name, text in FORMULAS.items()}
    assert found[len(FORMULAS) :] == TEXTS
