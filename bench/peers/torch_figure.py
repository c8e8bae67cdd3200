#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The paper's masking figure as a careful user writes it with PyTorch, float64: moments once, then for every curve a Cholesky
reduction of the pencil, torch.linalg.eigh, and all K from one more Cholesky factorisation.

    torch_figure.py --images X --labels Y [--device cuda|cpu] [--against CURVES.json] [--out curves.npz] [--json times.json]
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

    def moments(self, images, labels):
        x = torch.from_numpy(images).to(self.device).double()
        x -= x.mean(0)
        x /= x.std(correction=0)
        y = torch.nn.functional.one_hot(torch.from_numpy(labels).to(self.device)).double()
        return x.T @ x, x.T @ y

    def curve(self, g, m, ids, ratio):
        ids = torch.from_numpy(ids.copy()).to(self.device)
        s = g + ratio / (1 - ratio) * torch.where(ids[:, None] == ids[None, :], g, 0.0)
        factor = torch.linalg.cholesky(s)
        j = torch.linalg.solve_triangular(factor, g, upper=False)
        w = torch.linalg.eigh(j @ j.T)[1].flip(1)
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
    a = parser.parse_args()
    if a.device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch sees no CUDA device")
    notes = {"torch": torch.__version__, "cuda": str(torch.version.cuda),
             "device": torch.cuda.get_device_name() if a.device == "cuda" else a.device}
    sys.exit(peer.run(Torch(a.device), "torch_figure.py", a, notes))


if __name__ == "__main__":
    main()
