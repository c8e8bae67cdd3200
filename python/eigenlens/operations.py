# SPDX-License-Identifier: Apache-2.0
"""What can be asked of moments. All numbers are about the samples that were read, as for a training set."""
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, Union

import numpy as np

from eigenlens import _core
from eigenlens.curves import Curves
from eigenlens.devices import DeviceLike, device_of
from eigenlens.errors import UsageError
from eigenlens.findings import Advice
from eigenlens.moments import Moments
from eigenlens.pretexts import PretextLike, specs_of
from eigenlens.progress import ProgressLike, watched
from eigenlens.sources import dataset_of

__all__ = ["sweep", "probe", "jackknife", "advise"]

Latent = Union[None, int, str, Iterable[int]]
MODES = {"standard": 0, "accurate": 1}


def whole(name: str, value: Any) -> int:
    """A whole number; 4.0 is one, 4.5 is none."""
    number: int | None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or isinstance(value, str) or number != value:
        raise UsageError(f"{name}={value}: expected a whole number")
    return number


def latent(k: Latent) -> list[int] | None:
    """K as a list, ascending: a number, numbers, or a text such as ``'1,2,4,8-16'``."""
    if k is None or k == "all":
        return None
    if isinstance(k, str):
        found: list[int] = []
        for part in k.split(","):
            ends = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
            if not ends:
                raise UsageError(f"k='{k}': expected 'all', or a list such as '1,2,4,8-16'")
            found.extend(range(int(ends[1]), int(ends[2] or ends[1]) + 1))
    else:
        found = [whole("k", one) for one in np.atleast_1d(np.asarray(list(k) if isinstance(k, Iterable) else k))]
    if not found or min(found) < 1:
        raise UsageError(f"k={k!r}: latent dimensions count from 1")
    return sorted(set(found))


def mode_of(mode: str) -> int:
    if mode not in MODES:
        raise UsageError(f"mode='{mode}' is unknown: expected 'standard' or 'accurate'")
    return MODES[mode]


def moments_of(data: Any, device: DeviceLike, progress: ProgressLike) -> Moments:
    return data if isinstance(data, Moments) else Moments.of(data, device=device, progress=progress)


def _largest(k: list[int] | None, moments: Moments) -> int:
    if k is None:
        return 0
    if k[-1] > moments.dimension:
        raise UsageError(f"K = {k[-1]} is beyond the {moments.dimension} values of a sample")
    return k[-1]


def test_set_of(test: Any, moments: Moments, options: Mapping[str, Any]) -> _core.Dataset:
    names = moments.class_names
    shape = moments.shape
    if isinstance(test, (str, os.PathLike)) and "split" not in options:
        options = {"split": "test", **options}
    return dataset_of(
        test, layout=moments._layout, shape=shape, names=names or None, classes=moments.classes, options=options
    )


def sweep(
    moments: Any,
    pretexts: PretextLike,
    k: Latent = None,
    *,
    test: Any = None,
    ridge: float = 0.0,
    mode: str = "standard",
    device: DeviceLike = None,
    progress: ProgressLike = False,
) -> Curves:
    """The alignment of every pretext with the classes, and its reconstruction errors, for every K.

    Parameters
    ----------
    moments : Moments, or what `Moments.of` takes
    pretexts : list of Pretext or str
        A strength that is a list stands for several.
    k : None, int, str or list of int
        Latent dimensions of the result; None: 1 to the rank. All are computed: it costs the same.
    test : path, Files, pair (X, y) or re-iterable, optional
        A test set: also the accuracy of a linear classifier on it, for every K (`probe`). Of a path the split ``test``.
    ridge : float
        By which that classifier is shrunk.
    mode : {'standard', 'accurate'}
        ``accurate`` resolves the small end of the spectrum by a singular value decomposition, at ten times the cost.
    device : Device or str, optional
    progress : bool or callable

    Returns
    -------
    Curves

    Raises
    ------
    UsageError
        A pretext that does not go with the shape, a K beyond the rank.
    NumericalError
        Constant samples, or one class.

    Notes
    -----
    Cost: one decomposition a family of masks and one eigenproblem a strength, about 10·D³ flops each.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> rng = np.random.default_rng(0)
    >>> images, labels = rng.integers(0, 256, (300, 8, 8), dtype=np.uint8), rng.integers(0, 3, 300)
    >>> images[labels == 1, 2:4, 2:4] //= 2
    >>> curves = eigenlens.sweep((images, labels), [eigenlens.Mask(patch=2, ratio=[0, 0.5])], k=[1, 8, 64])
    >>> curves.alignment.shape
    (2, 3)
    >>> float(curves[0].alignment[-1].round(6))
    1.0
    """
    if test is not None:
        return probe(
            moments, test, pretexts, k, ridge=ridge, mode=mode, device=device, progress=progress
        )
    source = moments_of(moments, device, progress)
    chosen = latent(k)
    largest = _largest(chosen, source)
    with watched(progress) as watcher:
        core = _core.sweep(source._core, specs_of(pretexts), mode_of(mode), largest, device_of(device)._core, watcher)
    return Curves(core, chosen)


