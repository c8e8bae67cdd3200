# SPDX-License-Identifier: Apache-2.0
"""Pretext tasks: what is hidden or added before an autoencoder learns to restore it (docs/masks.md).

Each stands for one or more specifications of the command line; a strength may be a sequence of values.
"""
from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

import numpy as np
import numpy.typing as npt

from eigenlens import _core
from eigenlens.errors import UsageError

__all__ = [
    "Pretext",
    "Reconstruct",
    "Mask",
    "Dropout",
    "Keep",
    "Gaussian",
    "Joint",
    "Blocks",
    "MultiBlock",
    "Grid",
    "Centre",
    "Crop",
    "Masks",
    "specs_of",
]

Number = Union[float, Sequence[float], npt.NDArray[Any]]
Size = Union[int, tuple[int, int]]


class Pretext:
    """What all pretexts share. Strings are pretexts too: ``"mask:patch=4,ratio=0:0.9:10"``."""

    def _texts(self) -> list[str]:
        raise NotImplementedError

    def specs(self) -> list[str]:
        """The specifications that it stands for, as results name them.

        Raises
        ------
        UsageError
            A value that can never work.

        Examples
        --------
        >>> import eigenlens
        >>> eigenlens.Mask(patch=4, ratio=[0.25, 0.5]).specs()
        ['mask:patch=4,ratio=0.25', 'mask:patch=4,ratio=0.5']
        """
        return [spec for text in self._texts() for spec in json.loads(_core.pretexts(text))]


def _each(values: Number) -> list[str]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim > 1 or array.size == 0:
        raise UsageError(f"a strength is a number or a list of numbers, not {values!r}")
    return [repr(float(value)) if value != int(value) else str(int(value)) for value in array.reshape(-1)]


def _each_weight(values: Number) -> list[str]:
    array = np.asarray(values, dtype=np.float64).reshape(-1)
    return ["inf" if np.isinf(value) else repr(float(value)) for value in array]


def _size(size: Size) -> str:
    return "x".join(str(int(n)) for n in np.atleast_1d(np.asarray(size)))


def _spec(kind: str, *parts: str) -> str:
    kept = [part for part in parts if part]
    return f"{kind}:{','.join(kept)}" if kept else kind


def _key(name: str, value: Any) -> str:
    return "" if value is None else f"{name}={value}"


def _apart(channels: str) -> str:
    return "" if channels == "together" else f"channels={channels}"


