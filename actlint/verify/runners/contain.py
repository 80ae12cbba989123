"""Keeps what a program does inside its scratch folder: redirects its writes, and refuses network and other programs.

Functions of the standard library are replaced, so that a program that writes to ``/tmp/model.ckpt`` or ``../out`` runs
as ever; where Python has audit hooks and Linux its Landlock, these refuse what goes past the replaced functions. A
program that means harm is not stopped by this everywhere.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import signal
import socket
import subprocess
import sys

from . import landlock
from . import overlay as overlay_module

SUBJECT = "a program that is being verified"
LARGEST_FILE = 2 * 2**30
OPEN_FILES = 4096
LOCAL = (getattr(socket, "AF_UNIX", None),)
DEATH_SIGNAL = 1
UNCHANGED = ("os", "posix", "nt", "io", "_io", "builtins", __name__, overlay_module.__name__, landlock.__name__)


class Redirected:
    """Takes the place of a built-in function, and like one doesn't bind where a class holds it."""

    def __init__(self, original, action):
        self.original, self.action = original, action
        self.__name__ = getattr(original, "__name__", "redirected")
        self.__doc__ = getattr(original, "__doc__", None)

    def __call__(self, *arguments, **keywords):
        if overlay is None or overlay.busy:
            return self.original(*arguments, **keywords)
        return self.action(self.original, *arguments, **keywords)


overlay: overlay_module.Overlay | None = None


def install(folder, results):
    """Contain this process; call early, before threads are started. `begin` must follow.

    Args:
        folder: the side's scratch folder; the program's copy lies in it, in the layer `overlay.LAYER`.
        results: the folder for what the runner itself writes.
    """
    global overlay
    overlay = overlay_module.Overlay(folder, [results])
    _limit()
    landlock.restrict([overlay.folder, os.path.realpath(results)])
    _refuse_programs()
    _refuse_network()
    if hasattr(sys, "addaudithook"):
        sys.addaudithook(_audit)


def begin():
    """Redirect files from here on; call before anything of the program's is executed."""
    shutil._use_fd_functions = False
    new = {io.open: Redirected(io.open, _open)}
    builtins.open = io.open = new[io.open]
    for name, action in ACTIONS.items():
        original = getattr(os, name, None)
        if original is None:
            continue
        if original not in new:
            new[original] = Redirected(original, action)
        setattr(os, name, new[original])
        for known in (os.supports_follow_symlinks, os.supports_fd, os.supports_effective_ids):
            if original in known:
                known.add(new[original])
    replace(new)
    _replace_in_pathlib(new)


def plain(text):
    """A message with the paths that the program meant."""
    return text if overlay is None else text.replace(overlay.layer + os.sep, os.sep)


def replace(new):
    """Put new functions wherever a loaded module holds one of the originals by a name of its own."""
    by_identity = {id(original): function for original, function in new.items()}
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", "") or ""
        names = getattr(module, "__dict__", None)
        if name in UNCHANGED or name.startswith("importlib") or not isinstance(names, dict):
            continue
        for key, value in list(names.items()):
            if id(value) in by_identity:
                setattr(module, key, by_identity[id(value)])


# paths


def text_of(path):
    """A path argument as text, and how to give it back in its own type; None where it isn't a path."""
    try:
        path = os.fspath(path)
    except TypeError:
        return None, None
    return (os.fsdecode(path), os.fsencode) if isinstance(path, bytes) else (path, str)


def mapped(path, how, *arguments, **keywords):
    """A path argument, led through a method of the overlay; anything else (descriptors, None) as it is."""
    text, back = text_of(path)
    if not text or "\0" in text:
        return path
    return back(how(text, *arguments, **keywords))


def _joined(path, descriptor):
    """A path relative to an open folder, as an absolute one."""
    text, back = text_of(path)
    if descriptor is None or text is None or os.path.isabs(text):
        return path
    with overlay:
        if os.path.exists("/proc/self/fd"):
            folder = os.readlink(f"/proc/self/fd/{descriptor}")
        else:
            import fcntl

            folder = os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, b"\0" * 1024).rstrip(b"\0"))
    return back(os.path.join(folder, text))


def _writes(flags):
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND))


def _open(original, file, mode="r", *arguments, **keywords):
    if isinstance(file, int) or not isinstance(mode, str):
        return original(file, mode, *arguments, **keywords)
    if "x" in mode:
        file = mapped(file, overlay.creating)
    elif any(letter in mode for letter in "wa+"):
        file = mapped(file, overlay.writing, keep="w" not in mode)
    else:
        file = mapped(file, overlay.reading)
    return original(file, mode, *arguments, **keywords)


