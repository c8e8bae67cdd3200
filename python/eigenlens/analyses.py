# SPDX-License-Identifier: Apache-2.0
"""What can be asked of moments beside curves: encoders, impact, frontier, learning time, bands."""
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eigenlens import _core
from eigenlens.devices import DeviceLike, device_of
from eigenlens.findings import Bands, Encoders, Frontier, Impact, Learning
from eigenlens.operations import Latent, latent, mode_of, moments_of, test_set_of, whole
from eigenlens.pretexts import PretextLike, specs_of
from eigenlens.progress import ProgressLike, watched
from eigenlens.sources import dataset_of

__all__ = ["encoders", "impact", "frontier", "learning", "bands"]


def encoders(
    moments: Any,
    pretexts: PretextLike,
    k: int = 0,
    *,
    labels: bool = True,
    mode: str = "standard",
    device: DeviceLike = None,
    progress: ProgressLike = False,
) -> Encoders:
    """The linear autoencoders themselves: encoder, decoders and classifier of each pretext as matrices.

    Parameters
    ----------
    k : int
        Features; 0: the rank.
    labels : bool
        Whether a classifier is made of them.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> x = np.random.default_rng(0).normal(size=(100, 6)) * [6, 5, 4, 3, 2, 1]
    >>> found = eigenlens.encoders(x, ["dropout:ratio=0.5"], k=2, labels=False)
    >>> z = (x - found.mean) / found.std @ found.encoder()
    >>> bool(np.allclose(z.T @ z / len(x), np.eye(2)))
    True
    """
    features = whole("k", k)
    source = moments_of(moments, device, progress)
    with watched(progress) as watcher:
        core = _core.encoders(
            source._core, specs_of(pretexts), features, mode_of(mode), 0 if labels else 1, device_of(device)._core, watcher
        )
    return Encoders(core)


def impact(
    moments: Any,
    pretexts: PretextLike,
    k: Latent = None,
    *,
    quick: bool = False,
    mode: str = "standard",
    device: DeviceLike = None,
    progress: ProgressLike = False,
) -> Impact:
    """The most by which each noise can change the alignment of K features with any task whatever; no labels are used.

    Parameters
    ----------
    k : None, int, str or list of int
        Where the angles are computed, an eigenproblem each; None: about twenty.
    quick : bool
        Couplings alone: 0 says that the first K components stay together at every strength.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> x = np.random.default_rng(0).normal(size=(100, 6)) @ np.diag([6, 5, 4, 3, 2, 1])
    >>> impact = eigenlens.impact(x, [eigenlens.Gaussian(1.0), eigenlens.Dropout(0.5)], k=[1, 2])
    >>> impact.max_sin.shape, float(impact.max_sin[0].max().round(6))
    ((2, 2), 0.0)
    """
    source = moments_of(moments, device, progress)
    with watched(progress) as watcher:
        core = _core.impact(
            source._core, specs_of(pretexts), latent(k), mode_of(mode), int(quick), device_of(device)._core, watcher
        )
    return Impact(core)


def frontier(
    moments: Any,
    weights: Sequence[float] | npt.NDArray[Any] | None = None,
    *,
    maps_k: int = 0,
    folder: str | os.PathLike[str] | None = None,
    device: DeviceLike = None,
    progress: ProgressLike = False,
) -> Frontier:
    """What classes and reconstruction cost each other: the optimum of both losses for every weight λ and K.

    Parameters
    ----------
    weights : list of float, optional
        λ, what a reconstruction error counts beside an error of the classifier; 0 and inf are always added.
    maps_k : int
        Features of the maps (`Frontier.maps`); 0: no maps.
    folder : path-like, optional
        Where the maps are written as .npy.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> x = np.random.default_rng(0).normal(size=(200, 4)) * [4, 3, 2, 1]
    >>> frontier = eigenlens.frontier((x, (x[:, 3] > 0).astype(int)), [0.1, 1.0])
    >>> frontier.weights
    array([0. , 0.1, 1. , inf])
    """
    features = whole("maps_k", maps_k)
    source = moments_of(moments, device, progress)
    chosen = None if weights is None else [float(weight) for weight in np.atleast_1d(np.asarray(weights))]
    where = None if folder is None else os.fspath(folder)
    with watched(progress) as watcher:
        core = _core.frontier(source._core, chosen, features, where, device_of(device)._core, watcher)
    return Frontier(core)


def learning(
    moments: Any, initial: float = 1e-4, *, device: DeviceLike = None, progress: ProgressLike = False
) -> Learning:
    """When a linear autoencoder that is trained from small weights learns the inputs, and when the classes.

    Parameters
    ----------
    initial : float
        The strength of every direction at the beginning, above 0 and at most 0.05.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> x = np.random.default_rng(0).normal(size=(200, 4)) * [4, 3, 2, 1]
    >>> learned = eigenlens.learning((x, (x[:, 3] > 0).astype(int)))
    >>> bool(learned.document["milestones"][0]["time_ratio"] > 1)
    True
    """
    source = moments_of(moments, device, progress)
    with watched(progress) as watcher:
        core = _core.learning(source._core, float(initial), device_of(device)._core, watcher)
    return Learning(core)


def bands(
    moments: Any,
    top: Sequence[float] = (),
    bottom: Sequence[float] = (),
    *,
    test: Any = None,
    source: Any = None,
    folder: str | os.PathLike[str] | None = None,
    sheet: str | os.PathLike[str] | None = None,
    floats: bool = False,
    device: DeviceLike = None,
    progress: ProgressLike = False,
) -> Bands:
    """What a linear classifier reads from the top and from the bottom of the variance.

    Parameters
    ----------
    top, bottom : list of float
        Shares of the variance, each a band.
    test : path, Files, pair or re-iterable, optional
        A test set, for accuracies.
    source : path or Files, optional
        What is projected on the bands: written into `folder` as data sets (as float32 .npy if `floats`), and drawn on the PNG
        `sheet`.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> x = np.random.default_rng(0).normal(size=(200, 4)) * [4, 3, 2, 1]
    >>> bands = eigenlens.bands((x, (x[:, 3] > 0).astype(int)), top=[0.5])
    >>> bands.variance[-1].round(6)
    np.float64(1.0)
    """
    given = moments_of(moments, device, progress)
    tested = None if test is None else test_set_of(test, given, {})
    projected = None if source is None else dataset_of(
        source, layout=given._layout, shape=given.shape, names=given.class_names or None
    )
    with watched(progress) as watcher:
        core = _core.bands(
            given._core,
            [float(share) for share in np.atleast_1d(top)],
            [float(share) for share in np.atleast_1d(bottom)],
            tested,
            projected,
            None if folder is None else os.fspath(folder),
            None if sheet is None else os.fspath(sheet),
            int(floats),
            device_of(device)._core,
            watcher,
        )
    return Bands(core)
