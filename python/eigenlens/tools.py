# SPDX-License-Identifier: Apache-2.0
"""Around the operations: reports, plans, masks to look at, generated data."""
from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eigenlens import _core
from eigenlens.devices import DeviceLike, device_of
from eigenlens.errors import UsageError
from eigenlens.moments import Moments
from eigenlens.operations import whole
from eigenlens.pretexts import Pretext, PretextLike, specs_of
from eigenlens.progress import ProgressLike, watched
from eigenlens.results import Result
from eigenlens.samples import Shape

__all__ = ["report", "plan", "draw_masks", "generate"]


def report(
    results: Any,
    out: str | os.PathLike[str],
    *,
    title: str | None = None,
    pictures: Sequence[tuple[str | os.PathLike[str], str]] = (),
) -> None:
    """One HTML file of any results, which needs no network.

    Parameters
    ----------
    results : Result, path, or list of them
    out : path-like
    title : str, optional
        Without it the data set's name.
    pictures : list of (path, caption)
        PNG files to embed.

    Examples
    --------
    >>> import numpy as np, eigenlens, os, tempfile
    >>> x = np.random.default_rng(0).normal(size=(60, 5))
    >>> out = os.path.join(tempfile.mkdtemp(), "report.html")
    >>> eigenlens.report(eigenlens.sweep((x, (x[:, 0] > 0).astype(int)), ["reconstruct"]), out)
    >>> os.path.getsize(out) > 1000
    True
    """
    given = [results] if isinstance(results, (Result, str, os.PathLike)) else list(results)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, one in enumerate(given):
            if isinstance(one, Result):
                path = Path(folder, f"{number}.json")
                one.save(path)
                paths.append(str(path))
            else:
                paths.append(os.fspath(one))
        texts = [text for path, caption in pictures for text in (os.fspath(path), caption)]
        _core.report(paths, os.fspath(out), title, texts)


def plan(
    samples: Any, pretexts: PretextLike, *, classes: int = 10, k: int = 0, device: DeviceLike = None
) -> dict[str, Any]:
    """What a sweep would take, before it starts.

    Parameters
    ----------
    samples : Moments, or (channels, height, width)
    classes : int
        C, if it is a shape.

    Returns
    -------
    dict
        ``bytes`` and ``budget``, of the host's memory; ``device_bytes`` and ``device_budget``; ``fits``; ``text``.

    Examples
    --------
    >>> import eigenlens
    >>> eigenlens.plan((1, 28, 28), ["mask:patch=4,ratio=0.5"])["fits"]
    True
    """
    information = _core.Samples()
    if isinstance(samples, Moments):
        information = samples._core.samples()
    else:
        information.channels, information.height, information.width = _shape(samples)
        information.classes = int(classes)
    planned: dict[str, Any] = json.loads(_core.plan(information, specs_of(pretexts), 0, whole("k", k), device_of(device)._core))
    return planned


def draw_masks(
    pretext: str | Pretext, shape: Shape, count: int = 16
) -> npt.NDArray[np.uint8]:
    """Masks as a pretext draws them, to look at: `Blocks`, `MultiBlock`, `Grid`, `Centre`, `Crop` or `Masks`.

    Returns
    -------
    array of shape (count, P)
        1 shown, 0 hidden, patches row by row.

    Examples
    --------
    >>> import eigenlens
    >>> eigenlens.draw_masks(eigenlens.Grid(patch=4, every=2), (1, 16, 16), 3).sum(axis=1)
    array([4, 4, 4], dtype=uint64)
    """
    specs = specs_of(pretext)
    if len(specs) != 1:
        raise UsageError(f"masks are drawn of one pretext, not of {len(specs)}")
    information = _core.Samples()
    information.channels, information.height, information.width = _shape(shape)
    information.classes = 1
    masks: npt.NDArray[np.uint8] = np.asarray(_core.draw_masks(specs[0], information, int(count)))
    return masks


def generate(
    folder: str | os.PathLike[str],
    count: int = 60000,
    test_count: int = 10000,
    *,
    shape: Shape = (1, 28, 28),
    classes: int = 10,
    background: float = 0.5,
    seed: int = 1,
    progress: ProgressLike = False,
) -> None:
    """Writes a data set of shapes on textured backgrounds, for machines that have none; the same bytes everywhere.

    Examples
    --------
    >>> import eigenlens, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> eigenlens.generate(folder, 50, 10, shape=(1, 8, 8), classes=3)
    >>> eigenlens.Moments.of(folder).count
    50
    """
    channels, height, width = _shape(shape)
    with watched(progress) as watcher:
        _core.generate(
            os.fspath(folder), int(count), int(test_count), channels, height, width, int(classes), float(background),
            int(seed), watcher,
        )


def _shape(shape: Any) -> Shape:
    if len(tuple(shape)) != 3:
        raise UsageError(f"shape={shape!r}: expected (channels, height, width)")
    channels, height, width = (int(n) for n in shape)
    return channels, height, width
