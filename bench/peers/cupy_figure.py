#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same figure as torch_figure.py with CuPy. `--backend numpy` runs the same lines with NumPy and SciPy, where there is no GPU.

    cupy_figure.py --images X --labels Y [--backend cupy|numpy] [--against CURVES.json] [--out curves.npz] [--json times.json]
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

    def moments(self, images, labels):
        x = self.xp.asarray(images).astype(self.xp.float64)
        x -= x.mean(0)
        x /= x.std()
        y = self.xp.eye(int(labels.max()) + 1)[self.xp.asarray(labels)]
        return x.T @ x, x.T @ y

    def curve(self, g, m, ids, ratio):
        xp = self.xp
        ids = xp.asarray(ids.copy())
        s = g + ratio / (1 - ratio) * xp.where(ids[:, None] == ids[None, :], g, 0.0)
        factor = xp.linalg.cholesky(s)
        j = self.solve(factor, g, lower=True)
        w = xp.linalg.eigh(j @ j.T)[1][:, ::-1]
        v = self.solve(factor, w, lower=True, trans=1)
        gv = g @ v
        scale = xp.sqrt((v * gv).sum(0))  # unit G-norms: without them the factorisation may break down in the tail
        v, gv = v / scale, gv / scale
        r = xp.linalg.cholesky(v.T @ gv)
        t = self.solve(r, v.T @ m, lower=True)
        e = xp.cumsum((t ** 2).sum(1))
        e = e / e[-1]
        # CuPy's Cholesky gives NaN where it fails, without an error.
        return e if xp is np else xp.asnumpy(e)


def main():
    parser = peer.parser(__doc__)
    parser.add_argument("--backend", choices=["cupy", "numpy"], default="cupy")
    a = parser.parse_args()
    if a.backend == "numpy":
        import scipy.linalg
        arrays, notes = Arrays(np, scipy.linalg.solve_triangular), {"numpy": np.__version__}
    else:
        import cupy
        import cupyx.scipy.linalg
        notes = {"cupy": cupy.__version__, "cuda": str(cupy.cuda.runtime.runtimeGetVersion()),
                 "device": cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()}
        arrays = Arrays(cupy, cupyx.scipy.linalg.solve_triangular)
    sys.exit(peer.run(arrays, "cupy_figure.py", a, notes))


if __name__ == "__main__":
    main()
