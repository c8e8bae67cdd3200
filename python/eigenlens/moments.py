# SPDX-License-Identifier: Apache-2.0
"""The second moments of a labelled data set: everything that eigenlens ever needs of it."""
from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from eigenlens import _core
from eigenlens.devices import DeviceLike, device_of
from eigenlens.errors import DataError, UsageError
from eigenlens.pretexts import specs_of
from eigenlens.progress import ProgressLike, watched
from eigenlens.results import plain_integers
from eigenlens.samples import Shape
from eigenlens.sources import Files, batches_of, count_of, dataset_of, files_of, names_of
from eigenlens.sums import Sums

__all__ = ["Moments"]

Self = TypeVar("Self", bound="Moments")


class Moments(Sums):
    """Σx, Σxxᵀ and Σxyᵀ of samples x and their classes: read the data once, sweep as often as you like.

    Moments of disjoint samples add up, so they can be made in parts, on several machines, and be resumed. uint8 samples are
    kept as bytes and give exact 64-bit integer sums: the same bits for every order, batch size, split and device.

    Parameters
    ----------
    shape : (channels, height, width), optional
        Of a sample, where the arrays do not tell: rows of N × D that are images. Masks of patches need it.
    layout : {'nchw', 'nhwc'}
        Of 4-D arrays. ``nhwc`` is never guessed.
    class_names : sequence of str, optional
        The C classes, for labels that are names or numbers. Parts that are made apart and merged later need it if labels are
        names, so that the same class has the same number everywhere.
    name : str
        Of the data set, for people, in tables, titles and reports; empty by default, and then they say "samples".
    device : Device or str, optional
        What adds up.

    Notes
    -----
    Memory: 8·D² bytes for the products, and once more while they are added up. Cost: D(D + 1)/2 multiply-adds a sample. The GIL
    is released meanwhile, and Ctrl-C works.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> rng = np.random.default_rng(0)
    >>> images = rng.integers(0, 256, (100, 8, 8), dtype=np.uint8)  # N × H × W
    >>> labels = rng.integers(0, 3, 100)
    >>> moments = eigenlens.Moments().update(images[:60], labels[:60]).update(images[60:], labels[60:])
    >>> moments
    Moments(count=100, shape=(1, 8, 8), classes=3, arithmetic='exact')
    >>> moments.gram.shape, moments.gram.dtype
    ((64, 64), dtype('int64'))
    """

    @classmethod
    def of(
        cls: type[Self],
        data: Any,
        y: Any = None,
        *,
        shape: Shape | None = None,
        layout: str | None = None,
        class_names: Sequence[str] | None = None,
        name: str = "",
        image: str | None = None,
        label: str | None = None,
        form: str = "primal",
        pretexts: Any = (),
        device: DeviceLike = None,
        progress: ProgressLike = False,
        **options: Any,
    ) -> Self:
        """The moments of a whole data set, read once.

        Parameters
        ----------
        data : path, Files, array, pair (X, y), or iterable
            A path has the options of `Files` as keywords, and may be a moments file. An iterable yields pairs (X, y), arrays, or
            dictionaries: a PyTorch DataLoader or data set, a Hugging Face data set, a generator. Single samples are gathered.
        y : array, optional
            Labels, if `data` is an array.
        shape, layout, class_names, name
            As of `Moments`, for arrays and iterables; class names that a data set tells are taken from it. A path tells them
            itself, but for the layout of a 4-D .npy file.
        image, label : str, optional
            Columns of dictionaries; guessed from the usual names without.
        form : {'primal', 'dual', 'auto'}
            Of a path: products of inputs (D × D), of samples (N × N), or what is smaller. The dual form is swept with the mask
            structures of `pretexts` alone.
        pretexts : list of pretexts
            For the dual form.
        device : Device or str, optional
        progress : bool or callable

        Examples
        --------
        >>> import numpy as np, eigenlens
        >>> rng = np.random.default_rng(0)
        >>> loader = [(rng.random((16, 3, 4, 4), dtype=np.float32), rng.integers(0, 2, 16)) for _ in range(4)]
        >>> eigenlens.Moments.of(loader).count
        64
        """
        files = files_of(
            data, options, layout, y=y, shape=shape, class_names=class_names, name=name or None, image=image, label=label
        )
        if files is not None:
            path = os.fsdecode(files.path)
            if path.endswith(".safetensors") and os.path.isfile(path):
                if files != Files(files.path):
                    raise UsageError(f"{path}: moments that were made before take no options of a data set")
                return cls.load(path, device=device)
            with watched(progress) as watcher:
                dataset = files.open()
                core = _core.Moments.of(dataset, form, specs_of(pretexts), device_of(device)._core, watcher)
            return cls._from_core(core, device)
        if form == "dual" or (form == "auto" and pretexts):
            raise UsageError("the dual form is made of a path: arrays and iterables give products of inputs")
        names = class_names if class_names is not None else names_of(data, label)
        moments = cls(shape, layout=layout or "nchw", class_names=names, name=name, device=device)
        if y is not None:
            data = (data, y)
        total, done = count_of(data), 0
        with watched(progress) as watcher:
            for x, labels in batches_of(data, image, label):
                moments.update(x, labels)
                done = moments._total()
                if watcher is not None:
                    watcher("reading and moments", done, total, "samples")
        if done == 0:
            raise DataError("there are no samples")
        return moments

    @classmethod
    def shards(
        cls: type[Self],
        data: Any,
        count: int = 10,
        *,
        shape: Shape | None = None,
        layout: str | None = None,
        class_names: Sequence[str] | None = None,
        image: str | None = None,
        label: str | None = None,
        device: DeviceLike = None,
        progress: ProgressLike = False,
        **options: Any,
    ) -> list[Self]:
        """The moments of a data set in parts to which its samples are dealt out, for the intervals of `jackknife` and `advise`.

        Parameters
        ----------
        data : as of `of`
            But not an iterator that can be read once only.
        count : int
            Of parts, 2 to 100. Memory: twice 8·D² bytes each.

        Examples
        --------
        >>> import numpy as np, eigenlens
        >>> rng = np.random.default_rng(0)
        >>> parts = eigenlens.Moments.shards((rng.random((90, 5)), rng.integers(0, 2, 90)), 3)
        >>> [part.count for part in parts]
        [30, 30, 30]
        """
        files = files_of(data, options, layout, shape=shape, class_names=class_names, image=image, label=label)
        dataset = (
            dataset_of(data, layout=layout, shape=shape, names=class_names, image=image, label=label)
            if files is None
            else files.open()
        )
        with watched(progress) as watcher:
            cores = _core.Moments.shards(dataset, int(count), device_of(device)._core, watcher)
        return [cls._from_core(core, device) for core in cores]

    def merge(self: Self, other: Moments) -> Self:
        """The moments of both sets of samples, which must be disjoint; the same as ``self + other``.

        Examples
        --------
        >>> import numpy as np, eigenlens
        >>> a = eigenlens.Moments().update(np.ones((3, 2), np.uint8), [0, 1, 1])
        >>> b = eigenlens.Moments().update(np.zeros((2, 2), np.uint8), [0, 2])
        >>> a.merge(b).class_counts
        array([2, 2, 1])
        """
        if not isinstance(other, Moments):
            raise UsageError(f"moments can be merged with moments, not with {type(other).__name__}")
        return self._combined(other, "merge")

    def __add__(self: Self, other: Moments) -> Self:
        return self.merge(other) if isinstance(other, Moments) else NotImplemented

    def __radd__(self: Self, other: Any) -> Self:
        """For ``sum(parts)``, which begins with 0."""
        if type(other) is not int or other != 0:
            return NotImplemented
        same = self._from_core(self._core, self._device)
        same._layout, same._name = self._layout, self._name
        return same

    def __sub__(self: Self, other: Moments) -> Self:
        """The moments of these samples without those of `other`, which must be among them."""
        return self._combined(other, "subtract") if isinstance(other, Moments) else NotImplemented

    # ---- Files ----

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a safetensors file (docs/formats.md) of 8·(D² + C·D) bytes, whole or not at all.

        Examples
        --------
        >>> import numpy as np, eigenlens, os, tempfile
        >>> moments = eigenlens.Moments().update(np.eye(3), [0, 1, 1])
        >>> path = os.path.join(tempfile.mkdtemp(), "m.safetensors")
        >>> moments.save(path)
        >>> eigenlens.Moments.load(path) == moments
        True
        """
        self._core.save(os.fspath(path))

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str], device: DeviceLike = None) -> Self:
        """Reads and verifies such a file; samples can be added to it."""
        return cls._from_core(_core.Moments.load(os.fspath(path)), device)

    # ---- What is known ----

    @property
    def count(self) -> int:
        """N, samples."""
        return self._total()

    @property
    def shape(self) -> Shape:
        """Channels, height, width of a sample; (1, 1, D) of vectors."""
        if self._shape is None:
            raise UsageError("there are no samples yet")
        return self._shape

    @property
    def dimension(self) -> int:
        """D, values in a sample."""
        return int(np.prod(self.shape))

    @property
    def classes(self) -> int:
        """C."""
        return len(self.class_counts)

    @property
    def class_names(self) -> list[str]:
        """C names, or none."""
        return list(self._core.samples().class_names)

    @property
    def class_counts(self) -> npt.NDArray[np.int64]:
        """Samples of each class, C."""
        return self.array("class_counts")

    @property
    def name(self) -> str:
        """Of the data set, for people."""
        return str(self.describe()["dataset"])

    @property
    def arithmetic(self) -> str:
        """``exact`` (bytes) or ``float64``."""
        return str(self.describe()["arithmetic"])

    @property
    def form(self) -> str:
        """``primal`` or ``dual``."""
        return str(self.describe()["form"])

    @property
    def gram(self) -> npt.NDArray[Any]:
        """D × D: Σxxᵀ as int64, or Σ(x − s)(x − s)ᵀ as float64, where s is ``array("shift")``; a read-only view.

        Examples
        --------
        >>> import numpy as np, eigenlens
        >>> eigenlens.Moments().update(np.array([[1, 2], [3, 4]], np.uint8)).gram
        array([[10, 14],
               [14, 20]])
        """
        return self.array("gram")

    @property
    def cross(self) -> npt.NDArray[Any]:
        """C × D: for each class the sum of its samples (less s each, if float64); a read-only view."""
        return self.array("cross")

    @property
    def sum(self) -> npt.NDArray[Any]:
        """D: Σx (Σ(x − s) if float64); a read-only view."""
        return self.array("sum")

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """D: the mean sample, in units of the data."""
        mean: npt.NDArray[np.float64] = self.sum / self.count
        return mean + self.array("shift") if self.arithmetic == "float64" else mean

    def covariance(self) -> npt.NDArray[np.float64]:
        """D × D: the covariance of the samples (divided by N), in squared units of the data. Cost: 3·D² operations.

        Examples
        --------
        >>> import numpy as np, eigenlens
        >>> x = np.random.default_rng(0).integers(0, 256, (40, 3), dtype=np.uint8)
        >>> bool(np.allclose(eigenlens.Moments().update(x).covariance(), np.cov(x.T, ddof=0)))
        True
        """
        centre = self.sum / self.count
        covariance: npt.NDArray[np.float64] = self.gram / self.count - np.outer(centre, centre)
        return covariance

    def array(self, name: str) -> npt.NDArray[Any]:
        """A tensor of docs/formats.md by its name, as a read-only view that lives as long as it is used."""
        return plain_integers(self._core.array(name))

    def describe(self) -> dict[str, Any]:
        """Form, arithmetic, data set, sizes, classes, and the names of the arrays."""
        facts: dict[str, Any] = json.loads(self._core.describe())
        return facts

    def __eq__(self, other: object) -> bool:
        """Whether all sums are the same, bit by bit."""
        if not isinstance(other, Moments):
            return NotImplemented
        mine, theirs = self.describe(), other.describe()
        keys = ("form", "arithmetic", "n", "shape", "class_names", "arrays")
        return all(mine[key] == theirs[key] for key in keys) and all(
            np.array_equal(self.array(name), other.array(name)) for name in mine["arrays"]
        )

    __hash__ = None  # type: ignore[assignment]  # they change

    def __repr__(self) -> str:
        if not self._scalar:
            return "Moments(count=0)"
        form = "" if self.form == "primal" else f", form={self.form!r}"
        return (
            f"Moments(count={self.count}, shape={self.shape}, classes={self.classes}, "
            f"arithmetic={self.arithmetic!r}{form})"
        )
