"""What is said when actlint itself fails."""

from __future__ import annotations

import os


def failure(where: object, error: Exception) -> str:
    """One sentence for an error that is actlint's own. Raises it instead where ACTLINT_TRACEBACK is set."""
    if os.environ.get("ACTLINT_TRACEBACK"):
        raise error
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or where}: {error.strerror}"
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    return f"{where}: actlint itself failed here ({what}); ACTLINT_TRACEBACK=1 shows where"
