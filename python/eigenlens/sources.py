# SPDX-License-Identifier: Apache-2.0
"""Where samples come from: paths that the engine reads, arrays, and anything that yields batches or samples."""
from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eigenlens import _core
from eigenlens.errors import DataError, UsageError
from eigenlens.labels import LabelMap
from eigenlens.samples import SCALARS, HostSamples, Shape, as_samples

__all__ = ["Files"]

_IMAGES = ("image", "images", "img", "pixel_values", "embedding", "embeddings", "features", "x", "X", "data", "inputs")
_LABELS = ("label", "labels", "y", "target", "targets", "class", "fine_label", "coarse_label", "category")
_GROUP = 256  # single samples that make a batch


@dataclass(frozen=True)
class Files:
    """A data set on disk, in any format that the engine reads: what the command line calls DATA with its options.

    Parameters
    ----------
    path : path-like
        IDX (MNIST and its kin, plain or .gz), CIFAR-10 or CIFAR-100 binary, .npy pairs, a folder of JPEG and PNG files a
        class, or a list of them.
    split : {'train', 'test'}
    format : str, optional
        ``idx``, ``cifar10``, ``cifar100``, ``npy``, ``image-folder``, ``image-list`` or ``generated``; recognised without it.
    labels : str, optional
        A labels file, or ``'none'``.
    layout : {'nhwc', 'nchw'}, optional
        Of a 4-D .npy file.
    label_kind : {'fine', 'coarse'}, optional
        Of CIFAR-100.
    resize, crop : int, str or (height, width), optional
        Of image files: to one size.
    colour : {'rgb', 'grey'}, optional
        Of image files.
    skip_bad : int
        Image files that may be damaged and are left out.
    label_base, classes, batch, threads : int
        The smallest label; C if the labels do not say it; samples a batch; threads that decode images.

    Examples
    --------
    >>> import eigenlens
    >>> eigenlens.Files("photos", split="test", resize=64, crop=64).split
    'test'
    """

    path: str | os.PathLike[str]
    split: str = "train"
    format: str | None = None
    labels: str | None = None
    layout: str | None = None
    label_kind: str | None = None
    resize: int | str | tuple[int, int] | None = None
    crop: int | str | tuple[int, int] | None = None
    colour: str | None = None
    skip_bad: int = 0
    label_base: int = 0
    classes: int = 0
    batch: int = 0
    threads: int = 0

    def open(self) -> _core.Dataset:
        """The engine's data set."""
        options = _core.OpenOptions()
        for name in ("split", "format", "labels", "layout", "label_kind", "colour"):
            setattr(options, name, getattr(self, name))
        options.resize, options.crop = _size(self.resize), _size(self.crop)
        for name in ("skip_bad", "label_base", "classes", "batch", "threads"):
            setattr(options, name, int(getattr(self, name)))
        return _core.Dataset.open(os.fspath(self.path), options)


def _size(size: int | str | tuple[int, int] | None) -> str | None:
    if size is None or isinstance(size, str):
        return size
    return str(size) if isinstance(size, int) else f"{size[0]}x{size[1]}"


def is_array(data: Any) -> bool:
    """Whether these are samples, and not something that yields them."""
    if isinstance(data, (list, tuple)):
        if not data or _is_batch(data[0]):
            return False
        return isinstance(data[0], (int, float, list)) or hasattr(data[0], "getbands")
    interfaces = ("__array_interface__", "__cuda_array_interface__", "__dlpack__", "__array__")
    return hasattr(data, "shape") and any(_has(data, name) for name in interfaces)


def _is_batch(item: Any) -> bool:
    """[X, y] or [X], as loaders of PyTorch give, and not a row of numbers or of arrays of one shape."""
    if not isinstance(item, list) or not 1 <= len(item) <= 2 or not hasattr(item[0], "shape"):
        return False
    shapes = [tuple(getattr(part, "shape", ())) for part in item]
    return len(shapes[0]) > 0 and (len(item) == 1 or shapes[0] != shapes[1])


def _has(data: Any, name: str) -> bool:
    try:
        return hasattr(data, name)
    except RuntimeError:  # PyTorch's, of a tensor that has a gradient
        return True


def is_pair(data: Any) -> bool:
    """(X, y), two arrays."""
    return isinstance(data, tuple) and len(data) == 2 and is_array(data[0]) and (data[1] is None or not is_scalar(data[1]))


