"""Paths that a user names: `~`, the system's encoding, folders that are made.

Belongs here: what a path of a setting or an argument may be, and the sentence where it may not.
Keep out: which paths there are (`settings`), modes of files (`file_modes`).
"""

import sys
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from wan_perf.errors import UsageError


def expand_user(path: Path) -> Path:
    """The path with the folder of the user for `~`, which no shell replaces in a file.

    Raises:
        ValueError: no user has this name, the current folder of a relative path was removed, or the
            path is not text in the encoding of the system's locale, as the database needs it.
    """
    try:
        path = path.expanduser()
    except RuntimeError:
        raise ValueError(f"no user has the folder {path.parts[0]}") from None
    try:
        whole = str(path.absolute())
    except FileNotFoundError:
        raise ValueError(f"{path} is relative to the current folder, which was removed") from None
    try:
        whole.encode()
    except UnicodeEncodeError:
        shown, encoding = whole.encode(errors="replace").decode(), sys.getfilesystemencoding()
        raise ValueError(
            f"the path {shown} is not text in {encoding}, the encoding of this "
            "system's locale; rename its folders, or set a locale of UTF-8 such as LC_ALL=C.UTF-8"
        ) from None
    return path


UserPath = Annotated[Path, AfterValidator(expand_user)]


def made_folder(folder: Path, setting: str) -> Path:
    """The folder, made if need be.

    Raises:
        UsageError: it cannot be made; the sentence names the setting.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        below = next(place for place in (folder, *folder.parents) if _exists(place))
        why = f"{below} is a file" if below.is_file() else error.strerror
        raise UsageError(
            f"The folder {folder} cannot be made ({why}); set {setting} to a folder that this "
            "user can write to."
        ) from None
    return folder


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
