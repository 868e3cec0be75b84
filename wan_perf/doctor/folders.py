"""Folders that exist or can be made.

Belongs here: whether one can be made and written to.
Keep out: which folders there are (`machine`, `store`).
"""

import tempfile
from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether a file or folder exists and is visible to this user."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def nearest(path: Path) -> Path:
    """The path, or its nearest parent that exists."""
    path = path.resolve()
    return next(place for place in (path, *path.parents) if is_there(place))


def unwritable(folder: Path) -> str:
    """Why a folder cannot be written to or made; empty if it can."""
    place = nearest(folder)
    if not place.is_dir():
        return f"{place} is a file and no folder."
    try:
        # Permissions alone are not reliable on network drives and on Windows.
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return f"nothing can be written in {place} ({error.strerror})."