def is_scalar(label: Any) -> bool:
    """One label, and not one a sample."""
    return len(label.shape) == 0 if hasattr(label, "shape") else np.ndim(label) == 0


def files_of(data: Any, options: Mapping[str, Any], layout: str | None = None, **of_arrays: Any) -> Files | None:
    """`data` as a path with these options; None if it is none. `of_arrays`: what only arrays and iterables may be given."""
    if isinstance(data, (Files, str, os.PathLike)):
        wrong = [name for name, value in of_arrays.items() if value is not None]
        if wrong:
            raise UsageError(f"{', '.join(wrong)}: these go with arrays and iterables, a path tells them itself")
        options = options if layout is None else {**options, "layout": layout}
    if isinstance(data, Files):
        if options:
            raise UsageError(f"{', '.join(options)}: give these to Files itself")
        return data
    if isinstance(data, (str, os.PathLike)):
        unknown = set(options) - set(Files.__dataclass_fields__)
        if unknown:
            raise UsageError(f"unknown option {', '.join(sorted(unknown))}: a path has those of eigenlens.Files")
        return Files(data, **options)
    if options:
        raise UsageError(f"{', '.join(options)}: only a path has these options")
    return None


def names_of(data: Any, label: str | None) -> Sequence[str] | None:
    """Class names that a data set tells: torchvision's `classes`, the features of Hugging Face."""
    owner = getattr(data, "dataset", data)
    features = getattr(owner, "features", None)
    if isinstance(features, Mapping):
        column = label or next((name for name in _LABELS if name in features), "")
        names = getattr(features.get(column), "names", None)
    else:
        names = getattr(owner, "classes", None)
    if isinstance(names, (list, tuple)) and names and all(isinstance(name, str) for name in names):
        return list(names)
    return None


def count_of(data: Any) -> int:
    """Samples that iterating over `data` will give; 0 if that is not known."""
    for owner in (getattr(data, "dataset", None), data):
        rows = getattr(owner, "num_rows", None)
        if isinstance(rows, int):
            return rows
        if owner is not None and owner is not data and hasattr(owner, "__len__"):
            return len(owner)
    return 0


def batches_of(data: Any, image: str | None = None, label: str | None = None) -> Iterator[tuple[Any, Any]]:
    """(X, y or None) of arrays, a pair, or whatever yields batches or samples: pairs, dictionaries or arrays."""
    if is_pair(data):
        yield data
        return
    if is_array(data):
        yield data, None
        return
    if hasattr(data, "with_format") and hasattr(data, "iter"):
        yield from _grouped(_hugging_face(data, image, label))
        return
    if not isinstance(data, Iterable) and hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        rows = data
        # PyTorch's map-style data sets have an item a sample. Without a label only that tells it from a batch.
        yield from _grouped((_columns(rows[i], image, label) for i in range(len(rows))), one_by_one=True)
        return
    elif not isinstance(data, Iterable):
        raise UsageError(f"cannot read samples from {type(data).__name__}: expected a path, an array, or batches of (X, y)")
    yield from _grouped(_columns(item, image, label) for item in data)


def _hugging_face(data: Any, image: str | None, label: str | None) -> Iterator[tuple[Any, Any]]:
    """Batches of a data set of Hugging Face, whose formatter makes int64 and float32 of whatever type a column has."""
    features = getattr(data, "features", None) or {}
    column = features.get(image or next((name for name in _IMAGES if name in features), ""))
    while column is not None and not isinstance(getattr(column, "dtype", None), str):
        column = column[0] if isinstance(column, list) else getattr(column, "feature", None)
    kind = getattr(column, "dtype", "")
    options = {"dtype": np.float64} if kind == "float64" else {}
    for item in data.with_format("numpy", **options).iter(batch_size=_GROUP):
        x, y = _columns(item, image, label)
        yield (_stacked(x).astype(np.uint8) if kind == "uint8" else x), y


def _columns(item: Any, image: str | None, label: str | None) -> tuple[Any, Any]:
    if isinstance(item, Mapping):
        names = list(item)
        x = image or next((name for name in _IMAGES if name in item), "")
        y = label or next((name for name in _LABELS if name in item and name != x), "")
        if x not in item or (label and label not in item):
            raise UsageError(f"the columns are {', '.join(map(str, names))}: say which holds samples (image=) and labels (label=)")
        return item[x], item[y] if y else None
    if isinstance(item, (list, tuple)) and len(item) == 2:
        return item[0], item[1]
    if isinstance(item, (list, tuple)) and len(item) == 1:
        return item[0], None
    if isinstance(item, (list, tuple)):
        raise UsageError(f"batches have {len(item)} parts: expected X, or X and y")
    return item, None


