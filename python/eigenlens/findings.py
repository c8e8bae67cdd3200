# SPDX-License-Identifier: Apache-2.0
"""The other results: impact, frontier, advice, learning, bands and encoders."""
from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eigenlens import _core
from eigenlens.results import Floats, Result

__all__ = ["Impact", "Frontier", "Advice", "Learning", "Bands", "Encoders"]


class Impact(Result):
    """The most that each noise can change any task."""

    FORMAT = "eigenlens.impact/1"

    @property
    def specs(self) -> list[str]:
        """The pretexts."""
        return [str(impact["pretext"]["spec"]) for impact in self.document["impacts"]]

    @property
    def k(self) -> npt.NDArray[np.int64]:
        """Where `max_sin` is computed."""
        return np.asarray(self.document["k"], dtype=np.int64)

    @property
    def max_sin(self) -> Floats:
        """Pretexts × K: sin θ_max, the largest change of alignment for any task, 0 to 1; empty of couplings alone."""
        return np.array([impact.get("max_sin", []) for impact in self.document["impacts"]], dtype=np.float64)

    @property
    def coupling(self) -> Floats:
        """Pretexts × R: c(K), 0 where the first K components stay together."""
        return np.array([impact["coupling"] for impact in self.document["impacts"]], dtype=np.float64)

    def _summary(self) -> str:
        return f"{len(self.specs)} pretexts at {len(self.k)} K"

    def _columns(self) -> dict[str, Any]:
        if not len(self.k):
            ranks = np.arange(1, self.coupling.shape[1] + 1)
            return self._long(ranks, {"coupling": self.coupling})
        return self._long(self.k, {"max_sin": self.max_sin, "coupling": self.coupling[:, self.k - 1]})

    def _long(self, k: npt.NDArray[np.int64], lists: dict[str, Floats]) -> dict[str, Any]:
        columns: dict[str, Any] = {"pretext": np.repeat(self.specs, len(k)), "k": np.tile(k, len(self.specs))}
        columns.update({name: values.reshape(-1) for name, values in lists.items()})
        return columns


class Frontier(Result):
    """Classes against reconstruction: the exact optimum for every weight λ and K."""

    FORMAT = "eigenlens.frontier/1"

    @property
    def k(self) -> npt.NDArray[np.int64]:
        """Latent dimensions."""
        return np.asarray(self.document["k"], dtype=np.int64)

    @property
    def weights(self) -> Floats:
        """λ, ascending from 0 to inf."""
        return np.array([float(point["lambda"]) for point in self.document["points"]])

    def _stacked(self, name: str) -> Floats:
        return np.stack([self.array(f"/points/{i}/{name}") for i in range(len(self.weights))])

    @property
    def supervised_share(self) -> Floats:
        """λ × K: the classifier's loss over the targets' energy."""
        return self._stacked("supervised_share")

    @property
    def reconstruction_share(self) -> Floats:
        """λ × K: the reconstruction's loss over the inputs' energy."""
        return self._stacked("reconstruction_share")

    @property
    def alignment(self) -> Floats:
        """λ × K."""
        return self._stacked("alignment")

    def maps(self, index: int) -> dict[str, npt.NDArray[Any]]:
        """Of the weight `index`: ``encoder`` (D × K), ``classifier`` (K × C), ``decoder`` (K × D); with ``maps_k`` alone."""
        return {name: self.array(f"/maps/{index}/{name}") for name in ("encoder", "classifier", "decoder")}

    def _summary(self) -> str:
        return f"{len(self.weights)} weights, K = {self.k[0]} to {self.k[-1]}"

    def _columns(self) -> dict[str, Any]:
        columns: dict[str, Any] = {
            "lambda": np.repeat(self.weights, len(self.k)),
            "k": np.tile(self.k, len(self.weights)),
        }
        for name in ("supervised_loss", "reconstruction_loss", "supervised_share", "reconstruction_share", "alignment"):
            columns[name] = self._stacked(name).reshape(-1)
        return columns


class Advice(Result):
    """Which noise to train with. ``print(advice)`` says it in words."""

    FORMAT = "eigenlens.advice/1"

    @property
    def k(self) -> int:
        """The K that matters."""
        return int(self.document["k"])

    @property
    def best(self) -> str:
        """The pretext that is ranked first."""
        return str(self.document["ranked"][0]["pretext"]["spec"])

    @property
    def verdict(self) -> str:
        """What it means, in words."""
        return str(self.document["verdict"])

    @property
    def caveat(self) -> str:
        """What it cannot say."""
        return str(self.document["caveat"])

    @property
    def ranked(self) -> list[dict[str, Any]]:
        """The best of each family and no noise, best first."""
        return list(self.document["ranked"])

    def _summary(self) -> str:
        return f"{self.best} is best at K = {self.k}"

    def _columns(self) -> dict[str, Any]:
        ranked = self.ranked
        columns: dict[str, Any] = {"pretext": [row["pretext"]["spec"] for row in ranked]}
        for name in ("alignment", "gain", "gain_se"):
            for place, k in enumerate(self.document["shown_k"]):
                if all(name in row for row in ranked):
                    columns[f"{name}_at_{k}"] = [row[name][place] for row in ranked]
        for name in ("k90", "k99", "learning_ratio", "max_sin", "keep_count", "as_good_as_best"):
            if any(name in row for row in ranked):
                columns[name] = [row.get(name) for row in ranked]
        return columns


