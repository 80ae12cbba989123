"""Where a contained program's paths lead: what it writes outside its own folder lands in a layer above the real files.

A path outside the folder is read in the layer where the program has written it there, else where it really is, so that
a program sees what it wrote and what the user has, and the user's files stay as they are.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import threading

LAYER = "elsewhere"
REAL = ("/dev", "/proc", "/sys")
LSTAT = os.lstat
LARGEST_COPY = 2**30
LINKS = 8


class Overlay:
    """A folder that a program may write to, and the layer in it that stands for everything else.

    Args:
        folder: everything below it is the program's own, but for the layer ``elsewhere``.
        own: further folders that may be written to.
    """

    def __init__(self, folder, own=()):
        self.folder = os.path.realpath(folder)
        self.layer = os.path.join(self.folder, LAYER)
        self.own = (self.folder,) + tuple(os.path.realpath(path) for path in own)
        self.gone = set()
        self._parents = {}
        self._local = threading.local()

    @property
    def busy(self):
        """Whether this thread is inside the overlay, where paths are meant literally."""
        return getattr(self._local, "busy", False)

    def __enter__(self):
        self._local.busy = True
        return self

    def __exit__(self, *error):
        self._local.busy = False

    # what a path means

    def _find(self, path, follow=True):
        """``(absolute path outside the folder that is meant, or None; path to take literally then)``."""
        for _ in range(LINKS):
            real = self._resolved(path, follow)
            if _below(real, self.layer):
                name = real[len(self.layer) :] or os.sep
            elif any(_below(real, own) for own in self.own) or any(_below(real, device) for device in REAL):
                return None, path
            else:
                name = real
            path = self.above(name)
            if not follow or not _exists(path) or os.path.realpath(path) in (path, name):
                break
        return name, path

    def _resolved(self, path, follow):
        """As `resolved`; folders outside are resolved once, since the program can't change them."""
        parent, last = os.path.split(path)
        if not os.path.isabs(path) or last in ("", ".", ".."):
            return resolved(path, follow)
        real = self._parents.get(parent)
        if real is None:
            real = os.path.realpath(parent)
            if _below(parent, self.folder) or _below(real, self.folder):
                return resolved(path, follow)
            self._parents[parent] = real
        path = os.path.join(real, last)
        return os.path.realpath(path) if follow and os.path.islink(path) else path

    def above(self, name):
        """A name's place in the layer."""
        return self.layer + name.rstrip(os.sep)

    def hidden(self, name):
        """Whether the program has removed the real file, or a folder that holds it."""
        return any(_below(name, gone) for gone in self.gone)

    def real(self, name):
        """Whether a real file of this name is there and the program hasn't removed it."""
        return _exists(name) and not self.hidden(name)

    def made(self, name):
        """Whether the layer holds this name; a link to the real file, which stands for a copy of it, doesn't count."""
        above = self.above(name)
        return _exists(above) and not self._stands_in(above, name)

    def _stands_in(self, above, name):
        return os.path.islink(above) and os.path.realpath(above) == name

    def permits(self, path, follow=True):
        """Whether a write to the path, taken literally, stays in the folder."""
        with self:
            real = resolved(path, follow)
            return any(_below(real, own) for own in self.own + REAL)

    # where to go with it

    def reading(self, path, follow=True):
        """The file to read for a path."""
        with self:
            name, literal = self._find(path, follow)
            if name is None:
                return literal
            above = self.above(name)
            if _exists(above) or self.hidden(name):
                return above
            return name if _exists(name) else path

    def reading_prefix(self, path, endings):
        """The prefix to read for a prefix of file names."""
        with self:
            name, path = self._find(path)
            if name is None:
                return path
            above = self.above(name)
            return above if any(_exists(above + ending) for ending in endings) else name

    def writing(self, path, follow=True, keep=False):
        """The file to write for a path; with `keep`, it holds what the real one does."""
        with self:
            name, path = self._find(path, follow)
            return path if name is None else self._raised(name, keep)

    def creating(self, path, follow=True):
        """The file to make for a path. Raises FileExistsError where the real one is there."""
        with self:
            name, path = self._find(path, follow)
            if name is None:
                return path
            if not self.made(name) and self.real(name):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
            return self._raised(name, False)

    def removing(self, path, folder=False):
        """``(path to remove or None, name to hide or None)`` for a removal."""
        with self:
            name, path = self._find(path, follow=False)
            if name is None:
                return path, None
            above = self.above(name)
            if self.real(name) and os.path.isdir(name) and not os.path.islink(name) and not folder:
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            if folder and self.real(name) and not os.path.isdir(name):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
            if folder and self._names(name):
                raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)
            real = self.real(name)
            return above if _exists(above) or not real else None, name if real else None

    def removing_tree(self, path):
        """As `removing`, for a folder with everything in it."""
        with self:
            name, path = self._find(path, follow=False)
            if name is None:
                return path, None
            real = self.real(name)
            return self.above(name) if _exists(self.above(name)) or not real else None, name if real else None

    def moving(self, source, target):
        """``(source, target, name to hide or None)`` for a rename."""
        with self:
            old, source = self._find(source, follow=False)
            new, target = self._find(target, follow=False)
            hide = None
            if old is not None:
                hide = old if self.real(old) else None
                if hide:
                    self._raise_all(old)
                source = self.above(old)
            return source, target if new is None else self._raised(new, False), hide

    def hide(self, name):
        """Let the real file of this name be gone for the program."""
        if name is not None:
            self.gone.add(name)

    def entering(self, path):
        """The folder to change into: always one in the layer, so that relative paths lead there."""
        with self:
            name, path = self._find(path)
            if name is None:
                return path
            if self.real(name) and os.path.isdir(name):
                os.makedirs(self.above(name), exist_ok=True)
            return self.above(name)

    def listing(self, path):
        """``(folders to list, names of real files left out of the last)`` for a folder."""
        with self:
            name, path = self._find(path)
            if name is None:
                return [path], set()
            above = self.above(name)
            if not self.real(name) or not os.path.isdir(name):
                return [above], set()
            if not os.path.isdir(above):
                return [name], self._removed(name)
            return [above, name], self._removed(name) | set(os.listdir(above))

    def patterns(self, pattern):
        """``(pattern in the layer or None, pattern of real files or None)`` for a pattern of file names."""
        with self:
            name, pattern = self._find(pattern)
            if name is None:
                return pattern, None
            folder = os.path.dirname(re.split(r"[*?\[]", name, maxsplit=1)[0])
            upper = self.above(name) if os.path.isdir(self.above(folder)) else None
            lower = name if self.real(folder) and os.path.isdir(folder) else None
            return upper if upper or lower else self.above(name), lower

    def shows(self, name):
        """Whether a real file isn't removed, nor made anew in the layer."""
        with self:
            return not self.hidden(name) and not _exists(self.above(name))

    def _removed(self, name):
        return {os.path.basename(gone) for gone in self.gone if os.path.dirname(gone) == name}

    def _names(self, name):
        above, names = self.above(name), set()
        if os.path.isdir(above):
            names.update(os.listdir(above))
        if self.real(name) and os.path.isdir(name):
            names.update(set(os.listdir(name)) - self._removed(name))
        return names

    def _raised(self, name, keep):
        above, parent = self.above(name), os.path.dirname(name)
        if self.real(parent) and os.path.isdir(parent):
            os.makedirs(os.path.dirname(above), exist_ok=True)
        if self._stands_in(above, name):
            os.unlink(above)
        if not _exists(above) and self.real(name):
            if os.path.isdir(name):
                os.mkdir(above)
            elif keep:
                self._copy(name, above)
        return above

    def _copy(self, name, above):
        if os.path.getsize(name) > LARGEST_COPY:
            text = "a program that is being verified changes no file of this size outside its scratch folder"
            raise PermissionError(errno.EFBIG, text, name)
        shutil.copyfile(name, above)
        os.chmod(above, os.stat(name).st_mode | 0o600)

    def _raise_all(self, name):
        """Bring a real file or folder into the layer, but for what the program has removed or written anew."""
        above = self._raised(name, True)
        if os.path.isdir(name) and os.path.isdir(above):
            if len(os.listdir(name)) > 1000:
                text = "a program that is being verified moves no folder of this size"
                raise PermissionError(errno.EPERM, text, name)
            for entry in set(os.listdir(name)) - self._removed(name):
                self._raise_all(os.path.join(name, entry))


def _exists(path):
    try:
        LSTAT(path)
    except (OSError, ValueError):
        return False
    return True


def resolved(path, follow=True):
    """The absolute path without links, but for the last part where that isn't followed."""
    path = path.rstrip(os.sep) or os.sep
    parent, last = os.path.split(path)
    if follow or last in ("", ".", ".."):
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(parent), last)


def _below(path, folder):
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
