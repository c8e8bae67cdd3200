#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same two ways as torch_probe.py with CuPy. `--backend numpy` runs the same lines with NumPy, where there is no GPU.

    cupy_probe.py --problem FOLDER [--backend cupy|numpy] [--json times.json]
"""
import sys

import numpy as np

import cupy_figure
import probe_peer


class Arrays(cupy_figure.Arrays):
    def upload(self, problem):
        held = {key: self.xp.asarray(value) for key, value in problem.items()}
        held["targets"] = self.xp.ascontiguousarray(held["targets_transposed"].T)  # R × C
        return held

    def project(self, held, images):
        x = self.xp.asarray(images).astype(self.xp.float64)
        x -= held["mean"]
        x *= held["scale"]
        return x @ held["encoder_transposed"]

    def sums(self, logits, labels, out):
        """logits of … × C, out of 4 × …: nothing is read back before the end. Of equal logits none is before the other."""
        xp = self.xp
        own = xp.take_along_axis(logits, labels[..., None], -1)
        better = xp.count_nonzero(logits > own, axis=-1)
        error = (logits ** 2).sum(-1) - 2 * own[..., 0] + 1
        out[0], out[1] = (better < 1).sum(0), (better < 5).sum(0)
        out[2], out[3] = error.sum(0), (error ** 2).sum(0)

    def one(self, f, held):
        xp, t, labels, columns = self.xp, held["targets"], held["labels"], self.xp.ascontiguousarray(f.T)
        out = xp.empty((4, len(t)))
        logits = xp.tile(held["prior"], (len(f), 1))
        for k in range(len(t)):
            logits += columns[k][:, None] * t[k]
            self.sums(logits, labels, out[:, k])
        return list(self.host(out))

    def staircase(self, f, held, step=32):
        xp, t, labels = self.xp, held["targets"], held["labels"]
        out = xp.empty((4, len(t)))
        logits = xp.tile(held["prior"], (len(f), 1))  # of all K before
        for first in range(0, len(t), step):
            some = t[first:first + step]
            stairs = xp.tril(xp.ones((len(some), len(some)))).T[:, :, None] * some[:, None, :]
            many = (f[:, first:first + step] @ stairs.reshape(len(some), -1)).reshape(len(f), len(some), -1)
            many += logits[:, None, :]
            self.sums(many, xp.broadcast_to(labels[:, None], many.shape[:2]), out[:, first:first + step])
            logits = many[:, -1].copy()
        return list(self.host(out))


def main():
    parser = probe_peer.parser(__doc__)
    parser.add_argument("--backend", choices=["cupy", "numpy"], default="cupy")
    a = parser.parse_args()
    p, notes = cupy_figure.arrays_of(a.backend, Arrays)
    sys.exit(probe_peer.run(p, {"a K at a time": p.one, "32 K at a time": p.staircase}, "cupy_probe.py", a, notes))


if __name__ == "__main__":
    main()
