"""Leads the paths that frameworks hand to their own C++ and C code through the overlay."""

from __future__ import annotations

import importlib
import sys

import numpy as np

from . import contain

CHECKPOINT = ("", ".index", ".meta", ".data-00000-of-00001")
READ, WRITE = "read", "write"
FILES = {
    "FileExists": READ,
    "IsDirectory": READ,
    "Stat": READ,
    "BufferedInputStream": READ,
    "CreateBufferedInputStream": READ,
    "RecursivelyCreateDir": WRITE,
}
PATH_NAMES = ("save_path", "file_prefix", "path", "export_dir")
REMOVALS = ("DeleteFile", "DeleteRecursively")
WRITERS = ("WritableFile", "CreateWritableFile")
OPERATIONS = {
    "gen_io_ops": {
        "save": ("filename", "prefix to write"),
        "save_slices": ("filename", "prefix to write"),
        "save_v2": ("prefix", "prefix to write"),
        "restore": ("file_pattern", "prefix"),
        "restore_v2": ("prefix", "prefix"),
        "merge_v2_checkpoints": ("destination_prefix", "prefix to write"),
        "read_file": ("filename", READ),
        "write_file": ("filename", WRITE),
    },
    "gen_summary_ops": {"create_summary_file_writer": ("logdir", WRITE)},
}
POSITIONS = {"destination_prefix": 1, "logdir": 1}


def redirect():
    """Redirect the frameworks that are loaded, and h5py when it is."""
    new = {}
    if "tensorflow" in sys.modules:
        _redirect_tensorflow(new)
    if "torch" in sys.modules:
        _redirect_torch(sys.modules["torch"], new)
    contain.replace(new)
    if "h5py" in sys.modules:
        _redirect_h5py(sys.modules["h5py"])
    else:
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds h5py, and has it redirected as soon as it has been executed."""

    def find_spec(self, name, path=None, target=None):
        if name != "h5py":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _redirect_h5py(module)

        spec.loader.exec_module = exec_module
        return spec


def place(path, how):
    """Where a path of a framework's call leads; addresses of other file systems stay."""
    text, _ = contain.text_of(path)
    if text is None or "://" in text:
        return path
    if how == READ:
        return contain.mapped(path, contain.overlay.reading)
    if how == "prefix":
        return contain.mapped(path, contain.overlay.reading_prefix, CHECKPOINT)
    return contain.mapped(path, contain.overlay.writing, keep=how == "append")


def _first(original, how):
    def call(path, *arguments):
        return original(place(path, how), *arguments)

    return call


def _patch(holder, name, make):
    original = getattr(holder, name, None)
    if original is not None:
        setattr(holder, name, make(original))


# TensorFlow


def _redirect_tensorflow(new):
    file_io = importlib.import_module("tensorflow.python.lib.io.file_io")
    inner = getattr(file_io, "_pywrap_file_io", None) or file_io.pywrap_tensorflow
    for name, how in FILES.items():
        _patch(inner, name, lambda original, how=how: _first(original, how))
    for name in WRITERS:
        _patch(inner, name, _writer)
    for name in REMOVALS:
        _patch(inner, name, _removal)
    _patch(inner, "CreateDir", _creation)
    _patch(inner, "CopyFile", _copy)
    _patch(inner, "RenameFile", _rename)
    _patch(inner, "GetChildren", _children)
    _patch(inner, "GetMatchingFiles", _matching)
    records = importlib.import_module("tensorflow.python.lib.io.tf_record").TFRecordWriter
    _patch(records, "__init__", lambda original: _method(original, 0, WRITE))
    _redirect_checkpoints(inner, new)
    datasets = importlib.import_module("tensorflow.python.data.ops.readers")
    _patch(datasets, "_create_or_validate_filenames_dataset", _data_files)
    for module, operations in OPERATIONS.items():
        holder = importlib.import_module("tensorflow.python.ops." + module)
        for name, (parameter, how) in operations.items():
            original = getattr(holder, name, None)
            if original is not None:
                new[original] = _operation(original, parameter, how)


def _redirect_checkpoints(inner, new):
    events = importlib.import_module("tensorflow.python.summary.writer.event_file_writer")
    writers = getattr(events, "_pywrap_events_writer", inner)
    _patch(writers, "EventsWriter", lambda original: _first(original, WRITE))
    saver = importlib.import_module("tensorflow.python.training.saver").Saver
    _patch(saver, "save", lambda original: _method(original, 1, "prefix to write"))
    _patch(saver, "restore", lambda original: _method(original, 1, "prefix"))
    try:
        saving = importlib.import_module("tensorflow.python.saved_model.save")
        _patch(saving, "save_and_return_nodes", lambda original: _method(original, 0, WRITE))
    except ImportError:
        pass
    for name in ("checkpoint.checkpoint", "training.tracking.util"):
        try:
            trackable = importlib.import_module("tensorflow.python." + name).TrackableSaver
        except ImportError:
            continue
        _patch(trackable, "save", lambda original: _method(original, 0, "prefix to write"))
        _patch(trackable, "restore", lambda original: _method(original, 0, "prefix"))
    try:
        readers = importlib.import_module("tensorflow.python.training.py_checkpoint_reader")
    except ImportError:
        readers = inner
    new[readers.NewCheckpointReader] = _first(readers.NewCheckpointReader, "prefix")
    readers.NewCheckpointReader = new[readers.NewCheckpointReader]


