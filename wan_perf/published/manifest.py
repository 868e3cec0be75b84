"""The manifest: which files make up one consistent state.

Belongs here: its form, reading and replacing it.
Keep out: which files a state needs (`layout`), writing them (`publisher`).
"""

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from wan_perf.published.collection import Collection
from wan_perf.published.errors import DamagedManifestError, NoCopyError, OtherFormatError

FORMAT = 2
MANIFEST = "manifest.json"
_PUBLISH = "run wan-perf publish"


@dataclass(frozen=True)
class DataFile:
    """One Parquet file with the rows of a table whose time is in [start, end), naive UTC.

    `state` is the digest of the versions (`warehouse.changes`) that the rows have; `columns` the
    name of its list of columns in the manifest. Rows of `superseded` days are not part of the
    state: another file has these days as they are now.
    """

    name: str
    start: datetime
    end: datetime
    state: str
    rows: int
    columns: str
    superseded: tuple[datetime, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The file as the manifest names it."""
        values = asdict(self)
        if not self.superseded:
            del values["superseded"]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "DataFile":
        """The file that the manifest names so."""
        at = datetime.fromisoformat
        days = tuple(at(day) for day in values.get("superseded", ()))
        instants = {name: at(values[name]) for name in ("start", "end")}
        return cls(**{**values, **instants, "superseded": days})


@dataclass(frozen=True)
class Manifest:
    """The files of a state by table, when and after which run it was published, of which warehouse.

    `columns` are lists of column names, by the name by which files refer to them. `retired` are
    files that are no longer part of the state, and since when: slow readers may still read them;
    `collection` is how collecting went.
    """

    published_at: datetime
    run: str
    files: dict[str, tuple[DataFile, ...]]
    columns: dict[str, tuple[str, ...]]
    warehouse: str = ""
    retired: dict[str, datetime] = field(default_factory=dict)
    collection: Collection = field(default_factory=Collection)
    version: str = ""

    @property
    def names(self) -> set[str]:
        """Names of all files of the state."""
        return {file.name for files in self.files.values() for file in files}


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a published copy.

    Raises:
        NoCopyError: there is none.
        OtherFormatError: its format is another than this release's.
        DamagedManifestError: it cannot be read.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NoCopyError(
            f"There is no published copy in {folder} yet; {_PUBLISH}, or wait for the next run."
        ) from None
    except OSError as error:
        raise DamagedManifestError(
            f"The manifest {path} cannot be read ({error.strerror}); check its permissions."
        ) from None
    try:
        return _parse(path, content)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DamagedManifestError(
            f"The manifest {path} of the published copy is damaged; {_PUBLISH}."
        ) from None


def _parse(path: Path, content: bytes) -> Manifest:
    found: dict[str, Any] = json.loads(content)
    if found["format"] != FORMAT:
        raise OtherFormatError(
            f"The published copy {path.parent} has format {found['format']} and this release reads "
            f"format {FORMAT}; {_PUBLISH} with the release that is to read it."
        )
    at = datetime.fromisoformat
    return Manifest(
        published_at=at(found["published_at"]),
        run=str(found["run"]),
        warehouse=str(found["warehouse"]),
        files={
            table: tuple(DataFile.from_json(file) for file in files)
            for table, files in found["tables"].items()
        },
        columns={name: tuple(columns) for name, columns in found["columns"].items()},
        retired={name: at(since) for name, since in found["retired"].items()},
        collection=Collection.from_json(found.get("collection", {})),
        version=hashlib.sha256(content).hexdigest()[:16],
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest; a reader sees the old one or this one."""
    content = {
        "format": FORMAT,
        "published_at": manifest.published_at,
        "run": manifest.run,
        "warehouse": manifest.warehouse,
        "columns": manifest.columns,
        "tables": {t: [file.to_json() for file in files] for t, files in manifest.files.items()},
        "retired": manifest.retired,
        "collection": asdict(manifest.collection),
    }
    text = json.dumps(content, default=datetime.isoformat, separators=(",", ":"))
    replace_file(folder / MANIFEST, text)


def replace_file(path: Path, text: str) -> None:
    """Replace a text file whole or not at all; on disk before it has its name."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
