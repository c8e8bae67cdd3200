#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The masking figure of few large images as a careful user writes it with PyTorch: numpy_dual.py's dual form (docs/math.md, section 8)
on a device, float64. Bytes cross the bus once; products are taken in panels, and masks of one size whitened as batches.

    torch_dual.py --images X --labels Y [--device cuda|cpu] [--against CURVES.json] [--json times.json]
"""
import sys

import numpy as np
import torch

import peer
import torch_figure

PANEL = 8192  # pixels that are multiplied or whitened at once


class Torch(torch_figure.Torch):
    def products(self, x):
        """K = XᵀX of the centred images over s_X², and their mean."""
        n, d = x.shape
        mean = x.sum(0, dtype=torch.float64) / n
        k = torch.zeros(n, n, dtype=torch.float64, device=self.device)
        for first in range(0, d, PANEL):
            panel = x[:, first:first + PANEL].double() - mean[first:first + PANEL]
            k.addmm_(panel, panel.T)
        return k.div_(k.trace() / (n * d)), mean

    def projector(self, block):
        """Onto the row space of a block (n images × p pixels) of no fewer pixels than images, or without full rank."""
        n = len(block)
        values, vectors = torch.linalg.eigh(block @ block.T)
        large = values > 20 * np.finfo(float).eps * values[-1]
        if int(large.sum()) == n - 1:
            return torch.eye(n, dtype=torch.float64, device=self.device) - 1 / n
        return vectors[:, large] @ vectors[:, large].T

    def whitened(self, x, mean, ids):
        """T = Σ X_gᵀ(X_gX_gᵀ)⁻¹X_g, groups of one size several at a time."""
        n = len(x)
        order, sizes = np.argsort(ids, kind="stable"), np.bincount(ids)
        groups = np.split(order, np.cumsum(sizes)[:-1])
        t = torch.zeros(n, n, dtype=torch.float64, device=self.device)
        for size in np.unique(sizes):
            same = torch.from_numpy(np.stack([g for g in groups if len(g) == size])).to(self.device)
            for some in same.split(max(1, min(8, PANEL // int(size)))):  # of more PyTorch solves with a slower routine
                blocks = x[:, some.reshape(-1)].double() - mean[some.reshape(-1)]
                blocks = blocks.T.reshape(len(some), int(size), n)
                full = torch.zeros(len(some), dtype=torch.bool)
                if size < n:
                    factor, info = torch.linalg.cholesky_ex(blocks @ blocks.mT)
                    full = (info == 0).cpu()
                    rows = torch.linalg.solve_triangular(factor, blocks, upper=False)[full.to(self.device)].reshape(-1, n)
                    t.addmm_(rows.T, rows)
                for block in blocks[~full.to(self.device)]:
                    t += self.projector(block.T)
        return t

    def curves(self, k, t, y, rank, ratios):
        theta, u = torch.linalg.eigh(t)
        theta, u = theta.flip(0)[:rank], u.flip(1)[:, :rank]
        root = theta.sqrt()
        e = root[:, None] * (u.T @ k @ u) * root
        m = root[:, None] * (u.T @ y)
        for ratio in ratios:
            w = 1 / torch.sqrt(theta + ratio / (1 - ratio))
            z = torch.linalg.eigh(w[:, None] * e * w)[1].flip(1)
            s = (root * w)[:, None] * z
            norms = torch.linalg.vector_norm(s, dim=0)
            s /= norms
            factor = torch.linalg.cholesky(s.T @ s)
            target = torch.linalg.solve_triangular(factor, (z.T @ (w[:, None] * m)) / norms[:, None], upper=False)
            energy = torch.cumsum((target ** 2).sum(1), 0)
            yield (energy / energy[-1]).cpu().numpy()

    def figure(self, images, labels, shape, patches, ratios):
        stages = peer.Stages(self.synchronize)
        x = torch.from_numpy(images).to(self.device)
        y = torch.nn.functional.one_hot(torch.from_numpy(labels).to(self.device)).double()
        k, mean = self.products(x)
        stages.ends("products")
        values = torch.linalg.eigvalsh(k)
        rank = int((values > np.finfo(float).eps * max(x.shape) * values[-1]).sum())
        out = {}
        stages.ends("rank")
        for patch in patches:
            t = self.whitened(x, mean, peer.patch_ids(shape, patch))
            stages.ends("whitened")
            for ratio, curve in zip(ratios, self.curves(k, t, y, rank, ratios)):
                out[peer.name_of(patch, ratio)] = curve
            stages.ends("curves")
        return out, stages.seconds


def main():
    parser = peer.parser(__doc__)
    parser.add_argument("--device", default="cuda")
    a = parser.parse_args()
    if a.device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch sees no CUDA device")
    notes = {"torch": torch.__version__, "cuda": str(torch.version.cuda),
             "device": torch.cuda.get_device_name() if a.device == "cuda" else a.device}
    sys.exit(peer.run({"dual form": Torch(a.device).figure}, "torch_dual.py", a, notes))


if __name__ == "__main__":
    main()
