"""How commands end: one sentence, an exit code, and a log of what is not known."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wan_perf.cli.failures import ending
from wan_perf.errors import UsageError, WanPerfError


def wrapped(error: Exception) -> Exception:
    """As Dagster wraps what a step raised."""
    try:
        try:
            raise error
        except Exception as inner:
            raise RuntimeError("Error occurred while executing op") from inner
    except RuntimeError as outer:
        return outer


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        pytest.param(WanPerfError("Mist is out."), "Mist is out.", 1, id="a failure of ours"),
        pytest.param(UsageError("No such hour."), "No such hour.", 2, id="a wrong command line"),
        pytest.param(
            RuntimeError("Query interrupted"),
            *("Interrupted; what was stored before stands.", 1),
            id="Ctrl+C in DuckDB",
        ),
        pytest.param(
            OSError(errno.ENOSPC, "No space left on device", "/data/x.db"),
            *("/data/x.db cannot be read or written: no space is left on its disk", 1),
            id="full disk",
        ),
        pytest.param(
            PermissionError(errno.EACCES, "Permission denied", "/data"),
            *("/data cannot be read or written: this user may not", 1),
            id="no right",
        ),
        pytest.param(
            OSError(errno.ELOOP, "Too many levels of symbolic links", "/data/out.csv"),
            *("/data/out.csv cannot be read or written: a link of its path leads back to", 1),
            id="a link to itself",
        ),
        pytest.param(
            FileExistsError(errno.EEXIST, "File exists", "/data/dagster/processes"),
            *("/data/dagster/processes cannot be read or written: a file is in its place", 1),
            id="a file in place of a folder",
        ),
        pytest.param(
            sqlite3.OperationalError("attempt to write a readonly database"),
            *("this user may not write it", 1),
            id="records that may not be written",
        ),
        pytest.param(
            sqlite3.DatabaseError("database disk image is malformed"),
            *("it is damaged; move it away", 1),
            id="damaged records",
        ),
        pytest.param(
            UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range"),
            *("set the locale to UTF-8", 1),
            id="a locale without letters",
        ),
    ],
)
def test_what_is_known_is_one_sentence(error: Exception, words: str, code: int, tmp_path: Path):
    sentence, exit_code = ending(wrapped(error), tmp_path)
    assert words in sentence
    assert "\n" not in sentence
    assert exit_code == code
    assert not (tmp_path / "logs").exists()


def test_what_is_not_known_is_one_sentence_and_a_log_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MIST_API_TOKEN", "s3cr3t-value")
    fault = wrapped(KeyError("gateway_mac of s3cr3t-value"))
    sentence, code = ending(fault, tmp_path)
    [log] = (tmp_path / "logs").iterdir()
    assert code == 1
    assert f"Please send {log}" in sentence
    written = log.read_text(encoding="utf-8")
    assert "gateway_mac of ***" in written
    assert "Traceback" in written
    assert "s3cr3t-value" not in written


def test_the_log_has_no_secret_of_the_file_of_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A key of two lines too, which a traceback shows on one."""
    monkeypatch.chdir(tmp_path)
    text = 'MIST_API_TOKEN=t0ken-of-file\nSNF_PRIVATE_KEY="first\nsecond"\nMIST_ORG_ID=shown\n'
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    ending(KeyError("t0ken-of-file", "first\nsecond", "shown"), tmp_path)
    [log] = (tmp_path / "logs").iterdir()
    assert "KeyError: ('***', '***', 'shown')" in log.read_text(encoding="utf-8")


def test_a_home_that_cannot_be_written_leaves_the_log_elsewhere(tmp_path: Path):
    (tmp_path / "home").touch()
    sentence, _ = ending(KeyError("gateway_mac"), tmp_path / "home")
    log = Path(sentence.partition("Please send ")[2].partition(" to whoever")[0])
    assert log.is_file()
    log.unlink()


@pytest.mark.skipif(sys.platform == "win32", reason="the signals of a POSIX shell")
def test_sigterm_ends_a_command_as_ctrl_c_does(tmp_path: Path):
    command = [sys.executable, "-m", "wan_perf", "simulate", "--sites", "1", "--port", "0"]
    environment = {**os.environ, "WAN_PERF_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "A Mist Cloud with" in process.stdout.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors
    assert process.returncode in (0, 1)


@pytest.mark.proof
@pytest.mark.skipif(sys.platform == "win32", reason="the signals of a POSIX shell")
@pytest.mark.parametrize("seconds", [0.5, 2, 3.5])
def test_a_run_that_is_interrupted_ends_with_one_sentence(tmp_path: Path, seconds: float):
    """Where Dagster itself is at work it makes an error of its own of Ctrl+C."""
    environment = {**os.environ, "WAN_PERF_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "wan_perf", "demo", "--sites", "1"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # What a shell runs in its background ignores it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        runs = tmp_path / "demo" / "dagster" / "history" / "runs"
        until = time.monotonic() + 120
        while len(list(runs.glob("*.db"))) < 3 and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    # After Ctrl+C at a terminal click begins a new line; a query ends by itself.
    assert errors.lstrip() == "wan-perf: Interrupted; what was stored before stands.\n"
