"""Reader of the MNIST files with the interface of TensorFlow 1's tutorials package; needs NumPy only."""

import collections
import gzip
import os
import urllib.request

import numpy as np

SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
Datasets = collections.namedtuple("Datasets", ["train", "validation", "test"])


class DataSet:
    """Images and labels that are handed out batch by batch, shuffled at the start of every epoch."""

    def __init__(self, images, labels, fake_data=False, one_hot=False, dtype=np.float32, reshape=True, seed=None):
        np.random.seed(seed)
        if fake_data:
            images, labels = np.ones((10000, 28, 28, 1), np.uint8), np.zeros(10000, np.uint8)
            labels = dense_to_one_hot(labels) if one_hot else labels
        if len(images) != len(labels):
            raise ValueError(f"{len(images)} images, but {len(labels)} labels")
        if reshape:
            images = images.reshape(len(images), int(np.prod(images.shape[1:])))
        if np.dtype(dtype) == np.float32:
            images = np.multiply(images.astype(np.float32), 1.0 / 255.0)
        self._images, self._labels = images, labels
        self._epochs_completed = 0
        self._index_in_epoch = 0

    @property
    def images(self):
        return self._images

    @property
    def labels(self):
        return self._labels

    @property
    def num_examples(self):
        return len(self._images)

    @property
    def epochs_completed(self):
        return self._epochs_completed

    def _shuffle(self):
        order = np.arange(len(self._images))
        np.random.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]

    def next_batch(self, batch_size, fake_data=False, shuffle=True):
        """The next `batch_size` examples; a batch at the end of an epoch is filled up from the next one."""
        start = self._index_in_epoch
        if self._epochs_completed == 0 and start == 0 and shuffle:
            self._shuffle()
        if start + batch_size <= len(self._images):
            self._index_in_epoch = start + batch_size
            return self._images[start : self._index_in_epoch], self._labels[start : self._index_in_epoch]
        self._epochs_completed += 1
        images, labels = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._index_in_epoch = batch_size - len(images)
        more = slice(0, self._index_in_epoch)
        return np.concatenate([images, self._images[more]]), np.concatenate([labels, self._labels[more]])


def dense_to_one_hot(labels, num_classes=10):
    """Class numbers as rows of zeros with a single one."""
    rows = np.zeros((len(labels), num_classes))
    rows[np.arange(len(labels)), labels.ravel()] = 1
    return rows


def maybe_download(filename, work_directory, source_url=SOURCE_URL):
    """The path of a file in `work_directory`, fetched from `source_url` when it isn't there yet."""
    os.makedirs(work_directory, exist_ok=True)
    path = os.path.join(work_directory, filename)
    if not os.path.exists(path):
        urllib.request.urlretrieve(source_url + filename, path + ".part")
        os.replace(path + ".part", path)
    return path


def _read_idx(path, magic):
    """The array in a gzipped IDX file, whose header starts with `magic`."""
    with gzip.open(path) as stream:
        data = stream.read()
    found = int.from_bytes(data[:4], "big")
    if found != magic:
        raise ValueError(f"{path} starts with {found} instead of {magic}")
    rank = magic % 256
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def extract_images(path):
    """Images as (number, rows, columns, 1) bytes."""
    return _read_idx(path, 2051)[..., np.newaxis]


def extract_labels(path, one_hot=False, num_classes=10):
    """Labels as class numbers, or as one-hot rows."""
    labels = _read_idx(path, 2049)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def read_data_sets(
    train_dir,
    fake_data=False,
    one_hot=False,
    dtype=np.float32,
    reshape=True,
    validation_size=5000,
    seed=None,
    source_url=SOURCE_URL,
):
    """Training, validation and test sets of MNIST, from the files in `train_dir`."""
    options = {"dtype": dtype, "reshape": reshape, "seed": seed}
    if fake_data:
        return Datasets(*(DataSet([], [], fake_data=True, one_hot=one_hot, **options) for _ in range(3)))
    source_url = source_url or SOURCE_URL
    names = [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ]
    paths = [maybe_download(name, train_dir, source_url) for name in names]
    train_images, train_labels = extract_images(paths[0]), extract_labels(paths[1], one_hot)
    test_images, test_labels = extract_images(paths[2]), extract_labels(paths[3], one_hot)
    if not 0 <= validation_size <= len(train_images):
        raise ValueError(f"validation_size is {validation_size}, but there are {len(train_images)} training images")
    cut = validation_size
    return Datasets(
        DataSet(train_images[cut:], train_labels[cut:], **options),
        DataSet(train_images[:cut], train_labels[:cut], **options),
        DataSet(test_images, test_labels, **options),
    )
