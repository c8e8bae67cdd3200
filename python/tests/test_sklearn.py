# SPDX-License-Identifier: Apache-2.0
"""DenoisingPCA: scikit-learn's own checks, and the mathematics."""
import pickle

import eigenlens
import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from eigenlens.sklearn import DenoisingPCA  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402


@parametrize_with_checks([
    DenoisingPCA(n_components=1),
    DenoisingPCA(n_components=1, pretext="dropout:ratio=0.5", whiten=True, decoder="noisy"),
])
def test_checks_of_sklearn(estimator, check):
    check(estimator)


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 12)) @ rng.normal(size=(12, 12)) + 3


@pytest.mark.parametrize("whiten", [False, True])
def test_without_noise_it_is_pca(samples, whiten):
    ours, theirs = DenoisingPCA(5, whiten=whiten).fit(samples), PCA(5, whiten=whiten, svd_solver="full").fit(samples)
    mine, reference = ours.transform(samples), theirs.transform(samples)
    signs = np.sign((mine * reference).sum(0))
    scale = np.sqrt(300 / 299) if whiten else 1.0  # ours divide by N
    np.testing.assert_allclose(mine * signs, reference * scale, atol=1e-9)
    np.testing.assert_allclose(ours.mean_, theirs.mean_)
    np.testing.assert_allclose(ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(ours.explained_variance_, theirs.explained_variance_ * 299 / 300, rtol=1e-9)
    np.testing.assert_allclose(ours.inverse_transform(mine), theirs.inverse_transform(reference), atol=1e-9)
    if not whiten:
        np.testing.assert_allclose(ours.components_ * signs[:, None], theirs.components_, atol=1e-9)


def test_partial_fit_is_fit(samples):
    parts = DenoisingPCA(4, pretext="dropout:ratio=0.3")
    for begin in range(0, 300, 60):
        parts.partial_fit(samples[begin : begin + 60])
    whole = DenoisingPCA(4, pretext="dropout:ratio=0.3").fit(samples)
    np.testing.assert_allclose(parts.transform(samples), whole.transform(samples), atol=1e-8)
    assert parts.n_samples_seen_ == 300


@pytest.mark.parametrize("decoder", ["refit", "noisy"])
def test_the_way_back_is_least_squares(samples, decoder):
    ratio = 0.4
    model = DenoisingPCA(4, pretext=f"dropout:ratio={ratio}", decoder=decoder).fit(samples)
    z = model.transform(samples)
    if decoder == "refit":
        best = np.linalg.lstsq(z, samples - model.mean_, rcond=None)[0]
    else:  # of features of masked samples, in closed form: E z̃z̃ᵀ = E(aG + b diag G)Eᵀ
        x = samples - model.mean_
        gram = x.T @ x
        a, b = (1 - ratio) ** 2, ratio * (1 - ratio)
        noisy = model.components_ @ (a * gram + b * np.diag(np.diag(gram))) @ model.components_.T
        best = np.linalg.solve(noisy, (1 - ratio) * model.components_ @ gram)
    np.testing.assert_allclose(model.inverse_transform(z) - model.mean_, z @ best, atol=1e-8)


def test_masks_of_images(small):
    images, _ = small
    model = DenoisingPCA(6, pretext=eigenlens.Mask(patch=2, ratio=0.5), image_shape=(1, 8, 8))
    features = model.fit_transform(images.reshape(400, -1))
    assert features.shape == (400, 6) and model.moments_.arithmetic == "exact"
    assert list(model.get_feature_names_out()[:2]) == ["denoisingpca0", "denoisingpca1"]
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.transform(images.reshape(400, -1)), features)
    with pytest.raises(eigenlens.UsageError):
        DenoisingPCA(6, pretext="mask:patch=2,ratio=0:0.5:3", image_shape=(1, 8, 8)).fit(images.reshape(400, -1))
    with pytest.raises(eigenlens.UsageError, match="n_components"):
        DenoisingPCA(0).fit(images.reshape(400, -1))