def _os_open(original, path, flags, mode=0o777, *, dir_fd=None):
    path = _joined(path, dir_fd)
    if not _writes(flags):
        return original(mapped(path, overlay.reading), flags, mode)
    if flags & os.O_EXCL and flags & os.O_CREAT:
        return original(mapped(path, overlay.creating), flags, mode)
    return original(mapped(path, overlay.writing, keep=not flags & os.O_TRUNC), flags, mode)


def _read(follows):
    def action(original, path, *arguments, **keywords):
        path = _joined(path, keywords.pop("dir_fd", None))
        follow = follows and keywords.get("follow_symlinks", True)
        return original(mapped(path, overlay.reading, follow), *arguments, **keywords)

    return action


def _change(follows):
    def action(original, path, *arguments, **keywords):
        path = _joined(path, keywords.pop("dir_fd", None))
        follow = follows and keywords.get("follow_symlinks", True)
        return original(mapped(path, overlay.writing, follow, keep=True), *arguments, **keywords)

    return action


def _make(original, path, *arguments, **keywords):
    path = _joined(path, keywords.pop("dir_fd", None))
    return original(mapped(path, overlay.creating, False), *arguments, **keywords)


def _remove(folder):
    def action(original, path, *, dir_fd=None):
        text, _ = text_of(_joined(path, dir_fd))
        if text is None:
            return original(path)
        target, hidden = overlay.removing(text, folder)
        result = original(target) if target is not None else None
        overlay.hide(hidden)
        return result

    return action


def _rename(original, src, dst, *, src_dir_fd=None, dst_dir_fd=None):
    source, _ = text_of(_joined(src, src_dir_fd))
    target, _ = text_of(_joined(dst, dst_dir_fd))
    if source is None or target is None:
        return original(src, dst)
    source, target, hidden = overlay.moving(source, target)
    original(source, target)
    overlay.hide(hidden)


def _link(original, src, dst, *, src_dir_fd=None, dst_dir_fd=None, **keywords):
    source = mapped(_joined(src, src_dir_fd), overlay.writing, keep=True)
    return original(source, mapped(_joined(dst, dst_dir_fd), overlay.creating, False), **keywords)


def _symlink(original, src, dst, *arguments, dir_fd=None, **keywords):
    if text_of(src)[0] is not None and os.path.isabs(src):
        src = mapped(src, overlay.reading)
    return original(src, mapped(_joined(dst, dir_fd), overlay.creating, False), *arguments, **keywords)


def _chdir(original, path):
    return original(mapped(path, overlay.entering))


def _listdir(original, path=None):
    text, back = text_of("." if path is None else path)
    if text is None:
        return original(path)
    folders, left_out = overlay.listing(text)
    names = list(original(back(folders[0])))
    if len(folders) == 1 and not left_out:
        return names
    names = names if len(folders) > 1 else []
    return names + [n for n in original(back(folders[-1])) if os.fsdecode(n) not in left_out]


class _Entries:
    """What `os.scandir` gives, over a folder and the real one below it."""

    def __init__(self, entries):
        self._entries = iter(entries)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._entries)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self._entries = iter(())


def _scandir(original, path=None):
    text, back = text_of("." if path is None else path)
    if text is None:
        return original(path)
    folders, left_out = overlay.listing(text)
    if len(folders) == 1 and not left_out:
        return original(back(folders[0]))
    with original(back(folders[-1])) as lower:
        entries = [entry for entry in lower if os.fsdecode(entry.name) not in left_out]
    if len(folders) > 1:
        with original(back(folders[0])) as upper:
            entries = list(upper) + entries
    return _Entries(entries)


ACTIONS = {
    "open": _os_open,
    "stat": _read(True),
    "lstat": _read(False),
    "access": _read(True),
    "readlink": _read(False),
    "statvfs": _read(True),
    "getxattr": _read(True),
    "listxattr": _read(True),
    "chmod": _change(True),
    "lchmod": _change(False),
    "chown": _change(True),
    "lchown": _change(False),
    "utime": _change(True),
    "truncate": _change(True),
    "setxattr": _change(True),
    "removexattr": _change(True),
    "chflags": _change(True),
    "lchflags": _change(False),
    "mkdir": _make,
    "mkfifo": _make,
    "mknod": _make,
    "remove": _remove(False),
    "unlink": _remove(False),
    "rmdir": _remove(True),
    "rename": _rename,
    "replace": _rename,
    "link": _link,
    "symlink": _symlink,
    "chdir": _chdir,
    "listdir": _listdir,
    "scandir": _scandir,
}


def _replace_in_pathlib(new):
    """Before Python 3.11, pathlib keeps the functions of `os` in a class."""
    accessor = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)
    for key, value in list(vars(accessor).items()) if accessor else ():
        value = getattr(value, "__func__", value)
        if callable(value) and value in new:
            setattr(accessor, key, staticmethod(new[value]))


