# SPDX-License-Identifier: Apache-2.0
"""Labels as the engine takes them: class numbers from 0."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eigenlens.errors import DataError, UsageError

__all__ = ["LabelMap"]

Int32 = npt.NDArray[np.int32]


class LabelMap:
    """Class numbers as they are, names as the numbers that they got when they were first seen; one or the other.

    With `names` given from the start the classes are those, whether labels are numbers or names.
    """

    def __init__(self, names: Sequence[str] | None = None) -> None:
        self.names: list[str] = [str(name) for name in names or ()]
        self.fixed = bool(self.names)
        self.kind = ""  # "", "none", "number", "name"
        self._number = {name: i for i, name in enumerate(self.names)}
        if len(self._number) != len(self.names):
            raise UsageError("class_names has a name twice")

    def encode(self, y: Any, count: int) -> Int32 | None:
        """`count` labels as int32; None if there are none. Names that are new are added, in sorted order."""
        if y is None:
            self._become("none")
            return None
        labels = _plain(y)
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels.ndim != 1:
            hint = "; of one-hot rows, y.argmax(1) are the class numbers" if labels.ndim == 2 else ""
            raise UsageError(f"y has shape {labels.shape}: expected one label a sample, {count} in all{hint}")
        if len(labels) != count:
            raise UsageError(f"there are {count} samples and {len(labels)} labels")
        if labels.dtype.kind in "iub":
            return self._numbers(labels)
        if labels.dtype.kind == "f":
            return self._numbers(_whole(labels))
        return self._named(labels)

    def forget(self, known: int, kind: str) -> None:
        """Back to `known` names and this kind, after samples that could not be added."""
        for name in self.names[known:]:
            del self._number[name]
        del self.names[known:]
        self.kind = kind

    def _become(self, kind: str) -> None:
        if self.kind and self.kind != kind:
            said = {"none": "no labels", "number": "class numbers", "name": "class names"}
            raise UsageError(f"earlier samples came with {said[self.kind]}, these with {said[kind]}: one or the other")
        self.kind = kind

    def _numbers(self, labels: npt.NDArray[Any]) -> Int32:
        self._become("number")
        if len(labels) and labels.min() < 0:
            row = int(np.argmax(labels < 0))
            raise DataError(
                f"the label of sample {row} is {labels[row]}: class numbers count from 0; "
                "y.astype(str) makes names of other labels"
            )
        if len(labels) and int(labels.max()) > np.iinfo(np.int32).max:
            raise DataError(f"label {labels.max()} is too large for a class number")
        if self.fixed and len(labels) and labels.max() >= len(self.names):
            row = int(np.argmax(labels >= len(self.names)))
            raise DataError(f"the label of sample {row} is {labels[row]}, and there are {len(self.names)} class names")
        return np.ascontiguousarray(labels, dtype=np.int32)

    def _named(self, labels: npt.NDArray[Any]) -> Int32:
        self._become("name")
        texts, inverse = np.unique(labels.astype(str), return_inverse=True)
        for text in texts:
            if text not in self._number:
                if self.fixed:
                    known = ", ".join(self.names[:10]) + (", …" if len(self.names) > 10 else "")
                    raise DataError(f"there is a label '{text}', which is not among class_names: {known}")
                self._number[str(text)] = len(self.names)
                self.names.append(str(text))
        numbers = np.array([self._number[text] for text in texts], dtype=np.int32)
        return np.ascontiguousarray(numbers[inverse.reshape(-1)])


def _plain(y: Any) -> npt.NDArray[Any]:
    """A NumPy array of labels that may be anything array-like, on the host."""
    if hasattr(y, "detach"):  # a tensor
        y = y.detach().cpu()
    if hasattr(y, "get") and hasattr(y, "__cuda_array_interface__"):  # CuPy
        y = y.get()
    return np.asarray(y)


def _whole(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    whole = labels.astype(np.int64, copy=True) if np.isfinite(labels).all() else None
    if whole is None or not (whole == labels).all():
        wrong = labels[~np.isfinite(labels)] if whole is None else labels[whole != labels]
        raise DataError(
            f"Unknown label type: y has the value {wrong[0]}, and classes are numbers from 0 or names, not measurements"
        )
    return whole
