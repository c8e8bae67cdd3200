#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A linear classifier on the first K features, for every K, as a careful user writes it with PyTorch, float64, in two ways: a rank-one
update of all logits for every K, and the logits of 32 K at a time from one product with the targets below a staircase.

    torch_probe.py --problem FOLDER [--device cuda|cpu] [--json times.json]
"""
import sys

import torch

import probe_peer
import torch_figure


class Torch(torch_figure.Torch):
    def upload(self, problem):
        held = {key: torch.from_numpy(value).to(self.device) for key, value in problem.items()}
        held["labels"] = held["labels"].long()
        held["targets"] = held["targets_transposed"].T.contiguous()  # R × C
        return held

    def project(self, held, images):
        x = torch.from_numpy(images).to(self.device).double()
        return x.sub_(held["mean"]).mul_(held["scale"]) @ held["encoder_transposed"]

    def sums(self, logits, labels, out):
        """logits of … × C, out of 4 × …: nothing is read back before the end. Of equal logits none is before the other."""
        own = logits.gather(-1, labels[..., None])
        better = (logits > own).sum(-1)
        error = torch.linalg.vector_norm(logits, dim=-1) ** 2 - 2 * own[..., 0] + 1
        out[0], out[1] = (better < 1).sum(0), (better < 5).sum(0)
        out[2], out[3] = error.sum(0), (error ** 2).sum(0)

    def one(self, f, held):
        t, labels, columns = held["targets"], held["labels"], f.T.contiguous()
        out = torch.empty(4, len(t), dtype=torch.float64, device=self.device)
        logits = held["prior"].repeat(len(f), 1)
        for k in range(len(t)):
            logits.addr_(columns[k], t[k])
            self.sums(logits, labels, out[:, k])
        return list(out.cpu().numpy())

    def staircase(self, f, held, step=32):
        t, labels = held["targets"], held["labels"]
        out = torch.empty(4, len(t), dtype=torch.float64, device=self.device)
        logits = held["prior"].repeat(len(f), 1)  # of all K before
        for first in range(0, len(t), step):
            some = t[first:first + step]
            stairs = torch.tril(torch.ones(len(some), len(some), dtype=t.dtype, device=self.device)).T[:, :, None] * some[:, None, :]
            many = (f[:, first:first + step] @ stairs.reshape(len(some), -1)).reshape(len(f), len(some), -1)
            many += logits[:, None, :]
            self.sums(many, labels[:, None].expand(-1, len(some)), out[:, first:first + step])
            logits = many[:, -1].clone()
        return list(out.cpu().numpy())


def main():
    parser = probe_peer.parser(__doc__)
    parser.add_argument("--device", default="cuda")
    a = parser.parse_args()
    if a.device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch sees no CUDA device")
    notes = {"torch": torch.__version__, "cuda": str(torch.version.cuda),
             "device": torch.cuda.get_device_name() if a.device == "cuda" else a.device}
    p = Torch(a.device)
    sys.exit(probe_peer.run(p, {"a K at a time": p.one, "32 K at a time": p.staircase}, "torch_probe.py", a, notes))


if __name__ == "__main__":
    main()
