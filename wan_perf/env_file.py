"""The file `.env`: whether it is text that can be read.

Belongs here: its name, its encoding.
Keep out: what its settings mean (`settings`).
"""

import codecs
import os
from pathlib import Path

from wan_perf.errors import UsageError

ENV_FILE = ".env"
ENV_FILE_VARIABLE = "WAN_PERF_ENV_FILE"
"""Names another file: --env-file, for the command and the processes that it starts."""
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""The first bytes of a file by which an encoding is known, the longest first."""


def env_file() -> Path:
    """The file with the settings: .env in the working directory, unless another is named."""
    return Path(os.environ.get(ENV_FILE_VARIABLE) or ENV_FILE)


def refuse_unreadable(file: Path) -> None:
    """Refuse a file that is not UTF-8, with or without a byte order mark; no file is well.

    Raises:
        UsageError: the file is of another encoding, or may not be read.
    """
    if not file.is_file():
        return
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file.resolve()} cannot be read ({error.strerror}); give this user the right to."
        ) from None
    encoding = _other_encoding(content)
    if encoding:
        raise UsageError(
            f"{file.resolve()} is {encoding} and not UTF-8; save it as UTF-8, in PowerShell with "
            "Set-Content -Encoding utf8."
        )


def _other_encoding(content: bytes) -> str:
    """Which encoding it is instead of UTF-8; empty where it is UTF-8."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    if b"\0" in content:
        return "UTF-16 (it has zero bytes)"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        return f"Latin-1 or another 8-bit encoding (line {line} has the byte 0x{byte:02x})"
    return ""
