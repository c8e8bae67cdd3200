# SPDX-License-Identifier: Apache-2.0
"""An estimator for scikit-learn: principal components of what a denoising autoencoder learns."""
from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eigenlens._extras import needed
from eigenlens.devices import DeviceLike
from eigenlens.errors import UsageError
from eigenlens.moments import Moments
from eigenlens.analyses import encoders
from eigenlens.pretexts import Pretext, specs_of

needed("sklearn", "sklearn", "eigenlens.sklearn")

from sklearn.base import (  # noqa: E402
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted, validate_data  # noqa: E402

__all__ = ["DenoisingPCA"]

Floats = npt.NDArray[np.float64]


class DenoisingPCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The linear denoising or masked autoencoder, solved in closed form.

    Without noise it is principal component analysis. With a pretext it learns what an autoencoder that restores hidden or noisy
    inputs learns: K features, ordered, and the best linear way back.

    Parameters
    ----------
    n_components : int, optional
        K; None: the rank of the samples.
    pretext : str or Pretext
        ``'reconstruct'``, ``'dropout:ratio=0.5'``, ``eigenlens.Mask(patch=4, ratio=0.75)`` …; one pretext.
    image_shape : (channels, height, width), optional
        Of a row, for masks of patches.
    whiten : bool
        Features of unit variance; without it feature k has its share of the variance of the samples, as in PCA.
    decoder : {'refit', 'noisy'}
        The way back in `inverse_transform`: fitted to clean features, or as it was trained under the noise.
    device : Device or str, optional

    Attributes
    ----------
    components_ : array of shape (K, D)
        Rows by which centred samples are multiplied. Of every row the component of largest magnitude is positive.
    mean_ : array of shape (D,)
    explained_variance_ : array of shape (K,)
        Variance of the samples that the k-th feature adds to what the reconstruction from clean features explains.
    explained_variance_ratio_ : array of shape (K,)
        The same as a share of all variance.
    n_components_, n_features_in_, n_samples_seen_ : int
    moments_ : Moments
        Of all samples so far; `eigenlens.sweep` and others take them.

    Notes
    -----
    Samples are read once; `partial_fit` adds more. Cost: N·D² and about 10·D³ flops for each time that features are asked for
    after new samples. Memory: 8·D² bytes.

    Examples
    --------
    >>> import numpy as np
    >>> from eigenlens.sklearn import DenoisingPCA
    >>> x = np.random.default_rng(0).normal(size=(100, 6)) @ np.diag([6, 5, 4, 3, 2, 1])
    >>> pca = DenoisingPCA(n_components=2, pretext="dropout:ratio=0.5").fit(x)
    >>> pca.transform(x).shape, pca.inverse_transform(pca.transform(x)).shape
    ((100, 2), (100, 6))
    """

    def __init__(
        self,
        n_components: int | None = None,
        *,
        pretext: str | Pretext = "reconstruct",
        image_shape: tuple[int, int, int] | None = None,
        whiten: bool = False,
        decoder: str = "refit",
        device: DeviceLike = None,
    ) -> None:
        self.n_components = n_components
        self.pretext = pretext
        self.image_shape = image_shape
        self.whiten = whiten
        self.decoder = decoder
        self.device = device

    def fit(self, X: Any, y: Any = None) -> DenoisingPCA:
        """Learns from samples, forgetting those before.

        Parameters
        ----------
        X : array of shape (N, D)
        y : ignored

        Examples
        --------
        >>> import numpy as np
        >>> from eigenlens.sklearn import DenoisingPCA
        >>> DenoisingPCA(1).fit(np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.1]])).explained_variance_ratio_ > 0.99
        array([ True])
        """
        self._check_parameters()
        samples = self._validated(X, reset=True, ensure_min_samples=2)
        self.moments_ = self._empty()
        self._learn(samples)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> DenoisingPCA:
        """Learns from more samples.

        Examples
        --------
        >>> import numpy as np
        >>> from eigenlens.sklearn import DenoisingPCA
        >>> x = np.random.default_rng(0).normal(size=(40, 3))
        >>> parts = DenoisingPCA(2).partial_fit(x[:20]).partial_fit(x[20:])
        >>> bool(np.allclose(parts.components_, DenoisingPCA(2).fit(x).components_))
        True
        """
        self._check_parameters()
        first = not hasattr(self, "moments_")
        samples = self._validated(X, reset=first, ensure_min_samples=2 if first else 1)
        if first:
            self.moments_ = self._empty()
        self._learn(samples)
        return self

    def transform(self, X: Any) -> Floats:
        """Features of samples, N × K."""
        check_is_fitted(self)
        samples = self._validated(X, reset=False)
        features: Floats = (samples.astype(np.float64) - self.mean_) @ self.components_.T
        return features

    def inverse_transform(self, X: Any) -> Floats:
        """Samples as they are restored from N × K features, N × D."""
        check_is_fitted(self)
        features = np.asarray(X, dtype=np.float64)
        if features.ndim != 2 or features.shape[1] != self.n_components_:
            raise UsageError(f"features of shape {features.shape}: expected (N, {self.n_components_})")
        restored: Floats = features @ self._way_back + self.mean_
        return restored

    def _check_parameters(self) -> None:
        if self.decoder not in ("noisy", "refit"):
            raise UsageError(f"decoder='{self.decoder}' is unknown: expected 'refit' or 'noisy'")
        k = self.n_components
        if k is not None and (isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1):
            raise UsageError(f"n_components={k!r}: expected a number of features from 1, or None")

    def _validated(self, X: Any, *, reset: bool, ensure_min_samples: int = 1) -> npt.NDArray[Any]:
        # Bytes stay bytes: their moments are exact.
        return validate_data(
            self,
            X,
            reset=reset,
            dtype=[np.float64, np.float32, np.uint8],
            ensure_min_samples=ensure_min_samples,
            ensure_min_features=1,
        )

    def _empty(self) -> Moments:
        return Moments(self.image_shape, device=self.device)

    def _learn(self, samples: npt.NDArray[Any]) -> None:
        self.moments_.update(samples)
        specs = specs_of(self.pretext)
        if len(specs) != 1:
            raise UsageError(f"the estimator has one pretext, not {len(specs)}")
        k = 0 if self.n_components is None else int(self.n_components)
        found = encoders(self.moments_, specs, k, labels=False, device=self.device)
        encoder, refit = found.encoder(), found.decoder(kind="refit")
        # Features are uncorrelated and of unit variance, so what feature k explains is the energy of its row of the decoder.
        variance = found.std**2 * (refit**2).sum(axis=1)
        scale = np.ones(len(variance)) if self.whiten else np.sqrt(variance)
        scale = np.where(scale > 0, scale, 1.0)
        self.mean_: Floats = np.array(found.mean)
        self.components_: Floats = encoder.T * (scale / found.std)[:, None]
        self._way_back: Floats = found.decoder(kind=self.decoder) * (found.std / scale)[:, None]
        total = found.std**2 * self.moments_.dimension
        self.explained_variance_: Floats = variance
        self.explained_variance_ratio_: Floats = variance / total
        self.n_components_ = len(variance)
        self.n_samples_seen_ = self.moments_.count

    @property
    def _n_features_out(self) -> int:
        return int(self.n_components_)