def _grouped(items: Iterable[tuple[Any, Any]], one_by_one: bool = False) -> Iterator[tuple[Any, Any]]:
    """Batches as they are; single samples, whose label is no list, gathered to batches. `one_by_one`: so are items that have
    no label."""
    items = iter(items)
    first = next(items, None)
    if first is None:
        return
    items = itertools.chain([first], items)
    x, y = first
    single = hasattr(x, "getbands") or (y is not None and is_scalar(y)) or (y is None and (one_by_one or not hasattr(x, "__len__")))
    if not single:
        for x, y in items:
            yield _stacked(x), y
        return
    while group := list(itertools.islice(items, _GROUP)):
        labels = None if group[0][1] is None else [_item(y) for _, y in group]
        yield _stacked([x for x, _ in group]), labels


def _item(label: Any) -> Any:
    return label.item() if hasattr(label, "item") else label


def _stacked(x: Any) -> Any:
    """One array of what may be a list of them."""
    ragged = isinstance(x, np.ndarray) and x.dtype == object
    if not ragged and not (isinstance(x, (list, tuple)) and len(x) and not hasattr(x[0], "getbands")):
        return x
    parts = [np.asarray(one.detach().cpu() if hasattr(one, "detach") else one) for one in x]
    if len({part.shape for part in parts}) > 1:
        shapes = " and ".join(sorted({str(part.shape) for part in parts})[:2])
        raise DataError(f"the samples of a batch have different shapes, such as {shapes}: bring them to one size first")
    return np.stack(parts)


class _Stream:
    """Batches for the engine's reader: at most a chunk at a time, from the beginning as often as it is asked."""

    def __init__(self, make: Callable[[], Iterator[tuple[Any, Any]]], layout: str, labels: LabelMap) -> None:
        self._make = make
        self._layout = layout
        self._labels = labels
        self.shape: Shape | None = None
        self.scalar = ""
        self._blocks: Iterator[tuple[Any, Any]] = iter(())

    def rewind(self) -> None:
        self._blocks = self._converted()

    def next(self) -> tuple[Any, Any] | None:
        return next(self._blocks, None)

    def _converted(self) -> Iterator[tuple[Any, Any]]:
        for x, y in self._make():
            samples = as_samples(x, self._layout, self.shape, on_cuda=False)
            assert isinstance(samples, HostSamples)
            self.shape = self.shape or samples.shape
            self.scalar = self.scalar or samples.scalar
            if samples.scalar != self.scalar:
                raise UsageError(f"earlier batches are {self.scalar}, this one is {samples.scalar}")
            labels = self._labels.encode(y, samples.count)
            begin = 0
            for block in samples.blocks():
                end = begin + len(block)
                if end > begin:
                    yield block, None if labels is None else labels[begin:end]
                begin = end


def dataset_of(
    data: Any,
    *,
    layout: str | None = None,
    shape: Shape | None = None,
    names: Sequence[str] | None = None,
    classes: int = 0,
    image: str | None = None,
    label: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> _core.Dataset:
    """The engine's view of any source that can be read more than once. It is read once more than needed where C or N are
    not known. `layout` is of arrays; a path has its own among its `options`."""
    files = files_of(data, options or {})
    if files is not None:
        return files.open()
    if isinstance(data, Iterator):
        raise UsageError("an iterator can be read once, and this reads samples more than once: give what makes it, or a list")
    labels = LabelMap(names or names_of(data, label))
    stream = _Stream(lambda: batches_of(data, image, label), layout or "nchw", labels)
    stream.shape = shape
    count, largest = 0, 0
    stream.rewind()
    while (block := stream.next()) is not None:
        count += len(block[0])
        if block[1] is not None:
            largest = max(largest, int(block[1].max()) + 1)
    if stream.shape is None or count == 0:
        raise DataError("there are no samples")
    samples = _core.Samples()
    samples.scalar = SCALARS[stream.scalar]
    samples.channels, samples.height, samples.width = stream.shape
    samples.count = count
    samples.class_names = labels.names
    samples.classes = len(labels.names) or max(classes, largest, 1)
    return _core.Dataset.from_reader(samples, stream.next, stream.rewind)
