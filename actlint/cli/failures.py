"""What is said when actlint itself fails."""

from __future__ import annotations

import errno
import os

_ADVICE = {
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room within your quota",
    errno.EFBIG: "raise the limit on file sizes, see `ulimit -f`",
    errno.EACCES: "give yourself the permission to write there",
    errno.EROFS: "mount the file system for writing, or work on a copy",
}


def explained(error: OSError, where: object = "") -> str:
    """One sentence for an operating system's error: the file, or `where` it is unknown, what failed, what to do."""
    if not error.strerror:
        return str(error)
    file = error.filename or where
    advice = f" ({_ADVICE[error.errno]})" if error.errno in _ADVICE else ""
    return f"{file}: {error.strerror}{advice}" if file else f"{error.strerror}{advice}"


def failure(where: object, error: Exception) -> str:
    """One sentence for an error that is actlint's own. Raises it instead where ACTLINT_TRACEBACK is set."""
    if os.environ.get("ACTLINT_TRACEBACK"):
        raise error
    if isinstance(error, OSError) and error.strerror:
        return explained(error, where)
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    return f"{where}: actlint itself failed here ({what}); ACTLINT_TRACEBACK=1 shows where"
