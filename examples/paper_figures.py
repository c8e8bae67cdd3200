# SPDX-License-Identifier: Apache-2.0
"""Figures 2 and 7 of the paper (arXiv 2402.11337) on Fashion-MNIST, or on any labelled images.

    python examples/paper_figures.py [DATA] [--out FOLDER]

Figure 2: without noise, the share of what tells the classes apart that the first K features of an autoencoder have, in the
paper's normalisation and in the plain one. Figure 7: what hiding patches gains over no mask, a panel a patch size.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import eigenlens
import matplotlib
import numpy as np
from eigenlens import plots

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

PATCHES = (1, 2, 4)
RATIOS = np.linspace(0, 0.99, 10)


def figure_2(moments: eigenlens.Moments, out: Path) -> None:
    curve = eigenlens.sweep(moments, eigenlens.Reconstruct())[0]
    _, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    ax.plot(curve.k, curve.alignment_figure, label="as the paper draws it")
    ax.plot(curve.k, 100 * curve.alignment, label="share of the linear part")
    ax.set(xscale="log", ylim=(0, 102), xlabel="K, learned features", ylabel="alignment (%)", title="Without noise")
    ax.grid(color="#e4e4e4")
    ax.legend(frameon=False)
    plt.savefig(out / "figure-2.png", dpi=120)
    for share in (0.5, 0.9, 0.99):
        print(f"{share:.0%} of what is linear in the inputs takes K = {curve.k[np.argmax(curve.alignment >= share)]}")


def figure_7(moments: eigenlens.Moments, out: Path) -> None:
    figure, axes = plt.subplots(1, len(PATCHES), figsize=(15, 4.5), layout="constrained")
    for patch, ax in zip(PATCHES, axes):
        curves = eigenlens.sweep(moments, eigenlens.Mask(patch=patch, ratio=RATIOS), progress=True)
        plots.draw_gains(curves, ax)
        ax.set_title(f"Hiding {patch}×{patch} patches")
        gains = curves.alignment / curves.alignment[0] - 1
        best, place = np.unravel_index(np.argmax(gains), gains.shape)
        print(f"{curves[int(best)].spec}: {gains[best, place]:+.1%} at K = {curves.k[place]}, the largest gain of this patch size")
    figure.savefig(out / "figure-7.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--out", type=Path, default=Path("."))
    arguments = parser.parse_args()
    moments = eigenlens.Moments.of(arguments.data, progress=True)
    print(moments)
    figure_2(moments, arguments.out)
    figure_7(moments, arguments.out)


if __name__ == "__main__":
    main()