class _Kept:
    """An array in a temporary .npy file, for as long as the pretext is there."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="eigenlens-")
        self.path = os.path.join(self._folder.name, "array.npy")
        np.save(self.path, array)


def _file(value: Any, kept: list[_Kept], dtype: Any) -> str:
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if not kept:
        kept.append(_Kept(np.ascontiguousarray(value, dtype=dtype)))
    return kept[0].path


@dataclass(frozen=True)
class Reconstruct(Pretext):
    """No noise: principal components."""

    def _texts(self) -> list[str]:
        return ["reconstruct"]


@dataclass(frozen=True)
class Mask(Pretext):
    """Every patch hidden with probability `ratio`, independently.

    Parameters
    ----------
    patch : int or (height, width)
        In pixels; 1 without it, which the command line's ``mask:`` must say. Where patches do not divide the image, smaller ones
        fill the right and bottom borders.
    ratio : float or sequence of float
        In [0, 1).
    channels : {'together', 'separate'}
        Whether a patch is hidden in all channels at once.
    """

    patch: Size = 1
    ratio: Number = 0.75
    channels: str = "together"

    def _texts(self) -> list[str]:
        patch = f"patch={_size(self.patch)}"
        return [_spec("mask", patch, f"ratio={ratio}", _apart(self.channels)) for ratio in _each(self.ratio)]


@dataclass(frozen=True)
class Dropout(Pretext):
    """Every value hidden with probability `ratio`; the pretext for vectors."""

    ratio: Number = 0.5

    def _texts(self) -> list[str]:
        return [f"dropout:ratio={ratio}" for ratio in _each(self.ratio)]


@dataclass(frozen=True)
class Keep(Pretext):
    """Exactly `count` patches kept, as in a masked autoencoder; `count` may be a list."""

    patch: Size = 1
    count: int | Sequence[int] = 1
    channels: str = "together"

    def _texts(self) -> list[str]:
        patch = f"patch={_size(self.patch)}"
        return [_spec("keep", patch, f"count={count}", _apart(self.channels)) for count in _each(self.count)]


@dataclass(frozen=True)
class Gaussian(Pretext):
    """Gaussian noise: white, of `sigma` global standard deviations, or of any `covariance` times `scale` squared.

    `covariance` is a file or an array, D × D, in squared global standard deviations.
    """

    sigma: Number | None = None
    covariance: Any = None
    scale: Number = 1.0
    _kept: list[_Kept] = field(default_factory=list, init=False, repr=False, compare=False)

    def _texts(self) -> list[str]:
        if (self.sigma is None) == (self.covariance is None):
            raise UsageError("Gaussian noise has either a sigma or a covariance")
        if self.sigma is not None:
            return [f"gaussian:sigma={sigma}" for sigma in _each(self.sigma)]
        path = _file(self.covariance, self._kept, np.float64)
        return [f"gaussian:covariance={path},scale={scale}" for scale in _each(self.scale)]


@dataclass(frozen=True)
class Joint(Pretext):
    """No noise, but the classes are learned beside the input, which weighs `weight` (λ): from 0 to ``inf``."""

    weight: Number = 1.0

    def _texts(self) -> list[str]:
        return [f"joint:lambda={weight}" for weight in _each_weight(self.weight)]


@dataclass(frozen=True)
class Blocks(Pretext):
    """Blocks of patches hidden until a share `ratio` is, as in BEiT."""

    patch: Size = 1
    ratio: Number = 0.4
    smallest: int | None = None
    draws: int | None = None
    seed: int | None = None

    def _texts(self) -> list[str]:
        rest = (_key("smallest", self.smallest), _key("draws", self.draws), _key("seed", self.seed))
        return [_spec("blocks", f"patch={_size(self.patch)}", f"ratio={ratio}", *rest) for ratio in _each(self.ratio)]


@dataclass(frozen=True)
class MultiBlock(Pretext):
    """A large block shown but for smaller ones, as the context of I-JEPA. Ranges are (low, high)."""

    patch: Size = 1
    context: tuple[float, float] | None = None
    targets: int | None = None
    target: tuple[float, float] | None = None
    aspect: tuple[float, float] | None = None
    draws: int | None = None
    seed: int | None = None

    def _texts(self) -> list[str]:
        ranges = [
            "" if pair is None else f"{name}={float(pair[0])!r}-{float(pair[1])!r}"
            for name, pair in (("context", self.context), ("target", self.target), ("aspect", self.aspect))
        ]
        rest = (_key("targets", self.targets), _key("draws", self.draws), _key("seed", self.seed))
        return [_spec("multiblock", f"patch={_size(self.patch)}", *ranges, *rest)]


@dataclass(frozen=True)
class Grid(Pretext):
    """All but one of every `every` × `every` patches hidden; `offset` is ``random`` or ``fixed``."""

    patch: Size = 1
    every: int = 2
    offset: str | None = None

    def _texts(self) -> list[str]:
        return [_spec("grid", f"patch={_size(self.patch)}", f"every={self.every}", _key("offset", self.offset))]


@dataclass(frozen=True)
class Centre(Pretext):
    """The `size` patches in the middle hidden, or with ``hide='outside'`` all others."""

    patch: Size = 1
    size: Size = 1
    hide: str | None = None

    def _texts(self) -> list[str]:
        return [_spec("centre", f"patch={_size(self.patch)}", f"size={_size(self.size)}", _key("hide", self.hide))]


@dataclass(frozen=True)
class Crop(Pretext):
    """All but `size` patches at a random place hidden."""

    patch: Size = 1
    size: Size = 1

    def _texts(self) -> list[str]:
        return [_spec("crop", f"patch={_size(self.patch)}", f"size={_size(self.size)}")]


@dataclass(frozen=True)
class Masks(Pretext):
    """Masks of any distribution: a file or an array of J × P (bool or uint8, 1 shown), P patches row by row."""

    masks: Any = None
    patch: Size = 1
    channels: str = "together"
    _kept: list[_Kept] = field(default_factory=list, init=False, repr=False, compare=False)

    def _texts(self) -> list[str]:
        if self.masks is None:
            raise UsageError("Masks needs an array of masks, or the path of one")
        path = _file(self.masks, self._kept, np.uint8)
        return [_spec("masks", path, f"patch={_size(self.patch)}", _apart(self.channels))]


PretextLike = Union[str, Pretext, Iterable[Union[str, Pretext]]]


def specs_of(pretexts: PretextLike) -> list[str]:
    """The specifications that pretexts stand for, spelled out."""
    if isinstance(pretexts, Pretext):
        return pretexts.specs()
    if isinstance(pretexts, str):
        return list(json.loads(_core.pretexts(pretexts)))
    found: list[str] = []
    for one in pretexts:
        if not isinstance(one, (str, Pretext)):
            raise UsageError(f"{one!r} is no pretext: expected such as eigenlens.Mask(patch=4, ratio=0.5), or its text")
        found.extend(specs_of(one))
    return found
