"""The MNIST reader that is written beside a program."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from types import ModuleType

import pytest

from actlint.migrate import mnist

from .conftest import Migrate
from .update import CASES, TARGETS, sections

np = pytest.importorskip("numpy")


@pytest.fixture
def reader() -> ModuleType:
    """The module, executed from its source as a user's program imports it."""
    module = ModuleType("input_data")
    exec(compile(mnist.reader(), "input_data.py", "exec"), module.__dict__)
    return module


def write(path: Path, magic: int, array) -> None:  # noqa: ANN001
    with gzip.open(path, "wb") as stream:
        stream.write(struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eleven training and four test images of 2 x 3 pixels; each image holds its own number."""
    for prefix, count in (("train", 11), ("t10k", 4)):
        images = np.repeat(np.arange(count, dtype=np.uint8), 6).reshape(count, 2, 3)
        write(tmp_path / f"{prefix}-images-idx3-ubyte.gz", 2051, images)
        write(tmp_path / f"{prefix}-labels-idx1-ubyte.gz", 2049, np.arange(count, dtype=np.uint8) % 10)
    return tmp_path


def test_reads_scales_and_splits(reader: ModuleType, folder: Path) -> None:
    data = reader.read_data_sets(str(folder), one_hot=True, validation_size=3)
    assert (data.train.num_examples, data.validation.num_examples, data.test.num_examples) == (8, 3, 4)
    assert data.train.images.shape == (8, 6) and data.train.images.dtype == np.float32
    assert data.train.images[:, 0].tolist() == pytest.approx([n / 255 for n in range(3, 11)])
    assert data.validation.labels.tolist() == np.eye(10)[:3].tolist()
    assert data.train.labels[-1].tolist() == np.eye(10)[0].tolist()


def test_reads_without_reshape_as_bytes_and_class_numbers(reader: ModuleType, folder: Path) -> None:
    data = reader.read_data_sets(str(folder), reshape=False, dtype=np.uint8, validation_size=0)
    assert data.train.images.shape == (11, 2, 3, 1) and data.train.images.dtype == np.uint8
    assert data.test.labels.tolist() == [0, 1, 2, 3]


def test_validation_set_may_be_empty(reader: ModuleType, folder: Path) -> None:
    data = reader.read_data_sets(str(folder), validation_size=0)
    assert data.validation.images.shape == (0, 6)
    assert data.train.num_examples == 11


def test_batches_fill_up_from_the_next_epoch(reader: ModuleType, folder: Path) -> None:
    train = reader.read_data_sets(str(folder), dtype=np.uint8, validation_size=1).train
    first = [train.next_batch(4, shuffle=False)[0][:, 0].tolist() for _ in range(3)]
    assert first == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 1, 2]]
    assert train.epochs_completed == 1
    assert train.next_batch(2, shuffle=False)[0][:, 0].tolist() == [3, 4]


def test_shuffled_batches_hold_each_example_once_with_its_label(reader: ModuleType, folder: Path) -> None:
    train = reader.read_data_sets(str(folder), dtype=np.uint8, validation_size=1, seed=4).train
    batches = [train.next_batch(size) for size in (4, 6)]
    numbers = [n for images, _ in batches for n in images[:, 0].tolist()]
    labels = [n for _, found in batches for n in found.tolist()]
    assert sorted(numbers) == list(range(1, 11)) and numbers != sorted(numbers)
    assert labels == [n % 10 for n in numbers]


def test_refuses_other_files(reader: ModuleType, folder: Path) -> None:
    (folder / "train-images-idx3-ubyte.gz").write_bytes((folder / "train-labels-idx1-ubyte.gz").read_bytes())
    with pytest.raises(ValueError, match="starts with 2049 instead of 2051"):
        reader.read_data_sets(str(folder))


def test_refuses_an_impossible_split(reader: ModuleType, folder: Path) -> None:
    with pytest.raises(ValueError, match="validation_size is 5000, but there are 11"):
        reader.read_data_sets(str(folder))


@pytest.mark.parametrize("target", TARGETS)
def test_is_written_beside_the_program(migrate: Migrate, tmp_path: Path, target: str) -> None:
    made = migrate(sections(CASES / "mnist.txt")["tf1"], target)
    assert made.new_files == {tmp_path.resolve() / "input_data.py": mnist.reader()}
    assert "\nimport input_data\n" in made.files[tmp_path.resolve() / "program.py"]


@pytest.mark.parametrize("target", TARGETS)
def test_is_not_written_without_need(migrate: Migrate, target: str) -> None:
    assert migrate(sections(CASES / "variable_reads.txt")["tf1"], target).new_files == {}
