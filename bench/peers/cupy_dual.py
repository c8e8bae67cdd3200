#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same figure as torch_dual.py with CuPy, a mask after another: CuPy has no triangular solves of batches. `--backend numpy` runs
the same lines with NumPy and SciPy, where there is no GPU.

    cupy_dual.py --images X --labels Y [--backend cupy|numpy] [--against CURVES.json] [--json times.json]
"""
import sys

import numpy as np

import cupy_figure
import peer

PANEL = 8192  # pixels that are multiplied at once


class Arrays(cupy_figure.Arrays):
    def products(self, x):
        """K = XᵀX of the centred images over s_X², and their mean."""
        xp = self.xp
        n, d = x.shape
        mean = x.sum(0, dtype=xp.float64) / n
        k = xp.zeros((n, n))
        for first in range(0, d, PANEL):
            panel = x[:, first:first + PANEL].astype(xp.float64) - mean[first:first + PANEL]
            k += panel @ panel.T
        return k / (xp.trace(k) / (n * d)), mean

    def projector(self, block):
        """Onto the row space of a block (n images × p pixels) of no fewer pixels than images, or without full rank."""
        xp, n = self.xp, len(block)
        values, vectors = xp.linalg.eigh(block @ block.T)
        large = values > 20 * np.finfo(float).eps * values[-1]
        if int(large.sum()) == n - 1:
            return xp.eye(n) - 1 / n
        return vectors[:, large] @ vectors[:, large].T

    def factor(self, gram):
        """None where it is not positive definite: CuPy gives NaN there, NumPy an error."""
        try:
            factor = self.xp.linalg.cholesky(gram)
        except np.linalg.LinAlgError:
            return None
        return factor if bool(self.xp.isfinite(self.xp.trace(factor))) else None

    def whitened(self, x, mean, ids):
        """T = Σ X_gᵀ(X_gX_gᵀ)⁻¹X_g."""
        xp, n = self.xp, len(x)
        groups = np.split(np.argsort(ids, kind="stable"), np.cumsum(np.bincount(ids))[:-1])
        t, rows = xp.zeros((n, n)), []
        for position, group in enumerate(groups):
            group = xp.asarray(group)
            block = x[:, group].astype(xp.float64) - mean[group]
            factor = self.factor(block.T @ block) if len(group) < n else None
            if factor is None:
                t += self.projector(block)
            else:
                rows.append(self.solve(factor, block.T, lower=True))
            if rows and (sum(map(len, rows)) >= PANEL or position + 1 == len(groups)):
                panel, rows = xp.concatenate(rows), []
                t += panel.T @ panel
        return t

    def dual_curves(self, k, t, y, rank, ratios):
        xp = self.xp
        theta, u = xp.linalg.eigh(t)
        theta, u = theta[::-1][:rank], u[:, ::-1][:, :rank]
        root = xp.sqrt(theta)
        e = root[:, None] * (u.T @ k @ u) * root
        m = root[:, None] * (u.T @ y)
        for ratio in ratios:
            w = 1 / xp.sqrt(theta + ratio / (1 - ratio))
            z = xp.linalg.eigh(w[:, None] * e * w)[1][:, ::-1]
            s = (root * w)[:, None] * z
            norms = xp.sqrt((s ** 2).sum(0))
            s /= norms
            factor = xp.linalg.cholesky(s.T @ s)
            target = self.solve(factor, (z.T @ (w[:, None] * m)) / norms[:, None], lower=True)
            energy = xp.cumsum((target ** 2).sum(1))
            yield self.host(energy / energy[-1])

    def figure(self, images, labels, shape, patches, ratios):
        xp = self.xp
        stages = peer.Stages(self.synchronize)
        x, y = xp.asarray(images), xp.eye(int(labels.max()) + 1)[xp.asarray(labels)]
        k, mean = self.products(x)
        stages.ends("products")
        values = xp.linalg.eigvalsh(k)
        rank = int((values > np.finfo(float).eps * max(x.shape) * values[-1]).sum())
        out = {}
        stages.ends("rank")
        for patch in patches:
            t = self.whitened(x, mean, peer.patch_ids(shape, patch))
            stages.ends("whitened")
            for ratio, curve in zip(ratios, self.dual_curves(k, t, y, rank, ratios)):
                out[peer.name_of(patch, ratio)] = curve
            stages.ends("curves")
        return out, stages.seconds


def main():
    parser = peer.parser(__doc__)
    parser.add_argument("--backend", choices=["cupy", "numpy"], default="cupy")
    a = parser.parse_args()
    arrays, notes = cupy_figure.arrays_of(a.backend, Arrays)
    sys.exit(peer.run({"dual form": arrays.figure}, "cupy_dual.py", a, notes))


if __name__ == "__main__":
    main()
