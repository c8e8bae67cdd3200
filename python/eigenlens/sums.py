# SPDX-License-Identifier: Apache-2.0
"""How samples come to be sums: the accumulator, and what was finished before."""
from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, Union

import numpy as np
import numpy.typing as npt

from eigenlens import _core as engine
from eigenlens.devices import DeviceLike, device_of
from eigenlens.errors import DataError, UsageError
from eigenlens.labels import LabelMap
from eigenlens.samples import SCALARS, CudaSamples, HostSamples, Shape, as_samples

__all__ = ["Sums"]

Self = TypeVar("Self", bound="Sums")
Samples = Union[HostSamples, CudaSamples]


class Sums:
    """What `Moments` are made of: sums that are finished, and an accumulator of what came since."""

    def __init__(
        self,
        shape: Shape | None = None,
        *,
        layout: str = "nchw",
        class_names: Sequence[str] | None = None,
        name: str = "",
        device: DeviceLike = None,
    ) -> None:
        if shape is not None and (len(shape) != 3 or min(shape) < 1):
            raise UsageError(f"shape={shape!r}: expected (channels, height, width), each at least 1")
        self._shape: Shape | None = None if shape is None else (int(shape[0]), int(shape[1]), int(shape[2]))
        self._layout = layout
        self._labels = LabelMap(class_names)
        self._name = name
        self._device = device
        self._scalar = ""
        self._accumulator: engine.Accumulator | None = None  # of what was added since _finished
        self._added = 0  # samples in it
        self._named = 0  # class names that it was opened with
        self._finished: engine.Moments | None = None
        self._lock = threading.RLock()  # of the four above: one thread at a time adds or finishes

    def update(self: Self, X: Any, y: Any = None) -> Self:
        """Adds samples; on failure the moments are as before.

        Parameters
        ----------
        X : array of shape (N, D), (N, H, W) or (N, C, H, W)
            NumPy's, or anything with DLPack or ``__cuda_array_interface__`` (PyTorch, CuPy, JAX). Arrays in C order are not
            copied; those in the memory of a GPU stay there if `device` is that GPU. uint8, float32 and float64 are used as they
            are; bool becomes uint8, float16, bfloat16 and integers of up to 16 bits float32, larger integers float64.
        y : array of shape (N,), optional
            Class numbers from 0, or names (whatever NumPy makes texts of); C grows with them. None: a set without labels.

        Returns
        -------
        Moments
            Itself.

        Raises
        ------
        DataError
            NaN or infinity, with the row; labels that are no classes.
        UsageError
            A shape or a type that does not go with the samples before.

        Examples
        --------
        >>> import numpy as np, eigenlens
        >>> x = np.random.default_rng(1).normal(size=(50, 4))
        >>> eigenlens.Moments().update(x, np.where(x[:, 0] > 0, "right", "left")).class_names
        ['left', 'right']
        """
        samples = as_samples(X, self._layout, self._shape, self._on_cuda())
        with self._lock:
            self._take(samples, y)
        return self

    def partial_fit(self: Self, X: Any, y: Any = None) -> Self:
        """The same as `update`, by scikit-learn's name."""
        return self.update(X, y)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "layout": self._layout,
            "shape": self._shape,
            "name": self._name,
            "device": self._device,
            "labels": self._labels,
            "scalar": self._scalar,
            "file": None,
        }
        if self._scalar:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "m.safetensors")
                self._core.save(str(path))
                state["file"] = path.read_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        Sums.__init__(self, state["shape"], layout=state["layout"], name=state["name"], device=state["device"])
        self._labels, self._scalar = state["labels"], state["scalar"]
        if state["file"] is not None:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "m.safetensors")
                path.write_bytes(state["file"])
                self._finished = engine.Moments.load(str(path))

    @property
    def _core(self) -> engine.Moments:
        """Everything that was added, as the engine holds it."""
        with self._lock:
            if self._accumulator is not None and self._added:
                fresh = self._accumulator.finish()
                self._finished = fresh if self._finished is None else self._finished.merge(fresh)
                self._added = 0
            if self._finished is None:
                raise UsageError("there are no samples yet: update() adds some")
            return self._finished

    @classmethod
    def _from_core(cls: type[Self], core: engine.Moments, device: DeviceLike) -> Self:
        samples = core.samples()
        moments = cls((samples.channels, samples.height, samples.width), name=samples.name, device=device)
        moments._labels = LabelMap(samples.class_names)
        moments._scalar = ("uint8", "float32", "float64")[samples.scalar]
        moments._finished = core
        return moments

    def _total(self) -> int:
        finished = 0 if self._finished is None else int(self._finished.samples().count)
        return finished + self._added

    def _on_cuda(self) -> bool:
        return device_of(self._device).name.startswith("cuda")

    def _of_one_type(self, samples: Samples) -> Samples:
        """float32 and float64 go together, in float64 sums; bytes are exact, and stay among themselves."""
        if not self._scalar or samples.scalar == self._scalar:
            return samples
        if "uint8" in (self._scalar, samples.scalar) or isinstance(samples, CudaSamples):
            raise UsageError(
                f"earlier samples are {self._scalar}, these are {samples.scalar}: convert them to one type"
            )
        return HostSamples(samples.values.astype(self._scalar), samples.shape)

    def _take(self, samples: Samples, y: Any) -> None:
        samples = self._of_one_type(samples)
        known, kind = len(self._labels.names), self._labels.kind
        try:
            labels = self._labels.encode(y, samples.count)
            if samples.count == 0:
                self._labels.forget(known, kind)
                return
            self._add(samples, labels)
        except BaseException:
            self._labels.forget(known, kind)
            raise
        self._shape, self._scalar = samples.shape, samples.scalar

    def _add(self, samples: Samples, labels: npt.NDArray[np.int32] | None) -> None:
        if isinstance(samples, CudaSamples):
            dimension = int(np.prod(samples.shape))
            self._opened(samples).add_cuda(
                samples.address, SCALARS[samples.scalar], samples.count, dimension, labels, samples.stream
            )
        else:
            blocks = samples.blocks()
            first = next(blocks)
            if len(first) < samples.count:
                self._add_large(samples, labels)
                return
            try:
                self._opened(samples).add(first, labels)
            except DataError as error:
                raise _located(error, first, 0) from None
        self._added += samples.count

    def _add_large(self, samples: HostSamples, labels: npt.NDArray[np.int32] | None) -> None:
        """Chunk by chunk, apart from what is there until all of them are in."""
        apart = engine.Accumulator(self._information(samples), device_of(self._device)._core)
        begin = 0
        for block in samples.blocks():
            end = begin + len(block)
            try:
                apart.add(block, None if labels is None else labels[begin:end])
            except DataError as error:
                raise _located(error, block, begin) from None
            begin = end
        fresh = apart.finish()
        self._finished = fresh if self._total() == 0 else self._core.merge(fresh)

    def _opened(self, samples: Samples) -> engine.Accumulator:
        """The accumulator; a new one where class names have come since it was opened."""
        if self._accumulator is None or self._named != len(self._labels.names):
            if self._added:
                _ = self._core
            self._accumulator = engine.Accumulator(self._information(samples), device_of(self._device)._core)
            self._named = len(self._labels.names)
        return self._accumulator

    def _information(self, samples: Samples) -> engine.Samples:
        information = engine.Samples()
        information.name = self._name
        information.scalar = SCALARS[samples.scalar]
        information.channels, information.height, information.width = samples.shape
        information.class_names = self._labels.names
        information.classes = len(self._labels.names)
        return information

    def _combined(self: Self, other: Sums, operation: str) -> Self:
        mine, theirs = self._core, other._core
        a, b = list(mine.samples().class_names), list(theirs.samples().class_names)
        if a and b and a[: len(b)] != b[: len(a)]:
            raise DataError(
                f"the classes are not the same: {', '.join(a[:5])} … and {', '.join(b[:5])} …; make both with class_names="
            )
        combined = self._from_core(getattr(mine, operation)(theirs), self._device)
        combined._layout, combined._name = self._layout, self._name
        return combined


def _located(error: DataError, block: npt.NDArray[Any], begin: int) -> DataError:
    """The same in rows of what was given, where a number is not finite."""
    if block.dtype.kind == "f":
        bad = ~np.isfinite(block)
        if bad.any():
            row, column = np.unravel_index(int(np.argmax(bad)), bad.shape)
            value = "NaN" if np.isnan(block[row, column]) else "infinity"
            return DataError(
                f"Input X contains {value} in row {begin + row}, column {column}; every value must be finite"
            )
    return error
