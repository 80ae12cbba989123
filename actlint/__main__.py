"""Entry point of `actlint` and `python -m actlint`."""

from __future__ import annotations

import sys

from actlint import __version__


def main() -> int:
    """Run the command line and return its exit code. `--version` alone imports nothing."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"actlint {__version__}")
        return 0
    from actlint.cli.app import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
