#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The paper's masking figure as a careful user writes it with PyTorch, float64: moments once, then for every curve a Cholesky
reduction of the pencil, torch.linalg.eigh, and all K from one more Cholesky factorisation. In two ways: one eigenproblem after
another, and those of all ratios of a patch as a batch.

    torch_figure.py --images X --labels Y [--device cuda|cpu] [--ways one,stacked] [--against CURVES.json] [--json times.json]
"""
import sys

import torch

import peer


class Torch:
    def __init__(self, device):
        self.device = torch.device(device)

    def synchronize(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def moments(self, images, labels, chunk=8192):
        """Bytes cross the bus once; float64 a chunk at a time, so that a large set leaves room for what follows."""
        x = torch.from_numpy(images).to(self.device)
        y = torch.from_numpy(labels).to(self.device)
        n, d = x.shape
        mean = sum(part.sum(0, dtype=torch.float64) for part in x.split(chunk)) / n
        g = torch.zeros(d, d, dtype=torch.float64, device=self.device)
        m = torch.zeros(d, int(y.max()) + 1, dtype=torch.float64, device=self.device)
        for part, label in zip(x.split(chunk), y.split(chunk)):
            part = part.double() - mean
            g.addmm_(part.T, part)
            m.addmm_(part.T, torch.nn.functional.one_hot(label, m.shape[1]).double())
        variance = g.trace() / (n * d)
        return g.div_(variance), m.div_(variance.sqrt())

    def curves(self, g, m, ids, ratios):
        """Batched are the eigenproblems, where the time is: batches of large triangular solves are no faster."""
        ids = torch.from_numpy(ids).to(self.device)
        masked = torch.where(ids[:, None] == ids[None, :], g, 0.0)
        factors = [torch.linalg.cholesky(g + ratio / (1 - ratio) * masked) for ratio in ratios]
        squares = [j @ j.T for j in (torch.linalg.solve_triangular(factor, g, upper=False) for factor in factors)]
        vectors = torch.linalg.eigh(torch.stack(squares))[1] if len(squares) > 1 else [torch.linalg.eigh(squares[0])[1]]
        return [self.curve(g, m, factor, w.flip(1)) for factor, w in zip(factors, vectors)]

    def curve(self, g, m, factor, w):
        v = torch.linalg.solve_triangular(factor.T, w, upper=True)
        gv = g @ v
        scale = torch.sqrt((v * gv).sum(0))  # unit G-norms: without them the factorisation may break down in the tail
        v, gv = v / scale, gv / scale
        r = torch.linalg.cholesky(v.T @ gv)
        t = torch.linalg.solve_triangular(r, v.T @ m, upper=False)
        e = torch.cumsum((t ** 2).sum(1), 0)
        return (e / e[-1]).cpu().numpy()


def main():
    parser = peer.parser(__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--ways", default="one,stacked", help="one eigenproblem after another, all ratios of a patch at once")
    a = parser.parse_args()
    if a.device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch sees no CUDA device")
    notes = {"torch": torch.__version__, "cuda": str(torch.version.cuda),
             "device": torch.cuda.get_device_name() if a.device == "cuda" else a.device}
    arrays = Torch(a.device)
    ways = {way: peer.primal(arrays, way == "stacked") for way in a.ways.split(",")}
    sys.exit(peer.run(ways, "torch_figure.py", a, notes))


if __name__ == "__main__":
    main()