class Learning(Result):
    """When a linear autoencoder learns the inputs, and when the classes."""

    FORMAT = "eigenlens.learning/1"

    @property
    def time(self) -> Floats:
        """In units of the time at which the first direction is half learned."""
        return self.array("/time")

    @property
    def input(self) -> Floats:
        """Share of the inputs' energy that is learned at `time`."""
        return self.array("/input")

    @property
    def target(self) -> Floats:
        """Share of the targets' energy that is learned at `time`."""
        return self.array("/target")

    @property
    def classes(self) -> list[dict[str, Any]]:
        """Name, energy and time of each class."""
        return list(self.document["classes"])

    def _summary(self) -> str:
        half = self.document["milestones"][0]
        return f"half of the inputs at {half['input_time']:.3g}, half of the classes at {half['target_time']:.3g}"

    def _columns(self) -> dict[str, Any]:
        return {"time": self.time, "input": self.input, "target": self.target}


class Bands(Result):
    """What a linear classifier reads from the top and from the bottom of the variance."""

    FORMAT = "eigenlens.bands/1"

    @property
    def k(self) -> npt.NDArray[np.int64]:
        """Directions before a cut, 0 to R."""
        return np.asarray(self.document["k"], dtype=np.int64)

    @property
    def variance(self) -> Floats:
        """Share of the variance in directions 1 to k."""
        return self.array("/variance")

    @property
    def alignment(self) -> Floats:
        """Share of the targets' linear energy in directions 1 to k."""
        return self.array("/alignment")

    @property
    def table(self) -> list[dict[str, Any]]:
        """Top and bottom bands of usual shares."""
        return list(self.document["table"])

    def _summary(self) -> str:
        return f"{len(self.document['bands'])} bands"

    def _columns(self) -> dict[str, Any]:
        names = list(dict.fromkeys(name for row in self.table for name in row))
        return {name: [row.get(name) for row in self.table] for name in names}


class Encoders(Result):
    """The linear autoencoders themselves: features z = Eᵀ(x − mean)/std, uncorrelated and of unit variance."""

    FORMAT = "eigenlens.encoders/1"

    def __init__(self, core: _core.Result, k: Any = None, *, loaded: bool = False) -> None:
        super().__init__(core, k, loaded=loaded)
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    @property
    def specs(self) -> list[str]:
        """The pretexts."""
        return [str(one["pretext"]["spec"]) for one in self.document["encoders"]]

    @property
    def std(self) -> float:
        """The one standard deviation by which centred inputs are divided, in units of the data."""
        return float(self.document["dataset"]["global_std"])

    @property
    def mean(self) -> Floats:
        """D, in units of the data."""
        return self._matrix("/mean")

    @property
    def frequency(self) -> Floats:
        """C: the share of each class."""
        return self._matrix("/frequency")

    def encoder(self, index: int = 0) -> Floats:
        """E of a pretext, D × K; of every column the component of largest magnitude is positive."""
        return self._matrix(f"/encoders/{index}/encoder")

    def decoder(self, index: int = 0, kind: str = "noisy") -> Floats:
        """K × D: ``noisy``, as it was trained under the noise, or ``refit``, the best one of clean codes."""
        return self._matrix(f"/encoders/{index}/{'decoder' if kind == 'noisy' else 'refit'}")

    def classifier(self, index: int = 0) -> Floats:
        """K × C: classifierᵀz + frequency is the least-squares fit of the one-hot label."""
        return self._matrix(f"/encoders/{index}/classifier")

    def eigenvalue(self, index: int = 0) -> Floats:
        """μ, K, descending."""
        return np.asarray(self.document["encoders"][index]["eigenvalues"], dtype=np.float64)

    def _matrix(self, pointer: str) -> npt.NDArray[Any]:
        return self._arrays[pointer] if pointer in self._arrays else self.array(pointer)

    def _summary(self) -> str:
        return f"{len(self.specs)} pretexts, K = {len(self.eigenvalue())}"

    def _columns(self) -> dict[str, Any]:
        k = [np.arange(1, len(self.eigenvalue(i)) + 1) for i in range(len(self.specs))]
        return {
            "pretext": np.repeat(self.specs, [len(one) for one in k]),
            "k": np.concatenate(k),
            "eigenvalue": np.concatenate([self.eigenvalue(i) for i in range(len(self.specs))]),
        }

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        pointers = ["/mean"]
        for i in range(len(self.specs)):
            pointers += [f"/encoders/{i}/{name}" for name in ("encoder", "decoder", "refit", "classifier")]
        state["arrays"] = {pointer: np.array(self._matrix(pointer)) for pointer in pointers if self._has(pointer)}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._arrays = state["arrays"]

    def _has(self, pointer: str) -> bool:
        try:
            return self._matrix(pointer).size > 0
        except ValueError:
            return False
