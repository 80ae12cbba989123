"""`tf.gfile`: files and folders. TensorFlow 2 keeps the functions as `tf.io.gfile`; beside PyTorch it is the standard
library."""

from __future__ import annotations

from actlint.apis.entry import Entry, Form, Host, Rename, Rewriting
from actlint.apis.forms import mapping

_REPLACING = "pass overwrite=True, or look first whether the file is there"


def _renamed(name: str, pairs: str) -> Rename:
    return Rename(f"tf.io.gfile.{name}", mapping(pairs), ())


def _standard(function: str, *parameters: str, more: str = "") -> Form:
    """A function of the standard library with these arguments."""
    return lambda call: Host(f"{function}({', '.join(call.text(p) for p in parameters)}{more})")


def _replacing(function: str, *parameters: str) -> Form:
    """A function that replaces the file that is there already, where TF1 raises an error unless it is told to."""

    def form(call: Rewriting) -> str:
        if call.const("overwrite", False) is not True:
            call.refuse(f"{function} would replace a file that is there already", _REPLACING)
        return Host(f"{function}({', '.join(call.text(p) for p in parameters)})")

    return form


def _open(call: Rewriting) -> str:
    """Text is UTF-8, and its line ends stay as they are."""
    mode = call.const("mode", "r")
    if not isinstance(mode, str):
        call.refuse("the mode isn't known", "write it as a string")
    given = f", {call.text('mode')}" if call.given("mode") else ""
    return Host(f"open({call.text('name')}{given}" + (")" if "b" in mode else ', encoding="utf-8", newline="\\n")'))


def _walk(call: Rewriting) -> str:
    order = f", topdown={call.text('in_order')}" if call.given("in_order") else ""
    return Host(f"os.walk({call.text('top')}{order}, followlinks=True)")


def _file(name: str) -> Entry:
    """The classes of open files."""
    aliases = ("gfile.Open",) if name == "gfile.GFile" else ()
    return Entry(name, "name, mode='r'", kind="host", aliases=aliases, tf2=_renamed("GFile", "name mode"), torch=_open)


def _functions(old: str, parameter: str, new: str, renamed: str, standard: str, more: str = "") -> tuple[Entry, Entry]:
    """A function of one argument in both of its spellings, `tf.gfile.Exists` and `tf.io.gfile.exists`."""
    return (
        Entry(
            f"gfile.{old}",
            parameter,
            kind="host",
            tf2=_renamed(new, f"{parameter}={renamed}"),
            torch=_standard(standard, parameter, more=more),
        ),
        Entry(
            f"io.gfile.{new}",
            renamed,
            kind="host",
            tf2=_renamed(new, renamed),
            torch=_standard(standard, renamed, more=more),
        ),
    )


ENTRIES: tuple[Entry, ...] = (
    *_functions("Exists", "filename", "exists", "path", "os.path.exists"),
    *_functions("IsDirectory", "dirname", "isdir", "path", "os.path.isdir"),
    *_functions("MkDir", "dirname", "mkdir", "path", "os.mkdir"),
    *_functions("MakeDirs", "dirname", "makedirs", "path", "os.makedirs", ", exist_ok=True"),
    *_functions("Remove", "filename", "remove", "path", "os.remove"),
    *_functions("DeleteRecursively", "dirname", "rmtree", "path", "shutil.rmtree"),
    *_functions("ListDirectory", "dirname", "listdir", "path", "os.listdir"),
    # names that begin with a dot match as well
    *_functions("Glob", "filename", "glob", "pattern", "glob.glob", ", include_hidden=True"),
    Entry(
        "gfile.Rename",
        "oldname, newname, overwrite=False",
        kind="host",
        tf2=_renamed("rename", "oldname=src newname=dst overwrite"),
        torch=_replacing("os.replace", "oldname", "newname"),
    ),
    Entry(
        "gfile.Copy",
        "oldpath, newpath, overwrite=False",
        kind="host",
        tf2=_renamed("copy", "oldpath=src newpath=dst overwrite"),
        torch=_replacing("shutil.copyfile", "oldpath", "newpath"),
    ),
    Entry(
        "gfile.Walk",
        "top, in_order=True",
        kind="host",
        tf2=_renamed("walk", "top in_order=topdown"),
        torch=_walk,
    ),
    _file("gfile.GFile"),
    _file("gfile.FastGFile"),
    _file("io.gfile.GFile"),
)
