"""Folders that are there, or will be.

Belongs here: whether one can be made and written to.
Keep out: which folders there are (`machine`, `store`).
"""

import tempfile
from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether there is a file or folder that this user may know of."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def nearest(path: Path) -> Path:
    """The path, or what of the path to it is there."""
    path = path.resolve()
    return next(place for place in (path, *path.parents) if is_there(place))


def unwritable(folder: Path) -> str:
    """Why nothing can be written in a folder, or why it cannot be made; empty where it can."""
    place = nearest(folder)
    if not place.is_dir():
        return f"{place} is a file and no folder."
    try:
        # Rights alone do not tell: of a network drive or on Windows they say little.
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return f"nothing can be written in {place} ({error.strerror})."
