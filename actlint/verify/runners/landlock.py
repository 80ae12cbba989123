"""The kernel's own wall around a process and its children, where Linux has one: no write outside given folders, no TCP,
no signal to processes outside. Reading is left free."""

from __future__ import annotations

import ctypes
import os
import sys

CREATE, ADD, RESTRICT = 444, 445, 446
NO_NEW_PRIVILEGES = 38
WRITE_FILE, TRUNCATE = 1 << 1, 1 << 14
FOLDERS = sum(1 << bit for bit in range(4, 14))
TCP = 0b11
SIGNALS = 0b10
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _Rule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def restrict(folders):
    """Confine the process to writing in the folders; says whether the kernel could."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    version = library.syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 2:
        return False
    on_files = WRITE_FILE | (TRUNCATE if version >= 3 else 0)
    ruleset = _Ruleset(on_files | FOLDERS, TCP if version >= 4 else 0, SIGNALS if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = library.syscall(CREATE, ctypes.byref(ruleset), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        for path in folders + ["/dev/shm"]:
            _allow(library, rules, path, on_files | FOLDERS)
        for path in DEVICES:
            _allow(library, rules, path, on_files)
        library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return library.syscall(RESTRICT, ctypes.c_int(rules), ctypes.c_uint32(0)) == 0
    finally:
        os.close(rules)


def _allow(library, rules, path, rights):
    try:
        descriptor = os.open(path, os.O_RDONLY if os.path.isdir(path) else getattr(os, "O_PATH", os.O_RDONLY))
    except OSError:
        return
    try:
        rule = _Rule(rights, descriptor)
        library.syscall(ADD, ctypes.c_int(rules), ctypes.c_int(1), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)
