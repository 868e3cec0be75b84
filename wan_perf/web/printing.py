"""A page as PDF, printed by the Chromium of this machine from a file.

Belongs here: finding the browser, what it is allowed to do, the page as one file.
Keep out: which pages are printed (`pages`), how they look on paper (the style sheet).

The page is a file without script, and no host name has an address for the browser: nothing is
requested from this machine or another.
"""

import logging
import os
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from wan_perf.errors import UsageError, WanPerfError
from wan_perf.web.rendering import static_file

_PROGRAMS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "msedge"),
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_OPTIONS = (
    *("--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--no-default-browser-check", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-extensions", "--no-pdf-header-footer"),
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_WITHIN_S = 60.0
_LOG = logging.getLogger(__name__)
_ONE_AT_A_TIME = threading.Lock()
_LOCAL_LINK = re.compile(r'(<a\b[^>]*?) href="(/[^"]*)"')


class PrintingError(WanPerfError):
    """The browser printed nothing; the page itself can still be shown."""


class NoBrowserError(UsageError):
    """There is no browser that prints."""

    def __init__(self) -> None:
        super().__init__(
            "A PDF is printed by Chromium, and there is none on this machine; install it (Debian: "
            "apt install chromium, or Google Chrome), or print the page /overview of wan-perf "
            "dashboard in your browser."
        )


def browser() -> str | None:
    """The program that prints; None where there is none."""
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    return found or next((place for place in _PLACES if Path(place).is_file()), None)


def pdf(page: str, address: str) -> bytes:
    """A page of the dashboard as PDF, on the paper that its style sheet names.

    Args:
        page: Its HTML.
        address: Where the dashboard is, so that links of the PDF lead there; empty: no links.

    Raises:
        NoBrowserError: there is no browser.
        PrintingError: it failed.
    """
    program = browser()
    if program is None:
        raise NoBrowserError
    # A browser takes half a processor and 200 MB: several at once would delay what runs beside.
    with (
        _ONE_AT_A_TIME,
        tempfile.TemporaryDirectory(prefix="wan-perf-", ignore_cleanup_errors=True) as name,
    ):
        folder = Path(name)
        file, printed = folder / "page.html", folder / "page.pdf"
        file.write_text(as_one_file(page, address), encoding="utf-8")
        why = _run([program, *_options(folder), f"--print-to-pdf={printed}", file.as_uri()])
        if not printed.is_file():
            raise PrintingError(
                f"{program} printed no PDF ({why}); try again, or print the page /overview of "
                "wan-perf dashboard in your browser."
            )
        return printed.read_bytes()


def as_one_file(page: str, address: str) -> str:
    """The page with its style in it, without script, with links to the dashboard or none.

    >>> as_one_file('<a class="n" href="/sle?a=1">SLE</a>', "http://wan")
    '<a class="n" href="http://wan/sle?a=1">SLE</a>'
    >>> as_one_file('<a href="/sle">SLE</a>', "")
    '<a>SLE</a>'
    """
    style = static_file("app.css").decode()
    text = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
    text = re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{style}</style>", text)
    linked = rf'\1 href="{address}\2"' if address else r"\1"
    return _LOCAL_LINK.sub(linked, text)


def _options(folder: Path) -> list[str]:
    options = [*_OPTIONS, f"--user-data-dir={folder / 'profile'}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # root has no sandbox, and the page is our own
    return options


def _run(command: list[str]) -> str:
    """Run the browser to its end; why it may have failed."""
    try:
        done = subprocess.run(  # noqa: S603 - a browser of this machine, our own file
            command, capture_output=True, timeout=_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {_WITHIN_S:.0f} s"
    except OSError as error:
        return error.strerror or str(error)
    _LOG.info("%s: %s", command[0], done.stderr.decode(errors="replace"))
    return f"exit code {done.returncode}"
