"""Why a published copy cannot be read or written, one sentence each."""

from wan_perf.errors import TransientError, UsageError, WanPerfError


class PublishedCopyError(UsageError):
    """The published copy cannot be read; the message says why and what to do."""


class NoCopyError(PublishedCopyError):
    """Nothing was published yet."""


class OtherFormatError(PublishedCopyError):
    """Another release of wan_perf wrote the copy."""


class DamagedManifestError(PublishedCopyError):
    """The manifest is not what a publication writes."""


class MissingFileError(PublishedCopyError):
    """A file that the manifest names is missing or damaged."""


class PublicationError(WanPerfError):
    """A publication failed; the copy before it stays, and the warehouse is as it was."""


class PublicationBusyError(TransientError):
    """Another process publishes."""