# what is refused


def _denied(what, subject=None):
    text = f"{SUBJECT} {what}" + (f": {subject!r}" if subject is not None else "")
    return PermissionError(errno.EPERM, text)


def _refuse(what):
    def refuse(*arguments, **_):
        raise _denied(what, next((a for a in arguments if isinstance(a, (str, bytes, list))), None))

    return refuse


def _refuse_programs():
    refuse = _refuse("starts no other program")
    for name in ("system", "execv", "execve", "posix_spawn", "posix_spawnp", "startfile"):
        if hasattr(os, name):
            setattr(os, name, refuse)
    subprocess.Popen.__init__ = refuse
    for name in ("setsid", "setpgid", "setpgrp"):
        if hasattr(os, name):
            setattr(os, name, _refuse("stays in its process group"))
    os.kill = Redirected(os.kill, _kill)
    if hasattr(os, "killpg"):
        os.killpg = Redirected(os.killpg, _kill_group)


def _kill(original, pid, number):
    if pid == -1 or (hasattr(os, "getpgid") and pid > 0 and os.getpgid(pid) != os.getpgid(0)):
        raise _denied("sends no signal to other processes")
    return original(pid, number)


def _kill_group(original, group, number):
    if group not in (0, os.getpgid(0)):
        raise _denied("sends no signal to other processes")
    return original(group, number)


def _is_local(family, address):
    return family in LOCAL and isinstance(address, (str, bytes)) and overlay.permits(os.fsdecode(address))


def _refuse_network():
    def guarded(original):
        def method(self, address, *arguments):
            if not _is_local(self.family, address):
                raise _denied("has no network", address)
            return original(self, address, *arguments)

        return method

    for name in ("connect", "connect_ex", "bind"):
        setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
    socket.getaddrinfo = socket.gethostbyname = _refuse("has no network")


def _audit(event, arguments):
    check = CHECKS.get(event)
    if check is not None and overlay is not None and not overlay.busy:
        check(*arguments)


def _check_open(path, mode, flags):
    if _writes(flags or 0):
        _check_path(path)


def _check_path(path, *_):
    text, _ = text_of(path)
    if text is None or text == ":memory:":
        return
    if not overlay.permits(text):
        raise _denied("writes nothing outside its scratch folder", text)


def _check_entry(path, *rest):
    """As `_check_path`, for calls that change the entry itself; the last argument may be an open folder."""
    descriptor = rest[-1] if rest and isinstance(rest[-1], int) and rest[-1] > 2 else None
    text, _ = text_of(_joined(path, descriptor))
    if text is None:
        return
    if not overlay.permits(text, follow=False):
        raise _denied("writes nothing outside its scratch folder", text)


def _check_two(source, target, source_folder=-1, target_folder=-1):
    _check_entry(source, source_folder)
    _check_entry(target, target_folder)


def _check_socket(connection, address):
    if not _is_local(connection.family, address):
        raise _denied("has no network", address)


CHECKS = {
    "open": _check_open,
    "os.remove": _check_entry,
    "os.rmdir": _check_entry,
    "os.mkdir": lambda path, mode, folder=-1: _check_entry(path, folder),
    "os.rename": _check_two,
    "os.link": lambda source, target, *folders: _check_entry(target, *folders[1:]),
    "os.symlink": lambda source, target, *folder: _check_entry(target, *folder),
    "os.truncate": _check_path,
    "os.chmod": _check_path,
    "os.chown": _check_path,
    "os.utime": _check_path,
    "os.setxattr": _check_path,
    "os.removexattr": _check_path,
    "sqlite3.connect": _check_path,
    "subprocess.Popen": lambda program, *_: _refuse("starts no other program")(program),
    "os.system": _refuse("starts no other program"),
    "os.exec": _refuse("starts no other program"),
    "os.posix_spawn": _refuse("starts no other program"),
    "socket.connect": _check_socket,
    "socket.bind": _check_socket,
    "socket.sendto": _check_socket,
    "socket.getaddrinfo": lambda host, *_: _refuse("has no network")(host),
    "socket.gethostbyname": _refuse("has no network"),
}


# limits


def _limit():
    try:
        import resource
    except ImportError:
        return
    wanted = ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, LARGEST_FILE), (resource.RLIMIT_NOFILE, OPEN_FILES))
    for kind, most in wanted:
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def lift():
    """Let files grow again, for the runner's own results."""
    try:
        import resource
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def die_with_parent():
    """Linux ends this process when its parent ends, and first of all when memory is short."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
    try:
        with open("/proc/self/oom_score_adj", "w") as stream:
            stream.write("1000")
    except OSError:
        pass