def _method(original, position, how):
    """A method whose path is the argument at a position after `self`, or has one of the usual names."""

    def method(self, *arguments, **keywords):
        arguments = list(arguments)
        if position < len(arguments):
            arguments[position] = place(arguments[position], how)
        for name in PATH_NAMES:
            if name in keywords:
                keywords[name] = place(keywords[name], how)
        return original(self, *arguments, **keywords)

    return method


def _operation(original, parameter, how):
    position = POSITIONS.get(parameter, 0)

    def operation(*arguments, **keywords):
        arguments = list(arguments)
        if parameter in keywords:
            keywords[parameter] = _placed(keywords[parameter], how)
        elif position < len(arguments):
            arguments[position] = _placed(arguments[position], how)
        return original(*arguments, **keywords)

    return operation


def _data_files(original):
    def call(filenames, *arguments, **keywords):
        return original(_placed(filenames, READ), *arguments, **keywords)

    return call


def _placed(value, how):
    """A path or paths, also as a tensor where its value is known."""
    if isinstance(value, (str, bytes)):
        return place(value, how)
    if isinstance(value, (list, tuple)):
        return [_placed(element, how) for element in value]
    known = _value(value, how)
    if known is None or known.dtype.kind not in "OSU":
        return value
    return place(known.item(), how) if known.ndim == 0 else [place(element, how) for element in known.tolist()]


def _value(tensor, how):
    """An eager tensor's value, and a constant's of a graph; but checkpoints' prefixes are constants that are fed."""
    if hasattr(tensor, "numpy") and not hasattr(tensor, "_op"):
        return np.asarray(tensor.numpy())
    if how in (READ, WRITE) and getattr(getattr(tensor, "op", None), "type", None) == "Const":
        make = importlib.import_module("tensorflow.python.framework.tensor_util").MakeNdarray
        return np.asarray(make(tensor.op.get_attr("value")))
    return None


def _writer(original):
    def call(path, mode="w", *rest):
        appends = "a" in contain.text_of(mode)[0] or "+" in contain.text_of(mode)[0]
        return original(place(path, "append" if appends else WRITE), mode, *rest)

    return call


def _creation(original):
    def call(path, *rest):
        try:
            path = contain.mapped(path, contain.overlay.creating)
        except FileExistsError:
            pass
        return original(path, *rest)

    return call


def _removal(original):
    def call(path, *rest):
        text, back = contain.text_of(path)
        target, hidden = contain.overlay.removing_tree(text)
        result = original(back(target), *rest) if target is not None else None
        contain.overlay.hide(hidden)
        return result

    return call


def _copy(original):
    def call(source, target, overwrite, *rest):
        placed = contain.mapped(target, contain.overlay.writing, keep=not overwrite)
        return original(place(source, READ), placed, overwrite, *rest)

    return call


def _rename(original):
    def call(source, target, overwrite, *rest):
        back = contain.text_of(source)[1]
        if not overwrite:
            contain.mapped(target, contain.overlay.writing, keep=True)
        paths = [contain.text_of(path)[0] for path in (source, target)]
        old, new, hidden = contain.overlay.moving(*paths)
        result = original(back(old), back(new), overwrite, *rest)
        contain.overlay.hide(hidden)
        return result

    return call


def _children(original):
    def call(path, *rest):
        text, back = contain.text_of(path)
        folders, left_out = contain.overlay.listing(text)
        names = list(original(back(folders[0]), *rest))
        if len(folders) == 1 and not left_out:
            return names
        names = names if len(folders) > 1 else []
        lower = original(back(folders[-1]), *rest)
        return names + [n for n in lower if contain.text_of(n)[0].rstrip("/") not in left_out]

    return call


def _matching(original):
    def call(pattern, *rest):
        text, back = contain.text_of(pattern)
        upper, lower = contain.overlay.patterns(text)
        found = list(original(back(upper), *rest)) if upper is not None else []
        if lower is None:
            return found
        return found + [n for n in original(back(lower), *rest) if contain.overlay.shows(contain.text_of(n)[0])]

    return call


# torch and h5py


def _redirect_torch(torch, new):
    for name, how in (("_open_zipfile_writer_file", WRITE), ("_open_zipfile_reader", READ)):
        _patch(getattr(torch.serialization, name), "__init__", lambda original, how=how: _initialiser(original, how))

    new[torch.load] = _loading(torch.load)


def _loading(original):
    def load(f, *arguments, **keywords):
        return original(place(f, READ), *arguments, **keywords)

    return load


def _initialiser(original, how):
    def method(self, name, *arguments, **keywords):
        return original(self, place(name, how), *arguments, **keywords)

    return method


def _redirect_h5py(h5py):
    original = h5py.File.__init__

    def method(self, name, mode="r", *arguments, **keywords):
        how = READ if mode == "r" else "append" if mode in ("a", "r+") else WRITE
        return original(self, place(name, how), mode, *arguments, **keywords)

    h5py.File.__init__ = method
