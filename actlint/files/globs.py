"""Globs of the configuration."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Sequence


def matcher(patterns: Sequence[str], root: str) -> Callable[[str], bool]:
    """Whether an absolute path is meant by one of the globs, itself or through a folder that it lies in.

    A glob without a slash is compared with each component of the path below `root`, others with the path from `root`.
    """
    if not patterns:
        return lambda path: False
    patterns = [pattern.removeprefix("./").rstrip("/") for pattern in patterns]
    names = [re.compile(fnmatch.translate(pattern)) for pattern in patterns if "/" not in pattern]
    routes = [re.compile(fnmatch.translate(pattern.lstrip("/"))) for pattern in patterns if "/" in pattern]

    def meant(path: str) -> bool:
        parts = os.path.relpath(path, root).split(os.sep)
        if any(name.match(part) for name in names for part in parts):
            return True
        heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        return any(route.match(head) for route in routes for head in heads)

    return meant