def probe(
    moments: Any,
    test: Any,
    pretexts: PretextLike,
    k: Latent = None,
    *,
    ridge: float = 0.0,
    mode: str = "standard",
    device: DeviceLike = None,
    progress: ProgressLike = False,
    **options: Any,
) -> Curves:
    """`sweep` with the accuracy, on a test set, of a linear classifier on the first K features, for every K.

    Parameters
    ----------
    test : path, Files, pair (X, y) or re-iterable
        `options` are those of `Files`, if it is a path; its split is ``test`` unless they say otherwise.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> x = np.random.default_rng(0).normal(size=(400, 5)) * [5, 4, 3, 2, 1]
    >>> y = (x[:, 1] > 0).astype(int)
    >>> curves = eigenlens.probe((x[:300], y[:300]), (x[300:], y[300:]), ["reconstruct"])
    >>> bool(curves[0].accuracy[1] > 0.9)
    True
    """
    source = moments_of(moments, device, progress)
    chosen = latent(k)
    largest = _largest(chosen, source)
    dataset = test_set_of(test, source, options)
    with watched(progress) as watcher:
        core = _core.probe(
            source._core, dataset, specs_of(pretexts), mode_of(mode), largest, float(ridge), device_of(device)._core, watcher
        )
    return Curves(core, chosen)


def _shards(shards: Any, count: int, device: DeviceLike, progress: ProgressLike) -> list[Moments]:
    if isinstance(shards, Moments):
        return [shards]
    if isinstance(shards, (list, tuple)) and shards and all(isinstance(one, Moments) for one in shards):
        return list(shards)
    return Moments.shards(shards, count, device=device, progress=progress)


def jackknife(
    shards: Any,
    pretexts: PretextLike,
    k: Latent = None,
    *,
    mode: str = "standard",
    device: DeviceLike = None,
    progress: ProgressLike = False,
) -> Curves:
    """`sweep` with standard errors: made once more without each of the shards.

    Parameters
    ----------
    shards : list of Moments, or what `Moments.shards` takes
        Of disjoint samples, dealt out at random; data are dealt out to ten.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(300, 5)) * [5, 4, 3, 2, 1]
    >>> parts = eigenlens.Moments.shards((x, (x[:, 2] > 0).astype(int)), 5)
    >>> curves = eigenlens.jackknife(parts, ["reconstruct", "dropout:ratio=0.5"])
    >>> curves[1].array("jackknife/gain_se").shape
    (5,)
    """
    parts = _shards(shards, 10, device, progress)
    chosen = latent(k)
    largest = _largest(chosen, parts[0])
    cores = [part._core for part in parts]
    with watched(progress) as watcher:
        core = _core.jackknife(cores, specs_of(pretexts), mode_of(mode), largest, device_of(device)._core, watcher)
    return Curves(core, chosen)


def advise(
    shards: Any,
    k: int = 0,
    *,
    labels: bool = True,
    device: DeviceLike = None,
    progress: ProgressLike = False,
) -> Advice:
    """Searches patch sizes and ratios for the noise that leaves most of the task in K features.

    Parameters
    ----------
    shards : list of Moments, Moments, or what `Moments.shards` takes
        Data are dealt out to five parts; one Moments gives a ranking without intervals.
    k : int
        The K that matters; 0: a tenth of the rank.
    labels : bool
        Without them noises are ranked by how much they can change any task.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> rng = np.random.default_rng(0)
    >>> images, labels = rng.integers(0, 256, (200, 6, 6), dtype=np.uint8), rng.integers(0, 2, 200)
    >>> advice = eigenlens.advise((images, labels), k=4)
    >>> advice.k, "pretext" in advice.to_pandas()
    (4, True)
    """
    chosen = whole("k", k)
    cores = [part._core for part in _shards(shards, 5, device, progress)]
    with watched(progress) as watcher:
        core = _core.advise(cores, chosen, 0 if labels else 1, device_of(device)._core, watcher)
    return Advice(core)
