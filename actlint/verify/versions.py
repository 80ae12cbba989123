"""Which Python and which frameworks an interpreter has."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parent / "runners" / "versions.py"
SECONDS = 20


def versions(python: str) -> dict[str, str]:
    """Versions by package name, and that of `python`; empty where the interpreter doesn't answer."""
    command = [python, "-s", "-B", str(SCRIPT)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True, stdin=subprocess.DEVNULL)
        found: dict[str, str] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    return found
