"""Prints the versions of Python and of the frameworks that an interpreter has, as JSON; imports none of them."""

from __future__ import annotations

import json
import platform

PACKAGES = ("tensorflow", "tensorflow-cpu", "tf-keras", "keras", "torch", "numpy")


def version(package):
    """The installed version of a package, or None."""
    try:
        from importlib import metadata
    except ImportError:
        import pkg_resources as metadata
    try:
        if hasattr(metadata, "version"):
            return metadata.version(package)
        return metadata.get_distribution(package).version
    except Exception:
        return None


if __name__ == "__main__":
    found = {package: version(package) for package in PACKAGES}
    known = {package: number for package, number in found.items() if number}
    print(json.dumps(dict(known, python=platform.python_version())))
