#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same figure as torch_figure.py with CuPy. `--backend numpy` runs the same lines with NumPy and SciPy, where there is no GPU.

    cupy_figure.py --images X --labels Y [--backend cupy|numpy] [--ways one,stacked] [--against CURVES.json] [--json times.json]
"""
import sys

import numpy as np

import peer


class Arrays:
    """xp: cupy or numpy; solve_triangular: that of cupyx.scipy.linalg or scipy.linalg."""

    def __init__(self, xp, solve_triangular):
        self.xp, self.solve = xp, solve_triangular

    def synchronize(self):
        if self.xp is not np:
            self.xp.cuda.Device().synchronize()

    def host(self, array):
        return array if self.xp is np else self.xp.asnumpy(array)

    def moments(self, images, labels, chunk=8192):
        """Bytes cross the bus once; float64 a chunk at a time, so that a large set leaves room for what follows."""
        xp = self.xp
        x, y = xp.asarray(images), xp.asarray(labels)
        n, d = x.shape
        starts = range(0, n, chunk)
        mean = sum(x[i:i + chunk].sum(0, dtype=xp.float64) for i in starts) / n
        one_hot = xp.eye(int(labels.max()) + 1)
        g, m = xp.zeros((d, d)), xp.zeros((d, len(one_hot)))
        for i in starts:
            part = x[i:i + chunk].astype(xp.float64) - mean
            g += part.T @ part
            m += part.T @ one_hot[y[i:i + chunk]]
        variance = xp.trace(g) / (n * d)
        return g / variance, m / xp.sqrt(variance)

    def curves(self, g, m, ids, ratios):
        """Batched is what CuPy has for batches: the eigenproblems."""
        xp = self.xp
        ids = xp.asarray(ids)
        masked = xp.where(ids[:, None] == ids[None, :], g, 0.0)
        factors = [xp.linalg.cholesky(g + ratio / (1 - ratio) * masked) for ratio in ratios]
        squares = [j @ j.T for j in (self.solve(factor, g, lower=True) for factor in factors)]
        vectors = xp.linalg.eigh(xp.stack(squares))[1] if len(squares) > 1 else [xp.linalg.eigh(squares[0])[1]]
        return [self.curve(g, m, factor, w[:, ::-1]) for factor, w in zip(factors, vectors)]

    def curve(self, g, m, factor, w):
        xp = self.xp
        v = self.solve(factor, w, lower=True, trans=1)
        gv = g @ v
        scale = xp.sqrt((v * gv).sum(0))  # unit G-norms: without them the factorisation may break down in the tail
        v, gv = v / scale, gv / scale
        r = xp.linalg.cholesky(v.T @ gv)
        t = self.solve(r, v.T @ m, lower=True)
        e = xp.cumsum((t ** 2).sum(1))
        return self.host(e / e[-1])  # CuPy's Cholesky gives NaN where it fails, without an error


def arrays_of(backend, make=Arrays):
    """Those of cupy or numpy, and what is said of them."""
    if backend == "numpy":
        import scipy.linalg
        return make(np, scipy.linalg.solve_triangular), {"numpy": np.__version__}
    import cupy
    import cupyx.scipy.linalg
    return make(cupy, cupyx.scipy.linalg.solve_triangular), {
        "cupy": cupy.__version__, "cuda": str(cupy.cuda.runtime.runtimeGetVersion()),
        "device": cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()}


def main():
    parser = peer.parser(__doc__)
    parser.add_argument("--backend", choices=["cupy", "numpy"], default="cupy")
    parser.add_argument("--ways", default="one,stacked", help="one eigenproblem after another, all ratios of a patch at once")
    a = parser.parse_args()
    arrays, notes = arrays_of(a.backend)
    ways = {way: peer.primal(arrays, way == "stacked") for way in a.ways.split(",")}
    sys.exit(peer.run(ways, "cupy_figure.py", a, notes))


if __name__ == "__main__":
    main()
