# SPDX-License-Identifier: Apache-2.0
"""Curves over the latent dimension K: what `sweep`, `probe` and `jackknife` give."""
from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eigenlens.errors import UsageError
from eigenlens.pretexts import Pretext
from eigenlens.results import Floats, Result

__all__ = ["Curve", "Curves"]

_LISTS = ("alignment", "alignment_figure", "alignment_noisy", "eigenvalue", "relative_gap")
_ERRORS = ("denoise", "clean", "refit")


class Curve:
    """One pretext at every K that was asked for; entry i of each array belongs to ``k[i]``."""

    def __init__(self, result: Curves, index: int) -> None:
        self._result = result
        self._pointer = f"/curves/{index}"
        self._document: dict[str, Any] = result.document["curves"][index]

    @property
    def spec(self) -> str:
        """The pretext, as the command line takes it."""
        return str(self._document["pretext"]["spec"])

    @property
    def pretext(self) -> dict[str, Any]:
        """Kind, patch, ratio … of the pretext."""
        return dict(self._document["pretext"])

    @property
    def checks(self) -> dict[str, Any]:
        """Residual, orthogonality, rank and the routine that solved it."""
        return dict(self._document["checks"])

    @cached_property
    def k(self) -> npt.NDArray[np.int64]:
        """Latent dimensions, ascending."""
        return np.asarray(self._document["k"], dtype=np.int64)

    def array(self, name: str) -> Floats:
        """A list of docs/formats.md by its name: ``alignment``, ``reconstruction/refit``, ``probe/top1`` …"""
        own_k = name.startswith("jackknife/")
        values = self._result.array(f"{self._pointer}/{name}")
        if self._result._k is None or own_k:
            return values
        every = self._result.array(f"{self._pointer}/k")
        return values[np.searchsorted(every, self.k)]

    @property
    def alignment(self) -> Floats:
        """Share of what is linear in the inputs that a linear probe on K features reaches, 0 to 1."""
        return self.array("alignment")

    @property
    def alignment_figure(self) -> Floats:
        """The normalisation of the paper's figures, 0 to 100."""
        return self.array("alignment_figure")

    @property
    def alignment_noisy(self) -> Floats:
        """`alignment` with the probe reading noisy inputs."""
        return self.array("alignment_noisy")

    @property
    def reconstruction(self) -> dict[str, Floats]:
        """Errors as shares of the inputs' energy: ``denoise``, ``clean`` and ``refit``."""
        return {name: self.array(f"reconstruction/{name}") for name in _ERRORS}

    @property
    def eigenvalue(self) -> Floats:
        """μ_K, of inputs divided by their global standard deviation."""
        return self.array("eigenvalue")

    @property
    def relative_gap(self) -> Floats:
        """(μ_K − μ_{K+1}) / μ_K; near 0, feature K is not determined apart from the next."""
        return self.array("relative_gap")

    @property
    def accuracy(self) -> Floats:
        """Share of the test samples that a linear classifier on K features gets right; only with a test set."""
        if "probe" not in self._document:
            raise UsageError("there is no accuracy without a test set: sweep(…, test=…) or probe(…)")
        return self.array("probe/top1")

    def __repr__(self) -> str:
        return f"<Curve {self.spec}: K = {self.k[0]} to {self.k[-1]}>"


class Curves(Result):
    """The curves of several pretexts.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> x = np.random.default_rng(0).normal(size=(200, 6)) * [6, 5, 4, 3, 2, 1]
    >>> curves = eigenlens.sweep((x, (x[:, 5] > 0).astype(int)), ["reconstruct", eigenlens.Dropout(0.5)])
    >>> curves
    <Curves of samples: 2 curves, K = 1 to 6>
    >>> curves["dropout:ratio=0.5"].alignment.shape, curves.alignment.shape
    ((6,), (2, 6))
    >>> list(curves.to_pandas().columns[:3])
    ['pretext', 'kind', 'ratio']
    """

    FORMAT = "eigenlens.curves/1"

    @cached_property
    def curves(self) -> list[Curve]:
        """A curve a pretext, in the order in which they were given."""
        return [Curve(self, index) for index in range(len(self.document["curves"]))]

    @property
    def specs(self) -> list[str]:
        """The pretexts."""
        return [curve.spec for curve in self.curves]

    @property
    def k(self) -> npt.NDArray[np.int64]:
        """The latent dimensions that all curves have."""
        common = self.curves[0].k
        for curve in self.curves[1:]:
            common = np.intersect1d(common, curve.k)
        return common

    @property
    def alignment(self) -> Floats:
        """Curves × K: the alignments at `k`."""
        k = self.k
        return np.stack([curve.alignment[np.searchsorted(curve.k, k)] for curve in self.curves])

    def __getitem__(self, key: int | str | Pretext) -> Curve:
        """By place, or by pretext: a specification, or an object of one strength."""
        if isinstance(key, Pretext):
            specs = key.specs()
            if len(specs) != 1:
                raise UsageError(f"{key!r} stands for {len(specs)} curves: {', '.join(specs)}; ask for one")
            key = specs[0]
        if isinstance(key, str):
            for curve in self.curves:
                if curve.spec == key:
                    return curve
            raise KeyError(f"there is no curve of {key}: {', '.join(self.specs)}")
        return self.curves[key]

    def __iter__(self) -> Iterator[Curve]:
        return iter(self.curves)

    def __len__(self) -> int:
        return len(self.curves)

    def _summary(self) -> str:
        many = "1 curve" if len(self) == 1 else f"{len(self)} curves"
        return f"{many}, K = {self.k[0]} to {self.k[-1]}"

    def _columns(self) -> dict[str, Any]:
        names = list(_LISTS) + [f"reconstruction/{name}" for name in _ERRORS]
        first = self.document["curves"][0]
        names += [f"probe/{name}" for name, value in first.get("probe", {}).items() if isinstance(value, list)]
        keys = [key for key in ("ratio", "sigma", "count", "lambda") if any(key in c.pretext for c in self)]
        columns: dict[str, Any] = {
            "pretext": np.concatenate([[c.spec] * len(c.k) for c in self]),
            "kind": np.concatenate([[c.pretext["kind"]] * len(c.k) for c in self]),
        }
        for key in keys:
            values = [float(c.pretext.get(key, np.nan)) for c in self]
            columns[key] = np.concatenate([[value] * len(c.k) for value, c in zip(values, self.curves)])
        columns["k"] = np.concatenate([c.k for c in self])
        for name in names:
            columns[name.replace("/", "_")] = np.concatenate([c.array(name) for c in self])
        return columns
