#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The masking figure of few large images by a careful NumPy program: the dual form of docs/math.md, section 8, in float64.

    numpy_dual.py --images images.npy --labels labels.npy --patches 8,16,32 --ratios 0:0.9:10 --out curves.npz

Products are taken in panels by BLAS, masks are whitened by batched Cholesky factorisations, one decomposition serves all ratios of a patch: nothing is
done twice that NumPy lets one do once.
"""
import numpy as np
import scipy.linalg as sl
from peer import parser, patch_ids, read


def products(x, mean, std):
    """K = XᵀX of the centred images."""
    n, d = x.shape
    k = np.zeros((n, n))
    for first in range(0, d, 4096):
        panel = x[:, first:first + 4096].astype(np.float64)
        k = sl.blas.dsyrk(1 / std**2, (panel - mean[first:first + 4096]).T, beta=1, c=k, trans=1, lower=1, overwrite_c=1)
    return np.tril(k) + np.tril(k, -1).T


def projector(block):
    """Onto the row space of a block of no fewer pixels than images, or without full rank."""
    n = block.shape[1]
    values, vectors = np.linalg.eigh(block.T @ block)
    large = values > 20 * np.finfo(float).eps * values[-1]
    if large.sum() == n - 1:  # all differences between images: no need of eigenvectors, of which small ones are inaccurate
        return np.eye(n) - 1 / n
    return vectors[:, large] @ vectors[:, large].T


def whitened(x, mean, ids):
    """T = Σ X_gᵀ(X_gX_gᵀ)⁻¹X_g."""
    n = len(x)
    order, sizes = np.argsort(ids, kind="stable"), np.bincount(ids)
    groups = np.split(order, np.cumsum(sizes)[:-1])
    t, rows = np.zeros((n, n), order="F"), []

    def flush():
        nonlocal t, rows
        if rows:
            t = sl.blas.dsyrk(1, np.asfortranarray(np.concatenate(rows)), beta=1, c=t, trans=1, lower=1, overwrite_c=1)
        rows = []

    for group in groups:
        block = np.asfortranarray((x[:, group].astype(np.float64) - mean[group]).T)
        if len(group) < n:
            try:
                factor = np.linalg.cholesky(block @ block.T)
            except np.linalg.LinAlgError:
                pass
            else:
                rows.append(sl.solve_triangular(factor, block, lower=True, check_finite=False))
                if sum(map(len, rows)) >= 2048:
                    flush()
                continue
        t += np.tril(projector(block))
    flush()
    return np.tril(t) + np.tril(t, -1).T


def curves(k, t, y, rank, ratios):
    """Alignment at every K for every ratio."""
    theta, u = sl.eigh(t, driver="evr")
    theta, u = theta[::-1][:rank], u[:, ::-1][:, :rank]
    root = np.sqrt(theta)
    e = root[:, None] * (u.T @ k @ u) * root
    m = root[:, None] * (u.T @ y)
    for ratio in ratios:
        w = 1 / np.sqrt(theta + ratio / (1 - ratio))
        z = sl.eigh(w[:, None] * e * w, driver="evr")[1][:, ::-1]
        s = (root * w)[:, None] * z
        norms = np.linalg.norm(s, axis=0)
        s /= norms
        factor = np.linalg.cholesky(s.T @ s)
        target = sl.solve_triangular(factor, (z.T @ (w[:, None] * m)) / norms[:, None], lower=True, check_finite=False)
        energy = np.cumsum((target**2).sum(axis=1))
        yield energy / energy[-1]


def main():
    arguments = parser(__doc__).parse_args()
    images, labels = read(arguments.images), read(arguments.labels)
    n, shape = len(images), images.shape[1:]
    x = images.reshape(n, -1)
    mean = np.concatenate([x[:, i:i + 4096].mean(axis=0, dtype=np.float64) for i in range(0, x.shape[1], 4096)])
    square = sum(float((x[i].astype(np.float64) ** 2).sum()) for i in range(n))
    std = np.sqrt((square - n * float(mean @ mean)) / x.size)
    y = np.eye(int(labels.max()) + 1)[labels.astype(int)]
    k = products(x, mean, std)
    values = sl.eigvalsh(k)
    rank = int((values > np.finfo(float).eps * max(x.shape) * values[-1]).sum())
    first, last, count = arguments.ratios.split(":")
    ratios = np.linspace(float(first), float(last), int(count))
    out = {}
    for patch in map(int, arguments.patches.split(",")):
        t = whitened(x, mean, patch_ids(shape, patch))
        for ratio, curve in zip(ratios, curves(k, t, y, rank, ratios)):
            out[f"alignment_p{patch}_r{ratio:.4f}"] = curve
    np.savez(arguments.out, **out)


if __name__ == "__main__":
    main()
